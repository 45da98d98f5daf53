"""The periods of the dashboards by the clock of the active time zone: where each begins, where its bars are cut, and
which time before it is compared with.

Figures are kept by the hour of UTC. A day, a week begin with the first full hour that belongs to them: where the zone
is half an hour off, that is half an hour after midnight.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from django.utils import timezone

from integrations.sync.measures import PERIODS, period_start

HOUR: Final = timedelta(hours=1)
DAY: Final = timedelta(days=1)
WEEK: Final = timedelta(days=7)
BY_HOUR, BY_DAY, BY_WEEK = "hour", "day", "week"

# What a dashboard can look back over → how long a bar is.
BARS: Final[dict[str, str]] = {
    "24h": BY_HOUR,
    "7d": BY_DAY,
    "30d": BY_DAY,
    "12w": BY_WEEK,
    "52w": BY_WEEK,
}
# Whole weeks from a Monday on, the present one with them. They reach further back than facts may be kept.
WEEKS: Final[dict[str, int]] = {"12w": 12, "52w": 52}
LABELS: Final[dict[str, str]] = {
    **{key: label for key, (label, _) in PERIODS.items()},
    "12w": "12 weeks",
    "52w": "A year",
}
# How the time before is called.
BEFORE: Final[dict[str, str]] = {
    "1h": "the hour before",
    "24h": "the 24 hours before",
    "7d": "the 7 days before",
    "30d": "the 30 days before",
    "12w": "the same days 12 weeks earlier",
    "52w": "the same days 52 weeks earlier",
}


@dataclass(frozen=True)
class Span:
    """From `since` until before `until`. `cuts` are where bars begin, and the last one's end."""

    since: datetime
    until: datetime
    cuts: tuple[datetime, ...]
    bar: str = BY_HOUR

    @property
    def bars(self) -> int:
        return len(self.cuts) - 1

    def bar_of(self, moment: datetime) -> int:
        """Which bar a moment of this span belongs to."""
        return min(max(bisect_right(self.cuts, moment) - 1, 0), self.bars - 1)


def span(period: str, now: datetime) -> Span:
    """The period that ends now. `period` is a key of `LABELS`."""
    since = begin(period, now)
    return Span(since, now, tuple(bounds(since, period)), BARS.get(period, BY_HOUR))


def begin(period: str, now: datetime) -> datetime:
    if period not in WEEKS:
        return period_start(period, now)
    return day_start(monday(timezone.localdate(now)) - (WEEKS[period] - 1) * WEEK)


def before(period: str, now: datetime) -> tuple[datetime, datetime]:
    """From when until when: as many whole hours before it; of weeks, up to the same weekday and hour by the clock,
    since the present week is not over."""
    since = begin(period, now)
    if period not in WEEKS:
        return since - HOUR * PERIODS[period][1], since
    weeks = WEEKS[period] * WEEK
    # Of the hour that is under way the whole is taken: it is one of some thousands.
    wall = timezone.localtime(_full_hour(now)).replace(tzinfo=None) - weeks
    return day_start(timezone.localdate(since) - weeks), _full_hour(timezone.make_aware(wall))


def bounds(since: datetime, period: str) -> list[datetime]:
    """Where bars begin and the last one ends. The first and the last bar of days may be parts of one."""
    bar = BARS.get(period, BY_HOUR)
    if bar == BY_WEEK:
        first = timezone.localdate(since)
        return [day_start(first + number * WEEK) for number in range(WEEKS[period] + 1)]
    end = since + HOUR * PERIODS[period][1]
    found = [since]
    while found[-1] < end:
        following = found[-1] + HOUR if bar == BY_HOUR else day_start(timezone.localdate(found[-1]) + DAY)
        found.append(min(following, end))
    return found


def midnight(day: date) -> datetime:
    """The moment at which this day begins where the store is: days have 23 to 25 hours."""
    return timezone.make_aware(datetime.combine(day, time.min))


def day_start(day: date) -> datetime:
    """The first full hour (UTC) of this day."""
    return _full_hour(midnight(day))


def monday(day: date) -> date:
    """Of its week."""
    return day - timedelta(days=day.weekday())


def _full_hour(moment: datetime) -> datetime:
    """The next one, or itself."""
    utc = moment.astimezone(UTC)
    hour = utc.replace(minute=0, second=0, microsecond=0)
    return hour if hour == utc else hour + HOUR
