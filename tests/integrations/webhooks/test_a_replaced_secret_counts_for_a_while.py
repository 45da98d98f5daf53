"""Platforms sign with the secret of before for hours after it was replaced, above all what they send again."""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from integrations.models import Connection, InboundEvent
from integrations.webhooks.known_connectors import forget
from tests import factories
from tests.integrations.configuration.conftest import applied

pytestmark = pytest.mark.django_db(transaction=True)
BODY = b'{"data": {"id": "7"}, "occurred_at": "2026-11-24T10:00:00Z"}'


@pytest.fixture
def shop() -> Connection:
    return factories.connection(
        platform="sandbox_shop",
        settings={"base_url": "https://shop.example.com"},
        secrets={"token": "t", "webhook_secret": "first"},
        webhook_address="abc",
    )


def sent(client: Client, secret: str) -> int:
    mark = base64.b64encode(hmac.new(secret.encode(), BODY, hashlib.sha256).digest()).decode()
    headers = {"X-Sandbox-Signature": mark, "X-Sandbox-Topic": "orders/updated"}
    answer = client.post("/hooks/abc", BODY, content_type="application/json", headers=headers)
    return int(answer.status_code)


def replaced(shop: Connection, secret: str) -> None:
    shop.enter_secrets({**shop.secret_values(), "webhook_secret": secret})
    shop.save()
    forget()


def test_both_count_and_nothing_else(client: Client, shop: Connection) -> None:
    assert sent(client, "first") == 200
    replaced(shop, "second")
    assert [sent(client, secret) for secret in ("second", "first", "third")] == [200, 200, 401]
    assert InboundEvent.objects.count() == 3


def test_after_some_days_the_first_is_worth_nothing(client: Client, shop: Connection) -> None:
    replaced(shop, "second")
    shop.webhook_secret_before = {
        "secret": "first",
        "until": (timezone.now() - timedelta(seconds=1)).isoformat(),
    }
    shop.save()
    forget()
    assert [sent(client, secret) for secret in ("second", "first")] == [200, 401]


def test_a_secret_that_was_taken_away_does_not_count_on(client: Client, shop: Connection) -> None:
    shop.enter_secrets({"token": "t"})
    shop.save()
    forget()
    assert sent(client, "first") == 401


def test_only_the_last_one_counts_on(client: Client, shop: Connection) -> None:
    replaced(shop, "second")
    replaced(shop, "third")
    assert [sent(client, secret) for secret in ("third", "second", "first")] == [200, 200, 401]


FILE = """
connections:
  KEY:
    secrets: {token: "t", webhook_secret: "${SECRET}"}
"""


@pytest.mark.parametrize("way", ["form", "file"])
def test_it_counts_on_whichever_way_it_was_replaced(
    client: Client, admin_client: Client, shop: Connection, way: str
) -> None:
    if way == "file":
        applied(FILE.replace("KEY", shop.key), SECRET="second")
    else:
        entered = {
            "name": shop.name,
            "key": shop.key,
            "environment": shop.environment,
            "enabled": "on",
            "setting__base_url": "https://shop.example.com",
            "secret__webhook_secret": "second",
        }
        url = reverse("admin:integrations_connection_change", args=[shop.pk])
        assert admin_client.post(url, entered).status_code == 302
    forget()
    assert [sent(client, secret) for secret in ("second", "first", "third")] == [200, 200, 401]
