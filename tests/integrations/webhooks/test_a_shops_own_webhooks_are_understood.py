"""With a real connector: its signature, its topics, its delivery ids."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from typing import Any

import pytest
from django.test import Client

from integrations.models import Batch, Connection, InboundEvent, RefusedWebhooks, SyncJob
from integrations.webhooks import known_connectors
from integrations.webhooks.process import process_inbox

from .conftest import make_job

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("rung")]

ADDRESS = "the-shops-own-address"
SECRET = "a word between the two"


@pytest.fixture
def job() -> SyncJob:
    known_connectors.forget()
    shop = Connection.objects.create(
        key="shop",
        name="Shop",
        platform="sandbox_shop",
        settings={"base_url": "http://127.0.0.1:9"},
        secrets={"token": "t", "webhook_secret": SECRET},
        webhook_address=ADDRESS,
    )
    warehouse = Connection.objects.create(key="warehouse", name="Warehouse", platform="rest")
    return make_job("orders", shop, warehouse, "orders")


def send(client: Client, event_id: str, order: dict[str, Any], secret: str = SECRET) -> int:
    raw = json.dumps({"id": event_id, "topic": "orders/updated", "data": order}).encode()
    return post(client, event_id, raw, secret)


def post(client: Client, event_id: str, raw: bytes, secret: str = SECRET) -> int:
    signature = base64.b64encode(hmac.new(secret.encode(), raw, hashlib.sha256).digest()).decode()
    headers = {
        "X-Sandbox-Topic": "orders/updated",
        "X-Sandbox-Event-Id": event_id,
        "X-Sandbox-Signature": signature,
    }
    return client.post(f"/hooks/{ADDRESS}", raw, content_type="application/json", headers=headers).status_code


def test_an_order_becomes_a_record_once(client: Client, job: SyncJob) -> None:
    order = {"id": "ord_1", "email": "customer@example.com"}

    answers = [send(client, "evt_1", order), send(client, "evt_1", order), send(client, "evt_2", order)]
    processed = process_inbox(job.source_id, time.monotonic() + 5)

    (parcel,) = Batch.objects.get(job=job).payloads
    assert (answers, processed) == ([200, 200, 200], 2)
    assert (parcel["external_id"], parcel["partial"]) == ("ord_1", True)


def test_another_secret_is_refused_and_a_changed_one_is_known_at_once(client: Client, job: SyncJob) -> None:
    assert send(client, "evt_1", {"id": "1"}, secret="another") == 401
    job.source.secrets = {"token": "t", "webhook_secret": "another"}
    job.source.save()

    assert send(client, "evt_1", {"id": "1"}, secret="another") == 200
    assert (RefusedWebhooks.objects.get().count, InboundEvent.objects.count()) == (1, 1)


@pytest.mark.parametrize(
    "raw",
    [
        b'{"id":',
        b'{"data": {"id": true}}',
        b'{"data": {"id": {"a": 1}}}',
        b'{"data": {"id": " "}}',
        b'{"data": {"id": 123456789012345678901234567890}}',
        b'{"data": {"id": 1e999}}',
        b'{"data": {}}',
        b'{"data": {"id": "' + b"9" * 300 + b'"}}',
    ],
)
def test_what_is_signed_but_names_nothing_is_kept_for_a_person(
    client: Client, job: SyncJob, raw: bytes
) -> None:
    """The shop takes it for delivered and will not send it again."""
    assert post(client, "evt_1", raw) == 200

    process_inbox(job.source_id, time.monotonic() + 5)

    event = InboundEvent.objects.get()
    assert (event.state, event.sentence.startswith("Its signature is right, but ")) == ("failed", True)
    assert not Batch.objects.exists()


def test_a_signed_ping_without_a_body_is_answered_and_not_kept(client: Client, job: SyncJob) -> None:
    assert post(client, "evt_1", b"") == 200
    assert not InboundEvent.objects.exists()


def test_what_is_stored_cannot_be_read_in_the_table(client: Client, job: SyncJob) -> None:
    from django.db import connection

    send(client, "evt_1", {"id": "ord_1", "email": "customer@example.com"})

    with connection.cursor() as cursor:
        cursor.execute("SELECT body, headers FROM integrations_inboundevent")
        body, headers = cursor.fetchone()
    assert "customer@example.com" not in str(body)
    assert "X-Sandbox-Signature" not in str(headers)
