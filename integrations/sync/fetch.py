"""Fetches the objects of which only an id came in, or whose version does not tell which content is newer."""

from __future__ import annotations

import time
from collections.abc import Collection, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import Any

from integrations.connectors.base import Connector, Item
from integrations.exceptions import Failure, Kind, TokenExpired
from integrations.models import State, SyncJob

from . import budget, shared_clock
from .card_data import stripped
from .case import Case, Ending
from .connect import connect, with_login
from .endings import backoff, data_fault
from .gate import LOOK_EVERY, Gate
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
    if connector.is_local:
        _fetch_here(job, connector, cases)
        return
    gate = Gate(job.source, connector, job.concurrent_calls)
    try:
        with ThreadPoolExecutor(max_workers=gate.most) as pool:
            _fetch_all(job, connector, gate, pool, cases)
    finally:
        gate.close()
        connector.close()


def _fetch_here(job: SyncJob, connector: Connector, cases: Sequence[Case]) -> None:
    """From the portal's own database, which threads must not touch."""
    for case in cases:
        began = shared_clock.seconds()
        try:
            _fill(job, case, connector.fetch(job.source_resource, case.parcel.external_id), began)
        except Failure as failure:
            _put_back(job, case, failure)


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


def _fetch_all(
    job: SyncJob, connector: Connector, gate: Gate, pool: ThreadPoolExecutor, cases: Sequence[Case]
) -> None:
    # Threads must not ask the database for the time: they carry on what it was here.
    started, asked = shared_clock.seconds(), time.monotonic()

    def call(case: Case) -> tuple[float, Item | None]:
        refused = gate.enter(lambda: True)
        if refused is not None:
            raise refused
        began = started + time.monotonic() - asked
        try:
            return began, connector.fetch(job.source_resource, case.parcel.external_id)
        except Failure as failure:
            _heed(gate, failure)
            raise
        finally:
            gate.leave()

    futures = {pool.submit(call, case): case for case in cases}
    _look_while(job, connector, gate, futures)
    for future, case in futures.items():
        try:
            began, item = future.result()
        except TokenExpired:
            began, item = shared_clock.seconds(), _after_login(job, connector, case)
        except Failure as failure:
            if failure.code == "rate_limited":
                gate.block(failure.retry_after or 1.0)
            _put_back(job, case, failure)
            continue
        if case.ending is None and item is None and _was_listed(case):
            _not_there(job, case)
        elif case.ending is None:
            _fill(job, case, item, began)


def _look_while(job: SyncJob, connector: Connector, gate: Gate, futures: Collection[Future[Any]]) -> None:
    """The main thread's part while threads fetch. A fetch of several calls owes the rest of them to the budget."""
    more = connector.resources()[job.source_resource].fetch_calls - 1
    left, owed = set(futures), 0
    while left:
        gate.look(len(left) - gate.inside)
        if gate.must_wait_long:
            gate.refuse(gate.asks_to_wait())
        left = wait(left, timeout=LOOK_EVERY).not_done
        done = len(futures) - len(left)
        budget.owe(job.source, gate.limit, (done - owed) * more)
        owed = done


def _heed(gate: Gate, failure: Failure) -> None:
    if failure.code == "rate_limited":
        gate.hold(failure.retry_after or 1.0)
    elif failure.connection_wide:
        gate.refuse(failure)


def _after_login(job: SyncJob, connector: Connector, case: Case) -> Item | None:
    try:
        found: Item | None = with_login(
            job.source, connector, lambda: connector.fetch(job.source_resource, case.parcel.external_id)
        )
    except Failure as failure:
        _put_back(job, case, failure)
        return None
    return found


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
