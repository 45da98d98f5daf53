"""The time line: events of all sources in one order, what says nothing new folded, grouped by day."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import groupby

from django.utils import timezone

from .events import SAME, Event


@dataclass(frozen=True)
class Day:
    day: date
    events: Sequence[Event]


def in_order(events: Iterable[Event]) -> list[Event]:
    """The newest first; what several jobs or a webhook of its own told of one thing stands once."""
    newest_first = sorted(events, key=lambda event: event.at, reverse=True)
    webhooks: dict[tuple[int, str], list[datetime]] = {}
    for event in newest_first:
        if event.sentence.startswith("Webhook from "):
            webhooks.setdefault((event.thing, event.system), []).append(event.at)
    return _folded(event for event in newest_first if not _is_told_by_its_webhook(event, webhooks))


def _is_told_by_its_webhook(event: Event, webhooks: dict[tuple[int, str], list[datetime]]) -> bool:
    if not event.by_webhook:
        return False
    arrived = webhooks.get((event.thing, event.system), [])
    return any(abs(event.at - at) <= SAME for at in arrived)


def _folded(events: Iterable[Event]) -> list[Event]:
    found: list[Event] = []
    for event in events:
        last = found[-1] if found else None
        if last is not None and event.fold and event.fold == last.fold:
            found[-1] = replace(last, times=last.times + 1, since=event.at)
        else:
            found.append(event)
    return found


def by_day(events: Sequence[Event]) -> list[Day]:
    """Days as the clock in the present time zone has them."""
    grouped = groupby(events, key=lambda event: timezone.localtime(event.at).date())
    return [Day(day, list(rows)) for day, rows in grouped]
