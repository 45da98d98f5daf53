"""The figures of a period over time: two charts with one axis of time, and the same as a table."""

from __future__ import annotations

import copy
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any

from django.utils import timezone

from integrations.models import State
from integrations.sync.measures import PERIODS
from monitoring import links
from monitoring.audits.accuracy import Accuracy
from monitoring.figures import Figures
from monitoring.links import Linked

# Hours per bar, so that a chart has 24 to 31 bars. A bar of 24 is a calendar day, the first and last are parts of one.
STEP = {"24h": 1, "7d": 6, "30d": 24}
LABEL = {"24h": "%H:%M", "7d": "%a %H:%M", "30d": "%d %b"}
DAY = 24
HOUR = timedelta(hours=1)

OPTIONS: dict[str, Any] = {
    "responsive": True,
    "maintainAspectRatio": False,
    "animation": False,
    "plugins": {"legend": {"display": False}},
    "scales": {
        "x": {
            "grid": {"display": False},
            "border": {"display": False},
            "ticks": {"maxTicksLimit": 8, "maxRotation": 0, "color": "#6b7280"},
        },
        "y": {
            "beginAtZero": True,
            "border": {"display": False},
            "ticks": {"precision": 0, "maxTicksLimit": 5, "color": "#6b7280"},
        },
    },
}


@dataclass(frozen=True)
class Row:
    """One bar."""

    begin: datetime
    label: str
    delivered: Linked
    failed: Linked


def series(found: Figures, period: str) -> list[Row]:
    rows = []
    for begin, end in pairwise(bounds(found.since, period)):
        states = [states for hour, states in found.hours.items() if begin <= hour < end]
        rows.append(
            Row(
                begin=begin,
                label=timezone.localtime(begin).strftime(LABEL[period]),
                delivered=_linked(states, State.DELIVERED, begin, end),
                failed=_linked(states, State.FAILED, begin, end),
            )
        )
    return _told_apart(rows)


def bounds(since: datetime, period: str) -> list[datetime]:
    """Where bars begin and the last one ends, at full hours: the figures are kept by the hour."""
    end = since + timedelta(hours=PERIODS[period][1])
    found, step = [since], STEP[period]
    while found[-1] < end:
        following = _next_day(found[-1]) if step == DAY else found[-1] + timedelta(hours=step)
        found.append(min(following, end))
    return found


def _next_day(moment: datetime) -> datetime:
    """The full hour in which the next local day begins; a day has 23 to 25 hours."""
    today = timezone.localtime(moment).date()
    following = moment + HOUR
    while timezone.localtime(following).date() == today:
        following += HOUR
    return following


def _told_apart(rows: list[Row]) -> list[Row]:
    """When clocks go back, an hour comes twice under one name: the zone tells them apart."""
    times = Counter(row.label for row in rows)
    return [
        replace(row, label=f"{row.label} {timezone.localtime(row.begin):%Z}") if times[row.label] > 1 else row
        for row in rows
    ]


def _linked(states: list[dict[str, int]], state: str, begin: datetime, end: datetime) -> Linked:
    return links.outcomes_between(sum(entry.get(state, 0) for entry in states), begin, end, result=state)


def delivered_chart(rows: list[Row]) -> dict[str, str]:
    return bars(
        "Delivered", [row.label for row in rows], [row.delivered.count for row in rows], "primary-600"
    )


def failed_chart(rows: list[Row]) -> dict[str, str]:
    """By itself and on its own axis: beside the deliveries, three failures could not be seen."""
    return bars("Failed", [row.label for row in rows], [row.failed.count for row in rows], "red-500")


def bars(label: str, names: list[str], values: Sequence[float], colour: str) -> dict[str, str]:
    drawn = {"label": label, "data": values, "backgroundColor": f"var(--color-{colour})", "borderRadius": 3}
    return {"data": json.dumps({"labels": names, "datasets": [drawn]}), "options": json.dumps(OPTIONS)}


def accuracy_chart(days: Mapping[date, Accuracy]) -> dict[str, str]:
    """The share that agrees, by day. The axis begins where it still shows a difference of one in a hundred."""
    shares = [round((found.settled_share or found.share or 0) * 100, 2) for found in days.values()]
    lowest = max(min(shares, default=0) - 2, 0)
    options = copy.deepcopy(OPTIONS)
    options["scales"]["y"] |= {"beginAtZero": False, "min": int(lowest), "max": 100}
    names = [f"{day:%d %b}" for day in days]
    return bars("Agrees, in per cent", names, shares, "primary-600") | {"options": json.dumps(options)}
