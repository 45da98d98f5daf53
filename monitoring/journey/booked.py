"""What our own books, and the matching of payments, know of an order."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final

from django.db.models import Q

from integrations.models import (
    BookedDispute,
    BookedOrder,
    BookedPayment,
    BookedRefund,
    BookedShipment,
    ExternalId,
    SyncJob,
)
from monitoring.models import PaymentMatch, PaymentMismatch

MOST: Final = 40


@dataclass
class Booked:
    orders: list[BookedOrder] = field(default_factory=list)
    payments: list[BookedPayment] = field(default_factory=list)
    refunds: list[BookedRefund] = field(default_factory=list)
    disputes: list[BookedDispute] = field(default_factory=list)
    shipments: list[BookedShipment] = field(default_factory=list)
    mismatches: list[PaymentMismatch] = field(default_factory=list)

    @property
    def parts(self) -> list[Any]:
        return [*self.payments, *self.refunds, *self.disputes, *self.shipments]


def booked_of(ids: Iterable[ExternalId]) -> Booked:
    """By the ids under which systems know the order and its parts, then by what names them.

    Where two orders have one number, what names the number alone is not taken in: nobody could say whose it is.
    """
    at = _at((row.connection_id, row.external_id) for row in ids)
    if at is None:
        return Booked()
    orders = list(BookedOrder.objects.filter(at).select_related("source").order_by("id")[:MOST])
    of_number = Q(order_number__in=_own_numbers(orders))
    payments = _payments(orders, [at, of_number])
    of_payment = Q(payment_external_id__in={row.external_id for row in payments})
    found = Booked(
        orders,
        payments,
        _rows(BookedRefund, [of_number, of_payment]),
        _rows(BookedDispute, [of_number, of_payment]),
        _rows(BookedShipment, [of_number]),
    )
    found.mismatches = _mismatches(found)
    return found


def order_of(ids: Iterable[ExternalId]) -> BookedOrder | None:
    """Of a payment, a refund or a dispute; None where it is not known, or where several could be meant."""
    at = _at((row.connection_id, row.external_id) for row in ids)
    if at is None:
        return None
    rows: list[Any] = []
    for model in (BookedPayment, BookedRefund, BookedDispute):
        rows += model._default_manager.filter(at)[:MOST]
    of = _at((row.source_id, getattr(row, "payment_external_id", "") or row.external_id) for row in rows)
    if of is None:
        return None
    payments = list(BookedPayment.objects.filter(of)[:MOST])
    matched = BookedOrder.objects.filter(matches__payment__in=payments).distinct()[:2]
    numbers = {row.order_number for row in [*rows, *payments] if row.order_number}
    for found in (list(matched), list(BookedOrder.objects.filter(number__in=numbers)[:2])):
        if found:
            return found[0] if len(found) == 1 else None
    return None


def _payments(orders: list[BookedOrder], conditions: list[Q]) -> list[BookedPayment]:
    """Without those that were found to be another order's, whatever number they name."""
    ours = {row.pk for row in orders}
    matched = PaymentMatch.objects.filter(order__in=ours).values_list("payment_id", flat=True)
    conditions = [*conditions, Q(pk__in=list(matched[:MOST])), *_by_order_id(orders)]
    found = _rows(BookedPayment, conditions)
    matches = PaymentMatch.objects.filter(payment__in=[row.pk for row in found], order__isnull=False)
    order_of = dict(matches.values_list("payment_id", "order_id"))
    return [row for row in found if order_of.get(row.pk) in {None, *ours} or not ours]


def _by_order_id(orders: list[BookedOrder]) -> list[Q]:
    # The index has those alone that name an order's id.
    named = ~Q(order_external_id="")
    return [named & Q(source=row.source_id, order_external_id=row.external_id) for row in orders]


def _rows(model: type[Any], conditions: list[Q]) -> list[Any]:
    """Each in a query of its own: with OR between them no database would use their indexes."""
    rows = model.objects.order_by()
    found = {
        pk for condition in conditions for pk in rows.filter(condition).values_list("pk", flat=True)[:MOST]
    }
    return list(rows.filter(pk__in=found).select_related("source").order_by("id")[:MOST])


def _own_numbers(orders: list[BookedOrder]) -> set[str]:
    numbers = {row.number for row in orders if row.number}
    others = BookedOrder.objects.filter(number__in=numbers).exclude(pk__in=[row.pk for row in orders])
    return numbers - set(others.values_list("number", flat=True))


def _at(places: Iterable[tuple[int, str]]) -> Q | None:
    condition = None
    for source, external_id in sorted(set(places)):
        one = Q(source=source, external_id=external_id)
        condition = one if condition is None else condition | one
    return condition


def _mismatches(found: Booked) -> list[PaymentMismatch]:
    asked = (
        Q(order__in=[row.pk for row in found.orders]),
        Q(payment__in=[row.pk for row in found.payments]),
    )
    rows = {
        row.pk: row for one in asked for row in PaymentMismatch.objects.filter(one).order_by("-id")[:MOST]
    }
    return sorted(rows.values(), key=lambda row: row.since, reverse=True)


def things_of(rows: set[tuple[int, str]]) -> set[int]:
    """Things of rows of the books, which are (source, id there): each came by a job that knows it."""
    if not rows:
        return set()
    jobs = SyncJob.objects.filter(source__in={source for source, _ in rows}, destination__platform="books")
    asked = Q(pk__in=[])
    for source, resource in sorted(set(jobs.values_list("source_id", "source_resource"))):
        ids = [external_id for of, external_id in rows if of == source]
        asked |= Q(connection=source, resource=resource, external_id__in=ids)
    return set(ExternalId.objects.filter(asked).values_list("thing_id", flat=True))
