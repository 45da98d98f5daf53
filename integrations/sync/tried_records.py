"""What a job's newest records would come out as under other rules of a mapping. Nothing is written to a destination.

Payloads of delivered records are not kept. So each is asked for at the source as it is now, and worked out twice, by
the rules in use and by the others; where the source cannot be asked for one record, what it lists first is taken.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from time import monotonic
from typing import Any, Final

from integrations.connectors.base import Connector, Item
from integrations.exceptions import Failure
from integrations.models import Delivery, ExternalId, State, SyncJob
from mappings.compared import Differing, differing
from mappings.models import Direction
from mappings.models import Mapping as MappingRow

from . import shared_clock
from .asking import Question, ask_all
from .card_data import stripped
from .case import Case
from .connect import connect
from .draft_rules import rules_with, unplugged
from .dry_run import weigh_items
from .gate import Gate
from .preview import sample
from .rules import rules_of
from .weigh import Scales

NEWEST: Final = 50
PAST: Final = timedelta(days=30)
SLICE: Final = 10
# A person waits for the page.
SECONDS: Final = 20.0
WENT_WELL: Final = (State.DELIVERED, State.UNCHANGED)


class Verdict(StrEnum):
    """`FAILS`: by the other rules it needs a person, and by those in use it does not; `MENDED`: the other way round."""

    FAILS = "fails"
    DIFFERS = "differs"
    MENDED = "mended"
    SAME = "same"


@dataclass(frozen=True)
class RecordTried:
    """`fields`: what the mapping makes otherwise. `sent`: whether the destination would be sent something else."""

    subject: str
    verdict: Verdict
    fields: list[Differing]
    sentence: str = ""
    sent: bool = False


@dataclass
class RecordsTried:
    """`asked` of the records were looked at, of `chosen`. `is_listed`: they are what the source lists first, since it
    cannot be asked for one. `gone`: it has them no more; `refused`: why others could not be read, each once."""

    chosen: int = 0
    asked: int = 0
    is_listed: bool = False
    is_out_of_time: bool = False
    gone: int = 0
    rows: list[RecordTried] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)

    @property
    def counts(self) -> Counter[Verdict]:
        return Counter(row.verdict for row in self.rows)

    @property
    def sent_otherwise(self) -> int:
        return sum(row.sent for row in self.rows)

    @property
    def fields(self) -> list[tuple[str, int]]:
        """Each field that differs, with the number of records in which it does."""
        found = Counter(name for row in self.rows for name in {one.field for one in row.fields})
        return found.most_common()


def try_records(
    job: SyncJob,
    mapping: MappingRow,
    snapshot: Mapping[str, Any],
    most: int = NEWEST,
    seconds: float = SECONDS,
) -> RecordsTried:
    """Of the job's newest records that went well in the last 30 days. Network: call it outside any transaction.

    Raises Failure where a system cannot be reached; ExpressionError or KeyError for rules that do not pass their
    checks.
    """
    others = rules_with(job, mapping, snapshot)
    tried = RecordsTried()
    destination = unplugged(job)
    try:
        both = [Scales(job, destination, rules, carries_all=True) for rules in (rules_of(job), others)]
        for items in _read(job, tried, most, monotonic() + seconds):
            began = shared_clock.now()
            now, then = (_by_id(weigh_items(job, scales, items, began).cases) for scales in both)
            tried.rows += [_compared(mapping, now[name], then[name]) for name in now if name in then]
    finally:
        destination.close()
    return tried


def newest_ids(job: SyncJob, most: int) -> list[str]:
    """What the source calls the records that went well last."""
    since = shared_clock.now() - PAST
    found: list[tuple[Any, int]] = []
    for state in WENT_WELL:
        rows = Delivery.objects.filter(job=job, state=state, state_since__gte=since).order_by("-state_since")
        found += rows.values_list("state_since", "thing_id")[:most]
    things = [thing for _, thing in sorted(found, reverse=True)[:most]]
    names = dict(
        ExternalId.objects.filter(
            connection_id=job.source_id, resource=job.source_resource, thing_id__in=things
        ).values_list("thing_id", "external_id")
    )
    return [names[thing] for thing in things if thing in names]


def _read(job: SyncJob, tried: RecordsTried, most: int, until: float) -> Iterator[list[Item]]:
    """In slices. What could not be had is noted in `tried`."""
    source = connect(job.source)
    try:
        able = source.resources().get(job.source_resource)
        if able is not None and able.fetch:
            yield from _each(job, source, able.fetch_calls, tried, newest_ids(job, most), until)
            return
    finally:
        source.close()
    items = [stripped(job, item) for item in sample(job.source, job.source_resource, most)]
    tried.is_listed, tried.chosen, tried.asked = True, len(items), len(items)
    yield items


def _each(
    job: SyncJob, source: Connector, calls: int, tried: RecordsTried, names: Sequence[str], until: float
) -> Iterator[list[Item]]:
    def of(name: str) -> Question:
        return lambda: source.fetch(job.source_resource, name)

    tried.chosen = len(names)
    gate = Gate(job.source, source, job.concurrent_calls)
    try:
        source.pace(gate.turn)
        for at in range(0, len(names), SLICE):
            if at and monotonic() > until:
                tried.is_out_of_time = True
                return
            part = names[at : at + SLICE]
            answers = ask_all(job.source, source, gate, [of(name) for name in part], calls)
            tried.asked += len(part)
            items, failures = [], []
            for answer in answers:
                if isinstance(answer.found, Failure):
                    failures.append(answer.found)
                elif answer.found is None or answer.found.deleted:
                    tried.gone += 1
                else:
                    items.append(stripped(job, answer.found))
            tried.refused += [one.sentence for one in failures if one.sentence not in tried.refused]
            yield items
            if any(one.connection_wide for one in failures):
                return
    finally:
        gate.close()


def _by_id(cases: Sequence[Case]) -> dict[str, Case]:
    return {case.parcel.external_id: case for case in cases}


def _compared(mapping: MappingRow, now: Case, then: Case) -> RecordTried:
    reads = mapping.direction == Direction.READ
    sent = differing(now.body, then.body)
    fields = differing(now.record_data, then.record_data) if reads else sent
    subject = then.subject or now.subject or now.delivery.subject or now.parcel.external_id
    before, after = _fault(now), _fault(then)
    if after and not before:
        return RecordTried(subject, Verdict.FAILS, fields, after, bool(sent))
    if before and not after:
        return RecordTried(subject, Verdict.MENDED, fields, before, bool(sent))
    verdict = Verdict.DIFFERS if fields or before != after else Verdict.SAME
    return RecordTried(subject, verdict, fields, after if before != after else "", bool(sent))


def _fault(case: Case) -> str:
    fault = case.ending.fault if case.ending is not None else None
    return fault.sentence if fault is not None and case.ending is not None else ""
