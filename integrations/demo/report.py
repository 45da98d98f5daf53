"""What the demo tells at its end, from the portal's own tables."""

from __future__ import annotations

import shlex
from collections.abc import Callable

from django.conf import settings
from django.db.models import Count, Min, Q, QuerySet

from integrations.models import Delivery, ErrorRecord, Outcome, State, SyncJob

MOST_ERRORS = 25
# The destination has it as the source shows it.
AS_IN_THE_SOURCE = (State.DELIVERED, State.UNCHANGED)


def tell(say: Callable[[str], object], keys: list[str]) -> None:
    """Per job what its destination has, and what it lacks; then each open error, in its own sentence."""
    say("")
    for job in SyncJob.objects.filter(key__in=keys).order_by("key"):
        say(f"  {job.name}: {_of_job(job)}")
    errors = ErrorRecord.objects.filter(settled_at__isnull=True).order_by("subject")
    count = errors.count()
    if not count:
        say("\nNothing needs a person.")
        return
    say(f"\n{count} {'record needs' if count == 1 else 'records need'} a person:")
    for error in errors[:MOST_ERRORS]:
        say(f"  - {error.sentence}")
    if count > MOST_ERRORS:
        say(f"  and {count - MOST_ERRORS} more, in the portal under Errors.")


def _of_job(job: SyncJob) -> str:
    """ "482 of 500 are there, 12 need a person (1 of them is there in an older version), 7 filtered by a rule"."""
    carried = Delivery.objects.filter(job=job)
    counts = dict(carried.values_list("state").annotate(number=Count("pk")))
    if not counts:
        return "nothing yet"
    there = carried.filter(Q(state__in=AS_IN_THE_SOURCE) | Q(first_delivered_at__isnull=False))
    told = [f"{there.count():,} of {sum(counts.values()):,} are there"]
    if failed := counts.pop(State.FAILED, 0):
        told.append(f"{failed:,} {'needs' if failed == 1 else 'need'} a person{_older(there)}")
    others = (state for state in State if state not in AS_IN_THE_SOURCE and counts.get(state))
    return ", ".join([*told, *(f"{counts[state]:,} {state.label.lower()}" for state in others)])


def _older(there: QuerySet[Delivery]) -> str:
    count = there.filter(state=State.FAILED).count()
    return f" ({count:,} of them {'is' if count == 1 else 'are'} there in an older version)" if count else ""


def verdict(*, held: bool, fresh: bool) -> str:
    """What the check found. On a state that was there before, a person may have changed what it compares."""
    if held:
        return "Every promise held."
    if fresh:
        return "Not every promise held."
    return (
        "Not every promise held. This demo ran before, and the check expects one that nobody touched: an order that "
        "was mended or pushed by hand is told as different. To start afresh, name an empty folder, and an empty "
        "database where DATABASE_URL names one: PORTAL_VAR=/tmp/crossdock make demo ARGS=--once"
    )


def configured(made: int, *, fresh: bool) -> str:
    """What became of the configuration: a second start leaves it to those who changed it."""
    if fresh:
        return f"{made} parts of the configuration applied"
    if made:
        return f"{made} missing {'part' if made == 1 else 'parts'} of the configuration added, the rest left as it is"
    return "the configuration is left as it is"


def command_line(command: str) -> str:
    """How to run a command on what the demo made: the systems are on this machine, the tables in its folder."""
    words = [f"{name}={shlex.quote(value)}" for name, value in _surroundings().items()]
    return " ".join([*words, ".venv/bin/python manage.py", command])


def _surroundings() -> dict[str, str]:
    found = {"PRIVATE_NETWORKS": ",".join(settings.PRIVATE_NETWORKS)}
    if settings.VAR != settings.ROOT / "var":
        found["PORTAL_VAR"] = str(settings.VAR)
    return found


def first_delivery_after(began_at: float) -> float | None:
    """Seconds from `began_at` (seconds since 1970) to the first delivered record; None if there is none since."""
    first = Outcome.objects.filter(state=State.DELIVERED).aggregate(first=Min("recorded_at"))["first"]
    return None if first is None or first.timestamp() < began_at else first.timestamp() - began_at
