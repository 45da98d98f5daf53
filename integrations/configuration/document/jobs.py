"""The jobs of a workflow: what travels where and when, by which rules, and what happens to what fails."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from django.db.models import Field

from integrations.configuration.state import JOB_FIELDS
from integrations.models import Kind, SyncJob
from integrations.sync.fallbacks import fallbacks_of, sentence_of
from mappings.models import FieldOwner

from .parts import Code, Section, Table, Text

# Told in columns of their own, or in another section.
ELSEWHERE: Final = (
    "name",
    "kind",
    "source_resource",
    "destination_resource",
    "every_seconds",
    "accepts_pushes",
)
# Reasons that a person gave.
IN_WORDS: Final = ("writes_beside", "shares_fields")
OF_ERRORS: Final = ("retry_limit", "waiting_hours", "removed", "removed_at_most_percent", "fallbacks")
MENDED_BY: Final = {
    Kind.TRANSIENT: "Crossdock tries again by itself, later each time; then a person is asked.",
    Kind.CONFIG: "The job stops once for all. A person mends the connection, and all of it goes on.",
    Kind.DATA: "This record waits for a person; its neighbours go on. Once fixed in the source it comes by itself.",
    Kind.BUG: "This record waits for a person; somebody looks at the evidence.",
}
DOUBT: Final = (
    "A write whose answer was lost is never sent again blindly: it is settled with its key or looked up, and else a "
    "person is asked."
)
MINUTE, HOUR, DAY = 60, 3_600, 86_400


def jobs_of(jobs: Sequence[SyncJob]) -> Section:
    rows: list[tuple[Text, ...]] = [
        (
            job.name,
            Code(job.key),
            job.kind.replace("_", " "),
            f"{job.source.name}, {job.source_resource}",
            f"{job.destination.name}, {job.destination_resource}",
            job.get_state_display() + (f": {job.state_reason}" if job.state_reason else ""),
        )
        for job in jobs
    ]
    columns = ("Job", "Key", "Carries", "From", "To", "State")
    return Section("Jobs", (), (Table(columns, rows),), "No job belongs to it yet.")


def schedules_of(jobs: Sequence[SyncJob]) -> Section:
    rows: list[tuple[Text, ...]] = []
    for job in jobs:
        partners = ", ".join(partner.name for partner in job.partners.all())
        pushes = (
            (f"yes: {partners}" if partners else "yes, and no partner may yet")
            if job.accepts_pushes
            else "no"
        )
        picked_up = f"{job.pick_up_hours} ({job.pick_up_zone or 'UTC'})" if job.pick_up_hours else "–"
        rows.append((job.name, _every(job.every_seconds), f"{job.rollout_percent} %", pushes, picked_up))
    columns = ("Job", "Its source is read", "Rollout", "Partners may push", "The carrier picks up")
    return Section("Schedules", (), (Table(columns, rows),), "There is no job to have one.")


def _every(seconds: int) -> str:
    if not seconds:
        return "only by webhook, by hand or through the API"
    for size, name in ((DAY, "day"), (HOUR, "hour"), (MINUTE, "minute")):
        if seconds % size == 0:
            count = seconds // size
            return f"every {name}" if count == 1 else f"every {count} {name}s"
    return f"every {seconds} seconds"


def settings_of(jobs: Sequence[SyncJob]) -> Section:
    """What differs from the usual: the rest is as it is everywhere."""
    rows = [
        (job.name, name, value, about)
        for job in jobs
        for name, value, about in _settings(job, [*ELSEWHERE, *OF_ERRORS, "rollout_percent", "pick_up_hours"])
    ]
    columns = ("Job", "Setting", "Value", "What it means")
    return Section("Settings that differ from the usual", (), (Table(columns, rows),), "None.")


def _settings(job: SyncJob, without: Sequence[str]) -> list[tuple[str, Text, str]]:
    found: list[tuple[str, Text, str]] = []
    for name in JOB_FIELDS:
        field: Field[Any, Any] = SyncJob._meta.get_field(name)  # type: ignore[assignment]  # no relation is among them
        value = getattr(job, name)
        usual = field.default() if callable(field.default) else field.default
        if name in without or value in (usual, "", None):
            continue
        label = str(field.verbose_name)
        said = (
            "yes" if value is True else "no" if value is False else value if name in IN_WORDS else Code(value)
        )
        found.append((label[:1].upper() + label[1:], said, str(field.help_text)))
    return found


def errors_of(jobs: Sequence[SyncJob]) -> Section:
    policy: list[tuple[Text, ...]] = [
        (
            job.name,
            str(job.retry_limit),
            f"{job.waiting_hours} hours",
            job.get_removed_display(),
            f"{job.removed_at_most_percent} %",
        )
        for job in jobs
    ]
    columns = (
        "Job",
        "Tries before a person is asked",
        "May wait for what it refers to",
        "What the source no longer has",
        "At most so much at once",
    )
    kinds: list[tuple[Text, ...]] = [(kind.label, MENDED_BY[kind]) for kind in Kind]
    tables = (
        Table(columns, policy),
        Table(("Job", "Where it departs from the rules below"), _fallbacks(jobs)),
        Table(("Kind of failure", "What happens"), kinds if jobs else []),
    )
    return Section("What happens to errors", (DOUBT,), tables, "There is no job to have any.")


def _fallbacks(jobs: Sequence[SyncJob]) -> list[tuple[Text, ...]]:
    return [
        (job.name, sentence_of(fallback, job.destination.name))
        for job in jobs
        for fallback in fallbacks_of(job)
    ]


def owners_of(jobs: Sequence[SyncJob], names: dict[str, str]) -> Section:
    """`names`: by its key what a connection is called."""
    kinds = {job.kind for job in jobs}
    rows: list[tuple[Text, ...]] = [
        (
            row.kind.replace("_", " "),
            "all others" if row.field == "*" else Code(row.field),
            names.get(row.owner, row.owner),
            row.get_when_it_differs_display(),
        )
        for row in FieldOwner.objects.filter(kind__in=kinds).order_by("kind", "field")
    ]
    columns = ("Of", "Field", "Its owner", "Where another system differs")
    return Section("Owners of data", (), (Table(columns, rows),), "Nobody owns a field of what it carries.")
