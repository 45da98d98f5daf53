"""The benchmark's check can fail: its warehouse tells what was doubled, missing or too early."""

from __future__ import annotations

from typing import Any

import pytest

from .__main__ import SQLITE, Row
from .systems import Faults, Systems


@pytest.fixture
def systems() -> Systems:
    made = Systems()
    made.forget(Faults(orders=3))
    return made


def row(systems: Systems) -> Row:
    return Row("J1", SQLITE, 3, systems.books(), cpu=0.0, megabytes=0.0)


def body(number: int) -> dict[str, Any]:
    return {"external_id": f"o-{number}"}


def test_each_once_is_right_also_with_a_repeat(systems: Systems) -> None:
    for number in (0, 1, 2, 2):
        systems.take(f"key-{number}", body(number))
    assert row(systems).is_right
    assert row(systems).told() == "replayed 1"


def test_one_that_is_missing_is_told(systems: Systems) -> None:
    systems.take("key-0", body(0))
    assert not row(systems).is_right
    assert row(systems).told() == "2 missing"


def test_one_under_two_keys_is_doubled(systems: Systems) -> None:
    for number in range(3):
        systems.take(f"key-{number}", body(number))
    systems.take("another key", body(0))
    assert not row(systems).is_right
    assert row(systems).told() == "doubled 1"


def test_who_does_not_wait_is_early(systems: Systems) -> None:
    systems.faults.per_second = 1
    answers = [systems.take(f"key-{number}", body(number)) for number in (0, 1, 1)]
    assert [status for status, _, _ in answers[1:]] == [429, 429]
    assert systems.books()["early"] == 1
    assert not row(systems).is_right


def test_a_failure_after_the_effect_has_had_it(systems: Systems) -> None:
    systems.faults.fails = 1.0
    statuses = {systems.take(f"key-{number}", body(number))[0] for number in range(60)}
    books = systems.books()
    assert statuses == {500}
    assert books["failed"] == 60
    assert 0 < books["made"] < 60


def test_all_orders_are_shown_page_by_page(systems: Systems) -> None:
    first = systems.page({"limit": ["2"]})[1]
    second = systems.page({"limit": ["2"], "cursor": [first["next_cursor"]]})[1]
    assert (len(first["orders"]), len(second["orders"]), second["next_cursor"]) == (2, 1, None)
