"""Makes ErrorRecords: the evidence that something could not be done, one open per Delivery or per job and cause."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import F, QuerySet

from integrations.exceptions import Failure, Kind
from integrations.models import (
    Connection,
    ErrorRecord,
    Health,
    JobState,
    Settled,
    SyncJob,
    SyncRun,
)
from integrations.models.connection import AWAITS_TEST
from mappings.fields import Sealed, encrypt_json

from . import breaker, put_off, rows, shared_clock

_CHANGING_PARTS = re.compile(r"[#\"'“”‘’][^\s\"'“”‘’]*|\b[\w.+-]*\d[\w.+-]*\b")


@dataclass
class Fault:
    """What is to be written down about one record that failed."""

    delivery_id: int
    kind: str
    code: str
    place: str
    sentence: str
    field: str = ""
    subject: str = ""
    status: int | None = None
    request_id: str = ""
    evidence: Any = None
    payload: Any = None
    version: str = ""
    mapping_version: str = ""
    amount: str | None = None
    currency: str = ""
    intent_id: int | None = None
    # Whether `field` is one of the destination's own, and not of the Record.
    in_body: bool = False
    # The cause is one, whichever job comes upon it.
    of_any_job: bool = False

    def seal(self) -> None:
        """Encrypts what is personal, once: encryption has no place inside a transaction."""
        if self.evidence and not isinstance(self.evidence, Sealed):
            self.evidence = Sealed(encrypt_json(self.evidence))
        if self.payload is not None and not isinstance(self.payload, Sealed):
            self.payload = Sealed(encrypt_json(self.payload, compress=True))

    @classmethod
    def of_failure(cls, delivery_id: int, failure: Failure, place: str) -> Fault:
        return cls(
            delivery_id=delivery_id,
            kind=str(failure.kind.value),
            code=failure.code,
            place=place,
            sentence=failure.sentence,
            field=failure.field,
            status=failure.status,
            request_id=failure.request_id[:120],
            evidence=failure.evidence,
        )


def fingerprint(job_id: int | None, kind: str, code: str, place: str, field_name: str, sentence: str) -> str:
    """The same for failures of one cause: numbers, quoted words and what looks like an id do not count."""
    plain = _CHANGING_PARTS.sub("…", sentence.lower())
    text = "\x1f".join([str(job_id), kind, code, place, field_name, plain if not field_name else ""])
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def record_faults(job: SyncJob, run: SyncRun | None, faults: Sequence[Fault]) -> None:
    """Opens an ErrorRecord per Delivery, or renews the open one. Call it inside the group's transaction."""
    if not faults:
        return
    now = shared_clock.now()
    open_rows = {
        row.delivery_id: row
        for row in ErrorRecord.objects.filter(
            delivery_id__in=[fault.delivery_id for fault in faults], settled_at__isnull=True
        ).only("delivery", "attempts", "fingerprint", "put_off_since")
    }
    of_another_cause: list[int] = []
    made: list[rows.Row] = []
    renewed: list[rows.Row] = []
    for fault in faults:
        values = _values(job, run, fault)
        known = open_rows.get(fault.delivery_id)
        if known is None:
            made.append((now, now, "", 1, *values.values()))
            continue
        renewed.append((known.pk, now, known.attempts + 1, *values.values()))
        if known.put_off_since is not None and known.fingerprint != values["fingerprint"]:
            of_another_cause.append(known.pk)
    rows.insert(ErrorRecord, ("first_seen_at", "last_seen_at", "settled_how", "attempts", *VALUES), made)
    rows.update(ErrorRecord, ("last_seen_at", "attempts", *VALUES), renewed)
    if of_another_cause:
        # What a person ignored for now was the cause before.
        put_off.take_up(ErrorRecord.objects.filter(pk__in=of_another_cause), None)


VALUES = (
    "delivery_id",
    "job_id",
    "connection_id",
    "run_id",
    "intent_id",
    "kind",
    "code",
    "place",
    "field",
    "subject",
    "sentence",
    "fingerprint",
    "status",
    "request_id",
    "evidence",
    "payload",
    "version",
    "mapping_version",
    "amount",
    "currency",
)


def _values(job: SyncJob, run: SyncRun | None, fault: Fault) -> dict[str, Any]:
    """In the order of VALUES."""
    return {
        "delivery_id": fault.delivery_id,
        "job_id": job.pk,
        "connection_id": job.destination_id,
        "run_id": run.pk if run is not None else None,
        "intent_id": fault.intent_id,
        "kind": fault.kind,
        "code": fault.code,
        "place": fault.place,
        "field": fault.field[:120],
        "subject": fault.subject[:120],
        "sentence": fault.sentence,
        "fingerprint": fingerprint(
            None if fault.of_any_job else job.pk,
            fault.kind,
            fault.code,
            fault.place,
            fault.field,
            fault.sentence,
        ),
        "status": fault.status,
        "request_id": fault.request_id,
        "evidence": fault.evidence or None,
        "payload": fault.payload,
        "version": fault.version,
        "mapping_version": fault.mapping_version,
        "amount": fault.amount,
        "currency": fault.currency,
    }


def settle_errors(delivery_ids: Sequence[int], how: Settled) -> None:
    ErrorRecord.objects.filter(delivery_id__in=delivery_ids, settled_at__isnull=True).update(
        settled_at=shared_clock.now(), settled_how=how, payload=None
    )


def source_failed(job: SyncJob, failure: Failure, known: int = 0) -> None:
    """The whole job cannot go on: said once, and again only when the cause is another.

    `known`: how many failures the breaker had counted before this one.
    """
    _failed(job, failure, "read", job.source_id, known)


def destination_failed(job: SyncJob, failure: Failure, known: int = 0) -> None:
    _failed(job, failure, "send", job.destination_id, known)


def _failed(job: SyncJob, failure: Failure, place: str, connection_id: int, known: int) -> None:
    """A system that is out of reach is a matter of the connection: told once for all its jobs, when that has lasted."""
    if failure.kind != Kind.TRANSIENT or not failure.connection_wide:
        stop_job(job, failure, place, connection_id)
    elif breaker.failed(connection_id, known):
        _tell_once(job, failure, place, connection_id, _out_of_reach(connection_id))


def _out_of_reach(connection_id: int) -> str:
    return fingerprint(None, Kind.TRANSIENT, "out_of_reach", "connection", str(connection_id), "")


def stop_job(job: SyncJob, failure: Failure, place: str, connection_id: int) -> None:
    """One open ErrorRecord for the cause. A failure that a person must mend halts the job until it is resumed."""
    mark = fingerprint(job.pk, str(failure.kind.value), failure.code, place, failure.field, failure.sentence)
    with transaction.atomic():
        _tell_once(job, failure, place, connection_id, mark)
        if failure.kind in (Kind.CONFIG, Kind.BUG):
            SyncJob.objects.filter(pk=job.pk, state=JobState.ACTIVE).update(
                state=JobState.HALTED, state_reason=failure.sentence[:500]
            )


def halt_job(job: SyncJob, failure: Failure) -> None:
    """What is the matter of no system: one open ErrorRecord, and the job stands until a person resumes it."""
    mark = fingerprint(job.pk, str(failure.kind.value), failure.code, "worker", "", "")
    with transaction.atomic():
        if SyncJob.objects.filter(pk=job.pk, state=JobState.ACTIVE).update(
            state=JobState.HALTED, state_reason=failure.sentence[:500]
        ):
            _tell_once(job, failure, "worker", None, mark)


def _tell_once(job: SyncJob, failure: Failure, place: str, connection_id: int | None, mark: str) -> None:
    now = shared_clock.now()
    with transaction.atomic():
        same = ErrorRecord.objects.filter(delivery__isnull=True, fingerprint=mark, settled_at__isnull=True)
        same = same.filter(connection_id=connection_id) if connection_id else same.filter(job=job)
        if not same.update(last_seen_at=now, attempts=F("attempts") + 1):
            row = ErrorRecord(
                job=job,
                connection_id=connection_id,
                kind=str(failure.kind.value),
                code=failure.code,
                place=place,
                field=failure.field[:120],
                subject=job.name[:120],
                sentence=failure.sentence,
                fingerprint=mark,
                status=failure.status,
                request_id=failure.request_id[:120],
                evidence=failure.evidence or None,
                first_seen_at=now,
                last_seen_at=now,
            )
            ErrorRecord.objects.bulk_create([row], ignore_conflicts=True)
        if connection_id is not None:
            _tested(connection_id).exclude(health=Health.FAILING).update(
                health=Health.FAILING, health_sentence=failure.sentence[:500], health_checked_at=now
            )


def source_works_again(job: SyncJob) -> None:
    _works_again(job, "read", job.source_id)


def destination_works_again(job: SyncJob) -> None:
    _works_again(job, "send", job.destination_id)


def _works_again(job: SyncJob, place: str, connection_id: int) -> None:
    ErrorRecord.objects.filter(job=job, delivery__isnull=True, place=place, settled_at__isnull=True).exclude(
        fingerprint=_out_of_reach(job.source_id if place == "send" else job.destination_id)
    ).update(settled_at=shared_clock.now(), settled_how=Settled.GONE)
    reached(connection_id)


def tell_of_connection(connection: Connection, code: str, sentence: str, job: SyncJob | None = None) -> None:
    """What a person should know of a connection while everything still goes. One open ErrorRecord per code."""
    now = shared_clock.now()
    mark = _of_connection(connection.pk, code)
    open_ones = ErrorRecord.objects.filter(fingerprint=mark, settled_at__isnull=True)
    if open_ones.update(last_seen_at=now, attempts=F("attempts") + 1, sentence=sentence):
        return
    row = ErrorRecord(
        job=job,
        connection=connection,
        kind=Kind.CONFIG,
        code=code,
        place="connection",
        subject=connection.name[:120],
        sentence=sentence,
        fingerprint=mark,
        first_seen_at=now,
        last_seen_at=now,
    )
    ErrorRecord.objects.bulk_create([row], ignore_conflicts=True)


def is_told_of_connection(connection_id: int, code: str) -> bool:
    mark = _of_connection(connection_id, code)
    return ErrorRecord.objects.filter(fingerprint=mark, settled_at__isnull=True).exists()


def over_for_connection(connection_id: int, code: str) -> None:
    ErrorRecord.objects.filter(
        fingerprint=_of_connection(connection_id, code), settled_at__isnull=True
    ).update(settled_at=shared_clock.now(), settled_how=Settled.GONE)


def _of_connection(connection_id: int, code: str) -> str:
    return fingerprint(None, Kind.CONFIG, code, "connection", str(connection_id), "")


def access_failed(connection_id: int, failure: Failure) -> None:
    """Access that could not be renewed where no job asked for it: what passes is tried again, the rest is told."""
    if failure.kind != Kind.TRANSIENT:
        _tested(connection_id).exclude(health=Health.FAILING).update(
            health=Health.FAILING,
            health_sentence=failure.sentence[:500],
            health_checked_at=shared_clock.now(),
        )


def _tested(connection_id: int) -> QuerySet[Connection]:
    """Unless its credentials changed: what was under way with the earlier ones says nothing of the new ones."""
    return Connection.objects.filter(pk=connection_id).exclude(AWAITS_TEST)


def reached(connection_id: int) -> None:
    """A call went well: the breaker closes, and what was told of it is over."""
    now = shared_clock.now()
    breaker.worked(connection_id)
    # The mark is this connection's own. Asked for the connection as well, SQLite would go through all its errors.
    ErrorRecord.objects.filter(fingerprint=_out_of_reach(connection_id), settled_at__isnull=True).update(
        settled_at=now, settled_how=Settled.GONE
    )
    _tested(connection_id).exclude(health=Health.WORKING).update(
        health=Health.WORKING, health_sentence="", health_checked_at=now
    )
