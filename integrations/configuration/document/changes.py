"""What was changed in a workflow's configuration, when and by whom, the newest first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import groupby, pairwise
from typing import Any, Final

from django.utils import timezone
from django.utils.formats import date_format

from integrations.configuration.history import Change, version_of
from integrations.models import Connection, SyncJob, Workflow
from mappings.models import FieldOwner, Mapping, MappingVersion

from .parts import Section, Table, Text

SHOWN: Final = 50
# Kept versions that are read of each model: so that one look costs little.
READ: Final = 300
LONGEST: Final = 200
NOBODY: Final = "a configuration file, or Crossdock itself"
Told = tuple[datetime, str, str, str]


def changes_of(workflow: Workflow, jobs: Sequence[SyncJob], connections: Sequence[Connection]) -> Section:
    mappings = {pk for job in jobs for pk in (job.read_mapping_id, job.write_mapping_id)}
    owners = FieldOwner.history.filter(kind__in={job.kind for job in jobs})
    told = [
        *_of_rows("Job", SyncJob.history.filter(id__in=[job.pk for job in jobs])),
        *_of_rows("System", Connection.history.filter(id__in=[one.pk for one in connections])),
        *_of_rows("Mapping", Mapping.history.filter(id__in=mappings)),
        *_of_rows("Owner", owners),
        *_published(mappings),
        *_launches(workflow),
    ]
    told.sort(key=lambda row: row[0], reverse=True)
    rows: list[tuple[Text, ...]] = [
        (date_format(timezone.localtime(at), "j M Y H:i"), what, change, by)
        for at, what, change, by in told[:SHOWN]
    ]
    sentences = (f"The newest {SHOWN} are shown.",) if len(told) > SHOWN else ()
    columns = ("When", "What", "Change", "By")
    return Section("History of changes", sentences, (Table(columns, rows),), "Nothing was changed yet.")


def _of_rows(what: str, kept: Any) -> Iterator[Told]:
    newest = list(kept.select_related("history_user").order_by("-history_date", "-history_id")[:READ])
    is_cut = len(newest) == READ
    newest.sort(key=lambda row: row.id)
    for _, rows in groupby(newest, key=lambda row: row.id):
        for newer, older in pairwise([*rows, None]):
            if newer is None or (older is None and is_cut and newer.history_type == "~"):
                continue
            version = version_of(newer, older)
            if version.changes or version.kind != "Changed":
                change = "; ".join(_said(one) for one in version.changes) or version.kind.lower()
                by = str(newer.history_user) if newer.history_user else NOBODY
                yield version.at, f"{what} {getattr(newer, 'name', '') or newer}", change, by


def _said(change: Change) -> str:
    if change.lines:
        return f"{change.field}: {change.lines}"[:LONGEST]
    return f"{change.field}: {change.before} → {change.after}"[:LONGEST]


def _published(mappings: set[int]) -> Iterator[Told]:
    rows = MappingVersion.objects.filter(mapping__in=mappings).select_related("mapping", "published_by")
    for row in rows.defer("snapshot").order_by("-published_at")[:READ]:
        by = str(row.published_by) if row.published_by else NOBODY
        yield (
            row.published_at,
            f"Mapping {row.mapping.name}",
            f"version {row.number} published{f': {row.note}' if row.note else ''}",
            by,
        )


def _launches(workflow: Workflow) -> Iterator[Told]:
    for row in workflow.launches.select_related("by")[:READ]:
        change = f"launched all the same: {row.reason}" if row.reason else "launched"
        yield row.at, "Workflow", change, str(row.by) if row.by else NOBODY
