"""The figures of a period over time: two charts with one axis of time, and the same as a table."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from integrations.models import State
from integrations.sync.measures import PERIODS
from monitoring import links
from monitoring.figures import Figures
from monitoring.links import Linked

# Hours per bar, so that a chart has 24 to 30 bars.
STEP = {"24h": 1, "7d": 6, "30d": 24}
LABEL = {"24h": "%H:%M", "7d": "%a %H:%M", "30d": "%d %b"}

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
    step = timedelta(hours=STEP[period])
    rows = []
    begin = found.since
    for _ in range(PERIODS[period][1] // STEP[period]):
        end = begin + step
        states = [states for hour, states in found.hours.items() if begin <= hour < end]
        rows.append(
            Row(
                begin=begin,
                label=timezone.localtime(begin).strftime(LABEL[period]),
                delivered=_linked(states, State.DELIVERED, begin, end),
                failed=_linked(states, State.FAILED, begin, end),
            )
        )
        begin = end
    return rows


def _linked(states: list[dict[str, int]], state: str, begin: datetime, end: datetime) -> Linked:
    return links.outcomes_between(sum(entry.get(state, 0) for entry in states), begin, end, result=state)


def delivered_chart(rows: list[Row]) -> dict[str, str]:
    return _chart(
        "Delivered", [row.label for row in rows], [row.delivered.count for row in rows], "primary-600"
    )


def failed_chart(rows: list[Row]) -> dict[str, str]:
    """By itself and on its own axis: beside the deliveries, three failures could not be seen."""
    return _chart("Failed", [row.label for row in rows], [row.failed.count for row in rows], "red-500")


def _chart(label: str, names: list[str], values: list[int], colour: str) -> dict[str, str]:
    bars = {"label": label, "data": values, "backgroundColor": f"var(--color-{colour})", "borderRadius": 3}
    return {"data": json.dumps({"labels": names, "datasets": [bars]}), "options": json.dumps(OPTIONS)}
