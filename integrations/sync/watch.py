"""What is kept of each system's values, for jobs of which another job or an owner of fields makes it matter.

A job whose fields nobody owns and which no other job goes against has no Watch, and costs nothing of this.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from integrations.connectors.base import Answer
from integrations.models import LastKnown, State, SyncJob
from mappings import records, translate
from mappings.models import rule_data_of
from mappings.owners import is_name_only
from mappings.sources import CONTEXT, fields_read
from mappings.value_digests import digests_of, is_same

from . import shared_clock, two_way
from .case import Case, Ending, Sending
from .rules import JobRules, rules_of
from .stock_names import KIND as STOCK

AGAIN_SOON = 2.0
OUR_OWN = "A write of ours to it in the source is on its way."
PERHAPS_OURS = "It may be what another job is just making in the source: the answer to that comes first."


@dataclass
class Held:
    """A LastKnown row as plain values. `digests`: path → (digest, since when)."""

    digests: dict[str, tuple[str, str]] = field(default_factory=dict)
    read_at: datetime | None = None
    written_at: datetime | None = None

    def digest(self, path: str) -> str:
        return self.digests.get(path, ("", ""))[0]


NOTHING = Held()
# A Thing in a connection.
Place = tuple[int, int]


class Watch:
    """Of one job. `carried`: the Record's paths that it writes; `foreign`: what it maps and another system owns."""

    def __init__(self, job: SyncJob, rules: JobRules, twin: SyncJob | None) -> None:
        self.job = job
        self.rules = rules
        self.twin = twin
        self.reader = rules_of(twin).read if twin is not None else None
        self.carried, self.foreign = _paths(job, rules)
        self._held: dict[Place, Held] = {}

    # --- before the decision ----------------------------------------------------------------------------------

    def look(self, cases: Sequence[Case], source_fetches: bool) -> None:
        """Reads what is known of these cases, and holds back what our own writes would mix up."""
        things = {case.delivery.thing_id for case in cases}
        self._held = held_of(things, (self.job.source_id, self.job.destination_id))
        if self.twin is None:
            return
        on_their_way = two_way.written_to_the_source(self.twin, things)
        first = two_way.first_unanswered_create(self.twin)
        for case in cases:
            if case.ending is not None:
                continue
            if case.delivery.thing_id in on_their_way:
                case.ending = _wait(OUR_OWN)
            elif two_way.may_be_made_by_us(case, first):
                case.ending = _wait(PERHAPS_OURS)
            elif source_fetches and not case.fetched and self.is_older_than_our_write(case):
                case.parcel.partial = True

    def is_older_than_our_write(self, case: Case) -> bool:
        written_at = self._at_source(case).written_at
        return written_at is not None and case.parcel.read_at <= written_at.timestamp()

    def see(self, case: Case) -> None:
        """Notes what the record holds, of the fields that matter."""
        told = self.carried | self.foreign | self._at_source(case).digests.keys()
        case.seen = digests_of(case.record_data, told)

    def has_news(self, case: Case) -> bool:
        """Whether the source holds something that it was not known to hold."""
        known = self._at_source(case)
        return any(
            not is_same(digest, known.digest(path))
            for path, digest in case.seen.items()
            if path in self.carried
        )

    def written_hash(self, case: Case) -> str:
        """What the decision compares with: with a twin, what the destination has is known by fields, since both write
        it; with none, by what was written last."""
        last = case.delivery.content_hash
        if self.twin is None or case.destination_id is None:
            return last
        is_anew = bool(last) and case.delivery.mapping_version != self.rules.version
        if not self.has_news(case) and not (is_anew and last != case.content_hash):
            return case.content_hash
        return last if last != case.content_hash else f"-{last[1:]}"

    def _at_source(self, case: Case) -> Held:
        return self._held.get((case.delivery.thing_id, self.job.source_id), NOTHING)

    # --- at the lock ------------------------------------------------------------------------------------------

    def hold_still(self, cases: Sequence[Case]) -> None:
        if self.twin is not None:
            two_way.hold_still(case.delivery.thing_id for case in cases)

    def overtaken(self, cases: Sequence[Case]) -> list[Case]:
        """Those that the twin writes to, or has written to, since they were weighed. Call it after `hold_still`."""
        if self.twin is None:
            return []
        things = [case.delivery.thing_id for case in cases]
        on_their_way = two_way.written_to_the_source(self.twin, things)
        held = held_of(things, [self.job.source_id])
        return [
            case
            for case in cases
            if case.delivery.thing_id in on_their_way
            or held.get((case.delivery.thing_id, self.job.source_id), NOTHING).written_at
            != self._at_source(case).written_at
        ]

    # --- after the answer -------------------------------------------------------------------------------------

    def tells_all(self, sending: Sending, answer: Answer) -> bool:
        """Whether the answer shows all that was written, so that nobody need ask what became of it."""
        return not (sending.leaving.seen.keys() & self.carried) - self._answered(answer).keys()

    def _answered(self, answer: Answer) -> dict[str, str]:
        if self.reader is None or not isinstance(answer.body, dict):
            return {}
        record = translate.read(self.reader, answer.body).record
        return digests_of(records.as_data(record), self.carried) if record is not None else {}

    def after_write(self, sending: Sending, answer: Answer) -> dict[str, str]:
        """What the destination holds now: as it answered, else as it was sent."""
        sent = {path: digest for path, digest in sending.leaving.seen.items() if path in self.carried}
        return sent | {path: digest for path, digest in self._answered(answer).items() if path in sent}


def watch_of(job: SyncJob, rules: JobRules) -> Watch | None:
    """None where nobody owns a field of what the job carries, and no job goes the other way."""
    if job.kind == STOCK and not rules.owners:
        return None
    twin = two_way.twin_of(job)
    return Watch(job, rules, twin) if twin is not None or rules.owners else None


def _paths(job: SyncJob, rules: JobRules) -> tuple[set[str], set[str]]:
    written = rule_data_of(job.write_mapping_id, job.write_mapping.current_number)
    carried: set[str] = set()
    foreign: set[str] = set()
    for rule, paths in zip(written, fields_read(written), strict=True):
        if not rule.target.endswith("[]"):
            told = {path for path in paths if not is_name_only(path) and path.partition(".")[0] != CONTEXT}
            (foreign if rule.target in rules.left_out.targets else carried).update(told)
    return carried, {path for path in foreign - carried if _is_foreign(rules, job, path)}


def _is_foreign(rules: JobRules, job: SyncJob, path: str) -> bool:
    owner = rules.owners.of(path)
    return owner is not None and owner.owner != job.source.key


def _wait(reason: str) -> Ending:
    return Ending(State.QUEUED, reason, not_before=shared_clock.seconds() + AGAIN_SOON)


# --- the table ------------------------------------------------------------------------------------------------


def held_of(things: Iterable[int], connections: Iterable[int]) -> dict[Place, Held]:
    rows = LastKnown.objects.filter(thing_id__in=list(things), connection_id__in=list(connections))
    names = ("thing_id", "connection_id", "digests", "read_at", "written_at")
    return {
        (thing, connection): Held({path: (row[0], row[1]) for path, row in digests.items()}, *times)
        for thing, connection, digests, *times in rows.values_list(*names)
    }


@dataclass
class News:
    """What is to be kept of one Thing in one system."""

    digests: dict[str, str]
    read_at: datetime | None = None
    written_at: datetime | None = None
    changed_at: datetime | None = None


def keep(news: dict[Place, News]) -> None:
    """Call it inside the transaction, after the Deliveries: each row is locked, in one order for all workers."""
    if not news:
        return
    places = sorted(news)
    LastKnown.objects.bulk_create(
        [LastKnown(thing_id=thing, connection_id=connection) for thing, connection in places],
        ignore_conflicts=True,
    )
    connections = {connection for _, connection in places}
    rows = LastKnown.objects.select_for_update().filter(
        thing_id__in={thing for thing, _ in places}, connection_id__in=connections
    )
    changed = []
    for row in rows.order_by("thing_id", "connection_id"):
        told = news.get((row.thing_id, row.connection_id))
        if told is not None and _take_in(row, told):
            changed.append(row)
    LastKnown.objects.bulk_update(changed, ["digests", "read_at", "written_at"])


def _take_in(row: LastKnown, told: News) -> bool:
    """False where a later read or write was kept already."""
    latest = max((at for at in (row.read_at, row.written_at) if at is not None), default=None)
    if told.read_at is not None and latest is not None and told.read_at < latest:
        return False
    since = (told.changed_at or told.written_at or told.read_at or shared_clock.now()).isoformat()
    digests: dict[str, Any] = dict(row.digests)
    for path, digest in told.digests.items():
        if not is_same(digest, digests.get(path, ("",))[0]):
            digests[path] = (digest, since)
    row.digests = digests
    row.read_at = told.read_at or row.read_at
    row.written_at = told.written_at or row.written_at
    return True


def news_of(
    watch: Watch, delivered: Sequence[tuple[Sending, Answer]], ended: Sequence[tuple[Case, Ending]]
) -> dict[Place, News]:
    """What a group tells of both systems. Maps: call it outside the transaction."""
    found: dict[Place, News] = {}
    now = shared_clock.now()
    source, destination = watch.job.source_id, watch.job.destination_id
    for case, ending in ended:
        if ending.state == State.UNCHANGED and case.seen:
            found[case.delivery.thing_id, source] = News(case.seen, read_at=_moment(case.parcel.read_at))
    for sending, answer in delivered:
        leaving, thing = sending.leaving, sending.case.delivery.thing_id
        if leaving.seen:
            found[thing, source] = News(leaving.seen, read_at=_moment(leaving.read_at))
        found[thing, destination] = News(watch.after_write(sending, answer), written_at=now)
    return found


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
