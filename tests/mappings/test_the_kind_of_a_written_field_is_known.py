"""What a field of a written body holds is known from the mapping: JSON has text for amounts and times alike."""

from __future__ import annotations

import pytest

from mappings.kinds import kinds_of
from mappings.presets import PRESETS
from mappings.presets.preset import rule
from mappings.transforms import TRANSFORMS
from mappings.translate import RuleData, compile_rules


def kinds(*rules: RuleData) -> dict[str, str]:
    return kinds_of(compile_rules(rules, "write", "order"))


def test_a_field_that_is_taken_as_it_is_has_the_records_kind() -> None:
    found = kinds(
        rule("number", "number"),
        rule("total", "total"),
        rule("placed", "placed_at"),
        rule("again", "is_renewal"),
        rule("ship.city", "shipping_address.city"),
        rule("tags", "tags"),
    )
    assert found == {
        "number": "text",
        "total": "number",
        "placed": "time",
        "again": "yes or no",
        "ship.city": "text",
    }


def test_lines_have_the_kinds_of_lines_and_of_the_whole() -> None:
    found = kinds(
        rule("items[]", "lines[?ordered != cancelled]"),
        rule("items[].sku", "sku"),
        rule("items[].units", "ordered"),
        rule("items[].of", "root.total"),
        rule("items[].made", "sku || title"),
    )
    assert found == {"items[].sku": "text", "items[].units": "number", "items[].of": "number"}


@pytest.mark.parametrize(
    ("transform", "arguments", "expected"),
    [
        ("decimal", {}, "number"),
        ("integer", {}, "whole number"),
        ("minus", {"minus": "= tax"}, "number"),
        ("minus", {"minus": "= tax", "as": "integer"}, "whole number"),
        ("to_time", {}, "time"),
        ("to_time", {"format": "unix"}, "whole number"),
        ("to_time", {"format": "%d.%m.%Y"}, "text"),
        ("boolean", {}, "yes or no"),
        ("upper", {}, "text"),
        ("constant", {"value": 1}, ""),
    ],
)
def test_a_changed_field_has_the_kind_that_the_change_gives(
    transform: str, arguments: dict[str, object], expected: str
) -> None:
    found = kinds(rule("made", "total || tax", transform, arguments=arguments))
    assert found.get("made", "") == expected


def test_a_value_map_gives_text_and_an_expression_nothing_that_is_known() -> None:
    mapped = compile_rules([rule("s", "total", value_map="v")], "write", "order", {"v": {"1": "one"}})
    assert kinds_of(mapped) == {"s": "text"}
    assert kinds(rule("a", "'stripe'"), rule("b", "total || tax"), rule("c", "extra.shop.colour")) == {}


def test_every_change_has_a_known_kind_but_the_constant() -> None:
    unknown = [
        name
        for name in TRANSFORMS
        if not kinds(rule("made", "total", name, arguments={"find": "x", "length": 2}))
    ]
    assert unknown == ["constant"]


def test_each_field_of_the_presets_for_databases_has_its_kind() -> None:
    for name, preset in PRESETS.items():
        if preset.platform == "sql":
            found = kinds_of(compile_rules(preset.rules, "write", preset.kind))
            missing = {one.target for one in preset.rules if not one.target.endswith("[]")} - set(found)
            assert missing <= {"tags"} | ({"id"} if name == "sql-stock" else set())
