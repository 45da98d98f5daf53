"""Before Xero sends anything it tries, with right and wrong signatures, whether we tell them apart: over real HTTP.

https://developer.xero.com/documentation/webhooks/configuring-your-server: 200 to the right ones, 401 to the wrong ones,
within five seconds, without a body and without cookies.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.client
import json
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import pytest
from pytest_django.live_server_helper import LiveServer

from integrations.models import Connection, InboundEvent, InboundState, RefusedWebhooks
from integrations.webhooks import known_connectors
from monitoring.models import Incident

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("rung")]

ADDRESS = "the-books-own-address"
SECRET = "a-webhooks-key"
TENANT = "7f1c2a44-6f6a-4b3c-8e11-1234567890ab"
INVOICE = "ed255415-e141-4150-aab7-89c3bbbb851c"
PROOF = b'{"events":[],"lastEventSequence":0,"firstEventSequence":0,"entropy":"S0m3r4Nd0mt3xt"}'


@dataclass(frozen=True)
class Answered:
    status: int
    body: bytes
    headers: dict[str, str]
    seconds: float


@pytest.fixture
def books() -> Connection:
    known_connectors.forget()
    return Connection.objects.create(
        key="books",
        name="Books",
        platform="xero",
        settings={"tenant_id": TENANT},
        secrets={"client_id": "c", "client_secret": "s", "webhook_secret": SECRET},
        webhook_address=ADDRESS,
    )


def signature(raw: bytes, secret: str = SECRET) -> str:
    return base64.b64encode(hmac.new(secret.encode(), raw, hashlib.sha256).digest()).decode()


def post(server: LiveServer, raw: bytes, signed: str | None) -> Answered:
    began = time.monotonic()
    calling = http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=10)
    headers = {
        "Content-Type": "application/json",
        **({"x-xero-signature": signed} if signed is not None else {}),
    }
    calling.request("POST", f"/hooks/{ADDRESS}", raw, headers)
    answer = calling.getresponse()
    body = answer.read()
    calling.close()
    told = {name.lower(): value for name, value in answer.getheaders()}
    return Answered(answer.status, body, told, time.monotonic() - began)


def event(**more: Any) -> bytes:
    one = {
        "resourceUrl": f"https://api.xero.com/api.xro/2.0/Invoices/{INVOICE}",
        "resourceId": INVOICE,
        "eventDateUtc": "2026-11-20T10:00:00.123",
        "eventType": "UPDATE",
        "eventCategory": "INVOICE",
        "tenantId": TENANT,
        "tenantType": "ORGANISATION",
        **more,
    }
    told = {"events": [one], "firstEventSequence": 7, "lastEventSequence": 7, "entropy": "S0M3"}
    return json.dumps(told).encode()


@pytest.mark.parametrize(
    ("signed", "status"),
    [
        (signature(PROOF), 200),
        (signature(PROOF, "another key"), 401),
        (signature(PROOF + b" "), 401),
        ("bm90IGEgc2lnbmF0dXJl", 401),
        ("", 401),
        (None, 401),
    ],
)
def test_a_right_signature_is_taken_and_a_wrong_one_is_not(
    books: Connection, live_server: LiveServer, signed: str | None, status: int
) -> None:
    answered = post(live_server, PROOF, signed)
    assert (answered.status, answered.body) == (status, b"")
    assert answered.headers["content-length"] == "0"
    assert "set-cookie" not in answered.headers
    assert answered.seconds < 5


def test_the_trial_alarms_nobody_and_keeps_nothing(books: Connection, live_server: LiveServer) -> None:
    signatures = [signature(PROOF), "d3Jvbmc=", signature(PROOF), "d3Jvbmc=", signature(PROOF, "x")]
    assert [post(live_server, PROOF, one).status for one in signatures] == [200, 401, 200, 401, 401]
    assert not InboundEvent.objects.exists()
    assert not Incident.objects.exists()
    assert RefusedWebhooks.objects.get(connection=books).count == 3


def test_what_comes_after_it_is_kept_by_its_id_alone_and_once(
    books: Connection, live_server: LiveServer
) -> None:
    raw = event()
    for _ in range(2):
        answered = post(live_server, raw, signature(raw))
        assert (answered.status, answered.body) == (200, b"")
    kept = InboundEvent.objects.get()
    assert (kept.topic, kept.resource, kept.external_id, kept.state) == (
        "INVOICE",
        "invoices",
        INVOICE,
        InboundState.RECEIVED,
    )
    assert not [name for name in kept.headers if "signature" in name.lower()]


def test_what_is_of_another_organisation_is_answered_and_not_kept(
    books: Connection, live_server: LiveServer
) -> None:
    raw = event(tenantId="aef86862-2015-4b6b-88bc-d89032cecc50")
    assert post(live_server, raw, signature(raw)).status == 200
    assert not InboundEvent.objects.exists()


def test_until_the_key_is_entered_nothing_is_taken(books: Connection, live_server: LiveServer) -> None:
    books.secrets = {"client_id": "c", "client_secret": "s"}
    books.save()
    known_connectors.forget()
    assert post(live_server, PROOF, signature(PROOF, "")).status == 401
