"""What is kept of a webhook: the vendor's own words about one thing, encrypted before any transaction begins."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from integrations.connectors.base import WebhookEvent
from integrations.models import InboundEvent
from mappings import cards
from mappings.fields import Sealed, encrypt_bytes


@dataclass(frozen=True)
class Envelope:
    """`payload` is the record where the vendor sent it; `raw` the body as it came where it did not."""

    payload: dict[str, Any] | None
    occurred: datetime | None
    raw: str | None


def seal(event: WebhookEvent, raw: bytes) -> Sealed:
    text = readable(raw) if event.payload is None else None
    occurred = event.occurred.isoformat() if event.occurred else None
    return Sealed(encrypt_bytes(orjson.dumps({"payload": event.payload, "occurred": occurred, "raw": text})))


def readable(raw: bytes) -> str:
    """It is only good for a person's eye, since the thing itself is fetched: what it tells of a card is left out."""
    text = raw.decode("utf-8", "replace")
    try:
        content = orjson.loads(raw)
    except orjson.JSONDecodeError:
        return cards.without_numbers(text)
    kept = cards.without_card_data(content)
    # As it came, to the letter, where nothing had to be taken out.
    return text if kept == content else orjson.dumps(kept).decode()


def open_envelope(row: InboundEvent) -> Envelope:
    content = orjson.loads(row.body)
    occurred = content.get("occurred")
    return Envelope(
        payload=content.get("payload"),
        occurred=datetime.fromisoformat(occurred) if occurred else None,
        raw=content.get("raw"),
    )
