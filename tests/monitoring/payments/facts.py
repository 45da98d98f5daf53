"""Orders and money as matching sees them."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from monitoring.payments.facts import OrderFact, PaymentFact, RefundFact

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
IDS = itertools.count(1)


def at(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)


def order(number: str, total: str = "25.00", **more: Any) -> OrderFact:
    known = {
        "source": 1,
        "external_id": f"id-{number}",
        "currency": "EUR",
        "placed_at": NOON,
        "payment_status": "paid",
    }
    return OrderFact(id=next(IDS), number=number, total=Decimal(total), **{**known, **more})


def payment(amount: str = "25.00", **more: Any) -> PaymentFact:
    known = {"source": 2, "currency": "EUR", "status": "paid", "created_at": at(1)}
    key = next(IDS)
    return PaymentFact(id=key, external_id=f"pay-{key}", amount=Decimal(amount), **{**known, **more})


def refund(amount: str, **more: Any) -> RefundFact:
    known = {"source": 2, "currency": "EUR", "created_at": at(60)}
    key = next(IDS)
    return RefundFact(id=key, external_id=f"re-{key}", amount=Decimal(amount), **{**known, **more})
