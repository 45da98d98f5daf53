"""A source is a path or JMESPath; what is too long, too large or too deep is refused before it runs."""

from __future__ import annotations

import pytest

from mappings.expressions import ExpressionError, compile_expression, condition
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
    "text", ["a" * 501, "[" * 5000, "a[", "", "[*].[@,@][][].[@,@][][].[@,@][][].[@,@][][]", "foo("]
)
def test_hostile_and_broken_expressions_are_refused(text: str) -> None:
    with pytest.raises(ExpressionError):
        compile_expression(text)


def test_a_condition_is_true_only_for_something() -> None:
    paid = condition("payment_status == 'paid'")
    assert paid({"payment_status": "paid"})
    assert not paid({"payment_status": "pending"})
    assert not condition("lines")({"lines": []})
    assert not condition("lines")({})
    assert condition("count")({"count": 0})
