from __future__ import annotations

from typing import Any

import pytest

from mappings.expressions import compile_expression
from mappings.outline import outline, step
from mappings.profile import FieldProfile, looks_like, profile


def unmasked(payload: dict[str, Any]) -> dict[str, Any]:
    return payload


def of(payloads: list[dict[str, Any]], path: str) -> FieldProfile:
    return next(field for field in profile(payloads, unmasked) if field.path == path)


def test_a_field_is_counted_by_the_objects_that_could_have_it() -> None:
    payloads: list[dict[str, Any]] = [
        {"id": 1, "ship": {"city": "Bonn"}, "lines": [{"sku": "A"}, {"sku": ""}]},
        {"id": 2, "ship": {"city": None}, "lines": [{"sku": "B"}]},
        {"id": 3, "ship": None, "lines": []},
    ]
    told = {field.path: (field.seen, field.places) for field in profile(payloads, unmasked)}
    assert told == {
        "id": (3, 3),
        "ship": (2, 3),
        "ship.city": (1, 2),
        "lines": (2, 3),
        "lines[].sku": (2, 3),
    }


def test_fields_that_only_a_later_payload_has_stand_below_their_object() -> None:
    payloads: list[dict[str, Any]] = [{"ship": None, "id": 1}, {"ship": {"city": "Bonn"}, "id": 2}]
    assert [field.path for field in profile(payloads, unmasked)] == ["ship", "ship.city", "id"]


def test_two_types_in_one_field_are_both_told() -> None:
    field = of([{"total": "12.50"}, {"total": 12.5}], "total")
    assert field.is_mixed
    assert set(field.types) == {"text", "number"}


@pytest.mark.parametrize(
    ("path", "values", "word"),
    [
        ("order_id", [1, 2], "id"),
        ("placed", ["2026-11-02T10:00:00Z", "2026-11-03"], "date"),
        ("created_at", [1_790_000_000], "date (seconds)"),
        ("total", ["12.50", "7.00"], "money"),
        ("taxAmount", [3], "money"),
        ("x", ["a@example.com"], "e-mail"),
        ("currency", ["EUR", "JPY"], "currency"),
        ("quantity", [2], "count"),
        ("gift", [True, False], "yes or no"),
        ("state", ["PAID", "OPEN", "PAID", "OPEN"], "one of a few words"),
        ("placed", ["2026-11-02", "soon"], ""),
        ("placed", ["2026-13-45"], ""),
        ("total", [], ""),
    ],
)
def test_what_a_field_looks_like_holds_for_all_its_values(path: str, values: list[Any], word: str) -> None:
    assert looks_like(path, values) == word


def test_examples_are_those_of_the_mask_and_the_commonest_comes_first() -> None:
    payloads = [{"mail": "a@example.com", "state": state} for state in ("OPEN", "PAID", "PAID")]
    found = profile(payloads, lambda payload: {**payload, "mail": "[email]"})
    assert {field.path: field.examples for field in found} == {
        "mail": (("“[email]”", 3),),
        "state": (("“PAID”", 2), ("“OPEN”", 1)),
    }


def test_a_name_beside_an_address_is_not_shown() -> None:
    payload = {"delivery": {"name": "Somebody", "zip": "10115"}, "item": {"name": "Mug"}}
    masked = {**payload, "delivery": {"name": "Somebody", "zip": "[address]"}}
    shown = {field.path: field.examples for field in profile([payload], lambda _: masked)}
    assert shown["delivery.name"] == (("“[name]”", 1),)
    assert shown["item.name"] == (("“Mug”", 1),)


# --- the outline ------------------------------------------------------------------------------------------------


def test_each_line_of_an_outline_has_the_expression_that_finds_it() -> None:
    payload = {
        "id": 7,
        "odd name": {"a-b": 1},
        "lines": [{"sku": "A"}, {"sku": "B"}],
        'q"': "x",
        "none": None,
    }
    lines = [line for line in outline(payload).lines if line.value not in ("", "null", "2 entries")]
    found = {line.value: compile_expression(line.path).evaluate(payload) for line in lines}
    assert found == {"7": 7, "1": 1, "“A”": "A", "“B”": "B", "“x”": "x"}


def test_a_name_that_is_no_identifier_is_quoted() -> None:
    assert step("a", "b c") == 'a."b c"'
    assert step("", "b") == "b"


def test_a_long_payload_is_cut_and_says_by_how_much() -> None:
    found = outline({f"field_{place}": place for place in range(450)})
    assert (len(found.lines), found.more) == (400, 50)
