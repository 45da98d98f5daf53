"""Rows of the books as facts for matching."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from integrations.models import (
    BookedDispute,
    BookedOrder,
    BookedPayment,
    BookedPayout,
    BookedRefund,
)
from mappings.currencies import places_of

from .facts import DisputeFact, OrderFact, PaymentFact, PayoutFact, RefundFact

SHIPPED = ("partial", "fulfilled")


def money(amount: Decimal | None, currency: str) -> Decimal:
    """With the places of its currency, as a person writes it; what has more keeps them."""
    value = amount or Decimal(0)
    rounded = value.quantize(Decimal(1).scaleb(-(places_of(currency) or 0)))
    return rounded if rounded == value else value.normalize()


def optional(amount: Decimal | None, currency: str) -> Decimal | None:
    return None if amount is None else money(amount, currency)


def order_fact(row: BookedOrder, shipped: Iterable[str] = ()) -> OrderFact:
    """`shipped`: numbers of orders of which a warehouse or a carrier tells a shipment."""
    return OrderFact(
        id=row.pk,
        source=row.source_id,
        external_id=row.external_id,
        number=row.number,
        currency=row.currency,
        total=money(row.total, row.currency),
        placed_at=row.placed_at,
        person=row.person,
        status=row.status,
        payment_status=row.payment_status,
        is_shipped=row.fulfillment_status in SHIPPED or (bool(row.number) and row.number in shipped),
    )


def payment_fact(row: BookedPayment) -> PaymentFact:
    return PaymentFact(
        id=row.pk,
        source=row.source_id,
        external_id=row.external_id,
        currency=row.currency,
        amount=money(row.amount, row.currency),
        status=row.status,
        created_at=row.created_at,
        order_external_id=row.order_external_id,
        order_number=row.order_number,
        person=row.person,
        fee=optional(row.fee, row.currency),
        net=optional(row.net, row.currency),
        payout=row.payout,
    )


def refund_fact(row: BookedRefund) -> RefundFact:
    return RefundFact(
        id=row.pk,
        source=row.source_id,
        external_id=row.external_id,
        currency=row.currency,
        amount=money(row.amount, row.currency),
        created_at=row.created_at,
        status=row.status,
        payment=row.payment_external_id,
    )


def dispute_fact(row: BookedDispute) -> DisputeFact:
    return DisputeFact(
        id=row.pk,
        source=row.source_id,
        external_id=row.external_id,
        currency=row.currency,
        amount=money(row.amount, row.currency),
        status=row.status,
        created_at=row.created_at,
        due_by=row.due_by,
        payment=row.payment_external_id,
    )


def payout_fact(row: BookedPayout) -> PayoutFact:
    return PayoutFact(
        id=row.pk,
        source=row.source_id,
        external_id=row.external_id,
        currency=row.currency,
        amount=money(row.amount, row.currency),
        status=row.status,
        created_at=row.created_at,
        fee=optional(row.fee, row.currency),
    )
