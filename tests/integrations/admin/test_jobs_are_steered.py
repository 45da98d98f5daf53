from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from integrations.admin.jobs import SyncJobAdmin
from integrations.models import JobState, SyncJob, SyncRun
from integrations.sync.cancel import cancel
from tests import factories
from tests.integrations.admin.bells import Bells
from tests.integrations.admin.conftest import signed_in
from tests.integrations.admin.pages import act, action_url, change_url, messages_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def job(db: None) -> SyncJob:
    return factories.job(name="Orders to the warehouse")


def test_run_now_begins_a_run_and_leads_to_it(
    admin_client: Client, job: SyncJob, bells: Bells, django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        response = act(admin_client, job, "run_now")
    run = SyncRun.objects.get(job=job)
    assert response.headers["HX-Redirect"] == change_url(run)
    assert not run.full
    assert bells.heard == [("pull", job.pk)]


def test_run_in_full_reads_everything(admin_client: Client, job: SyncJob, bells: Bells) -> None:
    act(admin_client, job, "run_in_full")
    assert SyncRun.objects.get(job=job).full


def test_a_paused_job_is_not_run_and_says_why(admin_client: Client, job: SyncJob) -> None:
    SyncJob.objects.filter(pk=job.pk).update(state=JobState.PAUSED, state_reason="Stock-taking.")
    act(admin_client, job, "run_now")
    assert not SyncRun.objects.exists()
    assert messages_of(admin_client) == ["Orders to the warehouse is paused. Resume it first. Stock-taking."]


def test_a_job_whose_system_is_switched_off_says_which(admin_client: Client, job: SyncJob) -> None:
    type(job.source).objects.filter(pk=job.source_id).update(enabled=False, name="Shop")
    act(admin_client, job, "run_now")
    assert messages_of(admin_client) == ["The connection Shop is switched off. Switch it on first."]


def test_a_job_is_paused_with_its_reason_and_resumed(
    admin_client: Client, job: SyncJob, bells: Bells
) -> None:
    act(admin_client, job, "pause", reason="Stock-taking.")
    job.refresh_from_db()
    assert (job.state, job.state_reason) == (JobState.PAUSED, "Stock-taking.")
    act(admin_client, job, "resume")
    job.refresh_from_db()
    assert (job.state, job.state_reason) == (JobState.ACTIVE, "")


def test_a_job_offers_to_be_paused_or_to_be_resumed_and_never_both(
    admin_client: Client, job: SyncJob
) -> None:
    def offered() -> set[str]:
        page = admin_client.get(change_url(job)).content.decode()
        return {name for name in ("pause", "resume") if f'href="{action_url(job, name)}"' in page}

    assert offered() == {"pause"}
    for state in (JobState.PAUSED, JobState.HALTED):
        SyncJob.objects.filter(pk=job.pk).update(state=state)
        assert offered() == {"resume"}


def test_a_pause_without_a_reason_says_who_did_it(admin_client: Client, boss: Any, job: SyncJob) -> None:
    act(admin_client, job, "pause", reason="")
    job.refresh_from_db()
    assert job.state_reason == f"Paused by {boss.username}."


def test_changing_a_job_is_not_enough_to_run_it(job: SyncJob) -> None:
    client = signed_in(factories.user("integrations.view_syncjob", "integrations.change_syncjob"))
    for name in ("run_now", "run_in_full", "pause", "resume"):
        assert act(client, job, name).status_code == 403
    assert not SyncRun.objects.exists()


def test_the_page_shows_where_the_job_stands(admin_client: Client, job: SyncJob) -> None:
    factories.run(job, delivered=12)
    SyncJob.objects.filter(pk=job.pk).update(
        resume_position={"page": 3},
        read_started_at=timezone.now(),
        watermark=timezone.now(),
        state_reason="It was slow.",
    )
    page = admin_client.get(change_url(job)).content.decode()
    assert "in the middle of a read: it goes on there" in page
    assert "Last runs" in page
    assert "Active: It was slow." in page


def test_a_job_that_has_carried_records_cannot_be_deleted(admin_client: Client, job: SyncJob) -> None:
    url = reverse("admin:integrations_syncjob_delete", args=[job.pk])
    assert url in admin_client.get(change_url(job)).content.decode()
    factories.delivery(job)
    assert url not in admin_client.get(change_url(job)).content.decode()
    assert admin_client.post(url, {"post": "yes"}).status_code == 403
    assert SyncJob.objects.filter(pk=job.pk).exists()


# --- runs -------------------------------------------------------------------------------------------------------


def progress(client: Client, run: SyncRun) -> str:
    return str(client.get(reverse("admin:integrations_syncrun_progress", args=[run.pk])).content.decode())


def test_a_running_run_asks_again_every_two_seconds_and_a_finished_one_stops(
    admin_client: Client, job: SyncJob
) -> None:
    run = factories.run(job, finished_at=None, state="running", accepted=40, delivered=9, failed=1)
    part = progress(admin_client, run)
    assert 'hx-trigger="every 2s [document.visibilityState === ' in part
    assert "10 of 40 settled, 30 left" in part
    assert 'aria-valuenow="25"' in part
    SyncRun.objects.filter(pk=run.pk).update(finished_at=timezone.now(), state="finished", delivered=39)
    assert "hx-trigger" not in progress(admin_client, run)


def test_progress_is_only_for_those_who_may_see_runs(job: SyncJob) -> None:
    run = factories.run(job)
    url = reverse("admin:integrations_syncrun_progress", args=[run.pk])
    assert signed_in(factories.user()).get(url).status_code == 403
    assert Client().get(url).status_code == 302


def test_a_run_is_cancelled_once(admin_client: Client, job: SyncJob) -> None:
    run = factories.run(job, finished_at=None, state="running")
    act(admin_client, run, "cancel_run")
    run.refresh_from_db()
    assert run.state == "cancelled"
    act(admin_client, run, "cancel_run")
    assert messages_of(admin_client)[-1] == "The run has ended already."


def test_a_late_click_does_not_move_the_next_read(admin_client: Client, job: SyncJob) -> None:
    run = factories.run(job)
    before = SyncJob.objects.values().get(pk=job.pk)
    assert not cancel(run)
    assert SyncJob.objects.values().get(pk=job.pk) == before


def test_an_ended_run_offers_nothing_to_cancel(admin_client: Client, job: SyncJob) -> None:
    for run, offered in ((factories.run(job), False), (factories.run(job, finished_at=None), True)):
        page = admin_client.get(change_url(run)).content.decode()
        assert ("cancel-run" in page or "cancel_run" in page) == offered


def test_saving_a_job_leaves_alone_what_workers_moved_meanwhile(
    admin_client: Client, job: SyncJob, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = admin_client.get(change_url(job))
    form = page.context["adminform"].form
    values = {name: form[name].value() for name in form.fields}
    filled = {name: value for name, value in values.items() if value is not None and value is not False}
    inlines = {"runs-TOTAL_FORMS": 0, "runs-INITIAL_FORMS": 0}
    save = SyncJobAdmin.save_model

    def a_worker_halts_the_job_first(self: Any, request: Any, obj: Any, form: Any, change: bool) -> None:
        SyncJob.objects.filter(pk=job.pk).update(state="halted", position_version=7)
        save(self, request, obj, form, change)

    monkeypatch.setattr(SyncJobAdmin, "save_model", a_worker_halts_the_job_first)
    response = admin_client.post(change_url(job), filled | inlines | {"name": "Renamed"})
    assert response.status_code == 302, response.context["errors"]
    job.refresh_from_db()
    assert (job.name, job.state, job.position_version) == ("Renamed", "halted", 7)


def test_who_steered_and_why_is_kept(admin_client: Client, job: SyncJob, boss: User) -> None:
    act(admin_client, job, "pause", reason="stock-taking")
    act(admin_client, job, "resume")
    act(admin_client, job, "run_now")
    act(admin_client, SyncRun.objects.get(job=job), "cancel_run")
    url = reverse("admin:integrations_syncjob_history", args=[job.pk])
    page = admin_client.get(url).content.decode()
    for deed in ("Paused: stock-taking", "Resumed.", "Ran it.", "Cancelled run"):
        assert deed in page
    assert page.count(boss.get_username()) >= 4
