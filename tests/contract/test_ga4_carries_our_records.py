"""Our orders and refunds for Google Analytics, worked out by hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest

from integrations.connectors.ga4_events import purchase, refund
from mappings.presets.ga4 import PURCHASES_WRITE, REFUNDS_WRITE
from mappings.records import Customer, Order, OrderLine, Refund
from mappings.translate import compile_rules, write
from tests.contract.samples import write_with

PLACED = datetime(2026, 11, 19, 9, 30, tzinfo=timezone(timedelta(hours=1)))
REFUNDED = datetime(2026, 11, 20, 10, tzinfo=UTC)


def line(**more: Any) -> OrderLine:
    """Two mugs at 11.90 with 19 % tax, 10 % off."""
    told: dict[str, Any] = {
        "id": "1",
        "sku": "MUG-001",
        "title": "Mug",
        "ordered": Decimal(2),
        "cancelled": Decimal(0),
        "unit_price": Decimal("11.90"),
        "discount": Decimal("2.38"),
        "total": Decimal("21.42"),
        "tax": Decimal("3.42"),
    }
    return OrderLine(**(told | more))


def order(**more: Any) -> Order:
    told: dict[str, Any] = {
        "id": "A-1042",
        "number": "#1042",
        "placed_at": PLACED,
        "currency": "EUR",
        "total": Decimal("27.37"),
        "tax": Decimal("4.37"),
        "shipping_total": Decimal("5.95"),
        "email": "buyer@example.com",
        "customer": Customer(id="7", name="Test Buyer"),
        "lines": [line()],
    }
    return Order(**(told | more))


def told_of(made: Order, valued: str) -> dict[str, Any]:
    params: dict[str, Any] = purchase(write_with(PURCHASES_WRITE, made), valued)["params"]
    return params


def test_an_order_and_nothing_of_the_person() -> None:
    assert write_with(PURCHASES_WRITE, order()) == {
        "transaction_id": "A-1042",
        "currency": "EUR",
        "occurred_at": "2026-11-19T08:30:00Z",
        "total": "27.37",
        "tax": "4.37",
        "shipping": "5.95",
        "items": [
            {
                "item_id": "MUG-001",
                "item_name": "Mug",
                "quantity": "2",
                "cancelled": "0",
                "amount": "21.42",
                "price": "11.90",
                "discount": "2.38",
                "tax": "3.42",
            }
        ],
    }


@pytest.mark.parametrize(
    ("valued", "value", "price"),
    [("goods_less_tax", 18, 9), ("goods", 21.42, 10.71), ("total", 27.37, 10.71)],
)
def test_an_order_is_worth_what_the_connection_says(valued: str, value: float, price: float) -> None:
    assert told_of(order(), valued) == {
        "transaction_id": "A-1042",
        "currency": "EUR",
        "value": value,
        "tax": 4.37,
        "shipping": 5.95,
        "items": [{"item_id": "MUG-001", "item_name": "Mug", "price": price, "quantity": 2}],
    }


@pytest.mark.parametrize(
    ("currency", "amount", "value"), [("JPY", "500", 500), ("KWD", "12.125", 12.125), ("EUR", "0.10", 0.1)]
)
def test_amounts_are_numbers_of_their_currency(currency: str, amount: str, value: float) -> None:
    one = line(ordered=Decimal(1), total=Decimal(amount))
    params = told_of(order(currency=currency, lines=[one]), "goods")
    assert (params["currency"], params["value"], params["items"][0]["price"]) == (currency, value, value)


def test_without_an_amount_a_line_is_worth_its_units_less_the_discount() -> None:
    told = OrderLine(sku="MUG-001", ordered=Decimal(3), unit_price=Decimal("4.00"), discount=Decimal("3.00"))
    params = told_of(order(lines=[told]), "goods")
    assert params["value"] == 9
    assert params["items"] == [{"item_id": "MUG-001", "price": 3, "quantity": 3}]


def test_units_that_were_cancelled_are_not_bought_unless_a_refund_takes_them_back() -> None:
    lines = [line(cancelled=Decimal(1)), line(sku="GONE", cancelled=Decimal(2))]
    edited = told_of(order(lines=lines), "goods_less_tax")
    assert (edited["value"], [item["quantity"] for item in edited["items"]]) == (9, [1])
    back = [Refund(id="R1", amount=Decimal("10.71"), currency="EUR")]
    refunded = told_of(order(lines=lines, refunds=back), "goods_less_tax")
    assert (refunded["value"], [item["quantity"] for item in refunded["items"]]) == (36, [2, 2])


def test_what_is_sold_by_weight_is_one_item_at_its_whole_price() -> None:
    cheese = OrderLine(sku="CHEESE", ordered=Decimal("1.5"), unit_price=Decimal("20.00"))
    params = told_of(order(lines=[cheese]), "goods")
    assert params["value"] == 30
    assert params["items"] == [{"item_id": "CHEESE", "price": 30, "quantity": 1}]


def test_a_line_without_a_sku_goes_by_its_name() -> None:
    params = told_of(order(lines=[line(sku=None, title="Gift 🎁" + "x" * 100)]), "goods")
    assert params["items"][0]["item_name"] == "Gift 🎁" + "x" * 94
    assert "item_id" not in params["items"][0]


@pytest.mark.parametrize("missing", ["id", "currency", "placed_at"])
def test_an_order_without_what_google_needs_is_a_problem_of_its_field(missing: str) -> None:
    rules = compile_rules(list(PURCHASES_WRITE.rules), "write", "order")
    problems = write(rules, order(**{missing: None})).problems
    assert [(problem.code, problem.source) for problem in problems] == [("missing_field", missing)]


def test_a_refund_goes_by_the_transaction_of_its_order() -> None:
    told = Refund(
        id="R-7",
        order_id="A-1042",
        amount=Decimal("11.90"),
        currency="eur",
        created_at=REFUNDED,
        reason="Broken",
    )
    body = write_with(REFUNDS_WRITE, told, ids={"order": "#1042"})
    assert body == {
        "id": "R-7",
        "transaction_id": "#1042",
        "currency": "EUR",
        "occurred_at": "2026-11-20T10:00:00Z",
        "value": "11.90",
    }
    assert write_with(REFUNDS_WRITE, told)["transaction_id"] == "A-1042"
    assert refund(body) == {
        "name": "refund",
        "params": {"transaction_id": "#1042", "currency": "EUR", "value": 11.9},
    }
