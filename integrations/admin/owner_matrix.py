"""Who owns which field, and which jobs write it where: worked out from the jobs as they stand."""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from dataclasses import dataclass

from django.urls import reverse

from integrations.models import SyncJob
from mappings.models import FieldOwner, left_out_of, owners_of, rule_data_of
from mappings.owners import ALL, OWNER, Owners, is_name_only
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


@dataclass
class Row:
    """`inherits`: the owner by a wider name, where the field has none of its own."""

    field: str
    owner: str = ""
    rule: str = OWNER
    inherits: str = ""
    writers: list[Writer] = dataclasses.field(default_factory=list)
    history_url: str = ""

    @property
    def is_contested(self) -> bool:
        """Several systems write it, in one place, and nobody owns it."""
        by_place: dict[str, set[str]] = defaultdict(set)
        for writer in self.writers:
            if writer.writes:
                by_place[writer.destination].add(writer.source)
        return any(len(sources) > 1 for sources in by_place.values())

    @property
    def goes_both_ways(self) -> bool:
        ways = {(writer.source, writer.destination) for writer in self.writers if writer.writes}
        return any((there, here) in ways for here, there in ways)

    @property
    def needs_an_owner(self) -> bool:
        return self.field != ALL and (self.is_contested or self.goes_both_ways)


@dataclass(frozen=True)
class Kind:
    """`others`: fields of the record that no job maps and nobody owns, to be added."""

    key: str
    name: str
    rows: list[Row]
    others: list[str]


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
    return [kind_of(kind, jobs[kind]) for kind in sorted(jobs, key=lambda key: (-len(jobs[key]), key))]


def kind_of(key: str, jobs: list[SyncJob]) -> Kind:
    owners = owners_of(key)
    rows: dict[str, Row] = {ALL: Row(ALL)}
    for job in jobs:
        for path, writer in _written(job, owners):
            rows.setdefault(path, Row(path)).writers.append(writer)
    for owner in FieldOwner.objects.filter(kind=key):
        row = rows.setdefault(owner.field, Row(owner.field))
        row.owner, row.rule = owner.owner, owner.when_it_differs
        row.history_url = reverse("admin:mappings_fieldowner_history", args=[owner.pk])
    for row in rows.values():
        wider = owners.of(row.field) if row.field != ALL else None
        row.inherits = wider.owner if wider is not None and not row.owner else ""
    known = [field.path for field in target_fields(key) if not field.path.endswith("[]")]
    order = {path: place for place, path in enumerate([ALL, *known])}
    in_order = sorted(rows.values(), key=lambda row: order.get(row.field, len(order)))
    return Kind(
        key, key.replace("_", " ").capitalize(), in_order, [path for path in known if path not in rows]
    )


def _written(job: SyncJob, owners: Owners) -> list[tuple[str, Writer]]:
    number = job.write_mapping.current_number
    if not number:
        return []
    rules = rule_data_of(job.write_mapping_id, number)
    gone = left_out_of(job.write_mapping_id, number, owners, job.source.key)
    url = reverse("admin:integrations_syncjob_change", args=[job.pk])
    found: dict[str, bool] = {}
    for rule, paths in zip(rules, fields_read(rules), strict=True):
        if rule.target.endswith("[]"):
            continue
        for path in paths:
            if not is_name_only(path) and path.partition(".")[0] != CONTEXT:
                found[path] = found.get(path, False) or rule.target not in gone.targets
    return [
        (path, Writer(job.name, url, job.source.name, job.destination.name, writes))
        for path, writes in found.items()
    ]
