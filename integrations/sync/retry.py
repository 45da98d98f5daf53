"""What a person decides about ErrorRecords. Facts are kept; each decision is a Judgement beside them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from django.db import transaction
from django.db.models import Case, F, FloatField, QuerySet, When, Window
from django.db.models.functions import CumeDist

from integrations.connectors.base import Item
from integrations.models import (
    Decision,
    Delivery,
    Door,
    ErrorRecord,
    ExternalId,
    Intent,
    IntentState,
    Outcome,
    Settled,
    State,
    SyncJob,
    SyncRun,
)

from . import (
    arrived,
    faults,
    held_addresses,
    intents,
    judging,
    shared_clock,
    steer,
    stock_recount,
    stock_units,
)
from .accept import Accepted, accept
from .endings import UNREADABLE, UNREADABLE_PLACE
from .judging import Person, judge
from .leaving import Leaving
from .overdue import OVERDUE
from .runs import open_run
from .stock_names import KIND

NotPossible = judging.NotPossible
AT_ONCE = 200
# A newer version is queued, or this one again: the error's own payload must not overtake it.
UNDER_WAY = (State.QUEUED, State.RETRYING, State.WAITING)
URGENT_FIRST = (
    "what was promised first, then what is large among the amounts of its own currency, then the oldest"
)
NAMELESS = (
    "It cannot be edited here: which record it is could not be read, so the corrected source would bring it a second "
    "time. Correct the file that the error names; its new version is read, and this error is over."
)


def retry(errors: QuerySet[ErrorRecord], by: Person, text: str = "") -> int:
    """Queues the records of these open errors again, and resumes the jobs that failures stopped.

    `text` says who asked for it where that is nobody with a login here.
    Returns how many were queued or resumed. The errors stay open until the record is delivered.
    """
    queued = 0
    open_errors = errors.filter(settled_at__isnull=True).select_related("job", "delivery")
    by_job: dict[int, list[ErrorRecord]] = defaultdict(list)
    for error in open_errors.iterator(chunk_size=AT_ONCE):
        if error.delivery_id is None:
            queued += _resume(error, by, text)
        elif error.job_id is not None and error.place != "in_doubt":
            by_job[error.job_id].append(error)
    for job_id, rows in by_job.items():
        for start in range(0, len(rows), AT_ONCE):
            queued += _requeue(job_id, rows[start : start + AT_ONCE], by, text=text)
            for error in rows[start : start + AT_ONCE]:
                held_addresses.let_go(error, error.payload)
    return queued


def retry_with_payload(
    error: ErrorRecord, payload: dict[str, Any], by: Person, seen: int | None = None
) -> None:
    """Queues the record with a payload that a person mended. It is the same version of the source's record.

    `seen`: the newest edit (a Judgement's key) that this person knew of; one that came since is not overwritten.
    """
    if error.delivery_id is None or not error.is_open:
        raise NotPossible("Only an open error of one record has a payload that can be edited.")
    if is_nameless(error):
        raise NotPossible(NAMELESS)
    if error.place == "in_doubt":
        raise NotPossible("First say whether the earlier write had arrived; then edit and retry.")
    if error.delivery is not None and error.delivery.state in UNDER_WAY:
        raise NotPossible(
            "It is on its way already, or a newer version of it is: this edit was not taken. Wait for how that ends."
        )

    def nobody_else() -> None:
        # By now the Delivery's row is held: another edit is either seen here or waits for this one.
        if seen is not None and newest_edit(error) > seen:
            raise NotPossible("Somebody else has just sent this record as they wrote it. See how that ends.")

    _requeue(_job_of(error), [error], by, {error.pk: payload}, Decision.EDIT, nobody_else)
    held_addresses.let_go(error, payload)


def newest_edit(error: ErrorRecord) -> int:
    """The key of the newest Judgement that sent the record as a person wrote it; 0 where there is none."""
    edits = error.judgements.filter(decision=Decision.EDIT).order_by("-pk")
    return edits.values_list("pk", flat=True).first() or 0


def most_urgent(errors: QuerySet[ErrorRecord]) -> QuerySet[ErrorRecord]:
    """As URGENT_FIRST says. There are no exchange rates, so an amount is measured by the others of its own currency:
    the largest of each are equals, however many digits they have."""
    of_currency = Window(CumeDist(), partition_by=[F("currency")], order_by=F("amount").asc(nulls_first=True))
    scale = Case(When(amount__isnull=False, then=of_currency), default=None, output_field=FloatField())
    return errors.annotate(scale=scale).order_by(
        F("delivery__promised_at").asc(nulls_last=True), F("scale").desc(nulls_last=True), "pk"
    )


def may_go(errors: QuerySet[ErrorRecord]) -> QuerySet[ErrorRecord]:
    """Those of them that a retry would send: open, not in doubt, and not on their way already."""
    return (
        errors.filter(settled_at__isnull=True)
        .exclude(place="in_doubt")
        .exclude(delivery__state__in=UNDER_WAY)
    )


def is_nameless(error: ErrorRecord) -> bool:
    """Whether its record is known only by the place where it stands: then nobody can send it in its own name."""
    return error.code == UNREADABLE_PLACE


def ignore(errors: QuerySet[ErrorRecord], reason: str, by: Person) -> int:
    """Settles these errors without delivering; a newer version of a record is taken up as usual."""
    if not reason.strip():
        raise NotPossible("Say why it can be ignored: the next person will want to know.")
    rows = list(errors.filter(settled_at__isnull=True).select_related("job", "delivery"))
    now = shared_clock.now()
    with transaction.atomic():
        ErrorRecord.objects.filter(pk__in=[row.pk for row in rows]).update(
            settled_at=now, settled_how=Settled.IGNORED, payload=None
        )
        ignored = {
            "state": State.IGNORED,
            "state_since": now,
            "state_reason": reason[:300],
            "deadline_at": None,
        }
        failed = [row.delivery_id for row in rows if row.delivery_id]
        Delivery.objects.filter(pk__in=failed, state=State.FAILED).update(**ignored)
        held_addresses.ignore(rows, ignored)
        # What is still tried has a parcel in some batch: the raised serial makes it an older version.
        pending = [row.delivery_id for row in rows if row.delivery_id and row.code == OVERDUE]
        Delivery.objects.filter(pk__in=pending, state__in=UNDER_WAY).update(
            accepted_serial=F("accepted_serial") + 1, **ignored
        )
        stock_units.forget_units([row.delivery_id for row in rows if row.delivery_id])
        doubtful = Intent.objects.filter(delivery__in=pending, state=IntentState.IN_DOUBT)
        intents.settle(
            [row.intent_id for row in rows if row.intent_id] + list(doubtful.values_list("pk", flat=True))
        )
        judge(rows, Decision.IGNORE, by, reason)
        _record_ignored(rows, now)
    return len(rows)


def assign(errors: Iterable[ErrorRecord], assignee: Person, by: Person) -> int:
    rows = list(errors)
    judge(rows, Decision.ASSIGN, by, assignee=assignee)
    return len(rows)


def comment(error: ErrorRecord, text: str, by: Person) -> None:
    if not text.strip():
        raise NotPossible("Write a comment first.")
    judge([error], Decision.COMMENT, by, text)


def confirm_arrived(error: ErrorRecord, external_id: str, by: Person) -> None:
    """A person has looked: the write in doubt had arrived, under this id of the destination, which is asked as well.

    Network: call it outside any transaction.
    """
    intent = _doubtful(error)
    external_id = external_id.strip()[:255]
    if not external_id:
        raise NotPossible("Enter the id that the destination gave it.")
    try:
        arrived.check(intent, external_id)
    except arrived.Contradicted as reason:
        raise NotPossible(str(reason)) from reason
    leaving = Leaving.from_plain(intent.call)
    now = shared_clock.now()
    with transaction.atomic():
        intents.settle([intent.pk])
        ExternalId.objects.get_or_create(
            connection_id=intent.destination_id,
            resource=intent.resource,
            external_id=external_id,
            defaults={"thing_id": intent.thing_id},
        )
        delivery = Delivery.objects.filter(pk=intent.delivery_id)
        # A newer version that waited for the answer is still to be written.
        is_newest = delivery.filter(accepted_serial__lte=leaving.serial).update(
            state=State.DELIVERED,
            state_since=now,
            state_reason="A person confirmed that it had arrived.",
            attempts=0,
            deadline_at=None,
        )
        if is_newest:
            stock_units.release_units([intent.delivery_id])
        delivery.update(
            content_hash=leaving.content_hash,
            written_state=leaving.written_state,
            source_version=leaving.version,
            source_read_at=datetime.fromtimestamp(leaving.read_at, UTC),
            mapping_version=leaving.mapping_version,
            delivered_at=now,
            first_delivered_at=now,
        )
        faults.settle_errors([intent.delivery_id], Settled.DELIVERED)
        judge([error], Decision.CONFIRM, by, external_id)
        _record_confirmed(error, leaving, now)


def send_again(error: ErrorRecord, by: Person) -> None:
    """A person has looked: the write in doubt had not arrived. It goes out as a new one."""
    intent = _doubtful(error)

    def settle() -> None:
        intents.settle([intent.pk])
        ErrorRecord.objects.filter(pk=error.pk).update(place="send", intent=None)

    _requeue(_job_of(error), [error], by, decision=Decision.RESEND, together_with=settle)
    error.refresh_from_db()


def _doubtful(error: ErrorRecord) -> Intent:
    if error.place != "in_doubt" or error.intent is None or not error.is_open:
        raise NotPossible("This error has no write in doubt any more.")
    return error.intent


def _requeue(
    job_id: int,
    errors: list[ErrorRecord],
    by: Person,
    payloads: dict[int, dict[str, Any]] | None = None,
    decision: Decision = Decision.RETRY,
    together_with: Callable[[], None] | None = None,
    text: str = "",
) -> int:
    """`together_with` is done in the same transaction, also where a newer version is under way and goes instead."""
    job = SyncJob.objects.select_related("source", "destination", "read_mapping", "write_mapping").get(
        pk=job_id
    )
    external_ids = source_ids(job, errors)
    chosen = [
        (error, external_ids[error.delivery.thing_id])
        for error in errors
        if error.delivery is not None
        and error.delivery.thing_id in external_ids
        and error.delivery.state not in UNDER_WAY
    ]
    alone = [
        error
        for error in errors
        if job.kind == KIND
        and error.delivery is not None
        and error.delivery.thing_id not in external_ids
        and error.delivery.state not in UNDER_WAY
    ]
    if not chosen:
        with transaction.atomic():
            if together_with is not None:
                together_with()
            _count_again(job, alone, by, decision, text)
        return len(alone)
    items = [item_of(external_id, error, payloads or {}) for error, external_id in chosen]

    def judged(_: Accepted) -> None:
        if together_with is not None:
            together_with()
        # Only what was done: a second press of the button is no second decision.
        judge([error for error, _ in chosen], decision, by, text)
        _count_again(job, alone, by, decision, text)

    accepted = accept(job, Door.RETRY, items, read_at=shared_clock.now(), force=True, also=judged).accepted
    return accepted + len(alone)


def _count_again(job: SyncJob, errors: list[ErrorRecord], by: Person, decision: Decision, text: str) -> None:
    """Stock that no row of the source carries (a bundle's): there is no payload to send again, it is counted anew."""
    things = [error.delivery.thing_id for error in errors if error.delivery is not None]
    if things:
        stock_recount.count_carried(job, things)
        judge(errors, decision, by, text)


def _job_of(error: ErrorRecord) -> int:
    if error.job_id is None:
        raise NotPossible("The job of this error is gone.")
    return error.job_id


def source_ids(job: SyncJob, errors: Iterable[ErrorRecord]) -> dict[int, str]:
    """Thing → how the job's source calls it, for the records of these errors of the job, with their Deliveries."""
    return dict(
        ExternalId.objects.filter(
            connection_id=job.source_id,
            resource=job.source_resource,
            thing_id__in=[error.delivery.thing_id for error in errors if error.delivery is not None],
        ).values_list("thing_id", "external_id")
    )


def item_of(external_id: str, error: ErrorRecord, mended: Mapping[int, dict[str, Any]]) -> Item:
    """What a retry of this error sends in. `mended`: payloads that a person corrected, by the error's key.

    Without a payload (it was never read) the object is fetched anew. What the connector could make nothing of stays
    so until a person mends it, or the source shows it rightly."""
    payload: Any = mended.get(error.pk, error.payload)
    if payload is None:
        return Item(external_id=external_id, payload={}, version=error.version, partial=True)
    is_unread = error.code in (UNREADABLE, UNREADABLE_PLACE) and error.pk not in mended
    return Item(
        external_id=external_id,
        payload=payload,
        version=error.version,
        problem=error.sentence if is_unread else "",
        nameless=is_nameless(error),
    )


def _resume(error: ErrorRecord, by: Person, text: str) -> int:
    if error.job is None:
        return 0
    judge([error], Decision.RETRY, by, text)
    steer.resume(error.job)
    return 1


def _record_ignored(errors: list[ErrorRecord], now: datetime) -> None:
    outcomes = []
    runs: dict[int, SyncRun] = {}
    for error in errors:
        job = error.job
        if error.delivery_id is None or job is None:
            continue
        run = runs.get(job.pk) or runs.setdefault(job.pk, open_run(job, Door.RETRY))
        outcomes.append(
            Outcome(run=run, delivery_id=error.delivery_id, job=job, state=State.IGNORED, recorded_at=now)
        )
    Outcome.objects.bulk_create(outcomes)


def _record_confirmed(error: ErrorRecord, leaving: Leaving, now: datetime) -> None:
    if error.job is None or error.delivery_id is None:
        return
    Outcome.objects.create(
        run=open_run(error.job, Door.RETRY),
        delivery_id=error.delivery_id,
        job=error.job,
        state=State.DELIVERED,
        operation=leaving.operation,
        serial=leaving.serial,
        source_version=leaving.version,
        mapping_version=leaving.mapping_version,
        occurred_at=datetime.fromtimestamp(leaving.occurred_at, UTC) if leaving.occurred_at else None,
        accepted_at=now,
        recorded_at=now,
        amount=leaving.amount,
        currency=leaving.currency,
    )
