"""What the demo tells at its end, from the portal's own tables."""

from __future__ import annotations

from collections.abc import Callable

from django.db.models import Count, Min

from integrations.models import Delivery, ErrorRecord, Outcome, State, SyncJob

MOST_ERRORS = 25


def tell(say: Callable[[str], object], keys: list[str]) -> None:
    """Per job what was delivered; then each open error, in its own sentence."""
    say("")
    for job in SyncJob.objects.filter(key__in=keys).order_by("key"):
        counts = dict(Delivery.objects.filter(job=job).values_list("state").annotate(number=Count("pk")))
        told = ", ".join(f"{counts[state]:,} {state.label.lower()}" for state in State if counts.get(state))
        say(f"  {job.name}: {told or 'nothing yet'}")
    errors = ErrorRecord.objects.filter(settled_at__isnull=True).order_by("subject")
    count = errors.count()
    say(f"\n{count} {'record needs' if count == 1 else 'records need'} a person:")
    for error in errors[:MOST_ERRORS]:
        say(f"  - {error.sentence}")
    if count > MOST_ERRORS:
        say(f"  and {count - MOST_ERRORS} more, in the portal under Errors.")


def first_delivery_after(began_at: float) -> float | None:
    """Seconds from `began_at` (seconds since 1970) to the first delivered record; None if there is none since."""
    first = Outcome.objects.filter(state=State.DELIVERED).aggregate(first=Min("recorded_at"))["first"]
    return None if first is None or first.timestamp() < began_at else first.timestamp() - began_at
