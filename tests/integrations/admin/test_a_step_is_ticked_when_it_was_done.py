"""In the flow that makes a job a tick stands where something was done; what was passed over is said."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from integrations.models import Connection, DryRun, DryRunState, SyncJob
from integrations.sync import dry_run_report
from tests.integrations.admin.drafted_jobs import ADD, draft, platform, step, systems, text_of, what_url
from tests.integrations.answering import Platform, Says

__all__ = ["draft", "platform", "systems"]
pytestmark = pytest.mark.django_db


def marks(client: Client, url: str) -> dict[str, str]:
    """Each step with what is said of it."""
    steps: list[dict[str, Any]] = client.get(url).context["steps"]
    return {one["name"]: "✓" if one["done"] else one["note"] for one in steps}


def run_dry(job: SyncJob) -> DryRun:
    row = dry_run_report.begin(job, None)
    dry_run_report.carry_out(row.pk, float("inf"))
    return row


def test_what_is_passed_over_is_said_and_not_ticked(admin_client: Client, draft: SyncJob) -> None:
    found = marks(admin_client, step(draft, "launch"))
    assert found == {
        "Systems": "✓",
        "What to carry": "✓",
        "Look at it": "skipped",
        "Dry run": "skipped",
        "Launch": "",
    }
    page = text_of(admin_client.get(step(draft, "launch")))
    assert '<span class="portal-warn">skipped</span>' in page
    assert "There was no dry run yet." in page


def test_records_that_were_seen_are_a_tick(admin_client: Client, draft: SyncJob) -> None:
    admin_client.get(step(draft, "look"))
    assert marks(admin_client, step(draft, "dry_run"))["Look at it"] == "skipped", "none was shown yet"
    admin_client.get(step(draft, "records"))
    assert marks(admin_client, step(draft, "dry_run"))["Look at it"] == "✓"


def test_records_that_could_not_be_shown_are_none(
    admin_client: Client, draft: SyncJob, platform: Platform
) -> None:
    platform.on("GET /customers", Says({"errors": [{"code": "unauthorized"}]}, 401))
    admin_client.get(step(draft, "records"))
    assert marks(admin_client, step(draft, "dry_run"))["Look at it"] == "skipped"


def test_a_dry_run_is_ticked_once_it_has_finished(admin_client: Client, draft: SyncJob) -> None:
    row = dry_run_report.begin(draft, None)
    assert marks(admin_client, step(draft, "launch"))["Dry run"] == "under way"
    dry_run_report.carry_out(row.pk, float("inf"))
    assert marks(admin_client, step(draft, "launch"))["Dry run"] == "✓"
    assert marks(admin_client, step(draft, "look"))["Dry run"] == "✓", (
        "who goes back has done it all the same"
    )
    assert "dry run" not in admin_client.get(step(draft, "launch")).context["no_dry_run"]


def test_one_that_failed_is_not_ticked(admin_client: Client, draft: SyncJob, platform: Platform) -> None:
    platform.on("GET /customers", Says({"errors": [{"code": "unauthorized"}]}, 401))
    row = run_dry(draft)
    row.refresh_from_db()
    assert row.state == DryRunState.FAILED
    assert marks(admin_client, step(draft, "launch"))["Dry run"] == "did not finish"


def test_one_under_another_version_says_nothing_of_this_one(admin_client: Client, draft: SyncJob) -> None:
    run_dry(draft)
    draft.read_mapping.rules.filter(target="name").update(source="first_name")
    draft.read_mapping.publish()
    assert marks(admin_client, step(draft, "launch"))["Dry run"] == "before the mapping was changed"


def test_what_is_still_ahead_is_not_called_skipped(
    admin_client: Client, systems: tuple[Connection, Connection], draft: SyncJob
) -> None:
    assert set(marks(admin_client, ADD).values()) == {""}
    assert marks(admin_client, what_url(systems)) == {
        "Systems": "✓",
        "What to carry": "",
        "Look at it": "",
        "Dry run": "",
        "Launch": "",
    }
    assert marks(admin_client, step(draft, "look"))["Dry run"] == ""
