"""A record of a halted or paused job that is sent again does not move, and nobody is told that it does."""

from __future__ import annotations

from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from integrations.models import Batch, ErrorRecord, JobState, Kind, State, SyncJob
from monitoring.incidents.triage import triage
from monitoring.models import Incident
from tests import factories
from tests.integrations.admin.bells import Bells
from tests.integrations.admin.filled_forms import form_of
from tests.integrations.admin.pages import act, act_on_many, change_url, messages_of

pytestmark = pytest.mark.django_db
ZIP = 'value:["zip"]'


@pytest.fixture
def job(db: None) -> SyncJob:
    return factories.job(name="Orders <b>& more</b> 🎈")


def failing(job: SyncJob, external_id: str = "A-1") -> ErrorRecord:
    record = factories.delivery(job, external_id, state=State.FAILED, subject="Order #1042")
    payload = {"id": external_id, "zip": "1"}
    return factories.error(record, payload=payload, field="zip", fingerprint="zip", version="7")


@pytest.fixture
def failed(job: SyncJob) -> ErrorRecord:
    return failing(job)


def stop(job: SyncJob, state: JobState) -> None:
    SyncJob.objects.filter(pk=job.pk).update(state=state, state_reason="Somebody said so.")


def link_to(job: SyncJob) -> str:
    return f'<a href="{change_url(job)}">Orders &lt;b&gt;&amp; more&lt;/b&gt; 🎈</a>'


def edit(client: Client, error: ErrorRecord, value: str) -> Any:
    """Up to “Send it”."""
    address = reverse("admin:integrations_errorrecord_edit", args=[error.pk])
    filled = form_of(client.get(address)) | {ZIP: value}
    checked = client.post(address, {**filled, "do": "check"})
    context = checked.context
    return client.post(address, {"edits": context["carried"], "seen": context["seen"], "do": "send"})


def text_of(page: Any) -> str:
    return " ".join(unescape(page.content.decode()).split())


@pytest.mark.parametrize(("state", "word"), [(JobState.HALTED, "halted"), (JobState.PAUSED, "paused")])
@pytest.mark.parametrize(("deed", "what"), [("retry", "record"), ("edit", "edited record")])
def test_what_is_sent_again_is_said_to_wait(
    job: SyncJob,
    failed: ErrorRecord,
    admin_client: Client,
    bells: Bells,
    state: JobState,
    word: str,
    deed: str,
    what: str,
) -> None:
    stop(job, state)
    if deed == "retry":
        act(admin_client, failed, "retry_now")
    else:
        edit(admin_client, failed, "10115")
    assert messages_of(admin_client) == [
        f"The {what} is queued. The job {link_to(job)} is {word}: it goes when the job is resumed."
    ]
    page = admin_client.get(change_url(failed)).content.decode()
    assert "Waits for its job" in page
    assert "On its way again" not in page
    assert f"{link_to(job)} is {word}: this record goes when the job is resumed." in page


def test_a_second_press_says_what_it_waits_for(
    job: SyncJob, failed: ErrorRecord, admin_client: Client, bells: Bells
) -> None:
    stop(job, JobState.HALTED)
    act(admin_client, failed, "retry_now")
    act(admin_client, failed, "retry_now")
    assert messages_of(admin_client)[-1] == (
        f"It is queued already. The job {link_to(job)} is halted: it goes when the job is resumed."
    )
    assert Batch.objects.count() == 1


def test_of_many_the_jobs_that_stand_are_named(
    job: SyncJob, failed: ErrorRecord, admin_client: Client, bells: Bells
) -> None:
    goes = failing(factories.job(name="Goes"), "B-1")
    stop(job, JobState.HALTED)
    act_on_many(admin_client, [failed, goes], "retry_many")
    told = "2 of 2 are on their way again. What is of a job that stands goes when the job is resumed"
    assert messages_of(admin_client) == [f"{told}: {link_to(job)} (halted)."]


def test_an_incident_says_so_too(
    job: SyncJob, failed: ErrorRecord, admin_client: Client, bells: Bells
) -> None:
    failing(job, "B-1")
    stop(job, JobState.PAUSED)
    triage()
    row = Incident.objects.get(fingerprint="zip")
    act(admin_client, row, "retry_one")
    assert f"{link_to(job)} (paused)." in messages_of(admin_client)[-1]
    act(admin_client, row, "retry_all")
    assert f"{link_to(job)} (paused)." in messages_of(admin_client)[-1]


def test_retrying_what_stopped_a_job_says_that_the_job_goes_on(
    job: SyncJob, admin_client: Client, bells: Bells
) -> None:
    own = factories.error(None, job=job, kind=Kind.CONFIG, subject="Orders", fingerprint="refused")
    for deed, told in (("retry_now", "Orders goes on."), ("retry_all", "The job goes on.")):
        ErrorRecord.objects.update(settled_at=None, settled_how="")
        stop(job, JobState.HALTED)
        triage()
        row = own if deed == "retry_now" else Incident.objects.get(fingerprint="refused")
        act(admin_client, row, deed)
        assert messages_of(admin_client)[-1] == told
        job.refresh_from_db()
        assert job.state == JobState.ACTIVE


# --- a second edit ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("do", ["check", "send"])
def test_a_second_edit_is_said_not_to_be_taken_and_stays_on_the_page(
    failed: ErrorRecord, admin_client: Client, bells: Bells, do: str
) -> None:
    address = reverse("admin:integrations_errorrecord_edit", args=[failed.pk])
    begun = form_of(admin_client.get(address))
    edit(admin_client, failed, "10115")
    page = admin_client.post(address, {**begun, ZIP: "20095 🎈", "do": do})
    assert "It is on its way already: this edit was not taken." in text_of(page)
    assert form_of(page)[ZIP] == "20095 🎈"
    assert Batch.objects.count() == 1


def test_an_edit_that_is_begun_meanwhile_is_told_before_anything_is_typed(
    job: SyncJob, failed: ErrorRecord, admin_client: Client, bells: Bells
) -> None:
    stop(job, JobState.HALTED)
    act(admin_client, failed, "retry_now")
    page = admin_client.get(reverse("admin:integrations_errorrecord_edit", args=[failed.pk]))
    assert "It is on its way already. Wait for how that ends before you edit it once more." in text_of(page)
    assert f"{link_to(job)} is halted" in page.content.decode()
    assert "was not taken" not in text_of(page)


def test_an_edit_of_what_was_settled_meanwhile_is_said_not_to_be_taken(
    failed: ErrorRecord, admin_client: Client
) -> None:
    address = reverse("admin:integrations_errorrecord_edit", args=[failed.pk])
    begun = form_of(admin_client.get(address))
    act(admin_client, failed, "ignore", reason="By phone.")
    admin_client.post(address, {**begun, ZIP: "20095", "do": "send"})
    assert messages_of(admin_client)[-1] == "It was settled meanwhile: this edit was not taken."


# --- what comes by itself ---------------------------------------------------------------------------------------------


def test_what_comes_by_itself_and_what_is_retried_is_said_once(
    failed: ErrorRecord, admin_client: Client
) -> None:
    triage()
    for row in (failed, Incident.objects.get(fingerprint="zip")):
        page = text_of(admin_client.get(change_url(row)))
        told = "What is mended in the source comes by itself; after mending the mapping, publish it and press Retry."
        assert page.count(told) == 1
        assert page.count("publish it") == 1
        assert "by itself" not in page.replace(told, "")
