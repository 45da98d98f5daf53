"""What sight adds to a workflow's document: who is told when it goes wrong, and what compares both sides."""

from __future__ import annotations

from django.db.models import Q

from integrations.configuration.document.parts import Section, Table, Text
from integrations.models import Workflow
from monitoring.models import AlertRule, Audit


def alerts(workflow: Workflow) -> Section:
    """Rules of this workflow and its jobs, and those that watch everything."""
    of_all = Q(workflow__isnull=True, job__isnull=True)
    rules = AlertRule.objects.filter(of_all | Q(workflow=workflow) | Q(job__workflow=workflow), enabled=True)
    rows: list[tuple[Text, ...]] = [
        (
            rule.name,
            rule.job.name if rule.job else "this workflow" if rule.workflow_id else "everything",
            _condition(rule),
            ", ".join(channel.name for channel in rule.channels.all()) or "nobody: it has no channel",
        )
        for rule in rules.select_related("job").prefetch_related("channels").order_by("name")
    ]
    columns = ("Alert", "Watches", "Fires when", "Tells")
    empty = "Nobody: no alert rule watches it. Add one under “Alert rules”."
    return Section("Who is told", (), (Table(columns, rows),), empty)


def _condition(rule: AlertRule) -> str:
    threshold = "" if rule.threshold is None else f" {rule.threshold.normalize():f}"
    return f"{rule.get_kind_display()}{threshold}, looked at over {rule.window_minutes} minutes"


def audits(workflow: Workflow) -> Section:
    found = Audit.objects.filter(job__workflow=workflow).select_related("job").order_by("name")
    rows: list[tuple[Text, ...]] = [
        (
            row.name,
            row.job.name,
            _when(row),
            "all" if row.sample_percent == 100 else f"{row.sample_percent} %, by chance",
        )
        for row in found
    ]
    columns = ("Audit", "Compares both sides of", "When", "How much of it")
    return Section("Audits", (), (Table(columns, rows),), "None: nothing compares both sides of its jobs.")


def _when(row: Audit) -> str:
    if not row.enabled:
        return "switched off"
    if not row.every_minutes:
        return "by hand"
    hours, minutes = divmod(row.every_minutes, 60)
    every = f"every {hours} hours" if not minutes else f"every {row.every_minutes} minutes"
    return every if row.at_hour is None else f"{every}, at {row.at_hour} o'clock"
