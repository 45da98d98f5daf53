"""Orders and payments through the engine into the books: each once, the newest, and without personal data."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from integrations.connectors.base import Item
from integrations.models import (
    BookedCustomer,
    BookedLine,
    BookedOrder,
    BookedPayment,
    BookedRefund,
    BookedRemoval,
    Delivery,
    ErrorRecord,
    Intent,
)
from integrations.sync import intents
from mappings.fields import encrypt_json
from mappings.search import keyed_hash

from .booking import bring, carry, configure, told

pytestmark = pytest.mark.django_db
MORNING = "2026-11-23T06:45:00Z"
NOON = "2026-11-23T12:00:00Z"
ORDER: dict[str, Any] = {
    "id": "1042",
    "number": "#A1042",
    "currency": "eur",
    "total": "25.00",
    "subtotal": "21.01",
    "tax": "3.99",
    "status": "open",
    "payment_status": "paid",
    "placed_at": "2026-11-23T07:45:00+01:00",
    "updated_at": MORNING,
    "email": " Kaethe@Example.com ",
    "country": "de",
    "lines": [
        {"id": "1", "sku": "MUG", "title": "Mug ☕", "ordered": "2", "total": "20"},
        {"id": "2", "sku": "BOWL", "title": "Bowl", "ordered": "1", "total": "5"},
    ],
}


def order() -> BookedOrder:
    return BookedOrder.objects.get()


def test_an_order_is_booked_with_its_lines() -> None:
    configure("order")
    told("shop-orders", ORDER)
    row = order()
    assert (row.source.key, row.external_id, row.number, row.currency) == ("shop", "1042", "a1042", "EUR")
    assert (row.total, row.subtotal, row.tax, row.discount_total) == (
        Decimal(25),
        Decimal("21.01"),
        Decimal("3.99"),
        None,
    )
    assert row.placed_at == datetime(2026, 11, 23, 6, 45, tzinfo=UTC)
    assert (row.status, row.payment_status, row.country, row.is_renewal) == ("open", "paid", "DE", None)
    lines = row.lines.order_by("position")
    assert list(lines.values_list("external_id", "sku", "title", "ordered", "total")) == [
        ("1", "MUG", "Mug ☕", Decimal(2), Decimal(20)),
        ("2", "BOWL", "Bowl", Decimal(1), Decimal(5)),
    ]
    assert set(Delivery.objects.values_list("state", flat=True)) == {"delivered"}


def test_of_a_person_only_a_hash_is_kept_also_in_the_stored_write(monkeypatch: pytest.MonkeyPatch) -> None:
    configure("order", "customer")
    stored: list[str] = []

    def encrypt(plain: Any) -> str:
        stored.append(json.dumps(plain, default=str))
        return encrypt_json(plain)

    monkeypatch.setattr(intents, "encrypt_json", encrypt)
    told("shop-orders", ORDER)
    told("shop-customers", {"id": "7", "name": "K", "email": "kaethe@example.com", "phone": "+49 30 1234567"})
    assert order().person == keyed_hash("email", "kaethe@example.com")
    customer = BookedCustomer.objects.get()
    assert (customer.person, customer.phone) == (order().person, keyed_hash("phone", "+49301234567"))
    assert len(stored) == 2
    assert not [text for text in stored if "example.com" in text.lower() or "1234567" in text]


def test_the_same_twice_is_one_row() -> None:
    configure("order")
    told("shop-orders", ORDER)
    first = order()
    told("shop-orders", ORDER)
    assert order().booked_at == first.booked_at
    assert BookedLine.objects.count() == 2


def test_a_write_that_is_done_again_has_the_effect_of_once() -> None:
    configure("order")
    told("shop-orders", ORDER)
    Delivery.objects.update(content_hash="", source_version="", source_read_at=None, accepted_digest="")
    told("shop-orders", ORDER)
    assert (BookedOrder.objects.count(), BookedLine.objects.count()) == (1, 2)


def test_a_newer_version_replaces_the_row_and_its_lines() -> None:
    configure("order")
    told("shop-orders", ORDER)
    told(
        "shop-orders",
        {**ORDER, "updated_at": NOON, "total": "20", "status": "closed", "lines": ORDER["lines"][:1]},
    )
    assert (order().total, order().status) == (Decimal(20), "closed")
    assert list(BookedLine.objects.values_list("sku", flat=True)) == ["MUG"]


def test_an_older_version_never_replaces_a_newer_one() -> None:
    """Of another job's reading of the same order, whose Delivery knows nothing of the newer one."""
    configure("order")
    told("shop-orders", {**ORDER, "updated_at": NOON, "total": "20", "lines": ORDER["lines"][:1]})
    Delivery.objects.update(
        content_hash="", source_version="", source_read_at=None, accepted_version="", accepted_digest=""
    )
    told("shop-orders", ORDER)
    assert order().total == Decimal(20)
    assert list(BookedLine.objects.values_list("sku", flat=True)) == ["MUG"]


def test_without_a_version_the_later_reading_counts() -> None:
    configure("payment")
    early, late = datetime(2026, 11, 23, 8, tzinfo=UTC), datetime(2026, 11, 23, 9, tzinfo=UTC)
    paid = {"id": "p1", "amount": "10", "currency": "EUR", "status": "paid"}
    told("shop-payments", paid, at=late)
    Delivery.objects.update(content_hash="", source_read_at=None, accepted_digest="")
    told("shop-payments", {**paid, "status": "pending"}, at=early)
    assert BookedPayment.objects.get().status == "paid"


def test_what_is_not_told_stays_as_it_is() -> None:
    configure("payment")
    told("shop-payments", {"id": "p1", "amount": "10", "currency": "EUR", "fee": "0.35", "payout_id": "po_1"})
    told("shop-payments", {"id": "p1", "amount": "10", "currency": "EUR", "status": "paid"})
    row = BookedPayment.objects.get()
    assert (row.status, row.fee, row.payout) == ("paid", Decimal("0.35"), "po_1")


def test_a_payment_is_booked_also_without_its_order() -> None:
    configure("payment")
    told(
        "shop-payments",
        {"id": "p1", "amount": "10", "currency": "EUR", "order_id": "77", "order_number": "#77"},
    )
    row = BookedPayment.objects.get()
    assert (row.order_number, row.order_external_id) == ("77", "77")
    assert set(Delivery.objects.values_list("state", flat=True)) == {"delivered"}


def test_refunds_that_come_with_an_order_are_booked_with_it() -> None:
    configure("order")
    told("shop-orders", ORDER)
    back = {"id": "r1", "amount": "5.00", "created_at": NOON}
    told("shop-orders", {**ORDER, "updated_at": NOON, "refunds": [back]})
    told("shop-orders", {**ORDER, "updated_at": "2026-11-23T13:00:00Z", "refunds": [back]})
    row = BookedRefund.objects.get()
    assert (row.amount, row.currency, row.order_number, row.order_external_id) == (
        Decimal(5),
        "EUR",
        "a1042",
        "1042",
    )


def test_two_sources_have_orders_of_the_same_id() -> None:
    configure("order")
    configure("order", source="market")
    told("shop-orders", ORDER)
    told("market-orders", ORDER)
    assert set(BookedOrder.objects.values_list("source__key", flat=True)) == {"shop", "market"}


@pytest.mark.parametrize(
    ("changed", "field"),
    [({"total": "a lot"}, "total"), ({"lines": [{"sku": "A" * 121, "ordered": "1"}]}, "sku")],
)
def test_what_cannot_be_booked_is_told_with_its_field(changed: dict[str, Any], field: str) -> None:
    configure("order")
    bring("shop-orders", [Item("1", {**ORDER, "id": "1", **changed}), Item("2", {**ORDER, "id": "2"})])
    carry("shop-orders")
    assert list(BookedOrder.objects.values_list("external_id", flat=True)) == ["2"]
    error = ErrorRecord.objects.get(settled_at__isnull=True)
    assert (error.kind, field in error.field) == ("data", True)


def test_a_removed_order_goes_with_its_lines_and_does_not_come_back_by_an_older_version() -> None:
    configure("order", removed="delete")
    told("shop-orders", ORDER)
    gone = datetime.now(UTC) + timedelta(seconds=1)
    bring("shop-orders", [Item("1042", {}, version=NOON, deleted=True)], gone)
    carry("shop-orders")
    assert (BookedOrder.objects.count(), BookedLine.objects.count(), BookedRemoval.objects.count()) == (
        0,
        0,
        1,
    )
    Delivery.objects.update(
        content_hash="", source_version="", source_read_at=None, accepted_version="", accepted_digest=""
    )
    told("shop-orders", ORDER)
    assert BookedOrder.objects.count() == 0
    Delivery.objects.update(accepted_version="", accepted_digest="")
    told("shop-orders", {**ORDER, "updated_at": "2026-11-23T13:00:00Z"})
    assert (BookedOrder.objects.count(), BookedRemoval.objects.count()) == (1, 0)


def test_an_order_that_is_removed_may_be_cancelled_instead() -> None:
    configure("order", removed="cancel")
    told("shop-orders", ORDER)
    bring("shop-orders", [Item("1042", {}, version=NOON, deleted=True)])
    carry("shop-orders")
    assert (order().status, order().cancelled_at is not None, BookedLine.objects.count()) == (
        "cancelled",
        True,
        2,
    )
    assert not Intent.objects.filter(settled_at__isnull=True).exists()
