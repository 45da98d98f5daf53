from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from integrations.models import Connection, Health, JobState, SyncJob
from monitoring.incidents import triage
from tests import factories

pytestmark = pytest.mark.django_db

INDEX = reverse("admin:index")


def page_for(user: User, address: str = INDEX) -> str:
    client = Client()
    client.force_login(user)
    return str(client.get(address).content.decode())


def test_an_empty_portal_says_what_to_do_first() -> None:
    page = page_for(factories.administrator())
    assert "Four steps to the first delivered record" in page
    assert reverse("admin:integrations_connection_add") in page
    assert "Sync success rate" not in page


def test_steps_that_are_done_are_ticked_off() -> None:
    for _ in range(2):
        factories.connection(health=Health.WORKING)
    page = page_for(factories.administrator())
    assert page.count("(done)") == 2


def test_the_step_to_do_now_is_the_only_one_that_stands_out() -> None:
    for _ in range(2):
        factories.connection()
    client = Client()
    client.force_login(factories.administrator())
    steps = client.get(INDEX).context["steps"]
    assert [step.is_next for step in steps] == [False, True, False, False]


def test_the_figures_come_with_the_first_run(job: SyncJob) -> None:
    factories.run(job)
    page = page_for(factories.administrator())
    assert "Four steps" not in page
    assert "Sync success rate" in page
    assert "<title>" in page
    assert "Today | Crossdock" in page


def test_staff_without_the_right_sees_no_figures(job: SyncJob) -> None:
    factories.run(job)
    staff = factories.user()
    assert "Sync success rate" not in page_for(staff)
    client = Client()
    client.force_login(staff)
    for name in ("today_now", "today_numbers"):
        assert client.get(reverse(name)).status_code == 403
        assert Client().get(reverse(name)).status_code == 302
        assert client.post(reverse(name)).status_code in (403, 405)


def test_a_halted_job_stands_above_all_figures(job: SyncJob) -> None:
    factories.run(job)
    SyncJob.objects.filter(pk=job.pk).update(
        state=JobState.HALTED, state_reason="The warehouse refused the token.", name="Orders"
    )
    # Said once: not for the connection as well.
    Connection.objects.filter(pk=job.destination_id).update(health=Health.FAILING)
    page = page_for(factories.administrator())
    assert "Orders is halted. The warehouse refused the token." in page
    assert page.count('role="alert"') == 2  # the other: no worker has shown itself


def test_what_needs_a_person_stands_above_all_figures(job: SyncJob) -> None:
    factories.run(job)
    factories.error(factories.delivery(job), sentence="Order #1042 has no postal code.", fingerprint="f")
    triage.triage()
    page = page_for(factories.administrator())
    assert page.index("Order #1042 has no postal code.") < page.index("Sync success rate")
    assert page.count('id="today-now"') == 1


def test_where_nobody_is_needed_the_figures_stand_above_what_runs(job: SyncJob) -> None:
    factories.run(job)
    page = page_for(factories.administrator())
    assert page.index("Sync success rate") < page.index('id="today-now"')


def test_silent_workers_are_told(job: SyncJob) -> None:
    factories.run(job)
    beat = factories.heartbeat()
    assert "No worker has shown itself" not in page_for(factories.administrator())
    type(beat).objects.update(beat_at=timezone.now() - timedelta(minutes=5))
    assert "No worker has shown itself since" in page_for(factories.administrator())


def test_what_runs_is_asked_for_again_only_while_the_page_is_seen(job: SyncJob) -> None:
    factories.heartbeat()
    boss = factories.administrator()
    now = reverse("today_now")
    assert 'hx-trigger="every 15s [document.visibilityState ===' in page_for(boss, now)
    factories.run(job, finished_at=None, state="running", accepted=40, delivered=10)
    page = page_for(boss, now)
    assert 'hx-trigger="every 3s [document.visibilityState ===' in page
    assert "10 of 40 settled" in page


def test_an_unknown_period_is_a_day(job: SyncJob) -> None:
    factories.run(job)
    assert 'href="/admin/?period=24h" aria-current="page"' in page_for(
        factories.administrator(), f"{INDEX}?period=x"
    )


def test_thousands_are_separated(job: SyncJob) -> None:
    run = factories.run(job, accepted=12_345, delivered=12_345)
    page = page_for(factories.administrator(), reverse("admin:integrations_syncrun_change", args=[run.pk]))
    assert "12,345 of 12,345 settled" in page


def test_the_sidebar_counts_open_errors(job: SyncJob) -> None:
    from django.http import HttpRequest

    from monitoring.dashboards import open_errors_badge

    assert open_errors_badge(HttpRequest()) == ""
    factories.error(factories.delivery(job))
    factories.error(factories.delivery(job), settled_at=timezone.now())
    assert open_errors_badge(HttpRequest()) == "1"


def test_failures_are_drawn_on_a_scale_of_their_own(job: SyncJob) -> None:
    run = factories.run(job)
    for _ in range(3):
        factories.outcome(factories.delivery(job), run=run)
    quiet = page_for(factories.administrator())
    assert 'data-chart="delivered"' in quiet
    assert 'data-chart="failed"' not in quiet
    assert "None in this period." in quiet
    factories.failure(factories.delivery(job), run=run)
    page = page_for(factories.administrator())
    assert 'data-chart="failed"' in page
    assert "Show as table" in page
