"""A job that halted because its records failed: what to do is at these errors, and not at a connection."""

from __future__ import annotations

from html import unescape
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from integrations.models import ErrorRecord, JobState, Kind, State, SyncJob
from integrations.sync import error_guard, steer
from monitoring.announcements import stopped
from monitoring.incidents.triage import triage
from monitoring.models import Incident
from tests import factories
from tests.integrations.admin.bells import Bells
from tests.integrations.admin.conftest import signed_in
from tests.integrations.admin.pages import action_url, change_url, listed, result_count

pytestmark = pytest.mark.django_db


@pytest.fixture
def halt(job: SyncJob) -> ErrorRecord:
    """Seven of fourteen had a bad address."""
    for number in range(14):
        record = factories.delivery(job, state=State.FAILED if number < 7 else State.DELIVERED)
        factories.outcome(record, state=record.state)
        if number < 7:
            sentence = "The postal code is missing." if number < 5 else "The country is unknown 🎈."
            factories.error(record, fingerprint="zip" if number < 5 else "land", sentence=sentence)
    SyncJob.objects.filter(pk=job.pk).update(halts_above_percent=20)
    job.refresh_from_db()
    assert error_guard.heed(job)
    job.refresh_from_db()
    return ErrorRecord.objects.get(code=error_guard.CODE)


def text_of(page: Any) -> str:
    return " ".join(unescape(page.content.decode()).split())


def incident_of(error: ErrorRecord) -> Incident:
    triage()
    return Incident.objects.get(fingerprint=error.fingerprint)


def test_no_connection_is_called_to_account(halt: ErrorRecord, admin_client: Client) -> None:
    assert halt.kind == Kind.DATA
    for row in (halt, incident_of(halt)):
        page = text_of(admin_client.get(change_url(row)))
        assert "Fix the connection" not in page
        assert "Settle the errors of these records first" in page
        assert "nothing is wrong with its connection" in page


def test_the_errors_their_incidents_the_job_and_resume_are_one_press_away(
    halt: ErrorRecord, job: SyncJob, admin_client: Client
) -> None:
    row = incident_of(halt)
    page = text_of(admin_client.get(change_url(row)))
    for cause, told in (("zip", "The postal code is missing."), ("land", "The country is unknown 🎈.")):
        address = change_url(Incident.objects.get(fingerprint=cause))
        assert f'<a href="{address}">{told}</a>' in page
    assert f'<a href="{change_url(job)}">{job.name}</a>' in page
    assert action_url(job, "resume") in page
    asked = admin_client.get(action_url(job, "resume"))
    assert "Resume this job" in text_of(asked)


def test_the_number_of_errors_leads_to_exactly_these(halt: ErrorRecord, admin_client: Client) -> None:
    for row in (halt, incident_of(halt)):
        page = admin_client.get(change_url(row))
        shown = page.context["halt"]
        rows = admin_client.get(shown.errors_href)
        assert (shown.errors, result_count(rows)) == (7, 7)
        assert halt not in listed(rows)
        assert f'<a href="{shown.errors_href}">All 7 of its open errors</a>' in text_of(page)


def test_what_fallbacks_skipped_is_led_to_as_well(
    halt: ErrorRecord, job: SyncJob, admin_client: Client
) -> None:
    assert "Its skipped records" not in text_of(admin_client.get(change_url(halt)))
    factories.delivery(job, state=State.SKIPPED)
    shown = admin_client.get(change_url(halt)).context["halt"]
    assert result_count(admin_client.get(shown.skipped_href)) == 1


def test_who_may_not_resume_is_not_offered_it(halt: ErrorRecord, colleague: User, client: Client) -> None:
    page = text_of(signed_in(colleague).get(change_url(halt)))
    assert "Settle the errors of these records first" in page
    assert "Resume the job" not in page


def test_once_resumed_nothing_of_it_is_left_to_do(
    halt: ErrorRecord, job: SyncJob, admin_client: Client, bells: Bells
) -> None:
    row = incident_of(halt)
    steer.resume(job)
    job.refresh_from_db()
    assert job.state == JobState.ACTIVE
    assert "Resume the job" not in text_of(admin_client.get(change_url(row)))


def test_a_parcel_of_a_halted_job_sends_nobody_to_a_sound_connection(halt: ErrorRecord, job: SyncJob) -> None:
    told = [sentence for is_so, sentence in stopped(job) if is_so]
    assert len(told) == 1
    assert "Mend the connection" not in told[0]
    assert told[0].endswith("then resume it.")
