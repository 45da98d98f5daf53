"""A parcel that left, and that nobody was told of in time, is listed with what to do; all else is not."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from integrations.models import Connection, Delivery, JobState, SearchKey, State, SyncJob, Thing
from mappings.search import keyed_hash
from monitoring import announcements
from monitoring.models import UnannouncedParcel
from tests import factories
from tests.integrations.admin.pages import act_on_many, result_count

pytestmark = pytest.mark.django_db
LIST = "admin:monitoring_unannouncedparcel_changelist"


@pytest.fixture
def depot() -> Connection:
    return factories.connection(name="The depot", platform="rest")


def job(depot: Connection, kind: str = "shipment", platform: str = "sandbox_shop", **values: Any) -> SyncJob:
    shop = factories.connection(name="The shop", platform=platform)
    values.setdefault("source_resource", "shipments")
    return factories.job(kind=kind, source=depot, destination=shop, **values)


@pytest.fixture
def to_shop(depot: Connection) -> SyncJob:
    return job(depot)


def parcel(of: SyncJob, minutes: float, **values: Any) -> Delivery:
    """Known here for so many minutes."""
    thing = Thing.objects.create(kind=of.kind, created_at=timezone.now() - timedelta(minutes=minutes))
    return factories.delivery(of, thing=thing, **{"state": State.QUEUED, "subject": "Shipment SH1"} | values)


def told(of: SyncJob, minutes: float, number: str = "") -> Delivery:
    """Announced so many minutes ago."""
    moment = timezone.now() - timedelta(minutes=minutes)
    made = parcel(of, minutes, state=State.DELIVERED, first_delivered_at=moment)
    if number:
        digest = keyed_hash("tracking_number", number)
        SearchKey.objects.create(thing=made.thing, kind="tracking_number", digest=digest)
    return made


def orders_of(announcing: SyncJob, **values: Any) -> SyncJob:
    """The job that carries the orders of the shop that is told of parcels. It began a week ago."""
    made = factories.job(kind="order", source=announcing.destination, **values)
    SyncJob.objects.filter(pk=made.pk).update(created_at=timezone.now() - timedelta(days=7))
    made.refresh_from_db()
    return made


def called_shipped(of: SyncJob, minutes: float, **values: Any) -> Delivery:
    """An order that the shop has called shipped for so many minutes, and of which no parcel is known."""
    since = timezone.now() - timedelta(minutes=minutes)
    return parcel(of, minutes, state=State.DELIVERED, subject="Order #7", called_shipped_at=since, **values)


def late() -> list[Delivery]:
    return list(announcements.unannounced())


def test_a_parcel_that_nobody_was_told_of_in_time_is_listed(to_shop: SyncJob) -> None:
    parcel(to_shop, 119)
    old = parcel(to_shop, 121)
    assert late() == [old]


@pytest.mark.parametrize("state", [State.QUEUED, State.RETRYING, State.WAITING, State.HELD, State.FAILED])
def test_whatever_keeps_it(to_shop: SyncJob, state: State) -> None:
    kept = parcel(to_shop, 150, state=state)
    assert late() == [kept]
    assert len(announcements.what_to_do(kept)) > 20


@pytest.mark.parametrize("state", [State.FILTERED, State.IGNORED, State.SUPERSEDED])
def test_what_a_rule_or_a_person_left_out_is_not_missed(to_shop: SyncJob, state: State) -> None:
    parcel(to_shop, 150, state=state)
    assert late() == []


def test_one_that_was_told_once_is_announced_whatever_comes_later(to_shop: SyncJob) -> None:
    parcel(to_shop, 500, state=State.FAILED, first_delivered_at=timezone.now() - timedelta(minutes=400))
    assert late() == []


def test_each_job_has_its_own_time(depot: Connection) -> None:
    quick, never = job(depot, announce_within_minutes=10), job(depot, announce_within_minutes=0)
    missed = parcel(quick, 11)
    parcel(never, 10_000)
    assert late() == [missed]


def test_events_of_the_same_parcels_are_announcements_and_others_are_not(
    depot: Connection, to_shop: SyncJob
) -> None:
    of_parcels = job(depot, kind="event")
    of_orders = job(depot, kind="event", source_resource="orders")
    missed = parcel(of_parcels, 200)
    parcel(of_orders, 200)
    assert late() == [missed]


def test_a_store_of_figures_announces_to_nobody(depot: Connection) -> None:
    parcel(job(depot, platform="sql"), 500)
    assert late() == []


def test_shipped_without_a_tracking_number_is_listed(to_shop: SyncJob) -> None:
    told(to_shop, 300, "JD1")
    told(to_shop, 30)
    without = told(to_shop, 300)
    assert late() == [without]
    assert announcements.what_to_do(without) == (
        "It has left, and the depot tells no tracking number. Have it entered there; "
        "it then goes to the shop by itself."
    )


def test_an_order_called_shipped_without_a_parcel_is_listed_after_the_time_that_a_parcel_may_take(
    to_shop: SyncJob,
) -> None:
    orders = orders_of(to_shop)
    called_shipped(orders, 119)
    missed = called_shipped(orders, 121)
    assert late() == [missed]


@pytest.mark.parametrize("known", [True, None])
def test_one_with_a_parcel_and_one_of_which_nobody_can_know_are_not(
    to_shop: SyncJob, known: bool | None
) -> None:
    order = called_shipped(orders_of(to_shop), 500)
    Thing.objects.filter(pk=order.thing_id).update(has_parcel=known)
    assert late() == []


def test_nor_what_was_shipped_before_the_job_began_or_too_long_ago(to_shop: SyncJob) -> None:
    orders = orders_of(to_shop)
    called_shipped(orders, 8 * 24 * 60)
    assert late() == []
    SyncJob.objects.filter(pk=orders.pk).update(created_at=timezone.now() - timedelta(days=90))
    assert len(late()) == 1
    called_shipped(orders, 15 * 24 * 60)
    assert len(late()) == 1


def test_nor_what_a_person_ignores(to_shop: SyncJob) -> None:
    order = called_shipped(orders_of(to_shop), 500)
    Delivery.objects.filter(pk=order.pk).update(state=State.IGNORED)
    assert late() == []


def test_nor_orders_of_a_shop_that_is_told_of_no_parcels(to_shop: SyncJob) -> None:
    called_shipped(factories.job(kind="order"), 10)
    elsewhere = factories.job(kind="order", source=factories.connection(platform="sandbox_shop"))
    SyncJob.objects.filter(pk=elsewhere.pk).update(created_at=timezone.now() - timedelta(days=7))
    called_shipped(elsewhere, 500)
    assert late() == []


def test_an_order_that_two_jobs_carry_is_one_row(to_shop: SyncJob) -> None:
    to_depot, labels = orders_of(to_shop), orders_of(to_shop)
    first = called_shipped(to_depot, 500)
    factories.delivery(
        labels, thing=first.thing, state=State.DELIVERED, called_shipped_at=first.called_shipped_at
    )
    assert late() == [first]


def test_what_to_do_is_said_of_the_job_first(to_shop: SyncJob) -> None:
    waiting = parcel(to_shop, 150, state=State.WAITING, state_reason="Waits for order wo_1.")
    assert announcements.what_to_do(waiting).startswith("Waits for order wo_1. Settle that first")
    to_shop.state = JobState.PAUSED
    waiting.job = to_shop
    assert announcements.what_to_do(waiting) == "Its job is paused. Resume the job."


def test_the_list_tells_what_to_do_and_leads_there(admin_client: Client, to_shop: SyncJob) -> None:
    failed = parcel(to_shop, 150, state=State.FAILED)
    error = factories.error(failed, sentence="Shipment SH1: the shop does not know line 7.")
    told(to_shop, 300)
    order = called_shipped(orders_of(to_shop), 300)
    response = admin_client.get(reverse(LIST))
    page = response.content.decode()
    assert result_count(response) == 3
    assert reverse("admin:integrations_delivery_change", args=[order.pk]) in page
    assert "the shop does not know line 7" in page
    assert reverse("admin:integrations_errorrecord_change", args=[error.pk]) in page
    assert reverse("admin:integrations_delivery_change", args=[failed.pk]) in page
    assert result_count(admin_client.get(reverse(LIST), {"missing": "news"})) == 1
    assert result_count(admin_client.get(reverse(LIST), {"missing": "number"})) == 1
    assert result_count(admin_client.get(reverse(LIST), {"missing": "parcel"})) == 1


def test_a_person_says_that_no_parcel_is_coming(admin_client: Client, to_shop: SyncJob) -> None:
    order = called_shipped(orders_of(to_shop), 300)
    untold = parcel(to_shop, 150)
    rows = list(UnannouncedParcel.objects.filter(pk__in=[order.pk, untold.pk]))
    answer = act_on_many(admin_client, rows, "no_parcel_is_coming")
    assert answer.status_code == 302
    assert late() == [untold], "a parcel that is known is still to be told of"
    assert LogEntry.objects.get().change_message == "Said that no parcel is coming."


def test_who_may_only_look_cannot_say_it(client: Client, to_shop: SyncJob) -> None:
    order = called_shipped(orders_of(to_shop), 300)
    client.force_login(factories.user("integrations.view_delivery"))
    act_on_many(client, list(UnannouncedParcel.objects.all()), "no_parcel_is_coming")
    assert late() == [order]


def test_an_empty_list_says_that_all_is_well(admin_client: Client) -> None:
    assert "Everybody was told" in admin_client.get(reverse(LIST)).content.decode()


def test_who_may_not_see_records_does_not_see_it(client: Client, to_shop: SyncJob) -> None:
    parcel(to_shop, 150)
    client.force_login(factories.user("integrations.view_connection"))
    assert client.get(reverse(LIST)).status_code == 403
    client.force_login(factories.user("integrations.view_delivery"))
    assert result_count(client.get(reverse(LIST))) == 1


def test_the_front_page_counts_what_the_list_shows(admin_client: Client, to_shop: SyncJob) -> None:
    factories.outcome(factories.delivery(to_shop))
    for minutes in (130, 140, 150):
        parcel(to_shop, minutes)
    told(to_shop, 300)
    called_shipped(orders_of(to_shop), 180)
    assert announcements.counts() == (3, 1, 1)
    page = admin_client.get(reverse("admin:index")).content.decode()
    assert "Shipped, not announced" in page
    address = reverse(LIST)
    assert f'href="{address}" data-count="5"' in page


def test_without_parcels_there_is_no_figure(db: None) -> None:
    factories.job()
    assert announcements.counts() is None
