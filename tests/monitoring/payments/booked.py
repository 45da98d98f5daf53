"""Rows of the books, as jobs would have booked them."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.utils import timezone

from integrations.models import (
    BookedDispute,
    BookedOrder,
    BookedPayment,
    BookedPayout,
    BookedRefund,
    Connection,
)
from monitoring.models import PaymentMismatch
from monitoring.payments import keep
from tests import factories


class Ledger:
    """One shop and one provider."""

    def __init__(self) -> None:
        self.shop = factories.connection(key="shop", name="The shop")
        self.provider = factories.connection(key="pay", name="The provider", platform="sandbox_payments")
        books = factories.connection(key="books", name="Books", platform="books")
        factories.job(source=self.shop, destination=books, kind="order")
        factories.job(source=self.provider, destination=books, kind="payment")

    def _row(self, model: type[Any], source: Connection, key: str, **values: Any) -> Any:
        """New, or changed as a job would: `booked_at` moves."""
        now = timezone.now()
        told = {"currency": "EUR", "read_at": now, "booked_at": now, **values}
        return model.objects.update_or_create(source=source, external_id=key, defaults=told)[0]

    def order(self, number: str, total: str = "25.00", **values: Any) -> BookedOrder:
        known = {"placed_at": timezone.now() - timedelta(hours=3), "status": "open", "payment_status": "paid"}
        told = {**known, "number": number, "total": Decimal(total), **values}
        row: BookedOrder = self._row(BookedOrder, self.shop, f"id-{number}", **told)
        return row

    def payment(self, key: str, amount: str = "25.00", **values: Any) -> BookedPayment:
        known = {"created_at": timezone.now() - timedelta(hours=3), "status": "paid"}
        told = {**known, "amount": Decimal(amount), **values}
        row: BookedPayment = self._row(BookedPayment, self.provider, key, **told)
        return row

    def refund(self, key: str, amount: str, source: Connection | None = None, **values: Any) -> BookedRefund:
        told = {"created_at": timezone.now() - timedelta(hours=2), "amount": Decimal(amount), **values}
        row: BookedRefund = self._row(BookedRefund, source or self.provider, key, **told)
        return row

    def dispute(self, key: str, payment: str, **values: Any) -> BookedDispute:
        known = {"created_at": timezone.now() - timedelta(hours=2), "status": "open", "amount": Decimal(25)}
        row: BookedDispute = self._row(
            BookedDispute, self.provider, key, payment_external_id=payment, **{**known, **values}
        )
        return row

    def payout(self, key: str, amount: str, **values: Any) -> BookedPayout:
        known = {"created_at": timezone.now() - timedelta(hours=2), "status": "paid"}
        told = {**known, "amount": Decimal(amount), **values}
        row: BookedPayout = self._row(BookedPayout, self.provider, key, **told)
        return row


def open_kinds() -> list[str]:
    """What a look finds, in no order that matters."""
    keep.keep()
    return sorted(PaymentMismatch.objects.filter(settled_at__isnull=True).values_list("kind", flat=True))
