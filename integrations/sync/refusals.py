"""Webhooks that were refused of late, for the pages that show them."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import Sum

from integrations.models import RefusedWebhooks
from integrations.sync import shared_clock

DAYS = 7
WHY = "because the signature was not right. Compare the webhook secret with the platform's."


def lately(connection_id: int | None = None) -> dict[int, int]:
    """How many by connection, today and on the days before; who had none is not in it."""
    since = shared_clock.now().date() - timedelta(days=DAYS - 1)
    rows = RefusedWebhooks.objects.filter(day__gte=since, count__gt=0)
    if connection_id is not None:
        rows = rows.filter(connection=connection_id)
    return dict(rows.values_list("connection").annotate(number=Sum("count")))


def sentence(number: int) -> str:
    return f"Refused: {number:,} in the last {DAYS} days, {WHY}"
