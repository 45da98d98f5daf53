"""When a carrier picks up: cut-off hours by weekday, in the place's own time, without its holidays. No network.

Hours are written as people say them: "mon-fri 16:00, sat 12:00".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import holidays

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
# Longer than any row of holidays.
_DAYS_AHEAD = 31
_PART = re.compile(r"([a-z]{3})(?:\s*-\s*([a-z]{3}))?\s+(\d{1,2}):(\d{2})")


class PickUpError(ValueError):
    """What is wrong with one of the three settings; `field` says which: hours, zone or holidays."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(reason)
        self.field = field


@dataclass(frozen=True)
class PickUp:
    """`hours` by weekday, Monday is 0. `holidays_of` is a country, or a country and its part: DE, DE-BY."""

    hours: Mapping[int, time]
    zone: ZoneInfo
    holidays_of: str = ""

    def next_after(self, moment: datetime) -> datetime | None:
        """The first pick-up at or after this moment, in UTC; None where none comes within a month."""
        first = moment.astimezone(self.zone).date()
        for day in (first + timedelta(days=ahead) for ahead in range(_DAYS_AHEAD)):
            hour = self.hours.get(day.weekday())
            if hour is None or is_holiday(self.holidays_of, day):
                continue
            # By the clock on the wall: when the clocks are changed the hour stays, and what it is in UTC moves.
            at = datetime.combine(day, hour, tzinfo=self.zone).astimezone(UTC)
            if at >= moment:
                return at
        return None


@lru_cache(maxsize=256)
def pick_up(hours: str, zone: str, holidays_of: str = "") -> PickUp | None:
    """None where no hours are set. Raises PickUpError with the setting that makes no sense."""
    if not hours.strip():
        return None
    _check_holidays(holidays_of)
    return PickUp(dict(_hours(hours)), _zone(zone), holidays_of.strip().upper())


def check_place(zone: str, holidays_of: str) -> None:
    """Also while no hours are set. Raises PickUpError with the setting that names nothing."""
    if zone.strip():
        _zone(zone)
    _check_holidays(holidays_of)


def is_holiday(holidays_of: str, day: date) -> bool:
    return bool(holidays_of) and day in _calendar(holidays_of)


def _hours(text: str) -> Iterator[tuple[int, time]]:
    for part in text.lower().split(","):
        found = _PART.fullmatch(part.strip())
        if found is None:
            raise PickUpError(
                "hours", f"“{part.strip()}” is not understood. Write: mon-fri 16:00, sat 12:00."
            )
        first, last = _day(found[1]), _day(found[2] or found[1])
        try:
            hour = time(int(found[3]), int(found[4]))
        except ValueError:
            raise PickUpError("hours", f"{found[3]}:{found[4]} is no time of a day.") from None
        for ahead in range((last - first) % 7 + 1):
            yield (first + ahead) % 7, hour


def _day(name: str) -> int:
    if name not in DAYS:
        raise PickUpError("hours", f"“{name}” is no day. Days are {', '.join(DAYS)}.")
    return DAYS.index(name)


def _zone(name: str) -> ZoneInfo:
    if not name.strip():
        raise PickUpError("zone", "Hours need their time zone, such as Europe/Berlin.")
    try:
        return ZoneInfo(name.strip())
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise PickUpError("zone", f"“{name}” is no time zone. Write one such as Europe/Berlin.") from None


def _check_holidays(holidays_of: str) -> None:
    if not holidays_of.strip():
        return
    try:
        _calendar(holidays_of.strip().upper())
    except (NotImplementedError, AttributeError, KeyError):
        raise PickUpError(
            "holidays",
            f"The holidays of “{holidays_of}” are not known. Write a country, or its part: DE, DE-BY, US-CA.",
        ) from None


@lru_cache(maxsize=64)
def _calendar(holidays_of: str) -> holidays.HolidayBase:
    """It works out each year once, when it is first asked for it."""
    country, _, part = holidays_of.partition("-")
    return holidays.country_holidays(country, subdiv=part or None)
