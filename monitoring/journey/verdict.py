"""One sentence on a journey: all is well, on its way, or stuck, with what to do."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format

from integrations.admin.conflicts import sentence
from integrations.models import (
    PENDING_STATES,
    Conflict,
    Delivery,
    ErrorRecord,
    State,
)
from integrations.sync import put_off
from mappings.sentences import within
from monitoring import announcements
from monitoring.models import AuditDifference, PaymentMismatch

from . import holding
from .booked import Booked
from .events import Link, May

# A label that was bought, and no more.
NOT_SENT: Final = frozenset({"", "pending", "cancelled"})
ARRIVED: Final = (State.DELIVERED, State.UNCHANGED)
PENDING_SENTENCES: Final = {
    State.QUEUED: "It waits its turn. If that goes on, look at “Running now” on the front page.",
    State.RETRYING: "It is tried again by itself.",
    State.WAITING: "It goes by itself once that is there.",
}


@dataclass
class Verdict:
    """`head` is said first and large; `more` are further things that are wrong, each with its link."""

    tone: str
    head: str
    todo: str = ""
    links: list[Link] = field(default_factory=list)
    more: list[tuple[str, Link | None]] = field(default_factory=list)


@dataclass
class Facts:
    deliveries: Sequence[Delivery]
    errors: Sequence[ErrorRecord]
    conflicts: Sequence[Conflict]
    differences: Sequence[AuditDifference]
    mismatches: Sequence[PaymentMismatch]
    booked: Booked


def verdict_of(facts: Facts, may: May) -> Verdict:
    """The worst first: what needs a person, what does not agree, what is on its way, and else how far it came."""
    wrong = [*_stuck(facts, may), *_missing(facts), *_unequal(facts)]
    if wrong:
        tone, head, todo, link = wrong[0]
        links = [link] if link else []
        more = [(said, address) for _, said, _, address in wrong[1:]]
        return Verdict(tone, head, todo, links, more)
    held = [row for row in facts.deliveries if row.state == State.HELD]
    pending = [row for row in facts.deliveries if row.state in PENDING_STATES and row.state != State.HELD]
    if held:
        return _held_back(held, pending, facts, may)
    if pending:
        return _on_its_way(pending, facts)
    if not facts.deliveries:
        return Verdict(
            "", "Nothing has been brought anywhere: no job carries it, or its facts are past their time."
        )
    return _well(facts)


Wrong = tuple[str, str, str, Link | None]


def _stuck(facts: Facts, may: May) -> Iterable[Wrong]:
    for error in facts.errors:
        if error.settled_at is None:
            link = None
            if may("integrations.view_errorrecord"):
                address = reverse("admin:integrations_errorrecord_change", args=[error.pk])
                link = Link("See the error and settle it", address)
            told = f"{put_off.words(error)}." if error.is_put_off else ""
            yield "bad", f"Stuck: {error.sentence}", told, link
    held = {error.delivery_id for error in facts.errors if error.settled_at is None}
    for row in facts.deliveries:
        if row.state == State.FAILED and row.pk not in held:
            reason = row.state_reason or "nobody can say why any more."
            yield "bad", f"Stuck on its way to {within(row.job.destination.name)}: {reason}", "", _record(row)


def _missing(facts: Facts) -> Iterable[Wrong]:
    """Shipped, and nobody was told; or called shipped, and no parcel of it is known."""
    ids = [row.pk for row in facts.deliveries if row.state != State.FAILED]
    if not ids or not {"order", "shipment", "event"} & {row.job.kind for row in facts.deliveries}:
        return
    by_pk = {row.pk: row for row in facts.deliveries}
    late = announcements.unannounced().filter(pk__in=ids).order_by("pk").values_list("pk", flat=True)
    for pk in late:
        row = by_pk[pk]
        subject = row.subject or "It"
        if announcements.is_without_parcel(row):
            head = f"{row.job.source.name} calls it shipped, and no parcel of it is known."
        elif announcements.is_without_number(row):
            head = f"{subject} has left, and no tracking number is known."
        else:
            head = f"{subject} has left, and {within(row.job.destination.name)} has not been told."
        yield "bad", head, announcements.what_to_do(row), _record(row)


def _unequal(facts: Facts) -> Iterable[Wrong]:
    for mismatch in facts.mismatches:
        if mismatch.settled_at is None and mismatch.set_aside_at is None:
            address = reverse("admin:monitoring_paymentmismatch_change", args=[mismatch.pk])
            yield "bad", f"The money does not match: {mismatch.sentence}", "", Link("Settle it", address)
    for conflict in facts.conflicts:
        if conflict.settled_at is None:
            address = reverse("admin:integrations_conflict_change", args=[conflict.pk])
            yield "warn", sentence(conflict), "", Link("Look at both sides", address)
    for difference in facts.differences:
        if difference.state == "open":
            address = reverse("admin:monitoring_auditdifference_change", args=[difference.pk])
            yield (
                "warn",
                f"An audit found: {difference.sentence}",
                difference.next_action,
                Link("Repair it", address),
            )


def _held_back(held: Sequence[Delivery], pending: Sequence[Delivery], facts: Facts, may: May) -> Verdict:
    """Nobody waits in vain for what does not move; what moves beside it is told below."""
    row, *others = held
    arrived = _arrived(facts)
    there = f" It is in {_and(arrived)} already." if arrived else ""
    todo, links = _to_let_go(row, may)
    more = [(_held_sentence(other), _record(other)) for other in others]
    more += [(f"On its way to {within(one.job.destination.name)}.", _record(one)) for one in pending]
    return Verdict("warn", f"{_held_sentence(row)}{there}", todo, links, [*more])


def _held_sentence(row: Delivery) -> str:
    found = holding.held(row)
    return f"Held back from {within(row.job.destination.name)}: {found.why if found else row.state_reason}."


def _to_let_go(row: Delivery, may: May) -> tuple[str, list[Link]]:
    found = holding.held(row)
    for stands, todo in announcements.stopped(row.job):
        if stands:
            return todo, [_record(row)]
    if found is not None and found.is_by_rollout and may("integrations.view_syncjob"):
        address = reverse("admin:integrations_syncjob_change", args=[row.job_id])
        return found.todo, [Link(f"Job “{row.job.name}”", address)]
    return found.todo if found is not None else "", [_record(row)]


def _on_its_way(pending: Sequence[Delivery], facts: Facts) -> Verdict:
    row = pending[0]
    names = _and(list(dict.fromkeys(within(one.job.destination.name) for one in pending)))
    arrived = _arrived(facts)
    there = f" It is in {_and(arrived)} already." if arrived else ""
    reason = f" {row.state_reason}" if row.state_reason else ""
    for stands, todo in announcements.stopped(row.job):
        if stands:
            return Verdict("warn", f"It waits on its way to {names}.{there}", todo, [_record(row)])
    tone = "" if row.state == State.QUEUED else "warn"
    todo = f"{reason} {PENDING_SENTENCES[State(row.state)]}".strip()
    return Verdict(tone, f"On its way to {names}.{there}", todo, [_record(row)])


def _well(facts: Facts) -> Verdict:
    arrived = _arrived(facts)
    if not arrived:
        row = facts.deliveries[-1]
        reason = row.state_reason or row.get_state_display()
        return Verdict("", "It was brought nowhere, on purpose.", reason, [_record(row)])
    count = len(arrived)
    systems = arrived[0] if count == 1 else f"{count} systems"
    said = [f"delivered to {systems}", *_milestones(facts.booked), *_parcels(facts)]
    return Verdict("good", f"All is well: {', '.join(said)}.")


def _parcels(facts: Facts) -> Iterable[str]:
    """How far the parcels are, where no books tell it: by what was written of them last."""
    if facts.booked.shipments:
        return
    views = [
        row.written_state for row in facts.deliveries if row.job.kind == "shipment" and row.state in ARRIVED
    ]
    states = {str(view.get("status") or "") for view in views if isinstance(view, dict)}
    if "delivered" in states:
        yield "the parcel is at the door" if states <= {"delivered", *NOT_SENT} else "a parcel is at the door"
    elif states - NOT_SENT:
        yield "shipped"


def _milestones(booked: Booked) -> Iterable[str]:
    if any(row.status in ("paid", "partially_refunded", "refunded") for row in booked.payments):
        yield "paid"
    for verb, moments in (
        ("shipped", [row.shipped_at for row in booked.shipments]),
        ("at the door", [row.delivered_at for row in booked.shipments]),
        ("refunded", [row.created_at for row in booked.refunds]),
        ("cancelled", [row.cancelled_at for row in booked.orders]),
    ):
        if latest := max((moment for moment in moments if moment is not None), default=None):
            yield f"{verb} on {_day(latest)}"


def _arrived(facts: Facts) -> list[str]:
    return list(
        dict.fromkeys(within(row.job.destination.name) for row in facts.deliveries if row.state in ARRIVED)
    )


def _record(row: Delivery) -> Link:
    return Link(f"Job “{row.job.name}”", reverse("admin:integrations_delivery_change", args=[row.pk]))


def _day(moment: datetime) -> str:
    local = timezone.localtime(moment)
    same_year = local.year == timezone.localtime().year
    return date_format(local, "j F" if same_year else "j F Y")


def _and(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
