"""What has to be looked at together with the rows that changed: payments that compete for an order, orders that a
payment may mean. Each question goes by an index, so that its cost does not grow with what is in the books."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal

from django.db.models import Q

from integrations.models import BookedOrder, BookedPayment, SyncJob
from monitoring.models import PaymentMatch

from .facts import PaymentFact
from .match import WINDOW, How, keys_of

UNDECIDED = (How.LIKENESS.value, How.AMBIGUOUS.value, How.NONE.value)
BOOKS = "books"


def shops() -> set[int]:
    """Connections whose orders are booked: what they tell of payments is the shop's word, not the provider's."""
    jobs = SyncJob.objects.filter(destination__platform=BOOKS, kind="order")
    return set(jobs.values_list("source_id", flat=True))


def likeness_of(currency: str, amount: Decimal | None) -> str:
    """What payments and orders that resemble each other have in common, as text."""
    return f"{currency} {(amount or Decimal(0)).normalize():f}"


def payments_around(orders: Sequence[BookedOrder]) -> set[int]:
    """Payments that have, name or resemble one of these orders."""
    if not orders:
        return set()
    numbers = {order.number for order in orders if order.number}
    alike = {likeness_of(order.currency, order.total) for order in orders if order.total}
    matches = PaymentMatch.objects.order_by()
    found: set[int] = set()
    for asked in (
        Q(order__in=[order.pk for order in orders]),
        Q(named_number__in=numbers),
        Q(named_end__in=numbers),
        Q(named_id__in={order.external_id for order in orders}),
        Q(likeness__in=alike, payment__created_at__range=_span(order.placed_at for order in orders)),
    ):
        found.update(matches.filter(asked).values_list("payment_id", flat=True))
    return found


def rivals_of(payments: Sequence[BookedPayment]) -> set[int]:
    """Payments that name no order and resemble one of these, which name none either."""
    alike = {
        likeness_of(payment.currency, payment.amount)
        for payment in payments
        if not (payment.order_number or payment.order_external_id)
    }
    if not alike:
        return set()
    near = _span(payment.created_at for payment in payments)
    rows = PaymentMatch.objects.filter(likeness__in=alike, how__in=UNDECIDED, payment__created_at__range=near)
    return set(rows.order_by().values_list("payment_id", flat=True))


def orders_around(payments: Sequence[PaymentFact]) -> dict[int, BookedOrder]:
    """Orders that one of these payments names or resembles."""
    numbers = {key for payment in payments for key in keys_of(payment)}
    ids = {payment.order_external_id for payment in payments if payment.order_external_id}
    found = {row.pk: row for row in BookedOrder.objects.filter(number__in=numbers)} if numbers else {}
    if ids:
        named = BookedOrder.objects.filter(source__in=shops(), external_id__in=ids)
        found |= {row.pk: row for row in named}
    dated = [payment for payment in payments if payment.created_at is not None]
    if dated:
        near = BookedOrder.objects.filter(
            placed_at__range=_span(payment.created_at for payment in dated),
            total__in={payment.amount for payment in dated},
            currency__in={payment.currency for payment in dated},
        )
        found |= {row.pk: row for row in near}
    return found


def _span(moments: Iterable[object]) -> tuple[object, object]:
    known = sorted(moment for moment in moments if moment is not None)  # type: ignore[type-var]  # all are datetimes
    return (known[0] - WINDOW, known[-1] + WINDOW) if known else (None, None)  # type: ignore[operator]  # datetimes
