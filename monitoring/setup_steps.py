"""What to do first in an empty portal."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from django.urls import reverse

from integrations.models import Connection, Health, JobState, SyncJob, SyncRun


@dataclass(frozen=True)
class Step:
    title: str
    text: str
    href: str
    button: str
    done: bool
    # Without it the step is told, and no button leads there.
    needs: str = "integrations.view_connection"
    is_next: bool = False


def for_user(steps: list[Step], user: Any) -> list[Step]:
    """The same steps, the first that is not done marked, and without the buttons that would lead this person to a
    refusal."""
    first = next((step for step in steps if not step.done), None)
    return [
        replace(step, href=step.href if user.has_perm(step.needs) else "", is_next=step is first)
        for step in steps
    ]


def setup_steps(jobs: list[SyncJob]) -> list[Step]:
    """The first that is not done is the one to do now."""
    systems = list(Connection.objects.values_list("pk", "health"))
    working = [pk for pk, health in systems if health == Health.WORKING]
    untried = next((pk for pk, health in systems if health != Health.WORKING), None)
    launched = [job for job in jobs if job.state != JobState.DRAFT]
    draft = next((job for job in jobs if job.state == JobState.DRAFT), None)
    new_job = reverse("admin:integrations_syncjob_add")
    return [
        Step(
            "Connect two systems",
            "The one that has the records, such as your shop, and the one that needs them, such as the warehouse.",
            reverse("admin:integrations_connection_add"),
            "Connect another system" if systems else "Connect a system",
            len(systems) >= 2,
            "integrations.add_connection",
        ),
        Step(
            "Test both",
            "The test says step by step what it reached. Nothing is written there.",
            reverse("admin:integrations_connection_change", args=[untried])
            if untried is not None
            else reverse("admin:integrations_connection_changelist"),
            "Test it",
            len(working) >= 2,
        ),
        Step(
            "Make a job",
            "Choose what goes from where to where, see it on real records, try it without writing, then launch it.",
            reverse("admin:integrations_syncjob_guided_look", args=[draft.pk]) if draft else new_job,
            "Go on with your draft" if draft else "New job",
            bool(launched),
            "integrations.add_syncjob",
        ),
        Step(
            "See the first record arrive",
            "It takes seconds. From then on this page shows how it goes.",
            reverse("admin:integrations_syncjob_change", args=[launched[0].pk])
            if launched
            else reverse("admin:integrations_syncjob_changelist"),
            "To the job",
            SyncRun.objects.exists(),
            "integrations.view_syncjob",
        ),
    ]
