"""What the ledger cannot compare, said in a line for each system: webhooks that were refused, or not ordered by us."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Q

from integrations.models import Connection, InboundEvent
from integrations.sync import refusals, shared_clock

# Counting stops there.
MANY = 10_000


@dataclass(frozen=True)
class Line:
    pk: int
    name: str
    told: str


def of_late() -> list[Line]:
    refused = refusals.lately()
    unordered = Q(webhook_address__isnull=False, webhook_subscription__isnull=True)
    rows = Connection.objects.filter(unordered | Q(pk__in=refused)).order_by("name")
    lines = []
    for pk, name, ordered in rows.values_list("pk", "name", "webhook_subscription"):
        told = _told(_came(pk), refused.get(pk, 0), ordered is not None)
        if told:
            lines.append(Line(pk, name, told))
    return lines


def _told(came: int, refused: int, is_ordered: bool) -> str:
    if not came and not refused:
        return ""
    number = f"more than {MANY:,}" if came > MANY else f"{came:,}"
    noun = "webhook" if came == 1 else "webhooks"
    sentences = [f"{number} {noun} came in the last {refusals.DAYS} days."]
    if came and not is_ordered:
        sentences.append("What comes is not compared, because Crossdock did not order it.")
    if refused:
        sentences.append(refusals.sentence(refused))
    return " ".join(sentences)


def _came(connection_id: int) -> int:
    since = (shared_clock.now() - timedelta(days=refusals.DAYS - 1)).replace(
        hour=0, minute=0, second=0, microsecond=0
    )
    rows = InboundEvent.objects.filter(connection=connection_id, received_at__gte=since)
    return rows.order_by().values("pk")[: MANY + 1].count()
