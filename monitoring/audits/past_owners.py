"""Fields that the source of a job owns, and that were written past it in the destination: raised as conflicts.

An audit writes nothing by itself, so a person decides each of them, whatever rule the field has: on the conflict's own
page, or by a repair of the difference. Stock is not raised: what a channel is told is counted from several figures, so
that no system holds the value that the other should take.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from integrations.models import SyncJob
from integrations.sync import conflicts, known
from integrations.sync.case import Case
from integrations.sync.differences import Difference
from integrations.sync.rules import JobRules
from integrations.sync.stock_names import KIND as STOCK
from mappings.fields import Sealed
from mappings.models import rule_data_of
from mappings.owners import ASK, is_name_only
from mappings.sources import CONTEXT, fields_read
from mappings.value_digests import is_alike, value_at, value_digest
from monitoring.models import Cause

from .compare import Mismatch
from .evidence import is_stored, time_of
from .looking import Look

_NAMED_ITEM = re.compile(r"\[[^\]]*\]")


def owned_by_source(job: SyncJob, rules: JobRules) -> dict[str, str]:
    """The Record's paths that the job writes and its source owns → the field of the body that they fill."""
    if not rules.owners or job.kind == STOCK:
        return {}
    written = rule_data_of(job.write_mapping_id, job.write_mapping.current_number)
    found: dict[str, str] = {}
    for rule, paths in zip(written, fields_read(written), strict=True):
        if rule.target.endswith("[]") or rule.target in rules.left_out.targets:
            continue
        for path in paths:
            owner = rules.owners.of(path)
            is_value = not is_name_only(path) and path.partition(".")[0] != CONTEXT
            if is_value and owner is not None and owner.owner == job.source.key:
                found.setdefault(path, rule.target)
    return found


@dataclass(frozen=True)
class Compared:
    """A record of which both sides were seen. `cause` where it differs, in `mismatches`."""

    case: Case
    look: Look
    mismatches: Sequence[Mismatch] = ()
    cause: Cause | None = None


@dataclass
class PastOwners:
    """Of one job. `weigh` works out what a page tells, outside any transaction; `keep` writes that down, inside one."""

    job: SyncJob
    owned: Mapping[str, str]
    found_by: str
    _apart: list[tuple[Difference, Sealed]] = field(default_factory=list)
    _alike: dict[int, set[str]] = field(default_factory=dict)

    def weigh(self, rows: Sequence[Compared]) -> None:
        self._apart, self._alike = [], {}
        shown = [row for row in rows if row.look.seen and row.look.seen.held and is_stored(row.case.delivery)]
        for row in shown:
            self._alike.setdefault(row.case.delivery.thing_id, set()).update(_alike(row))
        past = [row for row in shown if row.cause == Cause.WRITTEN_PAST]
        things = {row.case.delivery.thing_id for row in past}
        held = known.held_of(things, [self.job.source_id]) if things else {}
        self._apart = conflicts.sealed(found for row in past for found in self._differences(row, held))

    def keep(self) -> None:
        conflicts.raise_for_a_person(self._apart, self.found_by)
        if self._alike:
            conflicts.agree_at(self.job.destination_id, self._alike)

    def _differences(self, row: Compared, held: Mapping[known.Place, known.Held]) -> Iterator[Difference]:
        case, seen = row.case, row.look.seen
        assert seen is not None
        thing = case.delivery.thing_id
        at_source = held.get((thing, self.job.source_id), known.NOTHING)
        for path in self._paths(row.mismatches):
            if path not in seen.held:
                continue
            digest, value = seen.held[path]
            own = value_digest(path, value_at(case.record_data, path))
            if is_alike(own, digest):
                continue
            yield Difference(
                thing_id=thing,
                subject=case.subject,
                kind=self.job.kind,
                field=path,
                rule=ASK,
                owner_id=self.job.source_id,
                other_id=self.job.destination_id,
                other_value=value,
                other_digest=digest,
                other_since=time_of(seen.version) or row.look.at,
                owner_digest=own,
                owner_since=at_source.since(path),
            )

    def _paths(self, mismatches: Sequence[Mismatch]) -> list[str]:
        """`items[MUG].quantity` differs: the Record's paths that fill `items[].quantity`."""
        fields = {_NAMED_ITEM.sub("[]", mismatch.field) for mismatch in mismatches}
        return [
            path
            for path, target in self.owned.items()
            if any(f"{name}.".startswith((f"{target}.", f"{target}[].")) for name in fields)
        ]


def _alike(row: Compared) -> set[str]:
    assert row.look.seen is not None
    return {
        path
        for path, (digest, _) in row.look.seen.held.items()
        if is_alike(value_digest(path, value_at(row.case.record_data, path)), digest)
    }
