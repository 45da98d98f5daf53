"""One case of a suite through a job's rules: what would become of it, in business words. Nothing is stored.

What becomes of a record that cannot be made is asked where a real run asks it (`weigh`, `endings`, `falling_back`).
"""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from integrations.connectors.base import Connector
from integrations.exceptions import Failure
from integrations.models import Delivery, State, SyncJob

from . import shared_clock
from .case import Case, Ending, Sending
from .endings import after_failure
from .fallbacks import put_note
from .falling_back import FallingBack
from .mend import Mend
from .parcels import Parcel
from .rules import JobRules
from .weigh import Scales

WHOLE: Final = 100
# An id over there, of what is taken to be there already.
THERE: Final = "1"
Payload = dict[str, Any]


class End(StrEnum):
    """What becomes of a record: made, changed or acted upon over there; nothing; left or held; tried again by itself;
    left out for good; handed over to another job; for a person."""

    MADE = "made"
    CHANGED = "changed"
    NOTHING = "nothing"
    HELD = "held"
    AGAIN = "again"
    SKIPPED = "skipped"
    ELSEWHERE = "elsewhere"
    PERSON = "person"


# Nobody loses sight of it, and it is not sent.
NOT_LOST: Final = (End.PERSON, End.HELD, End.AGAIN, End.ELSEWHERE)
# It is there, and stays there once.
NOT_TWICE: Final = (End.CHANGED, End.NOTHING, End.HELD)

_OF_STATES: Final = {
    State.UNCHANGED: End.NOTHING,
    State.SUPERSEDED: End.NOTHING,
    State.DELIVERED: End.NOTHING,
    State.FILTERED: End.NOTHING,
    State.FAILED: End.PERSON,
    State.RETRYING: End.AGAIN,
    State.QUEUED: End.AGAIN,
    State.IGNORED: End.SKIPPED,
    State.SKIPPED: End.SKIPPED,
    State.HANDED_OVER: End.ELSEWHERE,
}
# How it begins where a case is not to be judged, since the real system alone could say what becomes of it.
ONLY: Final = "Only "
_MAKES: Final = ("create", "upsert")
_SAID: Final = {
    End.HELD: "It is held.",
    End.AGAIN: "It is tried again by itself.",
    End.SKIPPED: "It is skipped.",
    End.ELSEWHERE: "Another job makes it.",
}


@dataclass(frozen=True)
class Tried:
    """`is_good` None: it could not be tried; `told` says why, or what would become of it. `mend`: where it is put right
    where it goes wrong."""

    title: str
    should: str
    told: str
    is_good: bool | None
    mend: Mend | None = None
    # Which of the store's own cases it is; None: one of the sandbox's.
    own: int | None = None

    @property
    def key(self) -> str:
        """Which case it is, in whichever order and by whichever rules it is tried."""
        return f"own {self.own}" if self.own is not None else self.title


class Trial:
    """A job's rules, with what its destination's connector knows by itself."""

    def __init__(self, job: SyncJob, connector: Connector, rules: JobRules) -> None:
        # What a rollout leaves out today is let in one day.
        self.job = job = copy(job)
        job.rollout_percent = WHOLE
        self.connector = connector
        self.scales = Scales(job, connector, rules)
        self.falling_back = FallingBack(job)

    def weigh(
        self,
        payload: Payload,
        external_id: str,
        version: str,
        before: Case | None = None,
        there: str = THERE,
        there_with: dict[str, Any] | None = None,
        *,
        is_gone: bool = False,
    ) -> Case:
        """`before`: as it was delivered; since then it is over there, under the id `there`. `there_with`: it is there,
        in this state, and otherwise than it is told now. `is_gone`: the source does not have it any more."""
        now = shared_clock.now()
        delivery = Delivery(job=self.job, accepted_serial=1, accepted_at=now)
        parcel = Parcel(
            external_id=external_id,
            version=version,
            payload=payload,
            read_at=now.timestamp(),
            deleted=is_gone,
        )
        case = Case(0, parcel, delivery, fetched=True)
        if before is not None and before.leaving is not None:
            case.destination_id = there
            delivery.content_hash = before.content_hash
            delivery.written_state = before.leaving.written_state
            delivery.source_version = before.parcel.version
            delivery.source_read_at = now
            delivery.first_delivered_at = now
        elif there_with is not None:
            case.destination_id = there
            delivery.written_state = there_with
        self.scales.weigh([case])
        while case.ending is not None and self.falling_back.puts_value(case, case.ending):
            case.ending = case.record = case.as_read = case.leaving = None
            self.scales.weigh([case])
        if case.ending is not None:
            case.ending = self.falling_back.instead(case, case.ending)
        return case

    def refused(self, case: Case, failure: Failure) -> tuple[End, str]:
        """What becomes of what the destination did not take."""
        assert case.leaving is not None
        sending = Sending(case, 0, case.leaving, case.leaving.as_call())
        tries = self.falling_back.tries_of(failure)
        ending = after_failure(self.job, self.scales.abilities, sending, failure, tries=tries)
        return ended(self.falling_back.instead(case, ending, sending))

    def end(self, case: Case) -> tuple[End, str]:
        name = self.job.destination.name
        if case.leaving is None:
            return (End.NOTHING, "Nothing is sent.") if case.ending is None else ended(case.ending)
        if case.destination_id is None and case.leaving.operation in _MAKES:
            told = f"It is made in {name}, with {_counted(_filled(case.body))}. {put_note(case.parcel)}"
            return End.MADE, told.strip()
        told = " and ".join(word.replace("_", " ") for word in operations(case))
        return End.CHANGED, f"{name} is asked: {told}."


def ended(ending: Ending) -> tuple[End, str]:
    end = _OF_STATES.get(ending.state, End.HELD)
    if ending.state == State.FILTERED:
        return end, f"It is not sent. {ending.reason}"
    if end == End.NOTHING:
        return end, "Nothing is sent."
    if end == End.PERSON:
        return (
            end,
            f"A person is asked. {ending.fault.sentence if ending.fault is not None else ending.reason}",
        )
    return end, f"{_SAID[end]} {ending.reason}".strip()


def operations(case: Case) -> list[str]:
    if case.leaving is None:
        return []
    return [case.leaving.operation, *(word for word, step in case.leaving.steps_left if step == 0)]


def _filled(value: Any) -> int:
    if isinstance(value, dict):
        return sum(map(_filled, value.values()))
    if isinstance(value, list):
        return sum(map(_filled, value))
    return value not in (None, "")


def _counted(fields: int) -> str:
    return "1 value" if fields == 1 else f"{fields} values"
