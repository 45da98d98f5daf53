"""The time that a workflow's figures look back over, cut into the bars of their trend."""

from __future__ import annotations

from datetime import datetime, timedelta

from integrations.sync.measures import PERIODS
from monitoring import periods
from monitoring.periods import Span


def lately(period: str, now: datetime) -> Span:
    """The period that ends now and begins at a full hour: the same as the dashboard's and the lists'."""
    return periods.span(period, now)


def before_launch(period: str, launched_at: datetime) -> Span:
    """As long a time before the launch, as one bar."""
    since = launched_at - timedelta(hours=PERIODS[period][1])
    return Span(since, launched_at, (since, launched_at))
