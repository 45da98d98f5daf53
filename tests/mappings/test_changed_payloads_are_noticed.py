from __future__ import annotations

from typing import Any

import pytest

from mappings.payload_shape import ENOUGH, LEARNED, MISSED, RARE, TOLD_APART, Known, accepted, look, shape_of

AT = "2026-11-02T10:00:00+00:00"
ORDER: dict[str, Any] = {
    "id": 1,
    "total": "12.50",
    "note": None,
    "customer": {"mail": "a@example.com"},
    "lines": [{"sku": "MUG", "quantity": 2}],
}


@pytest.fixture
def known() -> Known:
    found = look(Known(), [ORDER] * LEARNED, AT)
    assert found.is_learned
    return found


def told(known: Known) -> list[tuple[str, str]]:
    return [(change.how, change.path) for change in known.changes]


def test_only_names_and_types_are_kept() -> None:
    payload = {**ORDER, "by_mail": {"a@example.com": {"seen": True}}, "10421": "x"}
    shape = shape_of(payload)
    assert "a@example.com" not in str(shape)
    assert shape["by_mail.*.seen"] == "yes or no"
    assert shape["*"] == "text"
    assert shape["lines[].sku"] == "text"
    assert shape["note"] == "empty"


def test_what_is_learned_from_is_not_told(known: Known) -> None:
    assert known.changes == []
    assert look(known, [ORDER] * 10, AT) is known, "nothing is written where nothing changed"


def test_a_new_field_is_told_once_and_breaks_nothing(known: Known) -> None:
    newer = {**ORDER, "gift": {"text": "x", "wrap": True}}
    found = look(known, [newer] * (ENOUGH + 1), AT)
    assert told(found) == [("new", "gift")], "its own fields are not told one by one"
    assert found.breaks == []
    assert found.changes[0].sentence == "gift is new (an object)."


def test_another_type_is_told_with_the_old_one(known: Known) -> None:
    found = look(known, [{**ORDER, "total": 12.5}] * 3, AT)
    assert [change.sentence for change in found.breaks] == ["total was text, and is a number now."]


def test_a_field_that_was_only_ever_empty_has_no_type_to_lose(known: Known) -> None:
    assert look(known, [{**ORDER, "note": "Ring twice"}] * ENOUGH, AT).changes == []


def test_a_field_that_each_record_had_is_missed_after_some_records(known: Known) -> None:
    without = {name: value for name, value in ORDER.items() if name != "customer"}
    assert look(known, [without] * (MISSED - 1), AT).changes == []
    found = look(known, [without] * MISSED, AT)
    assert told(found) == [("gone", "customer")], "what lay in it is not told one by one"
    assert told(look(found, [ORDER], AT)) == [], "it came back"


def test_what_is_missing_now_and_then_is_not_gone(known: Known) -> None:
    without = {name: value for name, value in ORDER.items() if name != "total"}
    found = look(known, [without, ORDER, *[without] * (MISSED * 2)], AT)
    assert found.changes == []


def test_what_a_person_accepted_is_not_told_again(known: Known) -> None:
    other = {**ORDER, "total": 12.5}
    found = accepted(look(known, [other] * ENOUGH, AT))
    assert found.changes == []
    assert look(found, [other] * 3, AT).changes == []
    assert [change.how for change in look(found, [{**ORDER, "id": "x"}] * ENOUGH, AT).changes] == ["retyped"]


def test_payloads_without_end_are_kept_small() -> None:
    wide = {f"f{'a' * (place % 50)}_{'b' * (place // 50)}": place for place in range(2_000)}
    found = look(Known(), [wide] * LEARNED, AT)
    assert len(found.fields) <= 500
    assert look(found, [{**wide, "one_more": 1}] * ENOUGH, AT).changes == []


def test_one_rare_record_is_no_change(known: Known) -> None:
    """A gift card among orders, a total that one plug-in writes as a number: not the vendor's change."""
    odd = {**ORDER, "total": 12.5, "gift": {"text": "x"}}
    found = look(known, [odd] * (ENOUGH - 1), AT)
    assert found.changes == []
    found = look(found, [ORDER] * RARE, AT)
    assert found.signs == [], "it is known as rare from then on"
    assert look(found, [odd] * RARE, AT).changes == []


def test_a_field_that_is_filled_rarely_is_told_when_its_type_changes() -> None:
    rarely = [{**ORDER, "vat": "DE1"}, *[ORDER] * (LEARNED - 1)]
    found = look(Known(), rarely, AT)
    for _ in range(ENOUGH):
        found = look(found, [{**ORDER, "vat": 1}, *[ORDER] * RARE], AT)
    assert told(found) == [("retyped", "vat")], "those without it say nothing of its type"


def test_a_field_that_is_filled_rarely_is_not_gone() -> None:
    rarely = [{**ORDER, "vat": "DE1"} if place else ORDER for place in range(LEARNED)]
    found = look(Known(), rarely, AT)
    assert look(found, [ORDER] * MISSED * 5, AT).changes == []


def test_one_record_counts_once_however_often_it_comes(known: Known) -> None:
    """A webhook for each change of one order."""
    without = {name: value for name, value in ORDER.items() if name != "total"}
    found = look(known, [without] * MISSED * 2, AT, ["a"] * MISSED * 2)
    found = look(found, [{**ORDER, "total": 1}] * 9, AT, ["b"] * 9)
    assert found.changes == []
    many = [f"n{place}" for place in range(MISSED)]
    assert told(look(known, [without] * MISSED, AT, many)) == [("gone", "total")]
    assert look(Known(), [ORDER] * LEARNED, AT, ["a"] * LEARNED).looked == 1


def test_what_is_looked_into_is_kept_small() -> None:
    known = look(Known(), [ORDER] * LEARNED, AT, [f"first {place}" for place in range(LEARNED)])
    odd = {f"{one}_{other}": 1 for one in "abcdefghij" for other in "klmnopqrst"}
    known = look(known, [{**ORDER, **odd}], AT, ["one"])
    assert 0 < len(known.signs) <= 50
    for number in range(TOLD_APART * 2):
        known = look(known, [{**ORDER, **(odd if number % 9 == 0 else {})}], AT, [str(number)])
    assert len(known.signs) <= 50
    assert len(known.recent) <= TOLD_APART
    assert known.changes == []
