"""Who owns which field, and which jobs write it where: worked out from the jobs as they stand."""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from dataclasses import dataclass

from django.urls import reverse

from integrations.configuration.check_writers import all_doubled
from integrations.configuration.state import load_what_is_written
from integrations.models import SyncJob
from mappings.labels import label
from mappings.models import FieldOwner, left_out_of, owners_of, rule_data_of
from mappings.owners import ALL, ANYONE, OWNER, Owners, is_name_only
from mappings.sources import CONTEXT, fields_read
from mappings.targets import target_fields


@dataclass(frozen=True)
class Writer:
    """A job that maps a field. `writes` is False where another system owns what it would be made of."""

    job: str
    url: str
    source: str
    destination: str
    writes: bool


@dataclass(frozen=True)
class Shared:
    """Two jobs that write the same fields, which nobody owns. `reason`: why that is meant, "" where nobody said."""

    jobs: tuple[Writer, Writer]
    fields: tuple[str, ...]
    goes_both_ways: bool
    reason: str = ""


@dataclass
class Row:
    """`inherits`: the owner by a wider name, where the field has none of its own. `first`: whoever makes a record may
    fill it."""

    field: str
    owner: str = ""
    rule: str = OWNER
    first: bool = False
    inherits: str = ""
    writers: list[Writer] = dataclasses.field(default_factory=list)
    shared: list[Shared] = dataclasses.field(default_factory=list)
    history_url: str = ""

    @property
    def name(self) -> str:
        """In words; the path is shown beside it."""
        if self.field == ALL:
            return "All others"
        told = label(self.field)
        what = f"{told.what} of {told.of}" if told.of else told.what
        return f"{what[:1].upper()}{what[1:]}"

    @property
    def needs_an_owner(self) -> bool:
        return any(not pair.reason for pair in self.shared)

    @property
    def goes_both_ways(self) -> bool:
        return any(pair.goes_both_ways for pair in self.shared if not pair.reason)


@dataclass(frozen=True)
class Kind:
    """`others`: fields of the record that no job maps and nobody owns, to be added. `shared`: where it is said why."""

    key: str
    name: str
    rows: list[Row]
    others: list[tuple[str, str]]
    shared: list[Shared]


def kinds() -> list[Kind]:
    """Those that jobs carry or that have owners; the ones with most jobs first."""
    jobs: dict[str, list[SyncJob]] = defaultdict(list)
    wanted = SyncJob.objects.select_related("source", "destination", "write_mapping").defer(
        "source__secrets", "destination__secrets"
    )
    for job in wanted.order_by("name"):
        jobs[job.kind].append(job)
    for kind in FieldOwner.objects.values_list("kind", flat=True).distinct():
        jobs.setdefault(kind, [])
    shared = _shared({job.key: job for row in jobs.values() for job in row})
    return [
        kind_of(kind, jobs[kind], shared[kind])
        for kind in sorted(jobs, key=lambda key: (-len(jobs[key]), key))
    ]


def _shared(jobs: dict[str, SyncJob]) -> dict[str, list[Shared]]:
    """By kind of record."""
    found: dict[str, list[Shared]] = defaultdict(list)
    for doubled in all_doubled(load_what_is_written()):
        pair = [jobs[key] for key in doubled.jobs]
        reason = " ".join(dict.fromkeys(job.shares_fields for job in pair if job.shares_fields))
        one, other = (_writer(job, writes=True) for job in pair)
        ways = {(job.source_id, job.destination_id) for job in pair}
        is_both_ways = {(there, here) for here, there in ways} == ways
        found[doubled.kind].append(Shared((one, other), doubled.fields, is_both_ways, reason))
    return found


def kind_of(key: str, jobs: list[SyncJob], shared: list[Shared]) -> Kind:
    owners = owners_of(key)
    rows: dict[str, Row] = {ALL: Row(ALL)}
    for job in jobs:
        for path, writer in _written(job, owners):
            rows.setdefault(path, Row(path)).writers.append(writer)
    for pair in shared:
        for path in pair.fields:
            if path in rows:
                rows[path].shared.append(pair)
    for owner in FieldOwner.objects.filter(kind=key):
        row = rows.setdefault(owner.field, Row(owner.field))
        row.owner, row.rule = owner.owner, owner.when_it_differs
        row.first = owner.first_value == ANYONE
        row.history_url = reverse("admin:mappings_fieldowner_history", args=[owner.pk])
    for row in rows.values():
        wider = owners.of(row.field) if row.field != ALL else None
        row.inherits = wider.owner if wider is not None and not row.owner else ""
    known = [field.path for field in target_fields(key) if not field.path.endswith("[]")]
    order = {path: place for place, path in enumerate([ALL, *known])}
    in_order = sorted(rows.values(), key=lambda row: order.get(row.field, len(order)))
    others = [(path, Row(path).name) for path in known if path not in rows]
    meant = [pair for pair in shared if pair.reason]
    return Kind(key, key.replace("_", " ").capitalize(), in_order, others, meant)


def _writer(job: SyncJob, *, writes: bool) -> Writer:
    url = reverse("admin:integrations_syncjob_change", args=[job.pk])
    return Writer(job.name, url, job.source.name, job.destination.name, writes)


def _written(job: SyncJob, owners: Owners) -> list[tuple[str, Writer]]:
    number = job.write_mapping.current_number
    if not number:
        return []
    rules = rule_data_of(job.write_mapping_id, number)
    gone = left_out_of(job.write_mapping_id, number, owners, job.source.key)
    found: dict[str, bool] = {}
    for rule, paths in zip(rules, fields_read(rules), strict=True):
        if rule.target.endswith("[]"):
            continue
        for path in paths:
            if not is_name_only(path) and path.partition(".")[0] != CONTEXT:
                found[path] = found.get(path, False) or rule.target not in gone.targets
    return [(path, _writer(job, writes=writes)) for path, writes in found.items()]
