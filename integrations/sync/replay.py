"""Has stored webhooks processed once more."""

from __future__ import annotations

from django.db import transaction
from django.db.models import QuerySet

from integrations.models import InboundEvent, InboundState

from .doorbell import ring


def replay(events: QuerySet[InboundEvent]) -> int:
    """As if they had just arrived; what they tell is compared with what was delivered, so nothing goes out twice.

    Returns how many. Those that wait for their first processing are left alone.
    """
    processed = InboundEvent.objects.filter(pk__in=events.order_by().values("pk")).exclude(
        state=InboundState.RECEIVED
    )
    with transaction.atomic():
        connections = set(processed.values_list("connection_id", flat=True))
        count = processed.update(state=InboundState.RECEIVED, attempts=0, sentence="", processed_at=None)
        for connection_id in sorted(connections):
            ring("inbox", connection_id)
    return count
