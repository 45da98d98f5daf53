"""Facts in, a cause out: the order in which causes are looked for, and what each of them needs."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from monitoring.audits.causes import Facts, cause_of
from monitoring.models import NEXT_ACTIONS, Cause

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
LONG_AGO = NOW - timedelta(days=1)
# Delivered yesterday with exactly what should be there; the source has not changed since.
QUIET = Facts(
    now=NOW,
    source="The shop",
    destination="The warehouse",
    rhythm=timedelta(minutes=5),
    state="delivered",
    accepted_at=LONG_AGO,
    delivered_at=LONG_AGO,
    changed_at=LONG_AGO,
    last_read_at=NOW - timedelta(minutes=1),
    same_content=True,
    seen_at=NOW,
)
NEWER = replace(QUIET, is_accepted=False, changed_at=NOW - timedelta(hours=1), last_read_at=NOW)


@pytest.mark.parametrize(
    ("facts", "cause"),
    [
        (replace(QUIET, state="queued"), Cause.IN_FLIGHT),
        (replace(QUIET, state="waiting"), Cause.IN_FLIGHT),
        (replace(QUIET, has_open_write=True), Cause.IN_FLIGHT),
        (replace(QUIET, is_counted_anew=True, same_content=False), Cause.IN_FLIGHT),
        (replace(QUIET, delivered_at=NOW, seen_at=NOW - timedelta(seconds=1)), Cause.IN_FLIGHT),
        (replace(NEWER, changed_at=NOW - timedelta(minutes=1)), Cause.IN_FLIGHT),
        (replace(NEWER, told_but_waits=True), Cause.IN_FLIGHT),
        (replace(NEWER, last_read_at=NOW - timedelta(hours=2)), Cause.IN_FLIGHT),
        (
            replace(QUIET, there_changed_at=NOW, sales_rhythm=timedelta(minutes=1)),
            Cause.IN_FLIGHT,
        ),
        (replace(NEWER, tells_by_webhook=True), Cause.MISSED_WEBHOOK),
        (replace(NEWER, is_noted_as_missed=True), Cause.MISSED_WEBHOOK),
        (replace(QUIET, there_changed_at=NOW), Cause.WRITTEN_PAST),
        (replace(QUIET, differs_from_answer=True), Cause.WRITTEN_PAST),
        (replace(QUIET, is_missing=True), Cause.WRITTEN_PAST),
        (replace(QUIET, same_content=False, same_mapping=False), Cause.MAPPING),
        (replace(QUIET, same_content=False), Cause.MAPPING),
        (replace(QUIET, not_translated="A value map does not know it."), Cause.MAPPING),
        (replace(QUIET, no_rule=True), Cause.MAPPING),
        (replace(QUIET, error="The address has no postal code."), Cause.HELD),
        (replace(QUIET, state="failed"), Cause.HELD),
        (replace(QUIET, state="held"), Cause.HELD),
        (replace(QUIET, state="ignored"), Cause.HELD),
        (replace(QUIET, state="queued", job_stands="The job is paused."), Cause.HELD),
        (replace(NEWER, told_but_failed=True), Cause.HELD),
        (replace(QUIET, is_left_out="The rollout is at 10 %."), Cause.HELD),
        (QUIET, Cause.UNKNOWN),
        (replace(QUIET, there_changed_at=LONG_AGO), Cause.UNKNOWN),
        (replace(NEWER, was_told=True, tells_by_webhook=True), Cause.UNKNOWN),
        (NEWER, Cause.UNKNOWN),
    ],
)
def test_each_difference_has_its_cause(facts: Facts, cause: Cause) -> None:
    found = cause_of(facts)
    assert found.cause == cause, found.sentence
    assert found.sentence.endswith("."), found.sentence


def test_an_open_error_explains_it_whatever_else_is_the_case() -> None:
    facts = replace(NEWER, error="Refused.", state="queued", tells_by_webhook=True, is_missing=True)
    assert cause_of(facts).cause == Cause.HELD


def test_what_was_changed_there_just_when_we_wrote_is_not_blamed_on_anybody() -> None:
    """Its own time of change is that of our write: the destination understood us in its own way."""
    there = LONG_AGO + timedelta(seconds=1)
    assert cause_of(replace(QUIET, there_changed_at=there)).cause == Cause.UNKNOWN
    assert cause_of(replace(QUIET, there_changed_at=there, differs_from_answer=True)).cause == (
        Cause.WRITTEN_PAST
    )


def test_every_cause_has_a_next_action() -> None:
    assert set(NEXT_ACTIONS) == set(Cause.values)
