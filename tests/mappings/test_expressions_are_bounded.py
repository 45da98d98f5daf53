"""A source is a path or JMESPath; what is too long, too large or too deep is refused before it runs."""

from __future__ import annotations

from time import monotonic
from typing import Any

import pytest

from mappings.expressions import ExpressionError, at_most, compile_expression, condition
from mappings.records import ABSENT


def test_a_path_tells_missing_from_empty() -> None:
    path = compile_expression("customer.email")
    assert path.evaluate({"customer": {"email": None}}) is None
    assert path.evaluate({"customer": {}}) is ABSENT
    assert path.evaluate({"customer": None}) is None
    assert path.evaluate({}) is ABSENT


def test_jmespath_works_where_a_path_is_not_enough() -> None:
    assert compile_expression("lines[?qty > `1`].sku").evaluate({"lines": [{"sku": "A", "qty": 2}]}) == ["A"]


@pytest.mark.parametrize(
    ("text", "data"),
    [
        ("a || b", {}),
        ("a.b || c.d", {"a": {"b": None}}),
        ("lines[0].sku", {"lines": []}),
        ("lines[0].sku", {"lines": [{"sku": None}]}),
        ("lines[0]", {"lines": [None]}),
        ("lines[?kind == 'x'] | [0].price", {"lines": [{"kind": "y"}]}),
        ("kind == 'x' && a || `null`", {"a": 1}),
        ("max(lines[].n)", {"lines": []}),
    ],
)
def test_jmespath_tells_missing_from_empty_too(text: str, data: dict[str, Any]) -> None:
    told_to_be_empty = "None" in str(data) or "null" in text
    assert compile_expression(text).evaluate(data) is (None if told_to_be_empty else ABSENT)


@pytest.mark.parametrize(
    "text", ["a" * 501, "[" * 5000, "a[", "", "[*].[@,@][][].[@,@][][].[@,@][][].[@,@][][]", "foo("]
)
def test_hostile_and_broken_expressions_are_refused(text: str) -> None:
    with pytest.raises(ExpressionError):
        compile_expression(text)


def test_copies_within_copies_are_refused() -> None:
    """Each level holds the record thirty times: written out, four levels would fill the memory."""
    many = f"[{', '.join('@' * 30)}]"
    with pytest.raises(ExpressionError, match="too large"):
        compile_expression(f"{many} | {many} | {many} | to_string(@)")


def test_an_expression_that_takes_long_is_given_up_and_says_so() -> None:
    slow = compile_expression(f"lines[?{' && '.join(['n != `1`'] * 40)}]")
    began = monotonic()
    with pytest.raises(ExpressionError, match="takes too long on this record"):
        slow.evaluate({"lines": [{"n": 2}] * 50_000})
    assert monotonic() - began < 5, "without a limit it goes on for half a minute"
    assert len(slow.evaluate({"lines": [{"n": 2}] * 50})) == 50


def test_what_is_evaluated_together_shares_one_budget() -> None:
    each = compile_expression("lines[?n > `1`]")
    data = {"lines": [{"n": 2}] * 100}
    with at_most(1_000):
        assert len(each.evaluate(data)) == 100
        each.evaluate(data)
        with pytest.raises(ExpressionError, match="takes too long"):
            each.evaluate(data)
    assert len(each.evaluate(data)) == 100


def test_a_condition_is_true_only_for_something() -> None:
    paid = condition("payment_status == 'paid'")
    assert paid({"payment_status": "paid"})
    assert not paid({"payment_status": "pending"})
    assert not condition("lines")({"lines": []})
    assert not condition("lines")({})
    assert condition("count")({"count": 0})
