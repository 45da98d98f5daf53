"""The time that a workflow's figures look back over, cut into the bars of their trend."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from datetime import datetime, timedelta

from integrations.sync.measures import PERIODS, period_start
from monitoring.charts import bounds


@dataclass(frozen=True)
class Span:
    """From `since` until before `until`. `cuts` are where bars begin, and the last one's end."""

    since: datetime
    until: datetime
    cuts: tuple[datetime, ...]

    @property
    def bars(self) -> int:
        return len(self.cuts) - 1

    def bar_of(self, moment: datetime) -> int:
        """Which bar a moment of this span belongs to."""
        return min(max(bisect_right(self.cuts, moment) - 1, 0), self.bars - 1)


def lately(period: str, now: datetime) -> Span:
    """The period that ends now and begins at a full hour: the same as the dashboard's and the lists'."""
    since = period_start(period, now)
    return Span(since, now, tuple(bounds(since, period)))


def before_launch(period: str, launched_at: datetime) -> Span:
    """As long a time before the launch, as one bar."""
    since = launched_at - timedelta(hours=PERIODS[period][1])
    return Span(since, launched_at, (since, launched_at))
