"""Audits in configuration files: the section `audits`."""

from __future__ import annotations

from msgspec import UNSET, UnsetType

from integrations.configuration.added import Section
from integrations.configuration.check_fields import model_problems
from integrations.configuration.diff import Change
from integrations.configuration.plain import Found, Plain, State, title
from integrations.configuration.schema import Entry
from integrations.models import SyncJob
from mappings.models import Mapping
from monitoring.models import Audit

FIELDS = ("name", "enabled", "every_minutes", "at_hour", "sample_percent", "also_fields")


class AuditEntry(Entry, kw_only=True):
    job: str | UnsetType = UNSET
    enabled: bool | UnsetType = UNSET
    every_minutes: int | UnsetType = UNSET
    at_hour: int | UnsetType | None = UNSET
    sample_percent: int | UnsetType = UNSET
    destination_mapping: str | UnsetType | None = UNSET
    also_fields: str | UnsetType = UNSET


def load(_without_unreadable: bool = False) -> dict[str, Plain]:
    rows = Audit.objects.select_related("job", "destination_mapping").order_by("key")
    return {
        row.key: {
            **{name: getattr(row, name) for name in FIELDS},
            "job": row.job.key,
            "destination_mapping": row.destination_mapping.key if row.destination_mapping else None,
        }
        for row in rows
    }


def check(wanted: State, after: State) -> Found:
    for key in wanted["audits"]:
        place, audit = ("audits", key), after["audits"][key]
        job = after["jobs"].get(str(audit.get("job")))
        if not audit.get("job"):
            yield (*place, "job"), "An audit needs the job whose sides it compares."
        elif job is None:
            yield (*place, "job"), f"There is no '{audit['job']}' among the jobs."
        yield from model_problems(Audit, place, audit, FIELDS)
        mapping_key = audit.get("destination_mapping")
        if mapping_key is None:
            continue
        mapping = after["mappings"].get(mapping_key)
        if mapping is None:
            yield (*place, "destination_mapping"), f"There is no '{mapping_key}' among the mappings."
        elif mapping.get("direction") != "read" or (job and mapping.get("kind") != job.get("kind")):
            yield (
                (*place, "destination_mapping"),
                "Choose a mapping that reads the kind of Record that the job carries.",
            )


def write(change: Change, wanted: Plain) -> None:
    row = (
        Audit(key=change.key, name=title(change.key)) if change.is_new else Audit.objects.get(key=change.key)
    )
    if "job" in wanted:
        row.job = SyncJob.objects.get(key=wanted.pop("job"))
    if "destination_mapping" in wanted:
        key = wanted.pop("destination_mapping")
        row.destination_mapping = None if key is None else Mapping.objects.get(key=key)
    if {"every_minutes", "at_hour"} & set(wanted):
        # The next one follows the new rhythm, not the old one.
        row.next_at = None
    for name, value in wanted.items():
        setattr(row, name, value)
    row.save()


SECTION = Section("audits", AuditEntry, load, check, write)
