"""Days have 23 to 25 hours where clocks change: no bar is lost, none is counted twice, none is named like another."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from integrations.models import State
from monitoring import periods
from monitoring.charts import series
from monitoring.figures import Figures, figures
from monitoring.scopes import Look, portal
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


def look_of(period: str, now: datetime) -> Look:
    return Look(portal(), period, now)


@pytest.mark.parametrize("now", [BACK, FORWARD])
@pytest.mark.parametrize("period", ["24h", "7d", "30d", "12w"])
@pytest.mark.django_db
def test_the_bars_of_a_period_add_up_to_its_figure(zone: ZoneInfo, now: datetime, period: str) -> None:
    job = factories.job()
    for hours in range(0, 30 * 24, 5):
        factories.outcome(factories.delivery(job), now - timedelta(hours=hours))
    found = figures(period, now)

    rows = series(found, look_of(period, now))

    assert sum(row.delivered.count for row in rows) == found.number(State.DELIVERED) > 0
    assert len({row.label for row in rows}) == len(rows)


@pytest.mark.usefixtures("berlin")
def test_the_hour_that_comes_twice_is_two_bars() -> None:
    since = datetime(2026, 10, 24, 21, tzinfo=UTC)
    twice = [
        row.label
        for row in series(Figures(since=since, as_of=BACK), look_of("24h", BACK))
        if "02:00" in row.label
    ]
    assert twice == ["02:00 CEST", "02:00 CET"]


@pytest.mark.usefixtures("berlin")
@pytest.mark.parametrize(("now", "day", "hours"), [(BACK, "25 Oct", 25), (FORWARD, "29 Mar", 23)])
def test_a_bar_of_thirty_days_is_a_day_from_midnight_to_midnight(now: datetime, day: str, hours: int) -> None:
    since = now.replace(minute=0) - timedelta(days=10)
    rows = series(Figures(since=since, as_of=now), look_of("30d", now))
    at = next(place for place, row in enumerate(rows) if row.label == day)
    assert timezone.localtime(rows[at].begin).strftime("%d %H:%M") == f"{day[:2]} 00:00"
    assert rows[at + 1].begin - rows[at].begin == timedelta(hours=hours)
    assert len(rows) in (30, 31)


@pytest.mark.usefixtures("berlin")
@pytest.mark.parametrize(("now", "monday", "hours"), [(BACK, "19 Oct", 169), (FORWARD, "23 Mar", 167)])
def test_a_week_begins_on_monday_at_midnight_and_is_an_hour_longer_or_shorter_where_clocks_change(
    now: datetime, monday: str, hours: int
) -> None:
    cuts = periods.bounds(periods.begin("12w", now), "12w")
    assert len(cuts) == 13
    assert {timezone.localtime(cut).strftime("%a %H:%M") for cut in cuts} == {"Mon 00:00"}
    at = next(place for place, cut in enumerate(cuts) if f"{timezone.localtime(cut):%d %b}" == monday)
    assert cuts[at + 1] - cuts[at] == timedelta(hours=hours)
    assert cuts[at] <= now < cuts[at + 1]


@pytest.mark.usefixtures("berlin")
@pytest.mark.parametrize("now", [BACK, FORWARD])
@pytest.mark.parametrize("period", ["12w", "52w"])
def test_weeks_are_compared_up_to_the_same_weekday_and_hour(now: datetime, period: str) -> None:
    since, until = periods.before(period, now)
    begin = periods.begin(period, now)
    weeks = timedelta(weeks=periods.WEEKS[period])

    def wall(moment: datetime) -> datetime:
        return timezone.localtime(moment).replace(tzinfo=None)

    assert wall(begin) - wall(since) == weeks
    # The hour under way counts whole.
    assert wall(now) + timedelta(minutes=30) - wall(until) == weeks
    assert until <= begin


@pytest.mark.parametrize("now", [BACK, FORWARD])
def test_days_and_weeks_leave_out_no_hour_in_any_zone(zone: ZoneInfo, now: datetime) -> None:
    for period in ("7d", "30d", "12w"):
        cuts = periods.bounds(periods.begin(period, now), period)
        assert cuts == sorted(set(cuts))
        assert all(cut.minute == cut.second == 0 for cut in cuts)
        assert cuts[-1] > now
