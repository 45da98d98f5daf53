"""What becomes of a record whose write did not go well."""

from __future__ import annotations

import random
from datetime import timedelta

from integrations.connectors.base import Abilities
from integrations.exceptions import Failure, Kind
from integrations.models import State, SyncJob
from mappings.records import amount

from . import shared_clock
from .case import Case, Ending, Sending
from .faults import Fault

FIRST_PAUSE, SECOND_PAUSE, LONGEST_PAUSE = 0.5, 2.0, 900.0
PAUSE_OF_STOPPED_JOB = 30.0
# Of a record of which the source's connector could make nothing.
UNREADABLE = "unreadable"
# ... not even which it is: the id is only the place where it stands. Sent under that, it would be another thing than
# the one that the corrected source shows later.
UNREADABLE_PLACE = "unreadable_place"


def backoff(attempts: int, longest: float = LONGEST_PAUSE) -> float:
    """Seconds until the next try: soon at first, since most troubles are of a moment, then doubled each time. With
    jitter, so that records do not come back together."""
    pause = FIRST_PAUSE if attempts <= 1 else SECOND_PAUSE * 2 ** (attempts - 2)
    return float(min(longest, pause) * random.uniform(0.75, 1.25))  # noqa: S311  # not for secrets


def after_failure(
    job: SyncJob,
    abilities: Abilities,
    sending: Sending,
    failure: Failure,
    *,
    system_is_away: bool = False,
    tries: int | None = None,
) -> Ending:
    """Transient: later, `tries` times in all (as often as the job says, unless it is told). In doubt: settled with the
    key, by look-up or by repeating what is harmless, else a person. All else: a person.

    `system_is_away`: it is not this record's failure, so the try does not count; the breaker says when it goes on.
    """
    case = sending.case
    attempts = case.delivery.attempts + 1
    if failure.code in ("rate_limited", "login_under_way", "not_sent"):
        return Ending(
            State.QUEUED, failure.sentence, not_before=shared_clock.seconds() + (failure.retry_after or 0.0)
        )
    if failure.connection_wide and not failure.in_doubt:
        return Ending(
            State.QUEUED, failure.sentence, not_before=shared_clock.seconds() + PAUSE_OF_STOPPED_JOB
        )
    if system_is_away and (not failure.in_doubt or _settles_itself(abilities, sending)):
        ending = Ending(
            State.RETRYING, failure.sentence[:300], not_before=shared_clock.seconds() + backoff(1)
        )
        ending.keeps_intent = failure.in_doubt
        return ending
    if failure.in_doubt:
        return _in_doubt(job, abilities, sending, failure, attempts)
    if sending.leaving.serial < case.parcel.serial and not sending.leaving.steps_done:
        # Surely without effect, and out of date: the newer version is weighed for itself.
        return Ending(State.QUEUED, "The version before it was not taken.", not_before=shared_clock.seconds())
    if failure.kind == Kind.TRANSIENT and attempts < (job.retry_limit if tries is None else tries):
        return _again(failure, attempts)
    return Ending(State.FAILED, failure.sentence[:300], fault=_fault(sending, failure, "send"), counts=True)


def _in_doubt(
    job: SyncJob, abilities: Abilities, sending: Sending, failure: Failure, attempts: int
) -> Ending:
    if _settles_itself(abilities, sending) and attempts < job.retry_limit:
        ending = _again(failure, attempts)
        ending.keeps_intent = True
        return ending
    fault = _fault(sending, failure, "in_doubt")
    fault.intent_id = sending.intent_id
    fault.sentence = doubt_sentence(job, sending.leaving.subject, failure.status)
    if sending.leaving.serial < sending.case.parcel.serial:
        # The version before this one is in doubt; this one waits, and is not used up by the question.
        ending = _again(failure, attempts)
        ending.fault, ending.keeps_intent = fault, True
        return ending
    return Ending(State.FAILED, fault.sentence[:300], fault=fault, counts=True, keeps_intent=True)


def _settles_itself(abilities: Abilities, sending: Sending) -> bool:
    """`intents.take_over` does it, with the same call."""
    return abilities.keys or abilities.lookup or sending.call.is_repeatable


def name_by_id(job: SyncJob, external_id: str) -> str:
    """Of a record that could not be read: "Order 4711"."""
    return f"{job.kind.replace('_', ' ').capitalize()} {external_id}"


def doubt_sentence(job: SyncJob, subject: str, status: int | None = None) -> str:
    answer = f"it answered with a fault of its own (HTTP {status})" if status else "its answer never came"
    return (
        f"{subject}: {job.destination.name} may or may not have taken it; {answer}. "
        f"Look there, then choose “It had arrived” or “Send it again”."
    )


def _again(failure: Failure, attempts: int) -> Ending:
    pause = max(backoff(attempts), failure.retry_after or 0.0)
    return Ending(
        State.RETRYING, failure.sentence[:300], not_before=shared_clock.seconds() + pause, counts=True
    )


def _fault(sending: Sending, failure: Failure, place: str) -> Fault:
    leaving, case = sending.leaving, sending.case
    fault = Fault.of_failure(case.delivery.pk, failure, place)
    fault.subject = leaving.subject
    fault.payload = case.parcel.whole_payload
    fault.version = leaving.version
    fault.mapping_version = leaving.mapping_version
    fault.amount, fault.currency = leaving.amount, leaving.currency
    if leaving.subject and not fault.sentence.startswith(leaving.subject):
        fault.sentence = f"{leaving.subject}: {fault.sentence}"
    return fault


def waiting(job: SyncJob, case: Case, what: str) -> Ending:
    """What it refers to is not there yet: it waits, and after the job's waiting hours a person is asked."""
    age = shared_clock.now() - case.delivery.accepted_at
    if age > timedelta(hours=job.waiting_hours):
        sentence = (
            f"{case.subject}: {what} has not reached {job.destination.name} in {job.waiting_hours} hours. "
            f"Settle the error of {what} first; this one then goes by itself when you retry it."
        )
        return Ending(
            State.FAILED, sentence[:300], fault=data_fault(case, "waited_too_long", "validate", sentence)
        )
    pause = min(300.0, max(3.0, age.total_seconds() / 2))
    return Ending(State.WAITING, f"Waits for {what}."[:300], not_before=shared_clock.seconds() + pause)


def data_fault(
    case: Case, code: str, place: str, sentence: str, field: str = "", kind: str = "data"
) -> Fault:
    value, currency = amount(case.record) if case.record is not None else (None, None)
    return Fault(
        delivery_id=case.delivery.pk,
        kind=kind,
        code=code,
        place=place,
        sentence=sentence,
        field=field,
        subject=case.subject,
        payload=case.parcel.whole_payload,
        version=case.parcel.version,
        amount=str(value) if value is not None else None,
        currency=currency or "",
    )
