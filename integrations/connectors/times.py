"""Times as platforms write them, and as versions that sort as text."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from integrations.connectors.templates import MISSING, expression
from integrations.connectors.words import Since, Time, Version
from integrations.exceptions import DeclarationError
from mappings.dotnet_times import parse_dotnet, write_dotnet

NAMED = ("iso", "unix", "unix_ms", "date", "dotnet")
FORMATS = (*NAMED, "a pattern with % (for example %Y-%m-%d %H:%M:%S)")
DIGITS_OF_VERSION = 20


def utc_now() -> datetime:
    return datetime.now(UTC)


def zone(name: str, field: str) -> ZoneInfo:
    """Raises DeclarationError."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise DeclarationError(
            field, f"{name!r} is no time zone. Write one like Europe/Berlin or UTC."
        ) from error


def check_format(form: str, field: str) -> None:
    if form not in NAMED and "%" not in form:
        raise DeclarationError(field, f"{form!r} is no format of a time. Use one of: {', '.join(FORMATS)}.")
    if "%" in form:
        try:
            datetime.strptime(datetime(2026, 11, 23, tzinfo=UTC).strftime(form), form)  # noqa: DTZ007
        except ValueError as error:
            raise DeclarationError(field, f"{form!r} is no pattern of a time: {error}.") from error


class Moment:
    """Reads a time out of a record, in UTC; None where there is none or it cannot be read as declared.

    In the night when clocks are turned back, a time without its offset may be one of two: the first is taken, and
    whoever must not miss anything asks for the `latest`.
    """

    def __init__(self, word: Time, field: str) -> None:
        check_format(word.format, f"{field}.format")
        self._format = word.format
        places = word.at if isinstance(word.at, list) else [word.at]
        self._readers = [expression(place, f"{field}.at") for place in places]
        self._zone = expression(word.zone_at, f"{field}.zone_at") if word.zone_at else None
        self._home = zone(word.zone, f"{field}.zone")

    def __call__(self, record: Any) -> datetime | None:
        return self._newest(record, 0)

    def latest(self, record: Any) -> datetime | None:
        return self._newest(record, 1)

    def version(self, record: Any) -> str:
        """ "" where the time is one of two: which of two changes is newer is then not told by it."""
        when = self(record)
        return as_version(when) if when is not None and when == self.latest(record) else ""

    def is_unreadable(self, record: Any) -> bool:
        """Whether there is something where the time should be, and it is no time in the declared form."""
        return self(record) is None and any(self._told(record))

    def _told(self, record: Any) -> Iterator[Any]:
        for read in self._readers:
            value = read(record)
            for part in value if isinstance(value, list) else (value,):
                if part is not MISSING and part != "":
                    yield part

    def _newest(self, record: Any, fold: int) -> datetime | None:
        local = self._home
        if self._zone is not None and isinstance(named := self._zone(record), str):
            local = _zone_or(named, local)
        times = [parse(part, self._format, local, fold) for part in self._told(record)]
        return max((when for when in times if when is not None), default=None)


def moment(word: Time, field: str) -> Moment:
    """Raises DeclarationError."""
    return Moment(word, field)


def _zone_or(name: str, home: ZoneInfo) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return home


def parse(value: Any, form: str, home: ZoneInfo, fold: int = 0) -> datetime | None:
    """`fold` 1: of an hour that a clock shows twice, the second is meant."""
    try:
        return _parse(value, form, home, fold)
    except (ValueError, TypeError, OverflowError, OSError, InvalidOperation):
        return None


def _parse(value: Any, form: str, home: ZoneInfo, fold: int) -> datetime:
    if form in ("unix", "unix_ms"):
        seconds = Decimal(str(value)) / (1000 if form == "unix_ms" else 1)
        return datetime.fromtimestamp(0, UTC) + timedelta(microseconds=int(seconds * 1_000_000))
    text = str(value).strip()
    if form == "dotnet":
        return parse_dotnet(text)
    if form == "date":
        return datetime.combine(date.fromisoformat(text), datetime.min.time(), home).astimezone(UTC)
    found = datetime.fromisoformat(text) if form == "iso" else datetime.strptime(text, form)  # noqa: DTZ007
    if found.tzinfo is not None:
        return found.astimezone(UTC)
    first, second = (found.replace(tzinfo=home, fold=place).astimezone(UTC) for place in (0, 1))
    # An hour that is left out in spring is no hour of two.
    return second if fold and second > first else first


def write(when: datetime, form: str, home: ZoneInfo) -> str | int:
    """A time as the platform wants it: numbers for unix, text for the rest."""
    if form == "unix":
        return math.floor(when.timestamp())
    if form == "unix_ms":
        return math.floor(when.timestamp() * 1000)
    if form == "dotnet":
        return write_dotnet(when)
    local = when.astimezone(home)
    if form == "date":
        return local.date().isoformat()
    if form == "iso":
        text = local.isoformat(timespec="seconds" if local.microsecond == 0 else "milliseconds")
        return text.replace("+00:00", "Z")
    return local.strftime(form)


def as_version(when: datetime) -> str:
    """ISO in UTC with microseconds: sorts as text."""
    return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def version_reader(version: Version | None, updated_at: Moment | None, field: str) -> Callable[[Any], str]:
    """The version of a record: its own, or its updated-at, or "" where the platform has neither."""
    if version is None:
        if updated_at is None:
            return lambda record: ""
        return updated_at.version
    read = expression(version.at, f"{field}.at")
    is_number = version.kind == "number"

    def find(record: Any) -> str:
        value = read(record)
        if value is MISSING:
            return ""
        text = str(value)
        return text.zfill(DIGITS_OF_VERSION) if is_number and text.isdigit() else text

    return find


def since_writer(word: Since, field: str) -> Callable[[datetime], tuple[datetime, str | int]]:
    """What to ask for so that nothing after `since` is missed: the moment that is meant, and how it is written."""
    check_format(word.format, f"{field}.format")
    home = zone(word.zone, f"{field}.zone")
    granule = word.granularity or _granule(word.format)
    has_offset = word.format in ("iso", "unix", "unix_ms", "dotnet") or "%z" in word.format

    def ask(since: datetime) -> tuple[datetime, str | int]:
        wanted = since.timestamp() - word.overlap
        if granule:
            wanted = math.floor(wanted / granule) * granule
        if word.strict:
            wanted -= granule or 0.001
        when = datetime.fromtimestamp(wanted, UTC)
        if not has_offset:
            when -= _turned_back(when, home)
        written = write(when, word.format, home)
        # What the platform understands is a little earlier where the form leaves out seconds.
        return min(when, parse(written, word.format, home) or when), written

    return ask


def _granule(form: str) -> float:
    """What the form itself leaves out of a time."""
    if form == "date" or ("%" in form and not re.search("%[HIMSTXcsRr]", form)):
        return 86_400.0
    if form == "unix" or re.search("%[STXcsr]", form):
        return 0.0 if "%f" in form else 1.0
    return 60.0 if "%" in form else 0.0


def _turned_back(when: datetime, home: ZoneInfo) -> timedelta:
    """By how much the clock there is turned back within the next hours: it then shows again what it showed before, and
    who asks for "later than 02:50" would never see what happens at 02:10 for the second time."""
    now, soon = when.astimezone(home).utcoffset(), (when + timedelta(hours=3)).astimezone(home).utcoffset()
    return max(timedelta(0), (now or timedelta(0)) - (soon or timedelta(0)))
