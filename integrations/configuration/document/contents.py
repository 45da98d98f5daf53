"""A workflow's document, put together."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from django.utils import timezone
from django.utils.formats import date_format

from integrations.configuration import targets
from integrations.models import Connection, SyncJob, Workflow

from .changes import changes_of
from .fields import tables_of
from .jobs import errors_of, jobs_of, owners_of, schedules_of, settings_of
from .parts import Document, Section, Table, Text
from .systems import credentials_of, systems_of, webhooks_of

# Sections of those who know more of a workflow than motion does; they stand before the history.
ADDED: list[Callable[[Workflow], Section]] = []
JOINED: Final = ("source", "destination", "read_mapping", "write_mapping")


def document_of(workflow: Workflow) -> Document:
    """Read at this moment: nothing of it is kept."""
    jobs = list(
        SyncJob.objects.filter(workflow=workflow)
        .select_related(*JOINED)
        .defer("source__secrets", "destination__secrets")
        .prefetch_related("partners")
        .order_by("name")
    )
    ids = {pk for job in jobs for pk in (job.source_id, job.destination_id)}
    connections = list(Connection.objects.filter(pk__in=ids).order_by("name"))
    names = dict(Connection.objects.values_list("key", "name"))
    now = timezone.localtime()
    lead = (
        f"Read from the configuration on {date_format(now, 'j F Y, H:i')} ({timezone.get_current_timezone_name()}). "
        "It is written anew each time, so it says what is so, not what was meant once."
    )
    sections = [
        _purpose(workflow),
        systems_of(jobs, connections),
        jobs_of(jobs),
        schedules_of(jobs),
        settings_of(jobs),
        Section("Fields", (), tables_of(jobs), "No job carries a field yet."),
        owners_of(jobs, names),
        credentials_of(connections),
        webhooks_of(connections),
        errors_of(jobs),
        *(section(workflow) for section in ADDED),
        changes_of(workflow, jobs, connections),
    ]
    return Document(workflow.name, lead, sections)


def _purpose(workflow: Workflow) -> Section:
    sentences = [workflow.problem] if workflow.problem else []
    sentences.append(f"Who answers for it: {workflow.owner or 'nobody is named'}.")
    if workflow.launched_at is None:
        sentences.append("Not launched: its jobs run between sandbox systems only.")
    else:
        by = f" by {workflow.launched_by}" if workflow.launched_by else ""
        day = date_format(timezone.localtime(workflow.launched_at), "j F Y")
        sentences.append(f"Launched on {day}{by}: its jobs may run against production.")
        last = workflow.launches.first()
        if last is not None and last.reason:
            sentences.append(f"It was launched although this was missing: {' '.join(last.lacked)}")
            sentences.append(f"The reason that was given: {last.reason}")
    rows: list[tuple[Text, ...]] = []
    for row in workflow.targets.all():
        form = row.form
        unit = row.currency or (form.unit.label if form else "")
        figures = [
            f"{targets.number(value):,} {unit}".strip() if value is not None else "–"
            for value in (row.baseline, row.target)
        ]
        wanted = f"{form.direction.label} {figures[1]}" if form and row.target is not None else figures[1]
        rows.append((row.get_measure_display(), figures[0], wanted))
    columns = ("Measure", "How it was before", "How it should be")
    return Section("What it is for", sentences, (Table(columns, rows),))
