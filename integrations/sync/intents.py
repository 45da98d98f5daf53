"""Intents: stored before any write leaves, and the lock of their key while they are open."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from integrations.connectors.base import Abilities
from integrations.models import Delivery, Intent, IntentState, State, SyncJob
from mappings.fields import Sealed, encrypt_json

from . import people, person_consents, rows, shared_clock
from .case import Case, Ending, Sending
from .claim import Lease
from .endings import doubt_sentence
from .faults import Fault
from .holder import is_proven_dead, this_process
from .leaving import Leaving
from .preparing import new_key
from .watch import Watch
from .weigh import IN_THE_WAY

INTENT = (
    "delivery_id",
    "destination_id",
    "resource",
    "thing_id",
    "operation",
    "step",
    "state",
    "idempotency_key",
    "key_expires_at",
    "call",
    "source_version",
    "batch_id",
    "lease_token",
    "lease_holder",
    "created_at",
)
# A key that ends within this time is not relied on any more.
KEY_MARGIN = timedelta(seconds=60)
# Seconds between two looks whether a person has answered.
PERSON_MAY_TAKE = 60.0
ASKED_FIRST = "A person must say first whether the write before this one arrived."


def lock(
    job: SyncJob, abilities: Abilities, lease: Lease, cases: Sequence[Case], watch: Watch | None = None
) -> list[Sending]:
    """Stores the Intents of these cases; those whose key another write holds go back to the queue.

    1. Everything is encrypted before the transaction.
    2. Inserted with ignore-conflicts: the partial unique index lets one open Intent per key in.
    3. The Deliveries of those won are read again: one that was written since it was weighed is given up, and so is one
       that the job which goes the other way is writing, or has written, meanwhile.
    """
    made = {case.place: new_intent(job, abilities, lease, case, required(case.leaving)) for case in cases}
    with transaction.atomic():
        lease.renew()
        if watch is not None:
            watch.hold_still(cases)
        mine = store(list(made.values()), lease)
        won = [case for case in cases if made[case.place].key in mine]
        changed = _changed_since(job, won)
        if watch is not None:
            changed += [case for case in watch.overtaken(won) if case not in changed]
        given_up = [mine.pop(made[case.place].key) for case in changed]
        if given_up:
            Intent.objects.filter(pk__in=given_up).delete()
    sendings = []
    for case in cases:
        intent_id = mine.get(made[case.place].key)
        leaving = required(case.leaving)
        if intent_id is None:
            case.ending = Ending(State.QUEUED, "An earlier write of it is on its way.", not_before=_soon())
        else:
            sendings.append(Sending(case, intent_id, leaving, leaving.as_call()))
    return sendings


@dataclass(frozen=True, slots=True)
class NewIntent:
    """A row about to be stored; its content is encrypted: make it outside the transaction."""

    key: str
    thing_id: int
    row: rows.Row


def new_intent(job: SyncJob, abilities: Abilities, lease: Lease, case: Case, leaving: Leaving) -> NewIntent:
    now = shared_clock.now()
    key: str = leaving.call.get("key") or new_key()
    row = (
        case.delivery.pk,
        job.destination_id,
        job.destination_resource,
        case.locked_thing,
        leaving.operation,
        leaving.step,
        IntentState.OPEN,
        key,
        now + timedelta(seconds=abilities.key_lifetime) if abilities.keys else None,
        Sealed(encrypt_json(leaving.to_plain())),
        leaving.version,
        lease.batch.pk,
        lease.token,
        this_process(),
        now,
    )
    return NewIntent(key, case.locked_thing, row)


def store(made: Sequence[NewIntent], lease: Lease) -> dict[str, int]:
    """Inserts them where their key is free; returns idempotency key → Intent of those that this lease holds."""
    if not made:
        return {}
    # Sorted: two workers with the same keys in another order would wait for each other.
    in_order = sorted(made, key=lambda intent: intent.thing_id)
    rows.insert(Intent, INTENT, [intent.row for intent in in_order], rows.IGNORE)
    held = Intent.objects.filter(batch=lease.batch, lease_token=lease.token, settled_at__isnull=True)
    return dict(held.values_list("idempotency_key", "pk"))


def settle(intent_ids: Sequence[int]) -> None:
    """The write had its effect, or surely had none: the key is free, and the call is dropped."""
    Intent.objects.filter(pk__in=intent_ids, settled_at__isnull=True).update(
        state=IntentState.SETTLED, settled_at=shared_clock.now(), call=None
    )


def keep_to_repeat(intent_ids: Sequence[int]) -> None:
    """A later call of a write of several: it surely had no effect, and must follow the ones before it."""
    Intent.objects.filter(pk__in=intent_ids, settled_at__isnull=True).update(state=IntentState.TO_REPEAT)


def put_in_doubt(intent_ids: Sequence[int]) -> None:
    Intent.objects.filter(pk__in=intent_ids, settled_at__isnull=True).update(state=IntentState.IN_DOUBT)


# Between the moment a write is stored and that at which it leaves, at most.
LEAVES_WITHIN = timedelta(seconds=60)
NOT_SHOWN_YET = "Its answer was lost. It is looked up as soon as the search there shows what was written."


def take_over(job: SyncJob, abilities: Abilities, lease: Lease, case: Case) -> Sending | None:
    """What to do about the open Intent of a case's key: send the very same again, look it up, wait, or ask.

    Returns None where the case got an ending instead. A key protects a second send; without one the write is
    repeated only when its holder is proven dead (or has itself written down that the answer never came), and
    the look-up found nothing.
    """
    intent = case.open_intent
    if intent is None:
        return None
    if _is_asked(intent):
        case.ending = Ending(State.WAITING, ASKED_FIRST, not_before=_soon(PERSON_MAY_TAKE))
        return None
    # Another job's write of the same thing: what came of it belongs to that job's Delivery, and that job settles it.
    is_anothers = intent.delivery_id != case.delivery.pk
    if is_anothers or (intent.lease_token != lease.token and not _take(intent, lease)):
        case.ending = Ending(State.QUEUED, "An earlier write of it is on its way.", not_before=_soon())
        return None
    leaving = Leaving.from_plain(_content(intent))
    sending = Sending(case, intent.pk, leaving, leaving.as_call())
    if intent.state == IntentState.TO_REPEAT or _key_lives(intent):
        return sending
    at_rest = intent.state == IntentState.IN_DOUBT or is_proven_dead(intent.lease_holder)
    if at_rest and sending.call.is_repeatable:
        return sending
    # A look-up finds what a first call made. It says nothing of the calls after it, nor of a change to what
    # was there before.
    if at_rest and abilities.lookup and not leaving.steps_done and leaving.external_id is None:
        shown_at = intent.created_at + LEAVES_WITHIN + timedelta(seconds=abilities.lookup_after)
        if abilities.lookup_after and shown_at > shared_clock.now():
            case.ending = Ending(
                State.RETRYING, NOT_SHOWN_YET, not_before=shown_at.timestamp(), keeps_intent=True
            )
            return None
        sending.look_up = True
        return sending
    case.ending = _ask(job, case, intent, leaving)
    return None


def _ask(job: SyncJob, case: Case, intent: Intent, leaving: Leaving) -> Ending:
    sentence = doubt_sentence(job, leaving.subject)
    case.subject = case.subject or leaving.subject
    fault = Fault(
        delivery_id=intent.delivery_id,
        kind="transient",
        code="lost_answer",
        place="in_doubt",
        sentence=sentence,
        subject=leaving.subject,
        payload=case.parcel.whole_payload,
        version=leaving.version,
        mapping_version=leaving.mapping_version,
        amount=leaving.amount,
        currency=leaving.currency,
        intent_id=intent.pk,
    )
    if leaving.serial < case.parcel.serial:
        # It is the version before this one that a person is asked about: this one is not used up by the question.
        waits = _soon(PERSON_MAY_TAKE)
        return Ending(State.WAITING, ASKED_FIRST, fault=fault, not_before=waits, keeps_intent=True)
    return Ending(State.FAILED, sentence[:300], fault=fault, counts=True, keeps_intent=True)


def _take(intent: Intent, lease: Lease) -> bool:
    """Moves the Intent to this lease, if the one it belongs to is over."""
    now = shared_clock.now()
    batch = intent.batch
    if (
        batch is not None
        and batch.lease_token == intent.lease_token
        and batch.lease_until
        and batch.lease_until > now
    ):
        return False
    taken = Intent.objects.filter(
        pk=intent.pk, lease_token=intent.lease_token, settled_at__isnull=True
    ).update(lease_token=lease.token, lease_holder=this_process(), batch=lease.batch)
    return bool(taken)


def _is_asked(intent: Intent) -> bool:
    return intent.errors.filter(settled_at__isnull=True, place="in_doubt").exists()


def _content(intent: Intent) -> dict[str, Any]:
    content: dict[str, Any] = intent.call
    return content


def _key_lives(intent: Intent) -> bool:
    expires: datetime | None = intent.key_expires_at
    return expires is not None and expires > shared_clock.now() + KEY_MARGIN


def _changed_since(job: SyncJob, cases: Sequence[Case]) -> list[Case]:
    of_people = _people_changed_since(job, cases) if people.concerns(job) else {}
    seen = {case.delivery.pk: case for case in cases if case.place not in of_people}
    rows = Delivery.objects.filter(pk__in=seen).values_list(
        "pk", "content_hash", "source_version", "thing_id", "accepted_serial"
    )
    return [*of_people.values()] + [
        seen[pk]
        for pk, content_hash, version, thing, serial in rows
        if (content_hash, version) != (seen[pk].delivery.content_hash, seen[pk].delivery.source_version)
        or thing != seen[pk].delivery.thing_id
        or serial > seen[pk].parcel.serial
    ]


def _people_changed_since(job: SyncJob, cases: Sequence[Case]) -> dict[int, Case]:
    """Another source's record of the same person, or something newer that was said of consent, came in between."""
    changed = people.made_meanwhile(job, cases) + person_consents.changed_since(cases)
    return {case.place: case for case in changed}


def required(leaving: Leaving | None) -> Leaving:
    if leaving is None:
        raise AssertionError("A case without a leaving cannot be locked.")
    return leaving


def _soon(seconds: float = IN_THE_WAY) -> float:
    return shared_clock.seconds() + seconds
