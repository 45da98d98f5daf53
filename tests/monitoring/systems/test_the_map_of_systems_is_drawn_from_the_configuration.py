from __future__ import annotations

from datetime import timedelta
from html import unescape
from itertools import pairwise
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from integrations.models import Connection, Health, JobState, SyncJob
from monitoring.systems.drawing import MOST_SYSTEMS, draw
from monitoring.systems.map import read_map
from tests import factories
from tests.integrations.admin.conftest import signed_in
from tests.integrations.admin.pages import result_count

pytestmark = pytest.mark.django_db


@pytest.fixture
def client() -> Client:
    return signed_in(factories.administrator())


@pytest.fixture
def shop() -> Connection:
    return factories.connection(name="Shop 🛒", health=Health.WORKING)


@pytest.fixture
def warehouse() -> Connection:
    return factories.connection(name="Warehouse", health=Health.WORKING)


def fresh(source: Connection, destination: Connection, **values: Any) -> SyncJob:
    values = {"last_complete_read_at": timezone.now(), **values}
    return factories.job(source=source, destination=destination, **values)


def state(*of: SyncJob) -> list[str]:
    said = {carrier.job.pk: carrier.said for edge in read_map().edges for carrier in edge.jobs}
    return [said[job.pk] for job in of]


def test_every_edge_tells_its_state_volume_and_freshness(shop: Connection, warehouse: Connection) -> None:
    job = fresh(shop, warehouse, name="Orders")
    for _ in range(3):
        factories.outcome(factories.delivery(job), timezone.now() - timedelta(minutes=5))
    (edge,) = read_map().edges
    (carrier,) = edge.jobs
    assert (edge.state, edge.delivered, carrier.said) == ("flows", 3, "Works")
    assert carrier.fresh_at is not None
    assert edge.told == "Shop 🛒 to Warehouse: Orders. Works."
    assert edge.href == reverse("admin:integrations_syncjob_change", args=[job.pk])


def test_the_worst_that_holds_is_told(shop: Connection, warehouse: Connection) -> None:
    broken = factories.connection(name="Mail", health=Health.FAILING)
    off = factories.connection(name="Desk", enabled=False)
    long_ago = timezone.now() - timedelta(hours=3)
    jobs = [
        fresh(shop, warehouse),
        fresh(shop, warehouse, last_complete_read_at=None, every_seconds=0),
        fresh(shop, warehouse, last_complete_read_at=long_ago),
        fresh(shop, warehouse, last_complete_read_at=long_ago, every_seconds=0),
        fresh(shop, warehouse, state=JobState.PAUSED),
        fresh(shop, warehouse, state=JobState.HALTED),
        fresh(shop, broken),
        fresh(off, warehouse),
    ]
    failing = fresh(shop, warehouse)
    factories.error(factories.delivery(failing))
    assert state(*jobs, failing) == [
        "Works",
        "Has not run yet",
        "Has not read for too long",
        "Works",
        "Paused",
        "Halted by a failure",
        "Mail does not work",
        "Desk is switched off",
        "1 open error",
    ]
    between = {(edge.source, edge.destination): edge.state for edge in read_map().edges}
    assert between[shop.pk, warehouse.pk] == "stopped", "an arrow of several jobs shows the worst"


def test_each_number_leads_to_its_rows(shop: Connection, warehouse: Connection, client: Client) -> None:
    job = fresh(shop, warehouse)
    for _ in range(2):
        factories.outcome(factories.delivery(job), timezone.now() - timedelta(minutes=5))
    factories.error(factories.delivery(job))
    page = client.get(reverse("systems"))
    ((_, carrier),) = page.context["carriers"]
    for linked in (carrier.delivered, carrier.errors):
        assert result_count(client.get(unescape(linked.href))) == linked.count


def test_the_page_renews_the_drawing_and_keeps_to_its_workflow(
    shop: Connection, warehouse: Connection, client: Client
) -> None:
    flow = factories.workflow(key="doorstep")
    fresh(shop, warehouse, workflow=flow, name="Mine")
    fresh(warehouse, factories.connection(name="Carrier"), name="Another's")
    page = client.get(reverse("systems"), {"workflow": "doorstep"}).content.decode()
    assert "Mine" in page
    assert "Another&#x27;s" not in page
    assert f'hx-get="{reverse("systems_map")}?workflow=doorstep"' in page
    part = client.get(reverse("systems_map"), {"workflow": "doorstep"}).content.decode()
    assert "<html" not in part
    assert "Mine" in part


def test_nothing_connected_and_nothing_that_flows_say_what_to_do(client: Client) -> None:
    assert "Connect the first one" in client.get(reverse("systems")).content.decode()
    factories.connection()
    assert "Make the first job" in client.get(reverse("systems")).content.decode()


def test_too_many_for_a_drawing_are_a_table(client: Client, shop: Connection) -> None:
    for _ in range(MOST_SYSTEMS):
        fresh(shop, factories.connection())
    assert draw(read_map()) is None
    page = client.get(reverse("systems")).content.decode()
    assert "too many systems for one drawing" in page
    assert page.count("Works") == MOST_SYSTEMS


def test_it_costs_the_same_for_one_job_and_for_thirty(shop: Connection, warehouse: Connection) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as asked:
            draw(read_map())
        return len(asked)

    fresh(shop, warehouse)
    few = queries()
    for _ in range(29):
        fresh(shop, factories.connection())
    assert queries() == few


def test_coordinates_are_written_for_a_browser_and_not_for_a_reader(
    shop: Connection, client: Client, settings: Any
) -> None:
    """1,044 with a comma is no place in a drawing."""
    settings.USE_THOUSAND_SEPARATOR = True
    chain = [shop, *(factories.connection() for _ in range(5))]
    for begin, end in pairwise(chain):
        fresh(begin, end)
    page = client.get(reverse("systems")).content.decode()
    assert 'x="1384"' in page or 'x="1724"' in page


def test_who_may_not_see_jobs_sees_no_map() -> None:
    viewer = signed_in(factories.user("integrations.view_connection"))
    assert viewer.get(reverse("systems")).status_code == 403
    assert viewer.get(reverse("systems_map")).status_code == 403
