"""Fetches the objects of which only an id came in, or whose version does not tell which content is newer."""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from integrations.connectors.base import Connector, Item
from integrations.exceptions import Failure, Kind, TokenExpired
from integrations.models import State, SyncJob

from . import budget, shared_clock
from .case import Case, Ending
from .connect import connect, with_login
from .endings import backoff, data_fault
from .parcels import digest_of

LONGEST_SLEEP = 2.0


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
    try:
        with ThreadPoolExecutor(max_workers=job.concurrent_calls) as pool:
            for start in range(0, len(cases), job.concurrent_calls):
                _fetch_some(job, connector, pool, cases[start : start + job.concurrent_calls])
    finally:
        connector.close()


def _fetch_some(job: SyncJob, connector: Connector, pool: ThreadPoolExecutor, cases: Sequence[Case]) -> None:
    allowed = _turns(job, connector, len(cases))
    for case in cases[allowed:]:
        case.ending = Ending(
            State.QUEUED, "It had to wait for its turn.", not_before=shared_clock.seconds() + 1.0
        )
    began = shared_clock.seconds()
    futures = [
        (case, pool.submit(connector.fetch, job.source_resource, case.parcel.external_id))
        for case in cases[:allowed]
    ]
    for case, future in futures:
        try:
            item = future.result()
        except TokenExpired:
            item = _after_login(job, connector, case)
        except Failure as failure:
            _put_back(job, case, failure)
            continue
        if case.ending is None and item is None and _was_listed(case):
            _not_there(job, case)
        elif case.ending is None:
            _fill(case, item, began)


def _after_login(job: SyncJob, connector: Connector, case: Case) -> Item | None:
    try:
        found: Item | None = with_login(
            job.source, connector, lambda: connector.fetch(job.source_resource, case.parcel.external_id)
        )
    except Failure as failure:
        _put_back(job, case, failure)
        return None
    return found


def _turns(job: SyncJob, connector: Connector, wanted: int) -> int:
    for _ in range(3):
        grant = budget.take(job.source, connector.limit(), wanted)
        if grant.calls or grant.wait_seconds > LONGEST_SLEEP:
            more = connector.resources()[job.source_resource].fetch_calls - 1
            budget.owe(job.source, connector.limit(), grant.calls * more)
            return grant.calls
        time.sleep(grant.wait_seconds)
    return 0


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


def _fill(case: Case, item: Item | None, began: float) -> None:
    parcel = case.parcel
    parcel.partial = False
    parcel.read_at = began
    case.fetched = True
    if item is None or item.deleted:
        parcel.deleted = True
        return
    parcel.payload, parcel.version, parcel.digest = item.payload, item.version, digest_of(item.payload)


def _put_back(job: SyncJob, case: Case, failure: Failure) -> None:
    attempts = case.delivery.attempts + 1
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
