"""Vendure's orders as Records: money in the smallest unit, what was sold, and what refunds mean."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from mappings.presets.vendure import ORDERS_READ
from mappings.records import ABSENT, Order
from mappings.translate import compile_rules, read


def payload(**more: Any) -> dict[str, Any]:
    line = {
        "id": "7",
        "quantity": 1,
        "orderPlacedQuantity": 3,
        "productVariant": {"sku": "MUG", "name": "Mug 🍵"},
        "unitPriceWithTax": 612,
        "linePriceWithTax": 612,
        "fulfillmentLines": [],
    }
    return {
        "id": "1",
        "code": "V1",
        "state": "PaymentSettled",
        "currencyCode": "EUR",
        "totalWithTax": 1112,
        "lines": [line],
        "payments": [paid()],
        **more,
    }


def paid(*refunds: dict[str, Any]) -> dict[str, Any]:
    return {"id": "1", "state": "Settled", "amount": 1112, "refunds": list(refunds)}


def refund(total: int, state: str = "Settled") -> dict[str, Any]:
    return {"id": "1", "state": state, "total": total, "reason": "damaged"}


def order(**more: Any) -> Order:
    translation = read(compile_rules(list(ORDERS_READ.rules), "read", "order"), payload(**more))
    assert translation.problems == []
    assert isinstance(translation.record, Order)
    return translation.record


def test_what_was_sold_is_what_was_ordered_and_the_rest_is_cancelled() -> None:
    (line,) = order().lines or []
    assert (line.ordered, line.cancelled, line.shipped) == (Decimal(3), Decimal(2), Decimal(0))
    assert line.unit_price == Decimal("6.12")


@pytest.mark.parametrize(
    ("state", "payments", "status"),
    [
        ("PaymentSettled", [paid()], "paid"),
        ("PaymentSettled", [paid(refund(100))], "partially_refunded"),
        ("PaymentSettled", [paid(refund(1112))], "refunded"),
        ("PaymentSettled", [paid(refund(500), refund(612, "Pending"))], "refunded"),
        # No money went back: it is still to be sent.
        ("PaymentSettled", [paid(refund(1112, "Failed"))], "paid"),
        ("PaymentAuthorized", [], "authorized"),
        ("ArrangingPayment", [], "pending"),
    ],
)
def test_a_refund_that_failed_is_none(state: str, payments: list[Any], status: str) -> None:
    found = order(state=state, payments=payments)
    assert found.payment_status == status
    gone = [refund for payment in payments for refund in payment["refunds"] if refund["state"] != "Failed"]
    assert len(found.refunds or []) == len(gone)


def test_what_the_shop_does_not_tell_is_absent() -> None:
    assert order().email is ABSENT
    assert order(customer=None).email is None
