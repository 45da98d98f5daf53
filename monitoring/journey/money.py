"""What the books tell of a journey: placed, paid, shipped, given back, and what about its money does not match."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal

from django.urls import reverse

from integrations.templatetags.portal import money
from mappings.sentences import within
from monitoring.models import PaymentMismatch

from .booked import Booked
from .events import Event, Link, May

PAID = ("paid", "partially_refunded", "refunded")


def seen_by(booked: Booked, may: May) -> Booked:
    """Each kind for whoever may see its list."""
    return Booked(
        booked.orders if may("integrations.view_bookedorder") else [],
        booked.payments if may("integrations.view_bookedpayment") else [],
        booked.refunds if may("integrations.view_bookedrefund") else [],
        booked.disputes if may("integrations.view_bookeddispute") else [],
        booked.shipments if may("integrations.view_bookedshipment") else [],
        booked.mismatches if may("monitoring.view_paymentmismatch") else [],
    )


def of_books(booked: Booked) -> Iterator[Event]:
    yield from _orders(booked)
    yield from _shipments(booked)
    for payment in booked.payments:
        what = "Paid" if payment.status in PAID else f"Payment {payment.status.replace('_', ' ') or 'told'}"
        yield from _one(payment, what, payment.created_at, "bookedpayment")
    for refund in booked.refunds:
        yield from _one(refund, "Refunded", refund.created_at, "bookedrefund")
    for dispute in booked.disputes:
        yield from _one(
            dispute, "The customer's bank asks it back", dispute.created_at, "bookeddispute", "bad"
        )
    yield from of_mismatches(booked.mismatches)


def of_mismatches(mismatches: list[PaymentMismatch]) -> Iterator[Event]:
    for row in mismatches:
        link = [
            Link("What to do about it", reverse("admin:monitoring_paymentmismatch_change", args=[row.pk]))
        ]
        yield Event(row.since, row.source.name, row.sentence, "warn", links=link)
        if row.settled_at is not None:
            yield Event(row.settled_at, row.source.name, f"Matches now: {row.get_kind_display()}", links=link)
        elif row.set_aside_at is not None:
            yield Event(row.set_aside_at, row.source.name, f"Set aside: {row.get_kind_display()}", links=link)


def _orders(booked: Booked) -> Iterator[Event]:
    for row in booked.orders:
        link = [Link("In the books", reverse("admin:integrations_bookedorder_change", args=[row.pk]))]
        worth = _worth(row.total, row.currency)
        if row.placed_at is not None:
            yield Event(
                row.placed_at, row.source.name, f"Placed in {within(row.source.name)}", "", 0, worth, link
            )
        if row.cancelled_at is not None:
            yield Event(
                row.cancelled_at,
                row.source.name,
                f"Cancelled in {within(row.source.name)}",
                "warn",
                0,
                [],
                link,
            )


def _shipments(booked: Booked) -> Iterator[Event]:
    for row in booked.shipments:
        link = [Link("In the books", reverse("admin:integrations_bookedshipment_change", args=[row.pk]))]
        by = " ".join(word for word in (row.carrier, row.tracking_number) if word)
        if row.shipped_at is not None:
            yield Event(row.shipped_at, row.source.name, "Shipped", "good", 0, [by] if by else [], link)
        if row.delivered_at is not None:
            yield Event(row.delivered_at, row.source.name, "Delivered to the door", "good", 0, [], link)


def _one(row: object, what: str, at: datetime | None, page: str, tone: str = "") -> Iterator[Event]:
    if at is None:
        return
    amount, currency = getattr(row, "amount", None), getattr(row, "currency", "")
    link = [Link("In the books", reverse(f"admin:integrations_{page}_change", args=[row.pk]))]  # type: ignore[attr-defined]  # rows of any of the books
    source = row.source.name  # type: ignore[attr-defined]  # as above
    status = getattr(row, "status", "")
    details = [*_worth(amount, currency), *([status.replace("_", " ")] if status else [])]
    yield Event(at, source, f"{what}, says {within(source)}", tone or "good", 0, details, link)


def _worth(amount: Decimal | None, currency: str) -> list[str]:
    return [money(amount, currency)] if amount is not None else []
