"""A webhook is answered past what serves people; what guards every call guards it as well."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client, override_settings

from integrations.models import Connection, InboundEvent
from integrations.sync import reap

from .conftest import ADDRESS
from .fake import SIGNATURE

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("rung")]

URL = f"/hooks/{ADDRESS}"


def send(client: Client, **more: Any) -> Any:
    headers = {"X-Signature": SIGNATURE}
    return client.post(
        URL, b'{"events": [{"id": "1"}]}', content_type="application/json", headers=headers, **more
    )


def test_no_session_is_asked_for(client: Client, shop: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any) -> None:
        pytest.fail("a webhook came to the sessions")

    monkeypatch.setattr(
        "django.contrib.sessions.middleware.SessionMiddleware.process_request", refuse, raising=True
    )

    assert send(client).status_code == 200


def test_a_host_that_is_not_ours_is_refused(client: Client, shop: Connection) -> None:
    with override_settings(ALLOWED_HOSTS=["portal.example"]):
        assert send(client, SERVER_NAME="another.example").status_code == 400
    assert not InboundEvent.objects.exists()


def test_plain_http_is_sent_to_https_where_that_is_demanded(shop: Connection) -> None:
    with override_settings(SECURE_SSL_REDIRECT=True):
        answer = send(Client())

    assert answer.status_code == 301
    assert answer["Location"] == f"https://testserver{URL}"


def test_what_is_no_address_is_answered_as_any_page(client: Client, shop: Connection) -> None:
    for path in ("/hooks/", f"{URL}/more", "/hooks"):
        assert client.get(path).status_code == 404


def test_many_waiting_events_of_one_system_ring_once(
    shop: Connection, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(3):
        send(client)
    rung: list[tuple[str, int]] = []
    monkeypatch.setattr(reap, "ring", lambda task, subject: rung.append((task, subject)))

    reap.ring_for_unprocessed_events()

    assert rung == [("inbox", shop.pk)]
