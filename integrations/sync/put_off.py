"""What is ignored for now, and comes back by itself. The rules are the same for one error, for many, and for the
Incident that holds them all."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.db.models import Count, Min, Q, QuerySet
from django.utils import formats, timezone

from integrations.models import NOT_PUT_OFF, Decision, ErrorRecord, PutOff

from . import shared_clock
from .judging import NotPossible, Person, judge

# Errors are changed in groups, so that no write transaction is long.
GROUP = 200
# What nobody looks at for longer is forgotten, not put off.
LONGEST: Final = timedelta(days=366)
NOT_SOON: Final = "Choose a time in the future."
NOT_LATE: Final = "Choose a time within a year. What is to be left for good is ignored, with its reason."
IS_OPEN = Q(settled_at__isnull=True)
IS_PUT_OFF = Q(settled_at__isnull=True, put_off_since__isnull=False)


def check(until: datetime | None, up_to: int | None, open_errors: int) -> None:
    """Raises NotPossible for what would never come back, or would come back at once. `open_errors`: of its cause."""
    if until is None and up_to is None:
        raise NotPossible("Say until when, or up to how many errors: what is put off must come back.")
    if until is not None and (wrong := why_not_until(until, shared_clock.now())):
        raise NotPossible(wrong)
    if up_to is not None and up_to < open_errors:
        raise NotPossible(
            f"{open_errors:,} errors are open already. Choose {open_errors} or more, or leave it empty."
        )


def why_not_until(until: datetime, now: datetime) -> str:
    """In words; "" for a time until when something can be put off."""
    if until <= now:
        return NOT_SOON
    return NOT_LATE if until - now > LONGEST else ""


def open_of_cause(marks: Iterable[str]) -> dict[str, int]:
    """Fingerprint → how many of its errors are open."""
    return dict(
        ErrorRecord.objects.filter(fingerprint__in=set(marks), settled_at__isnull=True)
        .order_by()
        .values_list("fingerprint")
        .annotate(number=Count("pk"))
    )


def most_of_a_cause(errors: QuerySet[ErrorRecord]) -> int:
    """Of the causes of these errors: how many are open of the one that has most."""
    marks = errors.filter(settled_at__isnull=True).order_by().values("fingerprint")
    most = (
        ErrorRecord.objects.filter(fingerprint__in=marks, settled_at__isnull=True)
        .order_by()
        .values("fingerprint")
        .annotate(number=Count("pk"))
        .order_by("-number")
        .values_list("number", flat=True)
        .first()
    )
    return most or 0


def put_off(
    errors: QuerySet[ErrorRecord], until: datetime | None, up_to: int | None, reason: str, by: Person
) -> int:
    """Those that are open ask for nobody until then, or until more than `up_to` of their cause are open.

    Returns how many. Nothing is settled, and nothing is sent. Raises NotPossible.
    """
    check(until, up_to, most_of_a_cause(errors) if up_to is not None else 0)
    chosen = {"put_off_since": shared_clock.now(), "put_off_until": until, "put_off_up_to": up_to}
    return _change(errors, IS_OPEN, chosen, Decision.PUT_OFF, by, reason)


def take_up(errors: QuerySet[ErrorRecord], by: Person) -> int:
    """Returns how many of them had been put off."""
    return _change(errors, IS_PUT_OFF, NOT_PUT_OFF, Decision.TAKE_UP, by)


def take_up_due(now: datetime | None = None) -> int:
    """Takes up what has reached its time or its count. Run by the sweep."""
    moment = now or shared_clock.now()
    waiting = list(
        ErrorRecord.objects.filter(IS_PUT_OFF).only(
            "fingerprint", "settled_at", "put_off_since", "put_off_until", "put_off_up_to"
        )
    )
    counted = open_of_cause(row.fingerprint for row in waiting if row.put_off_up_to is not None)
    due = [row.pk for row in waiting if not row.is_put_off_at(moment, counted.get(row.fingerprint, 0))]
    return sum(
        take_up(ErrorRecord.objects.filter(pk__in=due[start : start + GROUP]), None)
        for start in range(0, len(due), GROUP)
    )


def _change(
    errors: QuerySet[ErrorRecord],
    where: Q,
    values: Mapping[str, datetime | int | None],
    decision: Decision,
    by: Person,
    text: str = "",
) -> int:
    keys = list(errors.filter(where).order_by().values_list("pk", flat=True))
    changed = 0
    for start in range(0, len(keys), GROUP):
        with transaction.atomic():
            # Locked: what another person or the sweep has done meanwhile is not noted twice.
            group = ErrorRecord.objects.filter(where, pk__in=keys[start : start + GROUP])
            rows = list(group.order_by("pk").select_for_update().only("pk"))
            ErrorRecord.objects.filter(pk__in=[row.pk for row in rows]).update(**values)
            judge(rows, decision, by, text)
        changed += len(rows)
    return changed


def words(row: PutOff) -> str:
    """Until when it asks for nobody: "Ignored until 27 Nov 08:00, or more than 40 open errors"."""
    ends = []
    if row.put_off_until is not None:
        until = timezone.localtime(row.put_off_until)
        shown = "j M H:i" if until.year == timezone.localtime().year else "j M Y H:i"
        ends.append(formats.date_format(until, shown))
    if row.put_off_up_to is not None:
        noun = "error" if row.put_off_up_to == 1 else "errors"
        ends.append(f"more than {row.put_off_up_to:,} open {noun}")
    return f"Ignored until {', or '.join(ends)}"


def words_of_each(errors: QuerySet[ErrorRecord]) -> str:
    """Of several that were put off one by one: the first that ends brings all of them back to mind."""
    ends = errors.filter(IS_PUT_OFF).aggregate(until=Min("put_off_until"), up_to=Min("put_off_up_to"))
    first = ErrorRecord(put_off_until=ends["until"], put_off_up_to=ends["up_to"])
    return words(first).replace("Ignored until", "Each is ignored, the first until", 1)
