"""Days have 23 to 25 hours where clocks change: no bar is lost, none is counted twice, none is named like another."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from integrations.models import State
from monitoring.charts import series
from monitoring.figures import Figures, figures
from tests import factories

BACK = datetime(2026, 10, 25, 20, 30, tzinfo=UTC)  # in Berlin 3:00 became 2:00 that morning
FORWARD = datetime(2026, 3, 29, 20, 30, tzinfo=UTC)


@pytest.fixture(params=["Europe/Berlin", "America/St_Johns", "Asia/Kolkata", "UTC"])
def zone(request: pytest.FixtureRequest) -> Iterator[ZoneInfo]:
    found = ZoneInfo(request.param)
    with timezone.override(found):
        yield found


@pytest.fixture
def berlin() -> Iterator[None]:
    with timezone.override(ZoneInfo("Europe/Berlin")):
        yield


@pytest.mark.parametrize("now", [BACK, FORWARD])
@pytest.mark.parametrize("period", ["24h", "7d", "30d"])
@pytest.mark.django_db
def test_the_bars_of_a_period_add_up_to_its_figure(zone: ZoneInfo, now: datetime, period: str) -> None:
    job = factories.job()
    for hours in range(0, 30 * 24, 5):
        factories.outcome(factories.delivery(job), now - timedelta(hours=hours))
    found = figures(period, now)

    rows = series(found, period)

    assert sum(row.delivered.count for row in rows) == found.number(State.DELIVERED) > 0
    assert len({row.label for row in rows}) == len(rows)


@pytest.mark.usefixtures("berlin")
def test_the_hour_that_comes_twice_is_two_bars() -> None:
    since = datetime(2026, 10, 24, 21, tzinfo=UTC)
    twice = [row.label for row in series(Figures(since=since, as_of=BACK), "24h") if "02:00" in row.label]
    assert twice == ["02:00 CEST", "02:00 CET"]


@pytest.mark.usefixtures("berlin")
@pytest.mark.parametrize(("now", "day", "hours"), [(BACK, "25 Oct", 25), (FORWARD, "29 Mar", 23)])
def test_a_bar_of_thirty_days_is_a_day_from_midnight_to_midnight(now: datetime, day: str, hours: int) -> None:
    since = now.replace(minute=0) - timedelta(days=10)
    rows = series(Figures(since=since, as_of=now), "30d")
    at = next(place for place, row in enumerate(rows) if row.label == day)
    assert timezone.localtime(rows[at].begin).strftime("%d %H:%M") == f"{day[:2]} 00:00"
    assert rows[at + 1].begin - rows[at].begin == timedelta(hours=hours)
    assert len(rows) in (30, 31)
