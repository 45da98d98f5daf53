"""What a group tells of the values that systems hold: worked out before its transaction, kept inside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from integrations.connectors.base import Answer
from integrations.models import State
from mappings.fields import Sealed

from . import conflicts, known, shared_clock, two_way
from .case import Case, Ending, Sending
from .differences import Difference
from .known import News, Place
from .watch import Watch


@dataclass
class Findings:
    """`made`: ids in the destination with their Things. `written`: Thing → fields that arrived there."""

    watch: Watch
    news: dict[Place, News] = field(default_factory=dict)
    differences: list[tuple[Difference, Sealed]] = field(default_factory=list)
    agrees: list[tuple[int, list[str]]] = field(default_factory=list)
    written: dict[int, list[str]] = field(default_factory=dict)
    made: list[tuple[str, int]] = field(default_factory=list)

    def keep(self) -> None:
        """Call it inside the transaction, after the ids are stored."""
        job = self.watch.job
        known.keep(self.news)
        if self.watch.twin is not None:
            two_way.make_one(job, self.watch.twin, self.made)
        conflicts.written(job, self.written)
        for thing, fields in self.agrees:
            conflicts.agree(thing, fields, [job.source_id])
        if self.differences:
            conflicts.note(self.differences, job.key)
            self.watch.has_noted = True


def findings_of(
    watch: Watch,
    delivered: Sequence[tuple[Sending, Answer]],
    stepped: Sequence[tuple[Sending, Answer]],
    ended: Sequence[tuple[Case, Ending]],
) -> Findings:
    """Maps and encrypts: call it outside the transaction."""
    found = Findings(watch)
    seen = [case for case, ending in ended if ending.state == State.UNCHANGED and case.seen]
    for case in seen:
        found.news[case.delivery.thing_id, watch.job.source_id] = News(
            case.seen, read_at=_moment(case.parcel.read_at)
        )
    for sending, answer in delivered:
        _of_delivered(found, sending, answer)
    for sending, answer in [*delivered, *stepped]:
        if answer.external_id:
            found.made.append((answer.external_id, sending.case.delivery.thing_id))
    if watch.rules.owners:
        seen += [sending.case for sending, _ in delivered]
        found.differences = conflicts.sealed(difference for case in seen for difference in case.differs)
        found.agrees = [(case.delivery.thing_id, case.agrees) for case in seen if case.agrees]
    return found


def _of_delivered(found: Findings, sending: Sending, answer: Answer) -> None:
    leaving, thing, job = sending.leaving, sending.case.delivery.thing_id, found.watch.job
    if leaving.seen:
        found.news[thing, job.source_id] = News(leaving.seen, read_at=_moment(leaving.read_at))
    there = found.watch.after_write(sending, answer)
    found.news[thing, job.destination_id] = News(there, written_at=shared_clock.now())
    if found.watch.rules.owners:
        found.written[thing] = sorted(there)


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
