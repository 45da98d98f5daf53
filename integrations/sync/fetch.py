"""Fetches the objects of which only an id came in, or whose version does not tell which content is newer."""

from __future__ import annotations

from collections.abc import Sequence

from integrations.connectors.base import Connector, Item
from integrations.exceptions import Failure, Kind
from integrations.models import State, SyncJob

from . import shared_clock
from .asking import Question, ask_all
from .card_data import stripped
from .case import Case, Ending
from .connect import connect
from .endings import backoff, data_fault
from .gate import Gate
from .parcels import digest_of


def fetch(job: SyncJob, cases: Sequence[Case]) -> None:
    """Replaces the payloads of these cases by what the source shows now; the fetch's start is their read time.

    An object that the source does not have any more becomes a removal. A failure puts the case back.
    """
    if not cases:
        return
    try:
        connector = connect(job.source)
    except Failure as failure:
        for case in cases:
            _put_back(job, case, failure)
        return
    gate = Gate(job.source, connector, job.concurrent_calls)
    try:
        _fetch_all(job, connector, gate, cases)
    finally:
        gate.close()
        connector.close()


def can_fetch(job: SyncJob) -> bool:
    """Whether the source can be asked for a single record. No network."""
    try:
        connector = connect(job.source)
    except Failure:
        return False
    try:
        able = connector.resources().get(job.source_resource)
        return able is not None and able.fetch
    finally:
        connector.close()


def _fetch_all(job: SyncJob, connector: Connector, gate: Gate, cases: Sequence[Case]) -> None:
    def of(case: Case) -> Question:
        return lambda: connector.fetch(job.source_resource, case.parcel.external_id)

    calls_each = connector.resources()[job.source_resource].fetch_calls
    asked = ask_all(job.source, connector, gate, [of(case) for case in cases], calls_each)
    for case, answer in zip(cases, asked, strict=True):
        if isinstance(answer.found, Failure):
            _put_back(job, case, answer.found)
        elif answer.found is None and _was_listed(case):
            _not_there(job, case)
        else:
            _fill(job, case, answer.found, answer.began)


def _was_listed(case: Case) -> bool:
    """A row of a list that is good for its id alone. A webhook brings no row, and what was read whole has a digest."""
    return bool(case.parcel.payload) and not case.parcel.digest


def _not_there(job: SyncJob, case: Case) -> None:
    """By a wrong address in the declaration everything would look as if it were gone, and be cancelled as removed."""
    name = case.subject or case.delivery.subject or case.parcel.external_id
    sentence = (
        f"{name}: {job.source.name} lists it, but it is not there when it is asked for alone. If it was deleted there "
        "meanwhile, retry or ignore this; else test the connection and correct how things are fetched first."
    )
    case.ending = Ending(
        State.FAILED, sentence[:300], fault=data_fault(case, "not_found", "read", sentence), counts=True
    )


def _fill(job: SyncJob, case: Case, item: Item | None, began: float) -> None:
    parcel = case.parcel
    parcel.partial = False
    parcel.read_at = began
    case.fetched = True
    if item is None or item.deleted:
        parcel.deleted = True
        return
    kept = stripped(job, item)
    parcel.payload, parcel.version, parcel.digest = kept.payload, kept.version, digest_of(kept.payload)


def _put_back(job: SyncJob, case: Case, failure: Failure) -> None:
    attempts = case.delivery.attempts + 1
    if failure.code in ("rate_limited", "out_of_reach"):
        case.ending = Ending(
            State.QUEUED,
            failure.sentence[:300],
            not_before=shared_clock.seconds() + (failure.retry_after or 1.0),
        )
        return
    if failure.kind == Kind.TRANSIENT or failure.connection_wide:
        pause = max(backoff(attempts), failure.retry_after or 0.0)
        case.ending = Ending(
            State.RETRYING, failure.sentence[:300], not_before=shared_clock.seconds() + pause
        )
        return
    name = case.subject or case.delivery.subject or case.parcel.external_id
    fault = data_fault(
        case, failure.code, "read", f"{name}: {failure.sentence}", failure.field, kind=str(failure.kind.value)
    )
    case.ending = Ending(State.FAILED, fault.sentence[:300], fault=fault, counts=True)
