"""What came by webhook against what reading found: by hour, with the rows behind each number."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from integrations.models import Connection, Delivery, Door, State, SyncJob, WebhookSubscription
from monitoring import retention, webhook_ledger
from monitoring.models import MissedWebhook, WebhookHour
from tests import factories
from tests.integrations.admin.pages import result_count

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 24, 12, 30, tzinfo=UTC)
AN_HOUR_AGO = NOW - timedelta(hours=1)


@pytest.fixture
def shop() -> Connection:
    made = factories.connection(
        name="Shop",
        platform="sandbox_shop",
        settings={"base_url": "https://shop.example.com"},
        secrets={"token": "t"},
    )
    WebhookSubscription.objects.create(
        connection=made, address="https://portal.example.com/hooks/x", made_at=NOW - timedelta(days=3)
    )
    return made


@pytest.fixture
def orders(shop: Connection) -> SyncJob:
    return factories.job(source=shop, source_resource="orders")


Found = Callable[..., Delivery]


@pytest.fixture
def found(orders: SyncJob) -> Found:
    """A change that a read was first to see and that was delivered."""

    def make(name: str, changed_at: datetime = AN_HOUR_AGO, door: Door = Door.PULL, **run: Any) -> Delivery:
        record = factories.delivery(orders, name, accepted_at=changed_at)
        factories.outcome(
            record,
            changed_at + timedelta(minutes=2),
            run=factories.run(orders, door=door, **run),
            source_version=changed_at.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
            received_at=changed_at + timedelta(minutes=1),
        )
        return record

    return make


def told(shop: Connection, name: str, at: datetime = AN_HOUR_AGO) -> None:
    factories.inbound_event(shop, resource="orders", external_id=name, received_at=at)


def ledger() -> dict[datetime, tuple[int, int, int, int]]:
    return {row.hour: (row.came, row.missed, row.delivered, row.open) for row in WebhookHour.objects.all()}


HOUR_OF = AN_HOUR_AGO.replace(minute=0)


def test_what_was_told_and_delivered_is_counted(shop: Connection, found: Found) -> None:
    found("1", door=Door.WEBHOOK)
    told(shop, "1")
    told(shop, "1")
    webhook_ledger.keep(NOW)
    assert ledger() == {HOUR_OF: (1, 0, 1, 0)}
    assert not MissedWebhook.objects.exists()


def test_what_only_a_read_has_found_was_missed(shop: Connection, found: Found) -> None:
    record = found("1")
    told(shop, "another")
    webhook_ledger.keep(NOW)
    assert ledger() == {HOUR_OF: (1, 1, 1, 0)}
    assert MissedWebhook.objects.get().delivery == record


def test_a_second_pass_counts_nothing_twice(shop: Connection, found: Found) -> None:
    found("1")
    for minutes in (0, 5):
        webhook_ledger.keep(NOW + timedelta(minutes=minutes))
    assert ledger() == {HOUR_OF: (0, 1, 1, 0)}


def test_a_webhook_that_is_slower_than_the_read_was_not_missed(shop: Connection, found: Found) -> None:
    changed = NOW - timedelta(minutes=10)
    found("1", changed)
    webhook_ledger.keep(NOW)
    assert not MissedWebhook.objects.exists()
    told(shop, "1", changed + timedelta(minutes=12))
    webhook_ledger.keep(NOW + timedelta(minutes=20))
    assert not MissedWebhook.objects.exists()


def test_a_webhook_about_an_earlier_change_tells_nothing_of_this_one(shop: Connection, found: Found) -> None:
    found("0", AN_HOUR_AGO - timedelta(minutes=30))
    told(shop, "0", AN_HOUR_AGO - timedelta(minutes=30))
    told(shop, "1", AN_HOUR_AGO - timedelta(minutes=20))
    record = found("1")
    webhook_ledger.keep(NOW)
    assert [missed.delivery for missed in MissedWebhook.objects.all()] == [record]


@pytest.mark.parametrize("run", [{"full": True}, {"door": Door.AGAIN}, {"door": Door.PARTNER}])
def test_what_is_read_anew_or_comes_otherwise_was_not_missed(found: Found, run: dict[str, Any]) -> None:
    found("1", **run)
    webhook_ledger.keep(NOW)
    assert not MissedWebhook.objects.exists()


def test_what_changed_before_webhooks_were_ordered_was_not_missed(shop: Connection, found: Found) -> None:
    WebhookSubscription.objects.update(made_at=NOW - timedelta(minutes=30))
    found("1")
    webhook_ledger.keep(NOW)
    assert not MissedWebhook.objects.exists()


def test_what_the_platform_does_not_tell_by_webhook_is_left_out(shop: Connection) -> None:
    job = factories.job(source=shop, source_resource="products")
    record = factories.delivery(job, accepted_at=AN_HOUR_AGO)
    factories.outcome(record, AN_HOUR_AGO + timedelta(minutes=2))
    webhook_ledger.keep(NOW)
    assert ledger() == {}


def test_what_is_open_is_counted_until_it_is_settled(shop: Connection, orders: SyncJob) -> None:
    record = factories.delivery(orders, state=State.FAILED, accepted_at=AN_HOUR_AGO)
    webhook_ledger.keep(NOW)
    assert ledger() == {HOUR_OF: (0, 0, 0, 1)}
    Delivery.objects.filter(pk=record.pk).update(state=State.DELIVERED)
    webhook_ledger.keep(NOW)
    assert ledger() == {HOUR_OF: (0, 0, 0, 0)}


def test_hours_are_whole_at_a_change_of_the_clocks(shop: Connection, found: Found) -> None:
    """In Berlin the hour from 2 to 3 comes twice on 25 October: both have a row of their own."""
    timezone.activate("Europe/Berlin")
    first = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    WebhookSubscription.objects.update(made_at=first - timedelta(days=1))
    told(shop, "1", first)
    told(shop, "2", first + timedelta(hours=1))
    webhook_ledger.keep(first + timedelta(hours=1, minutes=45))
    timezone.deactivate()
    assert {hour.hour: counts[0] for hour, counts in ledger().items()} == {0: 1, 1: 1}


def test_queries_do_not_grow_with_what_is_compared(
    shop: Connection, found: Found, django_assert_max_num_queries: Any
) -> None:
    for number in range(40):
        found(str(number))
    with django_assert_max_num_queries(16):
        webhook_ledger.keep(NOW)
    assert MissedWebhook.objects.count() == 40


def test_each_number_leads_to_its_rows(admin_client: Client, shop: Connection, found: Found) -> None:
    found("1")
    found("2", AN_HOUR_AGO - timedelta(hours=1))
    told(shop, "3")
    told(shop, "4", AN_HOUR_AGO - timedelta(days=1))
    factories.inbound_event(shop, resource="stock", received_at=AN_HOUR_AGO)
    factories.inbound_event(factories.connection(), resource="orders", received_at=AN_HOUR_AGO)
    webhook_ledger.keep(NOW)
    page = admin_client.get(reverse("admin:monitoring_webhookhour_changelist")).content.decode()
    links = [part.split('"')[0].replace("&amp;", "&") for part in page.split('href="')[1:]]
    came = next(link for link in links if "received_at__gte" in link)
    missed = [link for link in links if "changed_at__gte" in link]
    assert result_count(admin_client.get(came)) == 1
    assert [result_count(admin_client.get(link)) for link in missed] == [1, 1]
    assert "10:00" in page or "11:00" in page


def test_old_rows_go_with_the_facts(shop: Connection, found: Found) -> None:
    found("1")
    webhook_ledger.keep(NOW)
    retention.prune(time.monotonic() + 10, NOW + timedelta(days=30))
    assert MissedWebhook.objects.exists()
    retention.prune(time.monotonic() + 10, NOW + timedelta(days=5000))
    assert not MissedWebhook.objects.exists()
    assert not WebhookHour.objects.exists()


def test_an_empty_ledger_says_what_to_do(admin_client: Client) -> None:
    page = admin_client.get(reverse("admin:monitoring_webhookhour_changelist")).content.decode()
    assert "Order webhooks at a connection" in page
