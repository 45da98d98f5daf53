"""A webhook's way in: length, signature, stored, answered; what it means is found out afterwards."""

from __future__ import annotations

import hashlib
import logging
import re
from collections.abc import Iterator, Mapping
from concurrent.futures import TimeoutError as NotStoredInTime
from datetime import datetime
from functools import lru_cache
from typing import IO

from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from integrations.connectors.base import Connector, SignatureRefused, WebhookEvent
from integrations.exceptions import Failure
from integrations.models import InboundEvent, InboundState
from integrations.sync import shared_clock

from . import committer, envelope
from .known_connectors import Addressee, addressee, connector_for, earlier_connector_for

BODY_LIMIT = 5 * 1024 * 1024

# Names of headers that hold, or may hold, a secret, a signature, or who somebody is.
_SECRET_HEADER = re.compile(
    r"sign|hmac|hash|digest|token|secret|auth|cookie|key|password|forwarded|real-ip|verif", re.IGNORECASE
)
_LONGEST_HEADER = 200
_LONGEST_ID = 120

_log = logging.getLogger(__name__)


@csrf_exempt
def receive(request: HttpRequest, address: str) -> HttpResponse:
    """200 only once the events are committed; 401 for a bad signature, 413 for too much, 500 to have it sent again."""
    connection = addressee(address)
    if connection is None:
        return _answer(404, "There is nothing at this address.")
    if request.method in ("GET", "HEAD"):
        # Some vendors look whether the address answers before they send anything there.
        return _answer(200, "This address takes webhooks by POST.")
    if request.method != "POST":
        return _answer(405, "This address takes webhooks by POST.", Allow="GET, HEAD, POST")
    raw = _read(request)
    if raw is None:
        return _answer(413, "The body is too large.")
    try:
        events = _verified(address, connection, request, raw)
    except Failure:
        _log.exception(
            "webhook of connection %s cannot be verified: its settings make no sense",
            connection.connection_id,
        )
        return _answer(503, "Not ready. Send it again.")
    except SignatureRefused:
        return _refuse(connection.connection_id)
    return _store(connection.connection_id, _kept_headers(request.headers), raw, events)


def _verified(address: str, known: Addressee, request: HttpRequest, raw: bytes) -> list[WebhookEvent]:
    """Raises SignatureRefused where none of the secrets fits that may be meant."""
    sent = (dict(request.headers), raw, request.build_absolute_uri())
    refused = SignatureRefused("Nobody who knows the secret has sent this.")
    for connector in _who_may_verify(address, known):
        try:
            return connector.verify_webhook(*sent)
        except SignatureRefused as this:
            refused = this
    raise refused


def _who_may_verify(address: str, known: Addressee) -> Iterator[Connector]:
    """With the secret as it was looked up, with one that was entered since, and with the one that was replaced:
    platforms go on signing with that for a while, above all what they send again."""
    yield connector_for(known.connection_id, known.updated_at)
    now = addressee(address, anew=True)
    if now is None:
        return
    if now != known:
        yield connector_for(now.connection_id, now.updated_at)
    earlier = earlier_connector_for(now.connection_id)
    if earlier is not None:
        yield earlier
        earlier.close()


def _read(request: HttpRequest) -> bytes | None:
    """The raw body, or None where it is larger than allowed: no more than that is ever read."""
    announced = request.META.get("CONTENT_LENGTH") or "0"
    if not announced.isdigit() or int(announced) > BODY_LIMIT:
        return None
    raw: bytes = _stream(request).read(BODY_LIMIT + 1)
    return raw if len(raw) <= BODY_LIMIT else None


def _stream(request: HttpRequest) -> IO[bytes]:
    """Django shows a chunked body as empty; the web server itself reads it rightly and ends it."""
    if "chunked" in request.headers.get("Transfer-Encoding", "").lower() and request.META.get(
        "wsgi.input_terminated"
    ):
        stream: IO[bytes] = request.META["wsgi.input"]
        return stream
    return request  # type: ignore[return-value]  # it has the one method that is used, read()


def _store(
    connection_id: int, headers: dict[str, str], raw: bytes, events: list[WebhookEvent]
) -> HttpResponse:
    if not events:
        return _said_by_status(200)
    now = shared_clock.now()
    rows = [_row(connection_id, headers, raw, event, now) for event in events]
    try:
        committer.committer.store(rows)
    except (DatabaseError, NotStoredInTime):
        _log.exception("webhook of connection %s was not stored", connection_id)
        return _answer(500, "Not stored. Send it again.")
    return _said_by_status(200)


def _row(
    connection_id: int, headers: dict[str, str], raw: bytes, event: WebhookEvent, now: datetime
) -> InboundEvent:
    return InboundEvent(
        connection_id=connection_id,
        topic=_text(event.topic, 80),
        resource=_text(event.resource, 60),
        external_id=_text(event.external_id, 255),
        # What could not be read keeps no mended one of the same id out.
        delivery_id=_identity(event.delivery_id) if event.delivery_id and not event.problem else None,
        headers=headers,
        body=envelope.seal(event, raw),
        received_at=now,
        state=InboundState.FAILED if event.problem else InboundState.RECEIVED,
        sentence=event.problem,
        processed_at=now if event.problem else None,
    )


def _refuse(connection_id: int) -> HttpResponse:
    try:
        committer.committer.count_refusal(connection_id, shared_clock.now().date())
    except (DatabaseError, NotStoredInTime):
        _log.exception("a refused webhook of connection %s was not counted", connection_id)
    return _said_by_status(401)


def _kept_headers(headers: Mapping[str, str]) -> dict[str, str]:
    return {name: _text(value, _LONGEST_HEADER) for name, value in headers.items() if not _is_secret(name)}


@lru_cache(maxsize=1024)
def _is_secret(header: str) -> bool:
    return _SECRET_HEADER.search(header) is not None


def _text(value: str, longest: int) -> str:
    """What every database takes: PostgreSQL refuses NUL and text beyond the column's length."""
    return value.replace("\x00", "")[:longest]


def _identity(delivery_id: str) -> str:
    """Two ids that differ stay different, however long they are."""
    if len(delivery_id) <= _LONGEST_ID and "\x00" not in delivery_id:
        return delivery_id
    return f"sha256:{hashlib.sha256(delivery_id.encode('utf-8', 'surrogatepass')).hexdigest()}"


def _said_by_status(status: int) -> HttpResponse:
    """To what a vendor sends: no body and no cookies, since some look for it before they send anything of worth
    (https://developer.xero.com/documentation/webhooks/configuring-your-server). Nobody reads one."""
    headers = {"Content-Length": "0"}
    return HttpResponse(status=status, content_type="text/plain; charset=utf-8", headers=headers)


def _answer(status: int, sentence: str, **headers: str) -> HttpResponse:
    return HttpResponse(sentence, status=status, content_type="text/plain; charset=utf-8", headers=headers)
