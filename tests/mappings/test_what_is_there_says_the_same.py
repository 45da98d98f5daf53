"""A change that is told as one is one: other words for the same are none."""

from __future__ import annotations

from typing import Any

import pytest

from mappings.compared import says_same


@pytest.mark.parametrize(
    ("there", "written"),
    [
        ("2026-11-26T10:00:00.000Z", "2026-11-26T10:00:00Z"),
        ("2026-10-25T02:30:00+02:00", "2026-10-25T00:30:00Z"),
        ("12.50", "12.5"),
        (12, 12.0),
        ({"sku": "MUG", "id": "li_1", "shipped": 0}, {"sku": "MUG"}),
        ([{"sku": "MUG", "id": 1}, {"sku": "BOWL", "id": 2}], [{"sku": "MUG"}, {"sku": "BOWL"}]),
        ({}, {"line2": None}),
        ("Käthe 🎉", "Käthe 🎉"),
    ],
)
def test_other_words_for_the_same(there: Any, written: Any) -> None:
    assert says_same(there, written)


@pytest.mark.parametrize(
    ("there", "written"),
    [
        ("2026-11-26T10:00:00Z", "2026-11-26T10:00:01Z"),
        ("2026-10-25T02:30:00+02:00", "2026-10-25T02:30:00+01:00"),
        ("2026-13-45T10:00:00Z", "2026-13-45T10:00:00.0Z"),
        ("007", "7"),
        ("12", "12.50"),
        (True, 1),
        ([{"sku": "MUG"}], [{"sku": "MUG"}, {"sku": "BOWL"}]),
        ([{"sku": "MUG", "quantity": 1}], [{"sku": "MUG", "quantity": 2}]),
        ("text", {"sku": "MUG"}),
        (None, "x"),
    ],
)
def test_a_difference_is_one(there: Any, written: Any) -> None:
    assert not says_same(there, written)
