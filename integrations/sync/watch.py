"""What is kept of each system's values, for jobs of which another job or an owner of fields makes it matter.

A job whose fields nobody owns and which no other job goes against has no Watch, and costs nothing of this.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from integrations.connectors.base import Answer
from integrations.models import Connection, State, SyncJob
from mappings import records, translate
from mappings.models import left_out_of, load_rules, rule_data_of
from mappings.owners import ANYONE, Owners, Ownership, is_name_only
from mappings.sources import CONTEXT, fields_read
from mappings.value_digests import digests_of, is_alike, is_same, value_at

from . import conflicts, shared_clock, two_way
from .case import Case, Ending, Sending
from .differences import Difference
from .known import NOTHING, Held, Place, held_of
from .rules import JobRules, rules_of
from .stock_names import KIND as STOCK

AGAIN_SOON = 2.0
OUR_OWN = "A write of ours to it in the source is on its way."
PERHAPS_OURS = "It may be what another job is just making in the source: the answer to that comes first."


class Watch:
    """Of one job. `carried`: the Record's paths that it writes; `foreign`: what it maps and another system owns."""

    def __init__(self, job: SyncJob, rules: JobRules, twin: SyncJob | None) -> None:
        self.job = job
        self.rules = rules
        self.twin = twin
        self.reader = rules_of(twin).read if twin is not None else None
        self.carried, self.foreign = _paths(job, rules)
        # Of these, what the job may fill once, as it makes a record.
        self.first_values = {path for path in self.foreign if _may_come_first(rules, path)}
        self._held: dict[Place, Held] = {}
        # Whether a conflict was noted that a rule may settle; whoever carries looks at it afterwards.
        self.has_noted = False
        self._systems = dict(Connection.objects.values_list("key", "pk")) if rules.owners else {}

    # --- before the decision ----------------------------------------------------------------------------------

    def look(self, cases: Sequence[Case], source_fetches: bool) -> None:
        """Reads what is known of these cases, and holds back what our own writes would mix up."""
        things = {case.delivery.thing_id for case in cases}
        self._held = held_of(things, {self.job.source_id, *self._systems.values()})
        if self.rules.owners:
            taken = conflicts.taken_from(self.job.source_id, self.job.destination_id, things)
            for case in cases:
                case.taken = sorted(taken.get(case.delivery.thing_id, ()))
        if self.twin is None:
            return
        on_their_way = two_way.written_to_the_source(self.twin, _locks(cases))
        first = two_way.first_unanswered_create(self.twin)
        for case in cases:
            if case.ending is not None:
                continue
            if case.locked_thing in on_their_way or case.delivery.thing_id in on_their_way:
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
        told = self.carried | self.foreign | set(case.taken) | self._at_source(case).digests.keys()
        case.seen = digests_of(case.record_data, told)
        if self.rules.owners and not self.is_older_than_our_write(case):
            for path in case.seen.keys() - set(case.taken):
                self._compare_with_owner(case, path)

    def _compare_with_owner(self, case: Case, path: str) -> None:
        row = self.rules.owners.of(path)
        if row is None or row.owner == self.job.source.key or row.owner not in self._systems:
            return
        owner_id = self._systems[row.owner]
        there = self._held.get((case.delivery.thing_id, owner_id), NOTHING)
        own, before, seen = there.digest(path), self._at_source(case).digest(path), case.seen[path]
        if own and is_alike(seen, own):
            case.agrees.append(path)
        elif (before or own) and not (before and is_same(seen, before)):
            told_at = case.record_data.get("updated_at")
            case.differs.append(
                Difference(
                    thing_id=case.delivery.thing_id,
                    subject=case.subject,
                    kind=self.job.kind,
                    field=path,
                    rule=row.when_it_differs,
                    owner_id=owner_id,
                    other_id=self.job.source_id,
                    other_value=value_at(case.record_data, path),
                    other_digest=seen,
                    other_since=told_at if isinstance(told_at, datetime) else _moment(case.parcel.read_at),
                    owner_digest=own,
                    owner_since=there.since(path),
                )
            )

    def write_rules(self, case: Case) -> translate.Rules:
        """The job's own; for a field that is to be taken from here (by its owner, or as a first value), also what
        fills that."""
        if not case.taken:
            return self.rules.write
        ours = [Ownership(path, self.job.source.key) for path in case.taken]
        owners = Owners([*self.rules.owners, *ours])
        mapping = self.job.write_mapping
        gone = left_out_of(mapping.pk, mapping.current_number, owners, self.job.source.key)
        return load_rules(mapping.pk, mapping.current_number, frozenset(gone.targets))

    def lasting(self, case: Case, context: dict[str, Any]) -> dict[str, Any]:
        """What of the body the job goes on writing: a first value is written once, and no change when it is gone."""
        if case.record is None or not self.first_values & set(case.taken):
            return case.body
        return translate.write(self.rules.write, case.record, context, case.record_data).body

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
        if case.taken:
            return f"-{case.content_hash[1:]}"
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
            two_way.hold_still(_locks(cases))

    def overtaken(self, cases: Sequence[Case]) -> list[Case]:
        """Those that the twin writes to, or has written to, since they were weighed. Call it after `hold_still`."""
        if self.twin is None:
            return []
        things = [case.delivery.thing_id for case in cases]
        on_their_way = two_way.written_to_the_source(self.twin, _locks(cases))
        held = held_of(things, [self.job.source_id])
        return [
            case
            for case in cases
            if case.locked_thing in on_their_way
            or case.delivery.thing_id in on_their_way
            or held.get((case.delivery.thing_id, self.job.source_id), NOTHING).written_at
            != self._at_source(case).written_at
        ]

    # --- after the answer -------------------------------------------------------------------------------------

    def tells_all(self, sending: Sending, answer: Answer) -> bool:
        """Whether the answer shows all that was written, so that nobody need ask what became of it."""
        written = self.carried | set(sending.leaving.taken)
        return not (sending.leaving.seen.keys() & written) - self._answered(answer, written).keys()

    def _answered(self, answer: Answer, paths: Iterable[str]) -> dict[str, str]:
        if self.reader is None or not isinstance(answer.body, dict):
            return {}
        record = translate.read(self.reader, answer.body).record
        return digests_of(records.as_data(record), paths) if record is not None else {}

    def after_write(self, sending: Sending, answer: Answer) -> dict[str, str]:
        """What the destination holds now: as it answered, else as it was sent."""
        leaving = sending.leaving
        written = self.carried | set(leaving.taken)
        sent = {path: digest for path, digest in leaving.seen.items() if path in written}
        return sent | {
            path: digest for path, digest in self._answered(answer, written).items() if path in sent
        }


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


def _may_come_first(rules: JobRules, path: str) -> bool:
    owner = rules.owners.of(path)
    return owner is not None and owner.first_value == ANYONE


def _locks(cases: Sequence[Case]) -> set[int]:
    return {thing for case in cases for thing in (case.delivery.thing_id, case.locked_thing)}


def _wait(reason: str) -> Ending:
    return Ending(State.QUEUED, reason, not_before=shared_clock.seconds() + AGAIN_SOON)


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
