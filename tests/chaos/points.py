"""The named points, inside the portal's processes: its functions are wrapped here, none of them knows of it."""

from __future__ import annotations

import functools
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.db import transaction
from urllib3.connection import HTTPConnection

from integrations.connectors.http import DeclaredConnector
from integrations.sync import deliver, hand_over, intents, pull

from .ambush import (
    HAND_OVER_BEGINS,
    HAND_OVER_COMMITTED,
    HAND_OVER_HALF,
    HAND_OVER_UNCOMMITTED,
    INTENT_STORED,
    OUTCOME_UNCOMMITTED,
    PAGE_FETCHED,
    REQUEST_LEFT,
    TOKEN_REFRESH,
    WEIGHED,
    Ambushes,
)

Function = Callable[..., Any]


class Hands:
    """What this process is about. A point is reached only while it has a batch or a page in hand."""

    def __init__(self, ambushes: Ambushes) -> None:
        self.ambushes = ambushes
        self.job = ""
        self.records_answers = self.hands_over = False
        self.thread = threading.local()

    @contextmanager
    def full(self, job: str) -> Iterator[None]:
        before, self.job = self.job, job
        try:
            yield
        finally:
            self.job = before

    def reached(self, point: str) -> None:
        if self.job:
            self.ambushes.reached(point, self.job)


def install(folder: str) -> None:
    """Every name must be there: what was renamed in the engine is told by an AttributeError at the start."""
    hands = Hands(Ambushes(Path(folder)))
    # The person who is asked answers within a second or two here, where a test does not say otherwise.
    _set(intents, "PERSON_MAY_TAKE", float(os.environ.get("CHAOS_PERSON_MAY_TAKE", "3")))
    _around(deliver.Carrier, "carry", functools.partial(_with_a_batch, hands))
    _around(pull._Reading, "next_page", functools.partial(_with_a_page, hands))
    _around(pull._Reading, "_read", functools.partial(_then, hands, PAGE_FETCHED))
    _around(intents, "lock", functools.partial(_locking, hands))
    _around(DeclaredConnector, "send", functools.partial(_sending, hands))
    _around(HTTPConnection, "getresponse", functools.partial(_awaiting_an_answer, hands))
    _around(hand_over, "record", functools.partial(_recording, hands))
    _around(hand_over, "_hand_over", functools.partial(_handing_over, hands))
    _around(hand_over, "_look_once_more", functools.partial(_half_handed_over, hands))
    _around(transaction.Atomic, "__exit__", functools.partial(_committing, hands))
    _around(DeclaredConnector, "login", functools.partial(_then, hands, TOKEN_REFRESH))


def _set(owner: Any, name: str, value: Any) -> None:
    getattr(owner, name)
    setattr(owner, name, value)


def _around(owner: Any, name: str, wrapper: Callable[..., Any]) -> None:
    original = getattr(owner, name)

    @functools.wraps(original)
    def wrapped(*arguments: Any, **named: Any) -> Any:
        return wrapper(functools.partial(original, *arguments, **named), *arguments)

    _set(owner, name, wrapped)


def _then(hands: Hands, point: str, call: Function, *_: Any) -> Any:
    done = call()
    hands.reached(point)
    return done


def _with_a_batch(hands: Hands, call: Function, carrier: Any, *_: Any) -> Any:
    with hands.full(carrier.job.key):
        return call()


def _with_a_page(hands: Hands, call: Function, reading: Any, *_: Any) -> Any:
    mark = hands.ambushes.reading / str(os.getpid())
    mark.write_text(reading.job.key)
    try:
        with hands.full(reading.job.key):
            return call()
    finally:
        mark.unlink(missing_ok=True)


def _locking(hands: Hands, call: Function, *_: Any) -> Any:
    hands.reached(WEIGHED)
    sendings = call()
    if sendings:
        hands.reached(INTENT_STORED)
    return sendings


def _sending(hands: Hands, call: Function, *_: Any) -> Any:
    hands.thread.sends = True
    try:
        return call()
    finally:
        hands.thread.sends = False


def _awaiting_an_answer(hands: Hands, call: Function, *_: Any) -> Any:
    """All of the request is with the operating system by now."""
    if getattr(hands.thread, "sends", False):
        hands.reached(REQUEST_LEFT)
    return call()


def _recording(hands: Hands, call: Function, *arguments: Any) -> Any:
    hands.records_answers = any(getattr(argument, "delivered", ()) for argument in arguments)
    try:
        return call()
    finally:
        hands.records_answers = False


def _handing_over(hands: Hands, call: Function, *_: Any) -> Any:
    hands.reached(HAND_OVER_BEGINS)
    try:
        call()
    finally:
        hands.hands_over = False
    hands.reached(HAND_OVER_COMMITTED)


def _half_handed_over(hands: Hands, call: Function, *_: Any) -> Any:
    """Both records are written by now, and nothing says yet that they belong together. What ends next, is the whole."""
    call()
    hands.reached(HAND_OVER_HALF)
    hands.hands_over = True


def _committing(hands: Hands, call: Function, _: Any, kind: Any = None, *rest: Any) -> Any:
    if hands.hands_over and kind is None:
        hands.reached(HAND_OVER_UNCOMMITTED)
    if hands.records_answers and kind is None:
        hands.reached(OUTCOME_UNCOMMITTED)
    return call()
