"""The portal orders its webhooks at the shop, and finds and mends it when the shop has dropped them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django.fixtures import Settings

from integrations.models import Connection, ErrorRecord, Health, SyncJob, SyncRun, WebhookSubscription
from integrations.sync import subscriptions
from tests import factories
from tests.integrations.admin.pages import SUBMITTED
from tests.sandbox.running import SandboxProcess

pytestmark = pytest.mark.django_db
HERE = "http://portal.example.com/hooks/abc"
TOPICS = ["orders/updated", "stock/updated", "customers/updated"]


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxProcess]:
    running = SandboxProcess(tmp_path_factory.mktemp("sandbox")).start()
    yield running
    running.kill()


@pytest.fixture
def shop(db: None, sandbox: SandboxProcess, settings: Settings) -> Connection:
    settings.PRIVATE_NETWORKS = ["127.0.0.0/8"]
    sandbox.control("POST", "/reset", {})
    return factories.connection(
        name="Shop",
        platform="sandbox_shop",
        settings={"base_url": f"{sandbox.base}/shop"},
        secrets={"token": sandbox.tokens["shop"]},
        webhook_address="abc",
    )


def there(sandbox: SandboxProcess) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = sandbox.ask("GET", "/shop/webhooks").body["webhooks"]
    return found


def days_later(shop: Connection, days: float = 1.01) -> None:
    WebhookSubscription.objects.filter(connection=shop).update(
        checked_at=timezone.now() - timedelta(days=days)
    )
    subscriptions.look_after()


def drop_all(sandbox: SandboxProcess) -> None:
    for one in there(sandbox):
        sandbox.ask("DELETE", f"/shop/webhooks/{one['id']}")


def test_they_are_ordered_once_with_a_secret_that_is_kept(shop: Connection, sandbox: SandboxProcess) -> None:
    for _ in range(2):
        subscriptions.order(shop, HERE)
    assert [(one["address"], one["topics"]) for one in there(sandbox)] == [(HERE, TOPICS)]
    shop.refresh_from_db()
    assert len(shop.secret_values()["webhook_secret"]) > 30
    kept = WebhookSubscription.objects.get(connection=shop)
    assert (kept.topics, kept.sentence, kept.lost) == (TOPICS, "", 0)


def test_a_secret_that_was_entered_is_used(shop: Connection, sandbox: SandboxProcess) -> None:
    shop.enter_secrets({**shop.secret_values(), "webhook_secret": "entered"})
    shop.save()
    subscriptions.order(shop, HERE)
    shop.refresh_from_db()
    assert shop.secret_values()["webhook_secret"] == "entered"
    assert shop.earlier_webhook_secret() == ""


def test_where_all_is_well_nothing_is_done_and_nothing_said(
    shop: Connection, sandbox: SandboxProcess
) -> None:
    subscriptions.order(shop, HERE)
    before = there(sandbox)
    days_later(shop)
    assert there(sandbox) == before
    assert not ErrorRecord.objects.exists()


def test_it_is_not_looked_again_before_a_day_is_over(shop: Connection, sandbox: SandboxProcess) -> None:
    subscriptions.order(shop, HERE)
    drop_all(sandbox)
    days_later(shop, 0.9)
    assert there(sandbox) == []


def test_what_the_shop_dropped_is_ordered_anew_told_and_read(
    shop: Connection, sandbox: SandboxProcess
) -> None:
    job = factories.job(source=shop)
    subscriptions.order(shop, HERE)
    drop_all(sandbox)
    days_later(shop)
    assert [one["topics"] for one in there(sandbox)] == [TOPICS]
    error = ErrorRecord.objects.get()
    assert (error.code, error.connection, error.settled_at) == ("webhooks_lost", shop, None)
    assert "orders/updated, stock/updated, customers/updated" in error.sentence
    assert SyncRun.objects.filter(job=job, finished_at__isnull=True).exists()
    assert SyncJob.objects.get(pk=job.pk).may_run
    shop.refresh_from_db()
    assert shop.health != Health.FAILING
    assert WebhookSubscription.objects.get().lost == 1


def test_what_is_dropped_again_is_one_error_with_a_count(shop: Connection, sandbox: SandboxProcess) -> None:
    subscriptions.order(shop, HERE)
    for _ in range(2):
        drop_all(sandbox)
        days_later(shop)
    assert ErrorRecord.objects.get().attempts == 2
    assert WebhookSubscription.objects.get().lost == 2


def test_only_what_is_missing_is_ordered(shop: Connection, sandbox: SandboxProcess) -> None:
    subscriptions.order(shop, HERE)
    drop_all(sandbox)
    body = {"address": HERE, "topics": ["orders/updated"], "secret": "s"}
    sandbox.ask("POST", "/shop/webhooks", body)
    days_later(shop)
    assert sorted(topic for one in there(sandbox) for topic in one["topics"]) == sorted(TOPICS)


def test_webhooks_of_others_are_left_alone(shop: Connection, sandbox: SandboxProcess) -> None:
    theirs = {"address": "http://another.example.com/", "topics": ["*"], "secret": "s"}
    sandbox.ask("POST", "/shop/webhooks", theirs)
    subscriptions.order(shop, HERE)
    subscriptions.order(shop, HERE + "-new")
    addresses = [one["address"] for one in there(sandbox)]
    assert addresses == ["http://another.example.com/", HERE + "-new"]


def test_a_shop_that_is_down_is_asked_again_in_an_hour(shop: Connection, sandbox: SandboxProcess) -> None:
    subscriptions.order(shop, HERE)
    sandbox.control("POST", "/shop/down", {"mode": "refuse"})
    days_later(shop)
    kept = WebhookSubscription.objects.get()
    assert kept.sentence
    assert kept.checked_at is not None
    due = kept.checked_at + subscriptions.LOOK_EVERY
    assert timedelta(minutes=50) < due - timezone.now() <= timedelta(minutes=61)
    sandbox.control("POST", "/shop/up", {})
    drop_all(sandbox)
    days_later(shop)
    assert len(there(sandbox)) == 1


def test_a_wrong_token_shows_at_the_connection(shop: Connection, sandbox: SandboxProcess) -> None:
    subscriptions.order(shop, HERE)
    shop.refresh_from_db()
    shop.enter_secrets({**shop.secret_values(), "token": "wrong"})
    shop.save()
    days_later(shop)
    shop.refresh_from_db()
    assert shop.health == Health.FAILING


# --- in the admin


def pressed(client: Client, shop: Connection, portal: str = "") -> str:
    address = reverse("admin:integrations_connection_order_webhooks", args=[shop.pk])
    answer: Any = client.post(address, {**SUBMITTED, "portal": portal}, follow=True)
    return " ".join(str(message) for message in answer.context["messages"])


def test_the_button_orders_to_the_address_that_the_operator_sees(
    admin_client: Client, shop: Connection, sandbox: SandboxProcess
) -> None:
    Connection.objects.update(webhook_address=None)
    assert "Shop now tells what changes." in pressed(admin_client, shop)
    shop.refresh_from_db()
    assert [one["address"] for one in there(sandbox)] == [f"http://testserver/hooks/{shop.webhook_address}"]
    page = admin_client.get(reverse("admin:integrations_connection_change", args=[shop.pk])).content.decode()
    assert "orders/updated, stock/updated, customers/updated; looked at" in page


def test_another_address_may_be_named(
    admin_client: Client, shop: Connection, sandbox: SandboxProcess
) -> None:
    pressed(admin_client, shop, "http://outside.example.com/")
    assert [one["address"] for one in there(sandbox)] == ["http://outside.example.com/hooks/abc"]


def test_a_refusal_is_told(admin_client: Client, shop: Connection, sandbox: SandboxProcess) -> None:
    assert "address" in pressed(admin_client, shop, "https://outside.example.com")
    assert there(sandbox) == []


def test_where_there_are_no_calls_for_it_there_is_no_button(admin_client: Client) -> None:
    row = factories.connection(
        platform="rest",
        settings={
            "declaration": {"base_url": "https://a.example.com", "resources": {"a": {"list": {"path": "/a"}}}}
        },
    )
    page = admin_client.get(reverse("admin:integrations_connection_change", args=[row.pk])).content.decode()
    assert "order_webhooks" not in page
    assert "set up by hand" in page
