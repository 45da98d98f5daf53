"""The pure part: what says the same in another form is no difference, and what differs is named."""

from __future__ import annotations

from typing import Any

import pytest

from monitoring.audits.accuracy import Accuracy, wilson
from monitoring.audits.compare import Mismatch, compare
from monitoring.audits.masks import shown
from monitoring.audits.values import say_the_same


@pytest.mark.parametrize(
    ("one", "other", "kind", "path"),
    [
        ("12.50", "12.5", "", "total"),
        ("12.50", 12.5, "number", "total"),
        ("12.50", "12.5", "text", "total"),
        (7, "7", "", "quantity"),
        (7, 7.0, "whole number", "quantity"),
        ("2026-05-01T14:30:00+02:00", "2026-05-01T12:30:00Z", "time", "placed_at"),
        ("2026-05-01T12:30:00.480+00:00", "2026-05-01T12:30:00Z", "", "placed_at"),
        ("2026-05-01T12:30:00", "2026-05-01T12:30:00Z", "", "placed_at"),
        (None, "", "", "note"),
        (None, [], "", "tags"),
        (True, "true", "yes or no", "open"),
        (True, 1, "", "open"),
        ("Ärger  am\r\nTor ", "A\u0308rger am Tor", "", "note"),
        ("Someone@Example.com", "someone@example.com", "", "ship_to.email"),
        ("+49 221 / 12-34", "+492211234", "", "ship_to.phone"),
        (7300001001, "7300001001", "text", "external_id"),
    ],
)
def test_the_same_in_another_form_is_no_difference(one: Any, other: Any, kind: str, path: str) -> None:
    assert say_the_same(one, other, kind, path)
    assert say_the_same(other, one, kind, path)


@pytest.mark.parametrize(
    ("one", "other", "kind", "path"),
    [
        ("12.50", "12.51", "number", "total"),
        ("0042", "42", "", "sku"),
        ("0042", 42, "", "sku"),
        (0, None, "whole number", "available"),
        (0, "", "", "available"),
        (False, None, "yes or no", "open"),
        ("2026-05-01T14:30:00+02:00", "2026-05-01T14:30:00Z", "time", "placed_at"),
        ("open", "Open", "", "status"),
    ],
)
def test_what_differs_is_a_difference(one: Any, other: Any, kind: str, path: str) -> None:
    assert not say_the_same(one, other, kind, path)
    assert not say_the_same(other, one, kind, path)


def test_only_what_the_destination_tells_is_compared() -> None:
    should = {"available": 7, "expected": 3, "note": None}
    assert compare(should, {"available": "7", "updated_at": "x", "note": ""}) == []
    assert compare(should, {"available": 8}) == [Mismatch("available", 7, 8)]
    assert compare(should, {"available": 7, "note": "kept"}) == [Mismatch("note", None, "kept")]


def test_items_are_known_by_their_names_and_not_by_their_places() -> None:
    should = {"items": [{"sku": "MUG", "quantity": 2}, {"sku": "BOWL", "quantity": 1}]}
    says = {"items": [{"sku": "BOWL", "quantity": "1", "id": "x"}, {"sku": "MUG", "quantity": 3, "id": "y"}]}
    assert compare(should, says) == [Mismatch("items[MUG].quantity", 2, 3)]
    missing = {"items": [{"sku": "MUG", "quantity": 2}, {"sku": "CUP", "quantity": 1}]}
    assert compare(should, missing) == [
        Mismatch("items[BOWL]", "there", "not there"),
        Mismatch("items[CUP]", "not there", "there"),
    ]


def test_items_without_names_are_matched_by_their_places_and_words_in_any_order() -> None:
    should = {"items": [{"quantity": 1}, {"quantity": 2}], "tags": ["a", "b"]}
    assert compare(should, {"items": [{"quantity": 1}, {"quantity": 2}], "tags": ["b", "a"]}) == []
    found = compare(should, {"items": [{"quantity": 1}], "tags": ["b"]})
    assert [mismatch.field for mismatch in found] == ["items[2]", "tags"]


@pytest.mark.parametrize(
    ("field", "value", "text"),
    [
        ("available", 7, "7"),
        ("items[MUG].quantity", 3, "3"),
        ("status", "cancelled", "cancelled"),
        ("tracking_number", "JD1", "JD1"),
        ("ship_to.name", "0123456789", "(hidden, 10 characters)"),
        ("ship_to.country", "DE", "(hidden, 2 characters)"),
        ("email", "a@b", "(hidden, 3 characters)"),
        ("note", "Ring twice", "(hidden, 10 characters)"),
        ("something_new", "who knows", "(hidden, 9 characters)"),
        ("items[BOWL]", "not there", "not there"),
        ("note", None, "nothing"),
    ],
)
def test_what_may_be_personal_is_not_kept(field: str, value: Any, text: str) -> None:
    assert shown(field, value) == text


def test_the_share_counts_what_is_in_flight_both_ways() -> None:
    found = Accuracy(compared=100, agree=90, in_flight=5)
    assert found.share == 0.9
    assert found.settled_share == pytest.approx(90 / 95)
    assert Accuracy().share is None
    assert Accuracy(compared=2, in_flight=2).settled_share is None


def test_a_sample_says_between_which_shares_the_truth_lies() -> None:
    """Against the figures of Wilson's formula as tables of statistics have them."""
    low, high = wilson(95, 100) or (0, 0)
    assert (round(low, 4), round(high, 4)) == (0.8882, 0.9785)
    low, high = wilson(10, 10) or (0, 0)
    assert (round(low, 4), round(high, 4)) == (0.7225, 1.0)
    assert wilson(0, 0) is None
    assert wilson(90, 100, of_all=100) == (0.9, 0.9)
    narrow, wide = wilson(90, 100, of_all=200) or (0, 0), wilson(90, 100) or (0, 0)
    assert wide[0] < narrow[0] < 0.9 < narrow[1] < wide[1]
