"""Why two sides differ: facts in, a cause and its sentence out. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from integrations.models import PENDING_STATES, State
from monitoring.models.audits import Cause

# Clocks of systems that keep time lie apart by less.
APART = timedelta(seconds=2)


@dataclass(frozen=True)
class Facts:
    """What the tables and both sides say of one record that differs. Times are those of the systems themselves."""

    now: datetime
    source: str
    destination: str
    rhythm: timedelta
    # Of the record's Delivery; "" where it was never accepted.
    state: str = ""
    state_reason: str = ""
    accepted_at: datetime | None = None
    delivered_at: datetime | None = None
    has_open_write: bool = False
    is_counted_anew: bool = False
    error: str = ""
    is_left_out: str = ""
    job_stands: str = ""
    # What the mappings could not make of it, in a sentence.
    not_translated: str = ""
    # The source's version: whether it was accepted, and when it came to be.
    is_accepted: bool = True
    changed_at: datetime | None = None
    last_read_at: datetime | None = None
    reads_by_itself: bool = True
    tells_by_webhook: bool = False
    was_told: bool = False
    told_but_failed: bool = False
    told_but_waits: bool = False
    is_noted_as_missed: bool = False
    # What was written last, beside what would be written now and what is there.
    same_content: bool = False
    same_mapping: bool = True
    is_missing: bool = False
    there_changed_at: datetime | None = None
    differs_from_answer: bool | None = None
    seen_at: datetime | None = None
    # Stock: a channel's own sale comes back to us as an order; how often orders are read there.
    sales_rhythm: timedelta | None = None
    no_rule: bool = False


@dataclass(frozen=True)
class Verdict:
    cause: Cause
    sentence: str


def cause_of(facts: Facts) -> Verdict:
    """The first that holds. What waits or was refused explains the difference whatever else is the case."""
    for judge in (_held, _in_flight, _not_made, _newer_in_the_source, _written_past, _mapping):
        verdict = judge(facts)
        if verdict is not None:
            return verdict
    return Verdict(
        Cause.UNKNOWN,
        f"{facts.destination} does not say what was delivered, and nothing tells why.",
    )


def _held(facts: Facts) -> Verdict | None:
    if facts.error:
        return Verdict(Cause.HELD, f"An open error holds it: {facts.error}")
    if facts.told_but_failed:
        return Verdict(Cause.HELD, f"A webhook of {facts.source} told of it and could not be processed.")
    if facts.is_left_out:
        return Verdict(Cause.HELD, facts.is_left_out)
    if facts.state == State.IGNORED:
        return Verdict(Cause.HELD, f"A person decided to leave it out. {facts.state_reason}".rstrip())
    if facts.state == State.HANDED_OVER:
        return Verdict(Cause.HELD, f"Another job carries it. {facts.state_reason}".rstrip())
    if facts.state == State.SKIPPED:
        return Verdict(Cause.HELD, f"A fallback of the job left it out. {facts.state_reason}".rstrip())
    if facts.state in (State.HELD, State.FAILED):
        return Verdict(Cause.HELD, facts.state_reason or "It is held back.")
    if facts.job_stands and (facts.state in PENDING_STATES or not facts.is_accepted):
        return Verdict(Cause.HELD, facts.job_stands)
    return None


def _in_flight(facts: Facts) -> Verdict | None:
    if facts.state in PENDING_STATES or facts.has_open_write:
        return Verdict(Cause.IN_FLIGHT, "It is on its way.")
    if facts.is_counted_anew and not facts.same_content:
        return Verdict(Cause.IN_FLIGHT, "Units of it were just sold or shipped, and it is counted anew.")
    if facts.told_but_waits:
        return Verdict(Cause.IN_FLIGHT, "A webhook has told of it and is about to be processed.")
    if not facts.is_accepted and _is_young(facts.changed_at, facts.now, facts.rhythm):
        return Verdict(Cause.IN_FLIGHT, f"It has just changed in {facts.source} and is read next.")
    for moment in (facts.accepted_at, facts.delivered_at):
        if moment is not None and facts.seen_at is not None and moment >= facts.seen_at:
            return Verdict(Cause.IN_FLIGHT, "It was delivered while the audit read.")
    if facts.sales_rhythm is not None and _is_young(facts.there_changed_at, facts.now, facts.sales_rhythm):
        return Verdict(
            Cause.IN_FLIGHT,
            f"{facts.destination} has just changed it, perhaps by a sale that is not read yet.",
        )
    return None


def _not_made(facts: Facts) -> Verdict | None:
    if facts.not_translated:
        return Verdict(Cause.MAPPING, facts.not_translated)
    if facts.no_rule:
        return Verdict(Cause.MAPPING, "No rule of the writing mapping carries this field.")
    return None


def _newer_in_the_source(facts: Facts) -> Verdict | None:
    """The source has a version that never came in."""
    if facts.is_accepted:
        return None
    if facts.is_noted_as_missed or (facts.tells_by_webhook and not facts.was_told):
        return Verdict(
            Cause.MISSED_WEBHOOK, f"{facts.source} changed it{_at(facts.changed_at)} and sent no webhook."
        )
    is_to_be_read = facts.changed_at is not None and (
        facts.last_read_at is None or facts.changed_at >= facts.last_read_at
    )
    if facts.reads_by_itself and is_to_be_read:
        return Verdict(Cause.IN_FLIGHT, f"It changed in {facts.source} since the job last read it.")
    return Verdict(
        Cause.UNKNOWN,
        f"{facts.source} changed it{_at(facts.changed_at)}, and no read has brought it since.",
    )


def _written_past(facts: Facts) -> Verdict | None:
    """We wrote exactly this; it was changed there since."""
    if facts.delivered_at is None or not facts.same_content:
        return None
    if facts.is_missing:
        return Verdict(
            Cause.WRITTEN_PAST, f"It was delivered, and is not there any more in {facts.destination}."
        )
    if facts.there_changed_at is not None:
        is_later = facts.there_changed_at > facts.delivered_at + APART
        if not is_later and facts.differs_from_answer is not True:
            return None
    elif facts.differs_from_answer is not True:
        return None
    when = _at(facts.there_changed_at)
    return Verdict(Cause.WRITTEN_PAST, f"Somebody or something else changed it in {facts.destination}{when}.")


def _mapping(facts: Facts) -> Verdict | None:
    if facts.delivered_at is None or facts.same_content:
        return None
    if not facts.same_mapping:
        return Verdict(Cause.MAPPING, "It was delivered with an earlier version of the mappings.")
    return Verdict(
        Cause.MAPPING,
        "The job would write something else now, though the source has not changed: its settings have, or a value map.",
    )


def _is_young(moment: datetime | None, now: datetime, age: timedelta) -> bool:
    return moment is not None and now - moment <= age


def _at(moment: datetime | None) -> str:
    return f" on {moment:%Y-%m-%d at %H:%M} UTC" if moment is not None else ""
