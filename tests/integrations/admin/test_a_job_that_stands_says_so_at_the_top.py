"""Whoever opens a job that is halted or paused sees that first, with why and the way on."""

from __future__ import annotations

from datetime import timedelta
from html import unescape

import pytest
from django.test import Client
from django.utils import timezone

from integrations.exceptions import Failure, Kind
from integrations.models import ErrorRecord, JobState, RunState, SyncJob
from integrations.sync import faults, steer
from tests import factories
from tests.integrations.admin.conftest import signed_in
from tests.integrations.admin.pages import SUBMITTED, action_url, change_url

pytestmark = pytest.mark.django_db

REASON = "The shop refuses the token. Enter a new one."


def banner(client: Client, job: SyncJob) -> str:
    text = unescape(client.get(change_url(job)).content.decode())
    return " ".join(
        text.partition('class="portal-stopped')[2].partition('<div class="portal-of-job')[0][:1500].split()
    )


def halted(**values: object) -> SyncJob:
    job = factories.job(**values)
    faults.stop_job(job, Failure(Kind.CONFIG, "401", REASON), "read", job.source_id)
    job.refresh_from_db()
    return job


def test_a_halted_job_says_why_since_when_and_how_it_goes_on(admin_client: Client) -> None:
    job = halted()
    ErrorRecord.objects.update(first_seen_at=timezone.now() - timedelta(hours=3))
    found = banner(admin_client, job)
    assert "portal-alarm" in found
    assert "Halted by a failure" in found
    assert "3 hours ago" in found
    assert REASON in found
    assert f'class="portal-button portal-fit" href="{action_url(job, "resume")}"' in found


def test_a_paused_job_says_it_quietly(admin_client: Client) -> None:
    job = factories.job()
    admin_client.post(action_url(job, "pause"), SUBMITTED | {"reason": "Stock-taking 📦"})
    found = banner(admin_client, job)
    assert "portal-notice" in found
    assert "portal-alarm" not in found
    assert "Stock-taking 📦" in found
    assert "<time" in found
    assert action_url(job, "resume") in found


def test_what_was_paused_elsewhere_is_given_no_moment(admin_client: Client) -> None:
    job = factories.job()
    steer.pause(job, "Stock-taking")
    assert "<b>Paused:</b>" in banner(admin_client, job)


def test_who_may_not_resume_is_offered_no_button() -> None:
    client = signed_in(factories.user("integrations.view_syncjob"))
    found = banner(client, halted())
    assert REASON in found
    assert "resume" not in found.replace("resumes it", "")


def test_an_active_job_has_no_banner(admin_client: Client) -> None:
    assert banner(admin_client, factories.job()) == ""


def test_the_last_run_that_carried_something_is_shown_not_an_empty_read(admin_client: Client) -> None:
    job = halted()
    now = timezone.now()
    ended = {"finished_at": now, "state": RunState.FINISHED}
    carried = factories.run(job, started_at=now - timedelta(minutes=2), accepted=3, delivered=3, **ended)
    factories.run(job, started_at=now - timedelta(minutes=1), accepted=0, **ended)
    page = admin_client.get(change_url(job))
    assert page.context["progress_now"]["run"] == carried
    carried.delete()
    assert "progress_now" not in admin_client.get(change_url(job)).context


def test_a_run_that_failed_before_it_carried_anything_is_shown(admin_client: Client) -> None:
    job = factories.job(state=JobState.ACTIVE)
    failed = factories.run(job, accepted=0, finished_at=timezone.now(), state=RunState.FAILED)
    assert admin_client.get(change_url(job)).context["progress_now"]["run"] == failed
