"""The causes that need a person first, as the front page names them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.db.models import Count

from integrations.models import ErrorRecord
from integrations.templatetags.portal import money
from monitoring import links
from monitoring.models import ASKS_FOR_A_PERSON, Incident

SHOWN_INCIDENTS = 5


def open_causes() -> int:
    return Incident.objects.filter(ASKS_FOR_A_PERSON).count()


def incidents() -> list[dict[str, Any]]:
    """The causes with most open errors. They are counted now: the last triage may be a minute old."""
    rows = list(
        Incident.objects.filter(ASKS_FOR_A_PERSON).order_by("-open_errors", "-last_seen_at")[:SHOWN_INCIDENTS]
    )
    marks = [row.fingerprint for row in rows]
    open_now = dict(
        ErrorRecord.objects.filter(settled_at__isnull=True, fingerprint__in=marks)
        .order_by()
        .values_list("fingerprint")
        .annotate(number=Count("id"))
    )
    return [
        {
            "incident": row,
            "open": links.unsettled(open_now[row.fingerprint], fingerprint=row.fingerprint),
            "stuck": ", ".join(
                money(Decimal(amount), currency) for currency, amount in sorted(row.stuck.items())
            ),
        }
        for row in rows
        if row.fingerprint in open_now
    ]
