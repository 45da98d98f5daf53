"""Orders as the shop of `portal.yaml` shows them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from integrations.connectors.base import Item


def order(external_id: str, number: int, version: int) -> Item:
    moment = datetime(2026, 11, 1, tzinfo=UTC) + timedelta(seconds=version)
    stamp = moment.strftime("%Y-%m-%dT%H:%M:%SZ")
    payload: dict[str, Any] = {
        "id": external_id,
        "name": f"#{number}",
        "created_at": "2026-11-01T08:00:00Z",
        "updated_at": stamp,
        "currency": "EUR",
        "total_price": "64.50",
        "email": f"customer{number}@example.com",
        "shipping_address": {
            "name": "Käthe Groß",
            "phone": "+49 30 1234",
            "address1": f"Lindenstraße {version}",
            "address2": None,
            "city": "Köln",
            "province_code": "NW",
            "zip": "50667",
            "country_code": "DE",
        },
        "line_items": [_line(number, place) for place in range(3)],
        # What a shop tells beside what anybody asked for.
        "note_attributes": [{"name": f"note {place}", "value": "x" * 40} for place in range(12)],
    }
    return Item(external_id=external_id, payload=payload, version=stamp.replace("Z", ".000000Z"))


def _line(number: int, place: int) -> dict[str, Any]:
    return {"id": number * 10 + place, "sku": f"SKU-{place}", "quantity": place + 1, "price": "10.75"}
