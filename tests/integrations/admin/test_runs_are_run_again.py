from __future__ import annotations

import pytest
from django.test import Client

from integrations.connectors.base import Abilities
from integrations.models import Door, JobState, SyncJob, SyncRun
from integrations.sync import rerun
from tests import factories
from tests.integrations.admin.bells import Bells
from tests.integrations.admin.conftest import signed_in
from tests.integrations.admin.pages import act, change_url, messages_of

pytestmark = pytest.mark.django_db


class Fetching:
    def resources(self) -> dict[str, Abilities]:
        return {"orders": Abilities(reads=True, fetch=True)}


@pytest.fixture
def job(db: None, monkeypatch: pytest.MonkeyPatch) -> SyncJob:
    monkeypatch.setattr(rerun, "connect", lambda connection: Fetching())
    return factories.job(name="Orders to the warehouse")


def test_a_span_of_time_is_run_again_and_leads_to_its_run(
    admin_client: Client, job: SyncJob, bells: Bells
) -> None:
    response = act(admin_client, job, "run_span", begin="2026-05-01", end="2026-05-03")
    run = SyncRun.objects.get(job=job)
    assert response.headers["HX-Redirect"] == change_url(run)
    assert run.door == Door.AGAIN
    page = admin_client.get(change_url(run)).content.decode()
    assert "Records from 01 May 2026 00:00 until 04 May 2026 00:00" in page


def test_single_records_are_run_again(admin_client: Client, job: SyncJob, bells: Bells) -> None:
    act(admin_client, job, "run_ids", ids="1001, 1002\n1003 1001")
    assert SyncRun.objects.get(job=job).asked == {"ids": ["1001", "1002", "1003"]}


@pytest.mark.parametrize(
    ("action", "filled", "reason"),
    [
        ("run_span", {"begin": "", "end": ""}, "Say from when"),
        ("run_span", {"begin": "1 May", "end": ""}, "is a day such as"),
        ("run_ids", {"ids": " , "}, "Name at least one id"),
    ],
)
def test_what_cannot_be_understood_is_said_in_the_dialog(
    admin_client: Client, job: SyncJob, action: str, filled: dict[str, str], reason: str
) -> None:
    assert reason in act(admin_client, job, action, **filled).content.decode()
    assert not SyncRun.objects.exists()


def test_what_a_run_carried_is_run_again(admin_client: Client, job: SyncJob, bells: Bells) -> None:
    first = factories.run(job)
    factories.outcome(factories.delivery(job), run=first)
    act(admin_client, first, "run_again")
    assert SyncRun.objects.get(door=Door.AGAIN).asked == {"run": first.pk}


def test_a_run_of_which_nothing_is_kept_says_so(admin_client: Client, job: SyncJob) -> None:
    act(admin_client, factories.run(job), "run_again")
    assert "Nothing is kept of what run" in messages_of(admin_client)[0]


def test_a_paused_job_says_why_not(admin_client: Client, job: SyncJob) -> None:
    SyncJob.objects.update(state=JobState.PAUSED)
    act(admin_client, job, "run_ids", ids="1001")
    assert "is paused" in messages_of(admin_client)[0]


def test_who_may_only_look_runs_nothing_again(job: SyncJob) -> None:
    run = factories.run(job)
    client = signed_in(factories.user("integrations.view_syncjob", "integrations.view_syncrun"))
    assert act(client, job, "run_span", begin="2026-05-01", end="").status_code == 403
    assert act(client, job, "run_ids", ids="1").status_code == 403
    assert act(client, run, "run_again").status_code == 403
    assert SyncRun.objects.count() == 1


def test_a_run_that_goes_on_offers_to_be_cancelled_and_one_that_ended_to_be_run_again(
    admin_client: Client, job: SyncJob
) -> None:
    ended, going = factories.run(job), factories.run(job, finished_at=None, state="running")
    assert "run-again" in admin_client.get(change_url(ended)).content.decode().replace("_", "-")
    page = admin_client.get(change_url(going)).content.decode().replace("_", "-")
    assert "cancel-run" in page
    assert "run-again" not in page


def test_the_page_and_the_dashboard_tell_how_far_a_run_is(admin_client: Client, job: SyncJob) -> None:
    run = factories.run(
        job,
        finished_at=None,
        state="running",
        read_through=False,
        read=200,
        accepted=200,
        delivered=50,
        total=1_000,
    )
    page = admin_client.get(change_url(run)).content.decode()
    assert "50 of 1,000 settled, 950 left" in " ".join(page.split())
    assert "50 of 1,000 settled" in admin_client.get("/admin/today/now/").content.decode()
