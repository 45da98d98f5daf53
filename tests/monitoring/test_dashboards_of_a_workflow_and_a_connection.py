"""A workflow and a connection have the front page's dashboard, over what is theirs; each number leads to its rows."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from integrations.models import Kind, RateBudget, State, SyncJob
from monitoring import call_counts, rollups
from monitoring.models import CallHour
from tests import factories
from tests.monitoring.test_every_number_leads_to_its_rows import busy, client, numbers, rows_behind

pytestmark = pytest.mark.django_db

__all__ = ["busy", "client"]


def addresses(job: SyncJob) -> list[str]:
    flow = factories.workflow(name="Doorstep", minutes_per_record=3)
    SyncJob.objects.filter(pk=job.pk).update(workflow=flow)
    system = reverse("connection_dashboard", args=[job.source_id])
    return [
        reverse("workflow_dashboard", args=[flow.pk]),
        system,
        f"{system}?direction=from",
        f"{system}?direction=to",
        f"{system}?period=12w",
        f"{reverse('today_numbers')}?connection={job.source_id}&direction=from",
    ]


@pytest.mark.parametrize("place", range(6))
def test_each_number_of_a_scope_equals_its_list(client: Client, busy: list[SyncJob], place: int) -> None:
    orders = busy[0]
    back = factories.job(name="Back", source=orders.destination, destination=orders.source)
    factories.outcome(factories.delivery(back), timezone.now())
    factories.error(factories.delivery(back, state=State.FAILED))
    factories.error(None, connection=orders.source, kind=Kind.CONFIG, place="read")
    address = addresses(orders)[place]
    shown = list(numbers(client.get(address).content.decode()))
    assert sum(count > 0 for count, _, _ in shown) > (3 if place == 3 else 15)
    wrong = [
        (href, count, rows)
        for href, count in {href: count for count, href, _ in shown}.items()
        if "/syncjob/" not in href
        and "/connection/" not in href
        and (rows := rows_behind(client, href)) != count
    ]
    assert wrong == []


def test_the_same_tiles_stand_on_each_dashboard(client: Client, busy: list[SyncJob]) -> None:
    def tiles(address: str) -> list[str]:
        page = client.get(address).content.decode()
        return re.findall(r'<article class="portal-tile[^"]*">\s*<h2>([^<]*)</h2>', page)

    flow, system, *_ = addresses(busy[0])
    whole = tiles(reverse("admin:index"))
    own = ["Shipped, not announced", "Inventory accuracy", "Money that does not match"]
    assert tiles(flow) == tiles(system) == [title for title in whole if title not in own]


def test_a_connection_says_which_way_it_counts(client: Client, job: SyncJob) -> None:
    factories.outcome(factories.delivery(job), timezone.now())
    page = reverse("connection_dashboard", args=[job.source_id])
    assert "What comes from it and what goes to it" in client.get(page).content.decode()
    assert "the jobs that read it" not in client.get(page).content.decode()
    assert "jobs that read it" in client.get(f"{page}?direction=from").content.decode()
    assert "No job writes to this system" in client.get(f"{page}?direction=to").content.decode()


def test_who_may_not_see_the_thing_or_the_facts_sees_no_dashboard(job: SyncJob) -> None:
    page = reverse("connection_dashboard", args=[job.source_id])
    part = f"{reverse('today_numbers')}?connection={job.source_id}"
    for rights, status in (
        ([], 403),
        (["integrations.view_outcome"], 403),
        (["integrations.view_connection"], 403),
        (["integrations.view_outcome", "integrations.view_connection"], 200),
    ):
        signed_in = Client()
        signed_in.force_login(factories.user(*rights))
        assert signed_in.get(page).status_code == status
        assert signed_in.get(part).status_code == status
    assert signed_in.get(f"{reverse('today_numbers')}?workflow=99999999999999999999999").status_code in (
        403,
        404,
    )
    assert signed_in.get(reverse("connection_dashboard", args=[0])).status_code == 404


def test_numbers_whose_rows_are_gone_lead_nowhere(client: Client, job: SyncJob, settings: Any) -> None:
    settings.KEEP_OUTCOMES_DAYS = 40
    factories.run(job)
    factories.outcome(factories.delivery(job), timezone.now() - timedelta(hours=2))
    long = client.get(f"{reverse('admin:index')}?period=52w").content.decode()
    assert "are past their days and gone" in long
    assert '<span class="dash-plain">' in long
    short = client.get(f"{reverse('admin:index')}?period=30d").content.decode()
    assert "are past their days and gone" not in short


def test_the_number_of_queries_does_not_grow_with_jobs_and_systems(client: Client) -> None:
    def queries(address: str) -> int:
        client.get(address)
        with CaptureQueriesContext(connection) as asked:
            client.get(address)
        return len(asked)

    def some(number: int) -> None:
        for _ in range(number):
            job = factories.job(source=system, workflow=flow)
            factories.outcome(factories.delivery(job), timezone.now() - timedelta(hours=5))
            factories.delivery(job, state=State.QUEUED)

    system, flow = factories.connection(), factories.workflow()
    some(2)
    rollups.roll_up()
    pages = [
        reverse("admin:index"),
        reverse("workflow_dashboard", args=[flow.pk]),
        reverse("connection_dashboard", args=[system.pk]),
        f"{reverse('connection_dashboard', args=[system.pk])}?period=52w",
    ]
    few = [queries(page) for page in pages]
    some(12)
    rollups.roll_up()
    assert [queries(page) for page in pages] == few


def test_of_many_systems_those_that_need_somebody_are_shown_and_the_rest_is_a_list(client: Client) -> None:
    shop = factories.connection(name="A shop")
    last = [factories.job(source=shop, destination=factories.connection(name=f"B {n}")) for n in range(45)][
        -1
    ]
    factories.failure(factories.delivery(last))
    factories.error(factories.delivery(last))
    page = client.get(reverse("today_numbers")).content.decode()
    of_systems = page[page.index("Figures by system, over") : page.index("Figures by job, over")]
    assert "B 44" in of_systems
    assert "Shown are 40 of 46: those that need somebody first." in of_systems
    assert f'{reverse("admin:integrations_connection_changelist")}">See the list' in of_systems
    own = client.get(reverse("connection_dashboard", args=[shop.pk])).content.decode()
    assert f'{reverse("admin:integrations_syncjob_changelist")}?system={shop.pk}">See the list' in own


def test_calls_are_kept_by_the_hour_as_the_budget_counts_them() -> None:
    now = timezone.now().replace(minute=30, second=0, microsecond=0)
    system = factories.connection()
    budget = RateBudget.objects.create(connection=system, day=20_000, day_calls=500)
    call_counts.count(now)
    assert CallHour.objects.count() == 0, "when those were made, nobody knows"
    for calls, at in ((530, now), (525, now), (540, now + timedelta(hours=1))):
        RateBudget.objects.filter(pk=budget.pk).update(day_calls=calls)
        call_counts.count(at)
        call_counts.count(at)
    RateBudget.objects.filter(pk=budget.pk).update(day=20_001, day_calls=7)
    call_counts.count(now + timedelta(hours=2))
    assert list(CallHour.objects.order_by("hour").values_list("calls", flat=True)) == [25, 15, 7]
