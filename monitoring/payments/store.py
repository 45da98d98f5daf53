"""Writes matches and mismatches: only what differs, in short transactions, and nothing that a person decided."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Q

from integrations.models import BookedOrder, BookedPayment
from monitoring.models import CoveredShop, PaymentMatch, PaymentMismatch

from . import around
from .facts import PaymentFact
from .findings import Finding
from .match import Candidate, How, Verdict, keys_of

GROUP = 100
MATCHED = ("order_id", "how", "confidence", "reasons", "candidates")
NAMED = ("named_number", "named_end", "named_id", "likeness")
TOLD = ("sentence", "source_id", "order_id", "payment_id", "amount", "expected", "currency", "due_by")


def candidate(entry: Sequence[Any]) -> Candidate:
    """As it was kept in a match."""
    order, confidence, reasons = entry
    return Candidate(int(order), Decimal(confidence), tuple(reasons))


def order_of(payment: int) -> int | None:
    return PaymentMatch.objects.filter(payment=payment).values_list("order_id", flat=True).first()


# Matches.


def keep_matches(
    verdicts: Sequence[Verdict],
    facts: Mapping[int, PaymentFact],
    kept: Mapping[int, PaymentMatch],
    now: datetime,
    *,
    write: bool,
) -> int:
    """How many differed from what was kept."""
    wanted = {verdict.payment: _match_values(verdict, facts[verdict.payment]) for verdict in verdicts}
    new = {pk: values for pk, values in wanted.items() if pk not in kept}
    other = {pk: values for pk, values in wanted.items() if pk in kept and _differs(kept[pk], values)}
    if write:
        _write_matches(new, other, now)
    return len(new) + len(other)


def _match_values(verdict: Verdict, fact: PaymentFact) -> dict[str, Any]:
    keys = keys_of(fact)
    return {
        "order_id": verdict.order,
        "how": verdict.how.value,
        "confidence": verdict.confidence,
        "reasons": list(verdict.reasons),
        "candidates": [
            [entry.order, str(entry.confidence), list(entry.reasons)] for entry in verdict.candidates
        ],
        "named_number": fact.order_number,
        "named_end": keys[1] if len(keys) > 1 else "",
        "named_id": fact.order_external_id,
        "likeness": "" if fact.names_an_order else around.likeness_of(fact.currency, fact.amount),
    }


def _differs(row: Any, values: Mapping[str, Any]) -> bool:
    return any(getattr(row, name) != value for name, value in values.items())


def _write_matches(
    new: Mapping[int, Mapping[str, Any]], other: Mapping[int, Mapping[str, Any]], now: datetime
) -> None:
    rows = [PaymentMatch(payment_id=pk, changed_at=now, **values) for pk, values in sorted(new.items())]
    for start in range(0, len(rows), GROUP):
        PaymentMatch.objects.bulk_create(rows[start : start + GROUP], ignore_conflicts=True)
    changes = sorted(other.items())
    for start in range(0, len(changes), GROUP):
        with transaction.atomic():
            for pk, values in changes[start : start + GROUP]:
                # What a person decided meanwhile stays.
                PaymentMatch.objects.filter(payment=pk, is_decided=False).update(changed_at=now, **values)


def cover_shops(
    verdicts: Sequence[Verdict],
    orders: Mapping[int, BookedOrder],
    payments: Mapping[int, BookedPayment],
) -> None:
    """A payment that named an order shows that its provider takes the payments of that order's shop, since then."""
    first: dict[int, datetime] = {}
    for verdict in verdicts:
        if verdict.order is None or verdict.how != How.REFERENCE:
            continue
        moments = [payments[verdict.payment].created_at, orders[verdict.order].placed_at]
        known = [moment for moment in moments if moment is not None]
        if known:
            source = orders[verdict.order].source_id
            first[source] = min([*known, first[source]] if source in first else known)
    for source, since in first.items():
        CoveredShop.objects.bulk_create([CoveredShop(source_id=source, since=since)], ignore_conflicts=True)
        CoveredShop.objects.filter(source=source, since__gt=since).update(since=since)


# Mismatches.

Key = tuple[str, str, int]


def keep_mismatches(
    findings: Iterable[Finding], scope: set[tuple[str, int]], now: datetime, *, write: bool
) -> int:
    """`scope` are the rows of the books of which `findings` tell all: what else was kept about them is settled."""
    wanted = {(finding.kind.value, finding.what, finding.about): finding for finding in findings}
    kept: dict[Key, PaymentMismatch] = {}
    by_what: dict[str, set[int]] = defaultdict(set)
    for what, about in scope | {(what, about) for _, what, about in wanted}:
        by_what[what].add(about)
    for what, ids in by_what.items():
        for row in PaymentMismatch.objects.filter(what=what, about__in=ids):
            kept[row.kind, row.what, row.about] = row
    new = [finding for key, finding in wanted.items() if key not in kept]
    other = [(kept[key], finding) for key, finding in wanted.items() if key in kept]
    other = [(row, finding) for row, finding in other if row.settled_at or _differs(row, _told(finding))]
    gone = [row.pk for key, row in kept.items() if key not in wanted and row.settled_at is None]
    if write:
        _write_mismatches(new, other, gone, now)
    return len(new) + len(other) + len(gone)


def _told(finding: Finding) -> dict[str, Any]:
    return {
        "sentence": finding.sentence,
        "source_id": finding.source,
        "order_id": finding.order,
        "payment_id": finding.payment,
        "amount": finding.amount,
        "expected": finding.expected,
        "currency": finding.currency,
        "due_by": finding.due_by,
    }


def _write_mismatches(
    new: Sequence[Finding],
    other: Sequence[tuple[PaymentMismatch, Finding]],
    gone: Sequence[int],
    now: datetime,
) -> None:
    rows = [
        PaymentMismatch(
            kind=finding.kind.value,
            what=finding.what,
            about=finding.about,
            since=min(finding.since or now, now),
            **_told(finding),
        )
        for finding in new
    ]
    for start in range(0, len(rows), GROUP):
        PaymentMismatch.objects.bulk_create(rows[start : start + GROUP], ignore_conflicts=True)
    for start in range(0, len(other), GROUP):
        with transaction.atomic():
            for row, finding in other[start : start + GROUP]:
                _renew(row, finding, now)
    for start in range(0, len(gone), GROUP):
        settled = PaymentMismatch.objects.filter(pk__in=gone[start : start + GROUP], settled_at__isnull=True)
        settled.update(settled_at=now)


def _renew(row: PaymentMismatch, finding: Finding, now: datetime) -> None:
    """What comes back is a new matter: it is listed again, also if it was set aside before it was gone."""
    values = _told(finding)
    if row.settled_at is not None:
        back = {"settled_at": None, "since": now, "set_aside_at": None, "set_aside_by": None}
        values |= {**back, "set_aside_reason": ""}
    PaymentMismatch.objects.filter(Q(pk=row.pk)).update(**values)
