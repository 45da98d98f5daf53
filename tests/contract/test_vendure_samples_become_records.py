"""Vendure's orders as Records, worked out by hand.

The order is what the real shop answered (../shared/real/vendure), with the fields that the connector asks for beside
those that were saved, and each is judged by Vendure's own schema.
"""

from __future__ import annotations

from copy import deepcopy
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from integrations.connectors import vendure_documents as ask
from mappings.presets.vendure import (
    ORDERS_READ,
)
from mappings.records import (
    ABSENT,
    Address,
    Customer,
    Order,
    OrderLine,
    Payment,
    Refund,
    units,
)
from tests.contract.dialects.vendure import DIALECT
from tests.contract.samples import judged, read_with

MOMENT = "2026-11-23T05:10:00.000Z"
LATER = datetime(2026, 11, 23, 5, 10, tzinfo=UTC)
PLACED = datetime(2026, 11, 23, 4, 55, 28, 299000, tzinfo=UTC)
# The second order of ../shared/real/vendure/samples/orders.json: two MUG-008 and one MUG-011, paid, not shipped.
ADDRESS = {
    "fullName": "Asha Nair 1",
    "company": None,
    "streetLine1": "1 MG Road",
    "streetLine2": None,
    "city": "Kochi",
    "province": None,
    "postalCode": "682001",
    "countryCode": "IN",
    "phoneNumber": None,
}
NO_ADDRESS = dict.fromkeys(ADDRESS)


def line(number: int, sku: str, price: int, quantity: int, placed: int, shipped: int = 0) -> dict[str, Any]:
    return {
        "id": str(number),
        "quantity": quantity,
        "orderPlacedQuantity": placed,
        "unitPriceWithTax": price,
        "proratedUnitPriceWithTax": price,
        "linePriceWithTax": price * quantity,
        "productVariant": {"id": str(number), "sku": sku, "name": f"Mug no {sku[-2:].lstrip('0')}"},
        "fulfillmentLines": [{"quantity": shipped, "fulfillmentId": "1"}] if shipped else [],
    }


def payment(*refunds: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "id": "2",
        "state": "Settled",
        "amount": 2624,
        "method": "dummy",
        "transactionId": "12345",
        "createdAt": MOMENT,
        "updatedAt": MOMENT,
        "refunds": list(refunds),
        **more,
    }


def refund(total: int, **more: Any) -> dict[str, Any]:
    return {
        "id": "1",
        "state": "Settled",
        "total": total,
        "reason": "damaged",
        "createdAt": MOMENT,
        "updatedAt": MOMENT,
        "lines": [],
        **more,
    }


def order(**more: Any) -> dict[str, Any]:
    made = {
        "id": "2",
        "code": "GDRT92HEAYXKXQ2E",
        "state": "PaymentSettled",
        "active": False,
        "createdAt": "2026-11-23T04:55:27.000Z",
        "updatedAt": "2026-11-23T04:55:28.000Z",
        "orderPlacedAt": "2026-11-23T04:55:28.299Z",
        "currencyCode": "USD",
        "total": 2187,
        "totalWithTax": 2624,
        "subTotalWithTax": 2124,
        "shippingWithTax": 500,
        "couponCodes": [],
        "discounts": [],
        "customer": {
            "id": "2",
            "firstName": "Asha",
            "lastName": "Nair 41",
            "emailAddress": "buyer1@example.com",
            "phoneNumber": None,
            "user": None,
        },
        "shippingAddress": ADDRESS,
        "billingAddress": NO_ADDRESS,
        "lines": [line(2, "MUG-008", 696, 2, 2), line(3, "MUG-011", 732, 1, 1)],
        "payments": [payment()],
        "fulfillments": [],
    }
    return deepcopy({**made, **more})


def read_order(**more: Any) -> Any:
    return read_with(ORDERS_READ, judged(DIALECT.contract, ask.ONE_ORDER, order(**more)))


def lines_of(record: Any) -> list[tuple[Any, ...]]:
    """SKU, ordered, cancelled and shipped."""
    return [(one.sku, one.ordered, one.cancelled, one.shipped) for one in record.lines]


def test_an_order_of_a_guest() -> None:
    """Who bought without an account is a customer of Vendure too, who has no user: the Record does not tell."""
    assert read_order() == Order(
        id="2",
        number="GDRT92HEAYXKXQ2E",
        placed_at=PLACED,
        updated_at=datetime(2026, 11, 23, 4, 55, 28, tzinfo=UTC),
        currency="USD",
        total=Decimal("26.24"),
        subtotal=Decimal("21.24"),
        shipping_total=Decimal("5.00"),
        status="open",
        payment_status="paid",
        fulfillment_status="unfulfilled",
        email="buyer1@example.com",
        customer=Customer(
            id="2",
            name="Asha Nair 41",
            first_name="Asha",
            last_name="Nair 41",
            email="buyer1@example.com",
            phone=None,
        ),
        shipping_address=Address(
            name="Asha Nair 1",
            company=None,
            line1="1 MG Road",
            line2=None,
            city="Kochi",
            region=None,
            postal_code="682001",
            country="IN",
            phone=None,
        ),
        billing_address=Address(
            name=None,
            company=None,
            line1=None,
            line2=None,
            city=None,
            region=None,
            postal_code=None,
            country=None,
            phone=None,
        ),
        lines=[
            OrderLine(
                id="2",
                sku="MUG-008",
                title="Mug no 8",
                ordered=Decimal(2),
                cancelled=Decimal(0),
                shipped=Decimal(0),
                unit_price=Decimal("6.96"),
                total=Decimal("13.92"),
            ),
            OrderLine(
                id="3",
                sku="MUG-011",
                title="Mug no 11",
                ordered=Decimal(1),
                cancelled=Decimal(0),
                shipped=Decimal(0),
                unit_price=Decimal("7.32"),
                total=Decimal("7.32"),
            ),
        ],
        payments=[
            Payment(
                id="2",
                amount=Decimal("26.24"),
                currency="USD",
                status="paid",
                provider="dummy",
                reference="12345",
                created_at=LATER,
            )
        ],
        refunds=[],
    )


def test_an_order_without_a_customer() -> None:
    record = read_order(customer=None)
    assert (record.customer.id, record.customer.email, record.email) == (None, None, None)


@pytest.mark.parametrize(
    ("back", "payment_status"),
    [((), "paid"), ((refund(2624),), "refunded")],
    ids=["not refunded", "refunded"],
)
def test_a_cancelled_order_keeps_what_was_sold_and_wants_nothing_shipped(
    back: tuple[dict[str, Any], ...], payment_status: str
) -> None:
    """Vendure sets quantities and totals to 0, and gives no money back by itself. It tells no time of cancelling."""
    nothing = [line(2, "MUG-008", 696, 0, 2), line(3, "MUG-011", 732, 0, 1)]
    totals = {"total": 0, "totalWithTax": 0, "subTotalWithTax": 0, "shippingWithTax": 0}
    record = read_order(state="Cancelled", lines=nothing, payments=[payment(*back)], **totals)
    assert (record.status, record.payment_status, record.total) == ("cancelled", payment_status, 0)
    assert record.fulfillment_status == "unfulfilled"
    assert record.cancelled_at is ABSENT
    assert lines_of(record) == [("MUG-008", 2, 2, 0), ("MUG-011", 1, 1, 0)]
    assert units(record) == []


def test_an_edited_order_tells_what_was_taken_off_and_what_was_added() -> None:
    """One MUG-008 less; two MUG-012 more, which were not there when the order was placed; MUG-011 twice now."""
    edited = [
        line(2, "MUG-008", 696, 1, 2),
        line(3, "MUG-011", 732, 2, 1),
        line(4, "MUG-012", 100, 2, 0),
    ]
    record = read_order(lines=edited, subTotalWithTax=2360, totalWithTax=2860)
    assert lines_of(record) == [("MUG-008", 2, 1, 0), ("MUG-011", 2, 0, 0), ("MUG-012", 2, 0, 0)]
    assert (record.total, record.subtotal) == (Decimal("28.60"), Decimal("23.60"))
    assert units(record) == [("MUG-008", 1), ("MUG-011", 2), ("MUG-012", 2)]


@pytest.mark.parametrize(
    ("state", "payments", "status"),
    [
        ("Modifying", [payment()], "paid"),
        ("ArrangingAdditionalPayment", [payment()], "partially_paid"),
        ("ArrangingAdditionalPayment", [payment(state="Authorized")], "pending"),
    ],
)
def test_an_edited_order_that_costs_more_waits_for_the_rest(
    state: str, payments: list[dict[str, Any]], status: str
) -> None:
    record = read_order(state=state, payments=payments, totalWithTax=3000)
    assert (record.status, record.payment_status) == ("open", status)


def test_an_order_of_which_a_part_was_refunded() -> None:
    """Neither the total nor the lines change by it."""
    back = [refund(696), refund(100, id="2", state="Failed"), refund(5, id="3", state="Pending", reason=None)]
    record = read_order(payments=[payment(*back)])
    assert (record.payment_status, record.total) == ("partially_refunded", Decimal("26.24"))
    assert record.refunds == [
        Refund(id="1", amount=Decimal("6.96"), currency="USD", reason="damaged", created_at=LATER),
        Refund(id="3", amount=Decimal("0.05"), currency="USD", reason=None, created_at=LATER),
    ]
    assert units(record) == [("MUG-008", 2), ("MUG-011", 1)]


@pytest.mark.parametrize(
    ("state", "shipped", "fulfillment", "left"),
    [
        ("PaymentSettled", (0, 0), "unfulfilled", [("MUG-008", 2), ("MUG-011", 1)]),
        ("PartiallyShipped", (1, 0), "partial", [("MUG-008", 1), ("MUG-011", 1)]),
        # One was shipped and delivered, the others were not shipped at all.
        ("PartiallyDelivered", (1, 0), "partial", [("MUG-008", 1), ("MUG-011", 1)]),
        # All were shipped, some of them are still on their way.
        ("PartiallyDelivered", (2, 1), "fulfilled", []),
        ("Shipped", (2, 1), "fulfilled", []),
        ("Delivered", (2, 1), "fulfilled", []),
        # In a fulfilment that is not shipped yet: Vendure lets nobody ship them once more.
        ("PaymentSettled", (2, 1), "unfulfilled", []),
    ],
)
def test_how_far_an_order_was_shipped(
    state: str, shipped: tuple[int, int], fulfillment: str, left: list[tuple[str, int]]
) -> None:
    lines = [line(2, "MUG-008", 696, 2, 2, shipped[0]), line(3, "MUG-011", 732, 1, 1, shipped[1])]
    record = read_order(state=state, lines=lines)
    assert record.fulfillment_status == fulfillment
    assert [one.shipped for one in record.lines] == list(shipped)
    assert units(record) == left


@pytest.mark.parametrize(
    ("state", "status"),
    [
        ("Settled", "paid"),
        ("Authorized", "authorized"),
        ("Declined", "failed"),
        ("Error", "failed"),
        ("Cancelled", "voided"),
        ("Created", "pending"),
    ],
)
def test_what_came_of_a_payment(state: str, status: str) -> None:
    record = read_order(payments=[payment(state=state)])
    assert [one.status for one in record.payments] == [status]


def test_an_order_whose_payment_failed_waits_for_another() -> None:
    """It was not placed: Vendure keeps it as the customer's cart, which is not in the list that is read."""
    failed = payment(state="Declined", transactionId=None)
    record = read_order(state="ArrangingPayment", active=True, orderPlacedAt=None, payments=[failed])
    assert (record.status, record.payment_status, record.placed_at) == ("open", "pending", None)
    assert [one.status for one in record.payments] == ["failed"]
    assert units(record) == []
    paid = read_order(payments=[failed, payment(id="3")])
    assert (paid.payment_status, [one.status for one in paid.payments]) == ("paid", ["failed", "paid"])


@pytest.mark.parametrize(
    ("currency", "total", "expected"),
    [("USD", 2624, "26.24"), ("JPY", 125000, "1250.00"), ("KWD", 125, "1.25"), ("INR", 1, "0.01")],
)
def test_amounts_are_hundredths_in_every_currency(currency: str, total: int, expected: str) -> None:
    """¥1250 is 125000. A third place is nothing that Vendure can keep with its usual precision."""
    record = read_order(
        currencyCode=currency,
        totalWithTax=total,
        subTotalWithTax=total,
        shippingWithTax=total,
        lines=[line(2, "MUG-008", total, 1, 1)],
        payments=[payment(refund(total), amount=total)],
    )
    amount = Decimal(expected)
    assert (record.currency, record.total, record.subtotal) == (currency, amount, amount)
    assert record.shipping_total == amount
    assert [(one.unit_price, one.total) for one in record.lines] == [(amount, amount)]
    assert [(one.amount, one.currency) for one in record.payments] == [(amount, currency)]
    assert [(one.amount, one.currency) for one in record.refunds] == [(amount, currency)]


def test_a_partially_delivered_order_may_tell_null_for_what_was_never_shipped() -> None:
    waits = {**line(3, "MUG-011", 732, 1, 1), "fulfillmentLines": None}
    record = read_order(state="PartiallyDelivered", lines=[line(2, "MUG-008", 696, 2, 2, 2), waits])
    assert (record.fulfillment_status, units(record)) == ("partial", [("MUG-011", 1)])


def test_a_line_without_a_sku_is_there_and_takes_no_stock() -> None:
    """A variant of Vendure has a SKU always, which may be empty."""
    record = read_order(lines=[line(2, "", 696, 2, 2), line(3, "MUG-011", 732, 1, 1)])
    assert [(one.id, one.sku) for one in record.lines] == [("2", None), ("3", "MUG-011")]
    assert units(record) == [("MUG-011", 1)]
