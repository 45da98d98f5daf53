"""Charts as plain shapes: they print, they renew with the page, and each has its table for whoever does not see them.

A chart is drawn by `monitoring/chart.html`. Where it has a second series, that is an outline around the first: nothing
is told by colour alone.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import pairwise

from django.utils import timezone

from integrations.models import State
from integrations.templatetags.portal import duration, number, percent
from monitoring import histogram, periods
from monitoring.audits.accuracy import Accuracy
from monitoring.figures import Figures
from monitoring.links import Linked
from monitoring.scopes import Look
from monitoring.tables import Row, Table

# A week is named by its Monday: in 52 of them no day comes twice.
LABEL = {"24h": "%H:%M", "7d": "%a %d", "30d": "%d %b", "12w": "%d %b", "52w": "%d %b"}
# A drawing is so many units high, each bar so many wide.
HEIGHT, STEP, THICK = 100.0, 10.0, 7.6
SHOWN_TIMES = 6
MINUTE, HOUR, DAY = 60, 3_600, 24 * 3_600
ROUND_TIMES = (
    *(2, 4, 10, 20, 40, MINUTE),
    *(MINUTE * number for number in (2, 4, 6, 10, 20, 40, 60)),
    *(HOUR * number for number in (2, 4, 8, 12, 24)),
    *(DAY * number for number in (2, 4, 10, 20, 40, 100)),
)
# Where the distribution of times is cut, in seconds: the same in each look, so that two can be compared.
TIME_CUTS = (10, 30, 60, 120, 300, 600, 1_800, 3_600, 4 * 3_600, 24 * 3_600)


@dataclass(frozen=True)
class Bar:
    """`x`, `y`, `height` of its shape; `outline` the same of the second series: 0 is none. `told`: on hover."""

    x: float
    y: float
    height: float
    outline_y: float
    outline: float
    told: str


@dataclass(frozen=True)
class Chart:
    """`ticks` are (label, per cent from below), `times` (label, per cent from the left). `said` is what it shows in a
    sentence; `name` keeps its table open while the page renews itself."""

    name: str
    title: str
    about: str
    said: str
    bars: list[Bar]
    ticks: list[tuple[str, float]]
    times: list[tuple[str, float]]
    table: Table | None = None
    colour: str = "main"
    legend: tuple[str, str] | None = None

    @property
    def width(self) -> float:
        return len(self.bars) * STEP

    @property
    def is_empty(self) -> bool:
        return not any(bar.height or bar.outline for bar in self.bars)


def drawn(
    name: str,
    title: str,
    labels: Sequence[str],
    values: Sequence[float | None],
    *,
    outlines: Sequence[float | None] = (),
    say: Callable[[float], str] = lambda value: number(round(value)),
    about: str = "",
    table: Table | None = None,
    colour: str = "main",
    legend: tuple[str, str] | None = None,
    lowest: float = 0.0,
    most: float | None = None,
) -> Chart:
    """From `lowest`, where the axis begins, to `most`, or to a round number above the highest value."""
    top = most if most is not None else _round_up(max([*_told(values), *_told(outlines)], default=0.0), say)
    reach = (top - lowest) or 1.0

    def height(value: float | None) -> float:
        return 0.0 if value is None else round(max(value - lowest, 0) / reach * HEIGHT, 2)

    bars = []
    for place, (label, value) in enumerate(zip(labels, values, strict=True)):
        outline = outlines[place] if outlines else None
        both = [say(one) for one in (value, outline) if one is not None]
        bars.append(
            Bar(
                x=round(place * STEP + (STEP - THICK) / 2, 2),
                y=round(HEIGHT - height(value), 2),
                height=height(value),
                outline_y=round(HEIGHT - height(outline), 2),
                outline=height(outline),
                told=f"{label}: {' · '.join(both) if both else 'none'}",
            )
        )
    middle = lowest + reach / 2
    return Chart(
        name=name,
        title=title,
        about=about,
        said=_said(title, labels, values, say),
        bars=bars,
        ticks=[(say(lowest) if lowest else "0", 0.0), (say(middle), 50.0), (say(top), 100.0)],
        times=_times(labels),
        table=table,
        colour=colour,
        legend=legend,
    )


def _told(values: Sequence[float | None]) -> list[float]:
    return [value for value in values if value is not None]


def _round_up(value: float, say: Callable[[float], str]) -> float:
    """So that half of it is told without a fraction: 2, 4, 10, 20, 40, 60, 100 …; of times 2 s, 4 min, 12 h …"""
    if say is duration:
        return next((float(top) for top in ROUND_TIMES if top >= value), math.ceil(value / DAY) * DAY)
    if value <= 2:
        return 2.0
    power = 10 ** math.floor(math.log10(value))
    return float(next(step * power for step in (1, 2, 4, 6, 8, 10) if step * power >= value))


def _said(
    title: str, labels: Sequence[str], values: Sequence[float | None], say: Callable[[float], str]
) -> str:
    told = [(value, label) for value, label in zip(values, labels, strict=True) if value is not None]
    if not told or not any(value for value, _ in told):
        return f"{title}: nothing in this time."
    value, label = max(told, key=lambda pair: pair[0])
    return f"{title}: {len(labels)} bars, the highest {say(value)} at {label}. The same stands in the table below."


def _times(labels: Sequence[str]) -> list[tuple[str, float]]:
    """As many as have room, each below the middle of its bar."""
    every = max(math.ceil(len(labels) / SHOWN_TIMES), 1)
    return [
        (label, round((place + 0.5) / len(labels) * 100, 2))
        for place, label in enumerate(labels)
        if place % every == 0
    ]


@dataclass(frozen=True)
class Slot:
    """One bar of the figures over time."""

    begin: datetime
    end: datetime
    label: str
    delivered: Linked
    failed: Linked
    skipped: Linked
    processing: histogram.Histogram

    @property
    def rate(self) -> float | None:
        tried = self.delivered.count + self.failed.count + self.skipped.count
        return self.delivered.count / tried if tried else None

    def percentile(self, share: float) -> float | None:
        return histogram.percentile(self.processing, share)


def series(found: Figures, look: Look) -> list[Slot]:
    slots = []
    for begin, end in pairwise(periods.bounds(found.since, look.period)):
        states = [states for part, states in found.parts.items() if begin <= part < end]
        times = [times for part, times in found.processing_of.items() if begin <= part < end]
        slots.append(
            Slot(
                begin=begin,
                end=end,
                label=timezone.localtime(begin).strftime(LABEL[look.period]),
                delivered=_linked(look, states, State.DELIVERED, begin, end),
                failed=_linked(look, states, State.FAILED, begin, end),
                skipped=_linked(look, states, State.SKIPPED, begin, end),
                processing=histogram.add(times),
            )
        )
    return _told_apart(slots)


def _told_apart(slots: list[Slot]) -> list[Slot]:
    """When clocks go back, an hour comes twice under one name: the zone tells them apart."""
    names = Counter(slot.label for slot in slots)
    return [
        replace(slot, label=f"{slot.label} {timezone.localtime(slot.begin):%Z}")
        if names[slot.label] > 1
        else slot
        for slot in slots
    ]


def _linked(look: Look, states: list[dict[str, int]], state: str, begin: datetime, end: datetime) -> Linked:
    count = sum(entry.get(state, 0) for entry in states)
    return look.outcomes_between(count, begin, end, result=state)


def over_time(slots: list[Slot], look: Look) -> list[Chart]:
    labels = [slot.label for slot in slots]
    noun = periods.BARS[look.period]
    counts = Table(
        f"Delivered, failed and skipped records, by {noun}",
        "From",
        ("Delivered", "Failed", "Skipped", "Success"),
        [Row(_from(slot), (slot.delivered, slot.failed, slot.skipped, percent(slot.rate))) for slot in slots],
    )
    times = Table(
        f"Order processing time, by {noun}",
        "From",
        ("New orders", "Half took no longer", "95 of 100 took no longer"),
        [
            Row(
                _from(slot),
                (
                    look.outcomes_between(
                        sum(slot.processing.values()), slot.begin, slot.end, result="timed"
                    ),
                    duration(slot.percentile(0.5)),
                    duration(slot.percentile(0.95)),
                ),
            )
            for slot in slots
        ],
    )
    return [
        drawn(
            "delivered",
            f"Delivered, by {noun}",
            labels,
            [slot.delivered.count for slot in slots],
            table=counts,
        ),
        # By itself and on its own axis: beside the deliveries, three failures could not be seen.
        drawn(
            "failed",
            f"Failed, by {noun}",
            labels,
            [slot.failed.count for slot in slots],
            about="on a scale of its own",
            colour="bad",
            table=counts,
        ),
        drawn(
            "times",
            f"Order processing time, by {noun}",
            labels,
            [slot.percentile(0.5) for slot in slots],
            outlines=[slot.percentile(0.95) for slot in slots],
            say=duration,
            legend=("half took no longer", "95 of 100 took no longer"),
            table=times,
        ),
    ]


def _from(slot: Slot) -> str:
    return f"{timezone.localtime(slot.begin):%d %b %Y %H:%M %Z}"


def distribution(found: Figures) -> Chart:
    """How many new orders took how long: exact to 5 % at the cuts, since times are kept in bins."""
    times = found.processing
    edges = [0.0, *TIME_CUTS, math.inf]
    labels, values, rows = [], [], []
    whole, so_far = sum(times.values()), 0
    for begin, end in pairwise(edges):
        count = sum(times_in for place, times_in in times.items() if begin <= histogram.middle(place) < end)
        so_far += count
        label = f"over {duration(begin)}" if end == math.inf else f"≤ {duration(end)}"
        labels.append(label)
        values.append(count)
        share, all_share = (count / whole, so_far / whole) if whole else (None, None)
        rows.append(Row(label, (number(count), percent(share), percent(all_share))))
    return drawn(
        "distribution",
        "How long new orders took",
        labels,
        values,
        about="checkout to acceptance",
        table=Table(
            "New orders by processing time", "It took", ("Orders", "Share", "No longer than this"), rows
        ),
    )


def accuracy_chart(days: Mapping[date, Accuracy]) -> Chart:
    """The share that agrees, by day. The axis begins where it still shows a difference of one in a hundred."""
    shares = [round(found.settled_share or found.share or 0, 4) for found in days.values()]
    lowest = max(min(shares, default=0) - 0.02, 0)
    names = [f"{day:%d %b}" for day in days]
    return drawn(
        "accuracy", "Agrees", names, shares, say=percent, lowest=math.floor(lowest * 100) / 100, most=1.0
    )
