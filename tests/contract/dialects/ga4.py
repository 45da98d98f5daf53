"""https://developers.google.com/analytics/devguides/collection/protocol/ga4/reference

It says 204 to everything, so what it drops is what the connector must not send. Refusals are HTTP's own: Google names
none."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from integrations.exceptions import Kind
from tests.contract.dialect import Dialect, Refusal, Writing
from tests.integrations.answering import Says

COLLECT, CHECK = "POST /mp/collect", "POST /debug/mp/collect"
TAKEN = Says(None, 204)
WELL = Says({"validationMessages": []})
# What is older than three days is not sent, so it happened an hour ago, whenever this runs.
LATELY = (datetime.now(UTC) - timedelta(hours=1)).replace(microsecond=0)

PURCHASE: dict[str, Any] = {
    "transaction_id": "A-1042",
    "currency": "EUR",
    "occurred_at": LATELY.isoformat(),
    "total": "35.70",
    "tax": "5.70",
    "shipping": "5.95",
    "items": [
        {"item_id": "MUG-001", "item_name": "Mug", "quantity": "2", "amount": "23.80", "tax": "3.80"},
        {"item_id": None, "item_name": "Gift 🎁", "quantity": "1", "amount": "5.95", "tax": "0.95"},
    ],
}
REFUND: dict[str, Any] = {
    "id": "R-7",
    "transaction_id": "A-1042",
    "currency": "EUR",
    "occurred_at": LATELY.isoformat(),
    "value": "11.90",
}

DIALECT = Dialect(
    platform="ga4",
    secrets={"token": "aPi-s3cret_0123456789"},
    settings={"measurement_id": "G-ABC123DEF4", "purchase_value": "goods_less_tax"},
    readings=(),
    writings=(
        Writing("purchases", "create", PURCHASE, {COLLECT: TAKEN}, "A-1042"),
        Writing("refunds", "create", REFUND, {COLLECT: TAKEN}, "R-7", asks_a_person=True),
    ),
    refusals=(
        Refusal("not-let-in", Says(None, 401), Kind.CONFIG, "unauthorized"),
        Refusal("too-fast", Says(None, 429, {"Retry-After": "3"}), Kind.TRANSIENT, "rate_limited", 3),
        Refusal("too-large", Says(raw=b"<html>", status=413), Kind.DATA, "too_large"),
        Refusal("down", Says(raw=b"<html>", status=503), Kind.TRANSIENT, "server_error"),
    ),
)
