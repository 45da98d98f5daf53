"""A mistyped field in a writing mapping is told before it leaves the field out of every body."""

from __future__ import annotations

import pytest

from mappings.rules import RuleProblem, check_rules
from mappings.translate import RuleData

LINES = RuleData(target="items[]", source="lines")


def told(*rules: RuleData) -> list[RuleProblem]:
    return list(check_rules(rules, "write", "order", ()))


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        ("shipping_address.cty", "“shipping_address.cty”. Did you mean “shipping_address.city”?"),
        ("numbr", "“numbr”. Did you mean “number”?"),
        ("join(' ', [customer.name, shipping_adress.city])", "Did you mean “shipping_address”?"),
        ("nothing_like_it", "order has no field “nothing_like_it”."),
        ("lines.sku", "“lines” has no fields of its own."),
    ],
)
def test_a_field_that_no_record_has_is_told_with_what_was_meant(source: str, sentence: str) -> None:
    ((place, field, text),) = told(RuleData(target="city", source=source))
    assert (place, field) == (0, "source")
    assert text.endswith(sentence)


@pytest.mark.parametrize(
    "source",
    [
        "shipping_address.city",
        "extra.whatever.the.shop.sent",
        "context.ids.order",
        "lines[?sku=='A'].ordered | [0]",
        "sort_by(lines, &sku)[0].sku",
        "number || id",
        "@",
        "",
    ],
)
def test_what_a_record_has_is_taken(source: str) -> None:
    assert told(RuleData(target="city", source=source)) == []


def test_inside_a_list_the_fields_of_its_items_are_known() -> None:
    rules = (
        RuleData(target="items[].sku", source="sku"),
        RuleData(target="items[].order", source="root.number"),
        RuleData(target="items[].count", source="ordred"),
    )
    ((place, _, text),) = told(LINES, *rules)
    assert place == 3
    assert text.endswith("Did you mean “ordered”?")


def test_what_a_list_made_by_an_expression_holds_is_not_judged() -> None:
    opener = RuleData(target="items[]", source="lines[?sku].{code: sku}")
    assert told(opener, RuleData(target="items[].code", source="code")) == []
