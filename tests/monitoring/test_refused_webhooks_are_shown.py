"""Webhooks that were refused, or that nobody compares, are told where a person looks for them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from integrations.models import Connection, RefusedWebhooks, WebhookSubscription
from tests import factories

pytestmark = pytest.mark.django_db

REFUSED = (
    "Refused: 613 in the last 7 days, because the signature was not right. Compare the webhook secret with the "
    "platform&#x27;s."
)


@pytest.fixture
def shop() -> Connection:
    return factories.connection(name="Shop", webhook_address="an-address-that-nobody-guesses")


def refuse(shop: Connection, count: int, days_ago: int) -> None:
    day = timezone.now().date() - timedelta(days=days_ago)
    RefusedWebhooks.objects.create(connection=shop, day=day, count=count)


def ledger(client: Client) -> str:
    return client.get(reverse("admin:monitoring_webhookhour_changelist")).content.decode()


def page_of(client: Client, shop: Connection) -> str:
    return client.get(reverse("admin:integrations_connection_change", args=[shop.pk])).content.decode()


def test_the_connections_page_says_how_many_and_why(admin_client: Client, shop: Connection) -> None:
    assert "Refused" not in page_of(admin_client, shop)
    refuse(shop, 600, 0)
    refuse(shop, 13, 6)
    refuse(shop, 99, 7)
    refuse(factories.connection(), 5, 0)
    assert REFUSED in page_of(admin_client, shop)


def test_the_ledger_has_a_line_for_who_was_refused(admin_client: Client, shop: Connection) -> None:
    refuse(shop, 613, 1)
    for _ in range(2):
        factories.inbound_event(shop, received_at=timezone.now())
    page = ledger(admin_client)
    assert f'{reverse("admin:integrations_connection_change", args=[shop.pk])}">Shop</a>' in page
    came = (
        "2 webhooks came in the last 7 days. What comes is not compared, because Crossdock did not order it."
    )
    assert f": {came} {REFUSED}" in page


def test_who_is_compared_and_was_never_refused_has_no_line(admin_client: Client, shop: Connection) -> None:
    factories.inbound_event(shop, received_at=timezone.now())
    assert "not compared" in ledger(admin_client)
    WebhookSubscription.objects.create(
        connection=shop, address="https://a.example.com", made_at=timezone.now()
    )
    assert "in the last 7 days" not in ledger(admin_client)
    refuse(shop, 613, 1)
    assert f": 1 webhook came in the last 7 days. {REFUSED}" in ledger(admin_client)


def test_old_refusals_are_not_told(admin_client: Client, shop: Connection) -> None:
    refuse(shop, 613, 7)
    assert "Refused" not in ledger(admin_client) + page_of(admin_client, shop)
