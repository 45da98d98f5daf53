"""A person takes an order back that was handed over: its first job carries it again, and the other one leaves it.

Only what the other system surely does not hold: it has not accepted it, or it has cancelled it. While that is written
down, an Intent of ours holds the other system's key of the order: what is about to leave for it makes this impossible,
and what would leave later finds that its version is over.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.db import transaction
from django.db.models import F

from integrations.connectors.base import Connector, Item
from integrations.exceptions import Failure
from integrations.models import (
    Delivery,
    Door,
    ErrorRecord,
    ExternalId,
    Intent,
    IntentState,
    Outcome,
    Priority,
    Settled,
    State,
    SyncJob,
)
from mappings import records, translate

from . import faults, rows, shared_clock, stock_units
from .accept import Accepted, accept
from .asking import ask_one
from .connect import connect
from .falling_back import JOB_PARTS
from .fetch import can_fetch
from .gate import Gate
from .intents import INTENT
from .preparing import new_key
from .rules import rules_of
from .runs import open_run

CANCELS = ("cancel", "delete")
MEANWHILE = "Somebody has taken it back already, or it was never handed over. Look at where it stands now."
NOTE = "A person took it back: {} carries it again."


class NotPossible(Exception):
    """Why it cannot be taken back, in a sentence that says what to do."""


@dataclass(frozen=True)
class Elsewhere:
    """Where an order is that was handed over. `accepted_as`: the other system's ids of it."""

    other: SyncJob
    there: Delivery
    accepted_as: tuple[str, ...]

    @property
    def is_accepted(self) -> bool:
        return bool(self.accepted_as) or self.there.first_delivered_at is not None

    @property
    def is_known_as_cancelled(self) -> bool:
        """Crossdock itself cancelled it there, last of all."""
        told = (
            self.there.outcomes.filter(state=State.DELIVERED)
            .order_by("-id")
            .values_list("operation", flat=True)
        )
        return told.first() in CANCELS or (self.there.written_state or {}).get("status") == "cancelled"


def elsewhere(delivery: Delivery) -> Elsewhere:
    """Raises NotPossible where it went nowhere, or where nobody knows any more where it is."""
    if delivery.handed_to_id is None:
        raise NotPossible(MEANWHILE)
    other = SyncJob.objects.select_related(*JOB_PARTS).filter(pk=delivery.handed_to_id).first()
    there = Delivery.objects.filter(job=other, thing=delivery.thing_id).first() if other is not None else None
    if other is None or there is None:
        raise NotPossible(
            "The job that took it over is gone, and nobody knows whether its system has the order. Look there; if it "
            "has not, type it in by hand."
        )
    ids = ExternalId.objects.filter(
        connection_id=other.destination_id, resource=other.destination_resource, thing_id=delivery.thing_id
    )
    return Elsewhere(other, there, tuple(ids.order_by("pk").values_list("external_id", flat=True)))


def take_back(delivery: Delivery) -> None:
    """Network: call it outside any transaction. Raises NotPossible, and nothing was changed."""
    job = SyncJob.objects.select_related(*JOB_PARTS).get(pk=delivery.job_id)
    found = elsewhere(delivery)
    if not job.may_run:
        raise NotPossible(f"{job.name} does not run at present. Let it go on, then take the order back.")
    if found.there.handed_to_id is not None:
        raise NotPossible(
            f"{found.other.name} has handed it over in its turn. Take it back at that job first, then here."
        )
    if found.is_accepted and not found.is_known_as_cancelled:
        _ask_whether_cancelled(found)
    _write(job, delivery, found, _item(job, delivery, found))


def _item(job: SyncJob, delivery: Delivery, found: Elsewhere) -> Item:
    """The newest of the source; where it cannot be asked for one record, what the other job's error has kept."""
    external_id = (
        ExternalId.objects.filter(
            connection_id=job.source_id, resource=job.source_resource, thing_id=delivery.thing_id
        )
        .values_list("external_id", flat=True)
        .first()
    )
    if external_id is None:
        raise NotPossible(f"{job.source.name} does not name it any more. Type it in by hand.")
    if can_fetch(job):
        return Item(external_id=external_id, payload={}, partial=True)
    errors = ErrorRecord.objects.filter(delivery=found.there, settled_at__isnull=True).order_by("-pk")
    error = errors.first()
    if error is None or error.payload is None:
        raise NotPossible(
            f"{job.source.name} cannot be asked for a single order. Change something at the order there, pause "
            f"{found.other.name}, and take it back when it has come in anew."
        )
    return Item(external_id=external_id, payload=error.payload, version=error.version)


def _write(job: SyncJob, delivery: Delivery, found: Elsewhere, item: Item) -> None:
    def together(_: Accepted) -> None:
        mine = Delivery.objects.filter(pk=delivery.pk, handed_to=found.other)
        if not mine.update(handed_to=None):
            raise NotPossible(MEANWHILE)
        key = _hold(found)
        _check_still(found)
        _leave_there(found, NOTE.format(job.name))
        Intent.objects.filter(idempotency_key=key).delete()

    with transaction.atomic():
        # First there, then here, as a hand-over does: in the other order the two would wait for each other.
        Delivery.objects.select_for_update(of=("self",)).get(pk=found.there.pk)
        accept(
            job,
            Door.RETRY,
            [item],
            read_at=shared_clock.now(),
            force=True,
            priority=Priority.FRESH,
            also=together,
        )


def _hold(found: Elsewhere) -> str:
    """Holds the other system's key of this order, which writes to it wait for each other by."""
    key, now = new_key(), shared_clock.now()
    row = (
        found.there.pk,
        found.other.destination_id,
        found.other.destination_resource,
        found.there.thing_id,
        "take_back",
        0,
        IntentState.OPEN,
        key,
        None,
        None,
        "",
        None,
        "",
        "",
        now,
    )
    rows.insert(Intent, INTENT, [row], rows.IGNORE)
    if not Intent.objects.filter(idempotency_key=key).exists():
        raise NotPossible(
            f"It is on its way to {found.other.destination.name} at this moment, or nobody knows yet whether it "
            "arrived. Answer the question at its error, if there is one, or try again in a minute."
        )
    return key


def _check_still(found: Elsewhere) -> None:
    """What was seen before the transaction: nothing was written there since."""
    now = Delivery.objects.get(pk=found.there.pk)
    ids = ExternalId.objects.filter(
        connection_id=found.other.destination_id,
        resource=found.other.destination_resource,
        thing_id=found.there.thing_id,
    )
    seen = (found.there.delivered_at, found.there.handed_to_id, len(found.accepted_as))
    if (now.delivered_at, now.handed_to_id, ids.count()) != seen:
        raise NotPossible(f"{found.other.destination.name} was just told of it. Look again.")


def _leave_there(found: Elsewhere, note: str) -> None:
    """Whatever of it is still under way there is an older version from now on."""
    now, there = shared_clock.now(), found.there
    Delivery.objects.filter(pk=there.pk).update(
        accepted_serial=F("accepted_serial") + 1,
        state=State.IGNORED,
        state_since=now,
        state_reason=note[:300],
        deadline_at=None,
        attempts=0,
    )
    faults.settle_errors([there.pk], Settled.IGNORED)
    if found.other.counts_units_in_flight:
        stock_units.forget_units([there.pk])
    Outcome.objects.create(
        run=open_run(found.other, Door.RETRY),
        delivery_id=there.pk,
        job=found.other,
        state=State.IGNORED,
        recorded_at=now,
        note=note[:300],
    )


def _ask_whether_cancelled(found: Elsewhere) -> None:
    """Raises NotPossible unless the other system says so of each of its ids."""
    system = found.other.destination
    first = f"{system.name} has accepted it. Cancel it there first, then take it back."
    if not found.accepted_as:
        raise NotPossible(f"{first} Crossdock does not know how it is called there, so it cannot look.")
    try:
        connector = connect(system)
    except Failure as failure:
        raise NotPossible(f"{first} Crossdock cannot look: {failure.sentence}") from failure
    gate = Gate(system, connector, 1, urgent=True)
    try:
        for external_id in found.accepted_as:
            if (why := _why_not_cancelled(found, connector, gate, external_id)) is not None:
                raise NotPossible(f"{first} {why}".strip())
    except Failure as failure:
        raise NotPossible(f"{first} Crossdock cannot look: {failure.sentence}") from failure
    finally:
        gate.close()
        connector.close()


def _why_not_cancelled(found: Elsewhere, connector: Connector, gate: Gate, external_id: str) -> str | None:
    """None: it is cancelled there, or gone."""
    other = found.other
    able = connector.resources().get(other.destination_resource)
    if able is None or not able.fetch:
        return "Crossdock cannot look: that system cannot be asked for a single order."
    item = ask_one(
        other.destination,
        connector,
        gate,
        lambda: connector.fetch(other.destination_resource, external_id),
    )
    if item is None:
        return None
    reader = (
        SyncJob.objects.select_related(*JOB_PARTS)
        .filter(kind=other.kind, source=other.destination, source_resource=other.destination_resource)
        .order_by("pk")
        .first()
    )
    if reader is None:
        return "Crossdock sees that it is still there, and no job reads orders from there, which would tell more."
    record = translate.read(rules_of(reader).read, item.payload).record
    if isinstance(record, records.Order) and records.told(record.status) == "cancelled":
        return None
    return "It is not cancelled there."
