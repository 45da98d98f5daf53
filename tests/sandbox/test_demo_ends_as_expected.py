"""The seed against its own expectations: a portal in short carries everything, and the check must agree with it."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from integrations.sandbox.check import Report, check
from integrations.sandbox.seed import read_json, read_lines

from .running import SandboxProcess, portal_in_short


@dataclass
class Demo:
    sandbox: SandboxProcess
    untouched: Report
    first: Report
    played: dict[str, Any]
    second: Report


def checked(sandbox: SandboxProcess) -> Report:
    return check(sandbox.base, sandbox.tokens["control"])


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    sandbox = SandboxProcess(tmp_path_factory.mktemp("demo"), ["--seed", "demo"]).start()
    done: set[str] = set()
    untouched = checked(sandbox)
    portal_in_short(sandbox, done)
    first = checked(sandbox)
    played = sandbox.control("POST", "/demo/act/2")
    portal_in_short(sandbox, done)
    yield Demo(sandbox, untouched, first, played, checked(sandbox))
    sandbox.kill()


def test_before_any_sync_nothing_is_as_it_must_be(demo: Demo) -> None:
    missing = [d for d in demo.untouched.differences if d.what == "orders in the warehouse" and d.found == 0]
    assert len(missing) == 480
    assert "orders delivered" in {difference.what for difference in demo.untouched.differences}


def test_after_the_first_sync_every_order_is_as_expected(demo: Demo) -> None:
    assert [str(difference) for difference in demo.first.differences] == []
    assert demo.first.summary["expected"] == {"delivered": 480, "not_sent": 8, "error": 12}
    assert demo.first.summary["delivered"] == 480


def test_the_second_act_plays_whole(demo: Demo) -> None:
    assert demo.played == {"act": "2", "done": len(read_json("acts.json")["2"]), "before": 0, "refused": []}


def test_after_the_second_act_every_order_is_as_expected(demo: Demo) -> None:
    assert [str(difference) for difference in demo.second.differences] == []
    assert demo.second.summary["delivered"] == 482


def test_an_act_asked_again_does_nothing(demo: Demo) -> None:
    again = demo.sandbox.control("POST", "/demo/act/2")
    assert (again["done"], again["before"]) == (0, demo.played["done"])
    assert checked(demo.sandbox).differences == []


def test_a_seed_is_sown_once(demo: Demo) -> None:
    before = demo.sandbox.control("GET", "/demo")
    demo.sandbox.kill()
    demo.sandbox.start()
    assert demo.sandbox.control("GET", "/demo") == before
    assert checked(demo.sandbox).differences == []


def test_the_hard_cases_are_all_there() -> None:
    rows = read_lines("orders.jsonl")
    expected = {row["number"]: row for row in read_lines("expected.jsonl")}
    assert [row["number"] for row in rows] == [str(number) for number in range(1001, 1501)] == list(expected)
    assert {row["currency"] for row in rows} >= {"EUR", "USD", "GBP", "CHF", "JPY", "KWD"}
    assert len({row["country"] for row in rows}) >= 20
    assert len([row for row in rows if row["case"] != "ordinary"]) >= 70
    fields = Counter(row["error"]["field"] for row in expected.values() if row["error"])
    assert fields == {"postal_code": 5, "sku": 4, "name": 1, "city": 1, "line1": 1}
    assert expected["1042"]["error"] == {"field": "postal_code", "kind": "data"}
