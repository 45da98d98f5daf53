"""What does not match, on the front page and in the sidebar."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest
from django.urls import reverse

from monitoring.links import Linked
from monitoring.models import MismatchKind, PaymentCheck, PaymentMatch, PaymentMismatch

from .listed import by_kind, due_soon, listed

MOST = 1_000
SHOWN = 3


def cards() -> list[dict[str, Any]]:
    """None where no payment is matched: the workflow was not started."""
    if not PaymentMatch.objects.exists() and not PaymentMismatch.objects.exists():
        return []
    found = by_kind(listed())
    total = sum(entry.count for entry in found)
    worst = sorted(found, key=lambda entry: -entry.count)[:SHOWN]
    lines = [(entry.label, mismatches(entry.count, kind=entry.kind)) for entry in worst]
    if due := PaymentMismatch.objects.filter(due_soon(), kind=MismatchKind.DISPUTE_OPEN).count():
        lines.insert(0, ("answer within 3 days", mismatches(due, open="due")))
    return [
        {
            "title": "Money that does not match",
            "main": mismatches(total),
            "tone": "bad" if total else "good",
            "lines": lines,
        }
    ]


def mismatches(count: int, text: str = "", **query: object) -> Linked:
    """Open ones: that is the list's own default."""
    address = reverse("admin:monitoring_paymentmismatch_changelist")
    return Linked(count, f"{address}?{urlencode(query)}" if query else address, text)


def badge(request: HttpRequest) -> str:
    """ "" where there is nothing to do, so that no badge is drawn."""
    count = PaymentMismatch.objects.filter(listed()).order_by()[:MOST].count()
    return f"{MOST - 1}+" if count == MOST else str(count or "")


def alarms() -> list[dict[str, str]]:
    """A recount that found something was missed says so until the next one finds nothing."""
    found = PaymentCheck.objects.filter(recount_found__gt=0).values_list("recount_found", flat=True).first()
    if not found:
        return []
    text = (
        f"Last night's recount of payments found {found} rows that had not been kept up to date. They are now; if it "
        "happens again, tell whoever looks after Crossdock."
    )
    return [{"text": text, "href": reverse("admin:monitoring_paymentmatch_changelist")}]
