"""What to do first in an empty portal."""

from __future__ import annotations

from dataclasses import dataclass

from django.urls import reverse

from integrations.models import Connection, Health, SyncJob, SyncRun
from mappings.models import Mapping


@dataclass(frozen=True)
class Step:
    title: str
    text: str
    href: str
    button: str
    done: bool


def setup_steps(jobs: list[SyncJob]) -> list[Step]:
    health = list(Connection.objects.values_list("health", flat=True))
    directions = set(Mapping.objects.order_by().values_list("direction", flat=True))
    first_job = reverse("admin:integrations_syncjob_change", args=[jobs[0].pk]) if jobs else ""
    return [
        Step(
            "Connect two systems",
            "The one that has the records, such as your shop, and the one that needs them, such as the warehouse.",
            reverse("admin:integrations_connection_add"),
            "Connect a system",
            len(health) >= 2,
        ),
        Step(
            "Test both connections",
            "The test says step by step what it reached. Nothing is written there.",
            reverse("admin:integrations_connection_changelist"),
            "To the connections",
            health.count(Health.WORKING) >= 2,
        ),
        Step(
            "Take the mappings",
            "One that reads from the source and one that writes to the destination: copies of presets, or your own.",
            reverse("admin:mappings_mapping_preset"),
            "Begin with a preset",
            len(directions) >= 2,
        ),
        Step(
            "Make a job",
            "Say what goes from where to where, and with which two mappings.",
            reverse("admin:integrations_syncjob_add"),
            "Make a job",
            bool(jobs),
        ),
        Step(
            "Run it",
            "The first records arrive within seconds; this page shows how it goes.",
            first_job or reverse("admin:integrations_syncjob_changelist"),
            "To the job",
            SyncRun.objects.exists(),
        ),
    ]
