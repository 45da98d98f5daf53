"""Which records a person wants to be run again: a span of time, single ids, or all that one run carried."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime

MOST_IDS = 10_000
_SHOWN_IDS = 5
# What lies further off is a slip of the pen, and no system can be asked for it.
FIRST_YEAR, LAST_YEAR = 1970, 2199


class NotPossible(Exception):
    """Why these records cannot be run again, in a sentence."""


@dataclass(frozen=True)
class Selection:
    """Exactly one of: from `begin` until before `end` (either may be open), `ids` of the source, or a run's records."""

    begin: datetime | None = None
    end: datetime | None = None
    ids: tuple[str, ...] = ()
    run_id: int | None = None

    def as_json(self) -> dict[str, Any]:
        if self.run_id is not None:
            return {"run": self.run_id}
        if self.ids:
            return {"ids": list(self.ids)}
        return {"from": _text(self.begin), "until": _text(self.end)}

    @classmethod
    def from_json(cls, asked: dict[str, Any]) -> Selection:
        return cls(
            begin=_moment(asked.get("from")),
            end=_moment(asked.get("until")),
            ids=tuple(asked.get("ids") or ()),
            run_id=asked.get("run"),
        )

    @property
    def has_span(self) -> bool:
        return not self.ids and self.run_id is None

    def holds(self, moment: datetime) -> bool:
        return (self.begin is None or moment >= self.begin) and (self.end is None or moment < self.end)

    def sentence(self) -> str:
        if self.run_id is not None:
            return f"The records of run {self.run_id}"
        if self.ids:
            more = f" and {len(self.ids) - _SHOWN_IDS:,} more" if len(self.ids) > _SHOWN_IDS else ""
            return f"The records {', '.join(self.ids[:_SHOWN_IDS])}{more}"
        begin = f"from {_local(self.begin)}" if self.begin else "from the beginning"
        return f"Records {begin} until {_local(self.end)}" if self.end else f"Records {begin}"


def span(begin: str, end: str) -> Selection:
    """Days (2026-05-01, in the portal's zone; the last one is meant whole) or moments (2026-05-01T14:30, with or
    without a zone). Raises NotPossible."""
    found = Selection(_read(begin, "from"), _read(end, "to", is_end=True))
    if found.begin is None and found.end is None:
        raise NotPossible("Say from when, until when, or both.")
    if found.begin is not None and found.end is not None and found.begin >= found.end:
        raise NotPossible("The end lies before the beginning.")
    return found


def by_ids(texts: Sequence[str]) -> Selection:
    """Ids as the source calls them; doubled ones count once. Raises NotPossible."""
    ids = tuple(dict.fromkeys(text.strip() for text in texts if text.strip()))
    if not ids:
        raise NotPossible("Name at least one id of the source.")
    if len(ids) > MOST_IDS:
        raise NotPossible(f"At most {MOST_IDS:,} ids at once; choose a span of time for more.")
    if too_long := next((text for text in ids if len(text) > 255), None):
        raise NotPossible(f"No id is as long as this one: {too_long[:40]}…")
    return Selection(ids=ids)


def _read(text: str, name: str, is_end: bool = False) -> datetime | None:
    text = text.strip()
    if not text:
        return None
    try:
        day, moment = parse_date(text), parse_datetime(text)
    except ValueError:
        day, moment = None, None
    known = day or moment
    if known is not None and not FIRST_YEAR <= known.year <= LAST_YEAR:
        raise NotPossible(f"“{name}” lies between the years {FIRST_YEAR} and {LAST_YEAR}.")
    if len(text) == len("2026-05-01") and day is not None:
        return _midnight(day + timedelta(days=1) if is_end else day)
    if moment is None:
        raise NotPossible(f"“{name}” is a day such as 2026-05-01, or a moment such as 2026-05-01T14:30.")
    return moment if timezone.is_aware(moment) else timezone.make_aware(moment)


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime(day.year, day.month, day.day))  # noqa: DTZ001  # made aware here


def _text(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment is not None else None


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _local(moment: datetime | None) -> str:
    return f"{timezone.localtime(moment):%d %b %Y %H:%M}" if moment is not None else ""
