"""What is listed of the mismatches, and what it comes to."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

from django.db.models import Count, Q

from integrations.models.money_sum import MoneySum
from integrations.sync import shared_clock
from monitoring.models import MismatchKind, PaymentCheck, PaymentMismatch

OPEN = Q(settled_at__isnull=True, set_aside_at__isnull=True)
SOON = timedelta(days=3)


def old_enough(now: datetime | None = None) -> datetime:
    """What arose after this may still be on its way."""
    minutes = PaymentCheck.objects.values_list("grace_minutes", flat=True).first()
    grace = PaymentCheck().grace_minutes if minutes is None else minutes
    return (now or shared_clock.now()) - timedelta(minutes=grace)


def listed(now: datetime | None = None) -> Q:
    return OPEN & Q(since__lte=old_enough(now))


def on_their_way(now: datetime | None = None) -> Q:
    return OPEN & Q(since__gt=old_enough(now))


def due_soon(now: datetime | None = None) -> Q:
    return listed(now) & Q(due_by__lte=(now or shared_clock.now()) + SOON)


@dataclass
class OfKind:
    """`sums` by currency, each with how many rows make it up."""

    kind: str
    label: str
    count: int = 0
    sums: dict[str, tuple[int, Decimal]] = field(default_factory=dict)


def by_kind(condition: Q) -> list[OfKind]:
    """The kinds of which there are any, in the order of the list. Money is summed by currency, never across."""
    rows = PaymentMismatch.objects.filter(condition).order_by().values_list("kind", "currency")
    found: dict[str, OfKind] = defaultdict(lambda: OfKind("", ""))
    for kind, currency, count, total in rows.annotate(number=Count("pk"), total=MoneySum("amount")):
        of = found[kind]
        of.kind, of.label = kind, MismatchKind(kind).label
        of.count += count
        if currency and total is not None:
            of.sums[currency] = (count, total)
    return [found[kind] for kind in MismatchKind.values if kind in found]
