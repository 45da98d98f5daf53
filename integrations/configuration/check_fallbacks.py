"""Whether what a job does with its failures makes sense, fallback by fallback."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
from msgspec import UNSET

from integrations.sync.fallbacks import (
    ALLOWED,
    LONGEST_NOTE,
    MAY_TRY_AGAIN,
    MOST_HOURS,
    MOST_PAUSE_MINUTES,
    MOST_TRIES,
    Fallback,
    Then,
    When,
)
from mappings import put_values
from mappings.shapes import convert

from .plain import Found, Plain
from .problems import Place
from .schema import explained

# What a fallback says of itself that is wrong: its field ("" for the whole), and why.
Wrong = Iterator[tuple[str, str]]


def normal(job: Plain) -> Plain:
    """Without what is the default anyway, so that two ways to write the same are no change."""
    if not isinstance(job.get("fallbacks"), list):
        return job
    return {**job, "fallbacks": [_short(row) for row in job["fallbacks"]]}


def _short(row: Any) -> Any:
    try:
        return convert(row, Fallback).to_plain()
    except msgspec.ValidationError:
        return row


def check(place: Place, job: Plain) -> Found:
    """All that can be said without looking at other jobs."""
    place = (*place, "fallbacks")
    told: list[tuple[str, str, str]] = []
    for index, row in enumerate(job.get("fallbacks") or []):
        try:
            fallback = convert(row, Fallback)
        except msgspec.ValidationError as exc:
            inner, reason = explained(exc, Fallback)
            yield (*place, index, *inner), reason
            continue
        for field, reason in problems_of(fallback, str(job.get("kind") or "")):
            yield (*place, index, *([field] if field else [])), reason
        about = (fallback.when, fallback.code, fallback.field)
        if about in told:
            yield (*place, index, "when"), "Another fallback of this job is about the same. Leave one."
        told.append(about)


def problems_of(fallback: Fallback, kind: str) -> Wrong:
    if fallback.when not in list(When):
        yield "when", f"There is no such kind of failure. Known are: {_listed(list(When))}."
        return
    if fallback.then not in list(Then):
        yield "then", f"There is no such thing to do. Known are: {_listed(list(Then))}."
        return
    when, then = When(fallback.when), Then(fallback.then)
    if then not in ALLOWED[when]:
        yield "then", f"This cannot be done then. Choose one of: {_listed(ALLOWED[when])}."
        return
    yield from _narrowing(fallback, when)
    yield from _tries(fallback, when)
    yield from _skip(fallback, then)
    yield from _default(fallback, then, kind)
    yield from _hand_over(fallback, then, kind)
    if then == Then.HOLD and not fallback.tries:
        yield (
            "then",
            "To hold it for a person is what happens anyway. Say what else, or how often it is tried first.",
        )


def _narrowing(fallback: Fallback, when: When) -> Wrong:
    if fallback.code and when != When.REFUSED:
        yield "code", f"Only a refusal is told apart by its code. Leave it empty, or choose '{When.REFUSED}'."
    if fallback.field and when in (When.TEMPORARY, When.OUT_OF_STOCK, When.WAITED_TOO_LONG, When.BUG):
        yield "field", "Such a failure is at no field. Leave this empty."


def _tries(fallback: Fallback, when: When) -> Wrong:
    if fallback.tries and when not in MAY_TRY_AGAIN:
        yield (
            "tries",
            f"The record would fail the same way again. Set 0. Only these are tried again: {_listed(MAY_TRY_AGAIN)}.",
        )
    for field, most in (
        ("tries", MOST_TRIES),
        ("longest_pause_minutes", MOST_PAUSE_MINUTES),
        ("for_hours", MOST_HOURS),
    ):
        least = 0 if field == "tries" else 1
        if not least <= getattr(fallback, field) <= most:
            yield field, f"Give a number from {least} to {most:,}."


def _skip(fallback: Fallback, then: Then) -> Wrong:
    if then == Then.SKIP and not fallback.note.strip():
        yield "note", "Say why it may be skipped: the next person will want to know."
    if then != Then.SKIP and fallback.note:
        yield "note", "Only what is skipped has a note. Leave this empty, or choose 'skip'."
    if len(fallback.note) > LONGEST_NOTE:
        yield "note", f"A note has at most {LONGEST_NOTE} characters (it has {len(fallback.note)})."


def _default(fallback: Fallback, then: Then, kind: str) -> Wrong:
    if then != Then.DEFAULT:
        if fallback.value is not UNSET:
            yield "value", "A value is put in by 'default' alone. Leave it out, or choose that."
        return
    if not fallback.field:
        yield "field", "Say into which field the value is put: the one that the error names."
    if fallback.value in (UNSET, None, ""):
        yield "value", "Say which value is put in."
    elif fallback.field:
        try:
            put_values.check(kind, fallback.field, fallback.value)
        except put_values.CannotPut as reason:
            yield reason.about, str(reason)


def _hand_over(fallback: Fallback, then: Then, kind: str) -> Wrong:
    if then != Then.HAND_OVER and fallback.to:
        yield "to", "Only 'hand_over' names another job. Leave this empty, or choose that."
    if then == Then.HAND_OVER and not fallback.to:
        yield "to", "Say which job takes it over, by its short name."
    if then == Then.HAND_OVER and kind != "order":
        yield "then", f"Only orders can be handed over, and this job carries a {kind}. Choose something else."


def _listed(words: Sequence[str]) -> str:
    return ", ".join(str(word) for word in words)
