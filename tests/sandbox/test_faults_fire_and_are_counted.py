import http.client
import json
import time
from email.utils import parsedate_to_datetime

import pytest

from .running import SandboxProcess, warehouse_order


def orders(sandbox: SandboxProcess) -> int:
    total: int = sandbox.ask("GET", "/warehouse/orders").body["total"]
    return total


def send(sandbox: SandboxProcess, key: str = "k") -> int:
    return sandbox.ask("POST", "/warehouse/orders", warehouse_order(), Idempotency_Key=key).status


@pytest.mark.parametrize(("kind", "status", "effects"), [("error_before", 500, 0), ("error_after", 500, 1)])
def test_an_error_comes_before_or_after_the_effect(
    sandbox: SandboxProcess, kind: str, status: int, effects: int
) -> None:
    sandbox.fault("warehouse", kind, count=1)
    assert send(sandbox) == status
    assert orders(sandbox) == effects
    assert send(sandbox) == (200 if effects else 201)
    assert (orders(sandbox), sandbox.fired()) == (1, {kind: 1})


@pytest.mark.parametrize(("kind", "effects"), [("no_answer_before", 0), ("no_answer", 1)])
def test_an_answer_never_comes(sandbox: SandboxProcess, kind: str, effects: int) -> None:
    sandbox.fault("warehouse", kind, count=1, seconds=0.1)
    with pytest.raises(http.client.RemoteDisconnected):
        send(sandbox)
    assert (orders(sandbox), sandbox.fired()) == (effects, {kind: 1})


def test_a_silent_answer_outlasts_the_clients_patience(sandbox: SandboxProcess) -> None:
    sandbox.fault("warehouse", "no_answer", method="POST", count=1, seconds=30)
    with pytest.raises(TimeoutError):
        sandbox.ask("POST", "/warehouse/orders", warehouse_order(), timeout=0.3)
    assert orders(sandbox) == 1


def test_an_answer_is_cut_in_its_middle(sandbox: SandboxProcess) -> None:
    sandbox.fault("warehouse", "cut", count=1)
    with pytest.raises(http.client.IncompleteRead):
        send(sandbox)
    assert orders(sandbox) == 1


def test_a_malformed_answer_is_no_json(sandbox: SandboxProcess) -> None:
    sandbox.fault("warehouse", "malformed", count=1)
    answer = sandbox.ask("POST", "/warehouse/orders", warehouse_order())
    assert answer.status == 201
    with pytest.raises(json.JSONDecodeError):
        json.loads(answer.raw)


def test_a_rate_limit_tells_seconds_or_a_date(sandbox: SandboxProcess) -> None:
    sandbox.fault("shop", "rate_limited", count=1, retry_after=7)
    answer = sandbox.ask("GET", "/shop/orders")
    assert (answer.status, answer.headers["retry-after"]) == (429, "7")
    sandbox.fault("shop", "rate_limited", count=1, retry_after=60, retry_after_form="date")
    told = parsedate_to_datetime(sandbox.ask("GET", "/shop/orders").headers["retry-after"])
    assert 55 < told.timestamp() - time.time() <= 61


def test_a_slow_answer_is_right_but_late(sandbox: SandboxProcess) -> None:
    sandbox.fault("shop", "slow", count=1, seconds=0.3)
    started = time.monotonic()
    assert sandbox.ask("GET", "/shop/stock/MUG").body["available"] == 10
    assert time.monotonic() - started >= 0.3


def test_rows_are_doubled_and_shuffled_but_none_is_lost(sandbox: SandboxProcess) -> None:
    for _ in range(5):
        sandbox.control("POST", "/shop/orders", {"lines": [{"sku": "MUG", "quantity": 1}]})
    sandbox.fault("shop", "duplicate_rows", count=1)
    numbers = [order["number"] for order in sandbox.ask("GET", "/shop/orders").body["orders"]]
    assert (len(numbers), len(set(numbers))) == (8, 5)
    sandbox.fault("shop", "shuffled_rows", count=1)
    numbers = [order["number"] for order in sandbox.ask("GET", "/shop/orders").body["orders"]]
    assert sorted(numbers) != numbers
    assert sorted(numbers) == ["1001", "1002", "1003", "1004", "1005"]
    assert sandbox.fired() == {"duplicate_rows": 1, "shuffled_rows": 1}


def test_a_row_fault_waits_for_rows(sandbox: SandboxProcess) -> None:
    sandbox.fault("shop", "shuffled_rows", count=1)
    sandbox.ask("GET", "/shop/orders")
    assert sandbox.fired() == {"shuffled_rows": 0}


def test_an_expired_session_stays_expired(sandbox: SandboxProcess) -> None:
    login = {"client_id": "shop", "client_secret": sandbox.tokens["shop"]}
    token = sandbox.ask("POST", "/shop/token", login).body["access_token"]
    sandbox.fault("shop", "expired_token", count=1)
    for _ in range(2):
        answer = sandbox.ask("GET", "/shop/orders", token=token)
        assert (answer.status, answer.codes) == (401, [("token_expired", "")])
    fresh = sandbox.ask("POST", "/shop/token", login).body["access_token"]
    assert sandbox.ask("GET", "/shop/orders", token=fresh).status == 200


def test_path_method_after_and_count_narrow_a_fault(sandbox: SandboxProcess) -> None:
    sandbox.fault("shop", "error_before", method="GET", path="^/stock/MUG$", after=1, count=2)
    statuses = [sandbox.ask("GET", "/shop/stock/MUG").status for _ in range(5)]
    assert statuses == [200, 500, 500, 200, 200]
    assert sandbox.ask("GET", "/shop/stock/BOWL").status == 200
    assert sandbox.ask("PUT", "/shop/stock/MUG", {"available": 1}).status == 200


def test_a_probability_is_drawn_from_its_seed(sandbox: SandboxProcess) -> None:
    drawn = []
    for _ in range(2):
        sandbox.fault("shop", "error_before", id="one", probability=0.5, seed=3)
        drawn.append([sandbox.ask("GET", "/shop/stock/MUG").status for _ in range(12)])
    assert drawn[0] == drawn[1]
    assert set(drawn[0]) == {200, 500}


def test_a_fault_with_a_word_that_does_not_exist_is_refused(sandbox: SandboxProcess) -> None:
    for wrong in ({"kind": "explode"}, {"kind": "slow", "sconds": 3}):
        sandbox.control("POST", "/faults", {"system": "shop", **wrong}, expect=(422,))


def test_a_system_is_down_until_it_is_up(sandbox: SandboxProcess) -> None:
    sandbox.control("POST", "/warehouse/down", {"mode": "refuse"})
    assert send(sandbox) == 503
    sandbox.control("POST", "/warehouse/down", {"mode": "close"})
    with pytest.raises(http.client.RemoteDisconnected):
        send(sandbox)
    assert sandbox.ask("GET", "/shop/stock").status == 200
    sandbox.control("POST", "/warehouse/up")
    assert send(sandbox) == 201


def test_a_rate_limit_of_its_own_refuses_what_is_too_much(sandbox: SandboxProcess) -> None:
    sandbox.control("PUT", "/shop/settings", {"rate_limit": {"requests": 3, "seconds": 60}})
    statuses = [sandbox.ask("GET", "/shop/stock/MUG").status for _ in range(4)]
    assert statuses == [200, 200, 200, 429]


def test_the_presets_are_rules_that_exist(sandbox: SandboxProcess) -> None:
    for name, count in (("demo", 11), ("demo-batches", 11), ("webhooks", 4)):
        assert len(sandbox.control("POST", f"/faults/preset/{name}")["faults"]) == count
    assert len(sandbox.control("GET", "/faults")["faults"]) == 15
    sandbox.control("DELETE", "/faults")
    assert sandbox.control("GET", "/faults")["faults"] == []
