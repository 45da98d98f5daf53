"""Asks one system several questions at the same time, inside its connection's rate budget and its shares of calls.

Threads ask and pass the gate one by one; what touches the database (budget, login) stays on the main thread, and so do
the questions to a connector that is local.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Any

from integrations.connectors.base import Connector, Item
from integrations.exceptions import Failure, TokenExpired
from integrations.models import Connection

from . import budget, shared_clock
from .connect import with_login
from .gate import LOOK_EVERY, Gate

Question = Callable[[], Item | None]


@dataclass(frozen=True)
class Asked:
    """What one question brought, and when it was asked (seconds since 1970)."""

    began: float
    found: Item | Failure | None


def ask_one(connection: Connection, connector: Connector, gate: Gate, question: Question) -> Item | None:
    """One question with its turn at the gate, and another turn where a new login asks it again. None also for what is
    deleted there."""

    def ask() -> Item | None:
        gate.turn()
        return question()

    try:
        found = with_login(connection, connector, ask)
    finally:
        gate.rest()
    return None if found is not None and found.deleted else found


def ask_all(
    connection: Connection,
    connector: Connector,
    gate: Gate,
    questions: Sequence[Question],
    calls_each: int = 1,
) -> list[Asked]:
    """In the order of the questions. `calls_each`: what one of them costs; the first of it is taken, the rest owed."""
    if not questions:
        return []
    if connector.is_local:
        return [_asked_here(question) for question in questions]
    with ThreadPoolExecutor(max_workers=min(gate.most, len(questions))) as pool:
        # Threads must not ask the database for the time: they carry on what it was here.
        started, at = shared_clock.seconds(), time.monotonic()

        def call(question: Question) -> Asked:
            refused = gate.enter(lambda: True)
            if refused is not None:
                raise refused
            began = started + time.monotonic() - at
            try:
                return Asked(began, question())
            except Failure as failure:
                _heed(gate, failure)
                raise
            finally:
                gate.leave()

        futures = [pool.submit(call, question) for question in questions]
        _look_while(connection, gate, futures, calls_each - 1)
    return [
        _result(connection, connector, gate, future, question)
        for future, question in zip(futures, questions, strict=True)
    ]


def _asked_here(question: Question) -> Asked:
    began = shared_clock.seconds()
    try:
        return Asked(began, question())
    except Failure as failure:
        return Asked(began, failure)


def _result(
    connection: Connection, connector: Connector, gate: Gate, future: Future[Asked], question: Question
) -> Asked:
    try:
        return future.result()
    except TokenExpired:
        return _asked_here(lambda: with_login(connection, connector, question))
    except Failure as failure:
        if failure.code == "rate_limited":
            gate.block(failure.retry_after or 1.0)
        return Asked(shared_clock.seconds(), failure)


def _look_while(
    connection: Connection, gate: Gate, futures: Collection[Future[Any]], further_calls: int
) -> None:
    """The main thread's part while threads ask."""
    left, owed = set(futures), 0
    while left:
        gate.look(len(left) - gate.inside)
        if gate.must_wait_long:
            gate.refuse(gate.asks_to_wait())
        left = wait(left, timeout=LOOK_EVERY).not_done
        done = len(futures) - len(left)
        budget.owe(connection, gate.limit, (done - owed) * further_calls)
        owed = done


def _heed(gate: Gate, failure: Failure) -> None:
    if failure.code == "rate_limited":
        gate.hold(failure.retry_after or 1.0)
    elif failure.connection_wide:
        gate.refuse(failure)
