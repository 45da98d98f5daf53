"""Times as platforms write them, and as versions that sort as text."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from integrations.connectors.templates import MISSING, expression
from integrations.connectors.words import Since, Time, Version
from integrations.exceptions import DeclarationError

FORMATS = ("iso", "unix", "unix_ms", "date", "a pattern with % (for example %Y-%m-%d %H:%M:%S)")
DIGITS_OF_VERSION = 20
Moment = Callable[[Any], datetime | None]


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
    if form not in ("iso", "unix", "unix_ms", "date") and "%" not in form:
        raise DeclarationError(field, f"{form!r} is no format of a time. Use one of: {', '.join(FORMATS)}.")


def moment(word: Time, field: str) -> Moment:
    """Reads a time out of a record, in UTC; None where there is none or it cannot be read as declared."""
    check_format(word.format, f"{field}.format")
    places = word.at if isinstance(word.at, list) else [word.at]
    readers = [expression(place, f"{field}.at") for place in places]
    read_zone = expression(word.zone_at, f"{field}.zone_at") if word.zone_at else None
    home = zone(word.zone, f"{field}.zone")

    def find(record: Any) -> datetime | None:
        local = home
        if read_zone is not None and isinstance(named := read_zone(record), str):
            local = _zone_or(named, home)
        newest: datetime | None = None
        for read in readers:
            value = read(record)
            for part in value if isinstance(value, list) else (value,):
                when = parse(part, word.format, local) if part is not MISSING else None
                if when is not None and (newest is None or when > newest):
                    newest = when
        return newest

    return find


def _zone_or(name: str, home: ZoneInfo) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return home


def parse(value: Any, form: str, home: ZoneInfo) -> datetime | None:
    try:
        return _parse(value, form, home)
    except (ValueError, TypeError, OverflowError, OSError, InvalidOperation):
        return None


def _parse(value: Any, form: str, home: ZoneInfo) -> datetime:
    if form in ("unix", "unix_ms"):
        seconds = Decimal(str(value)) / (1000 if form == "unix_ms" else 1)
        return datetime.fromtimestamp(0, UTC) + timedelta(microseconds=int(seconds * 1_000_000))
    text = str(value).strip()
    if form == "date":
        return datetime.combine(date.fromisoformat(text), datetime.min.time(), home).astimezone(UTC)
    found = datetime.fromisoformat(text) if form == "iso" else datetime.strptime(text, form)  # noqa: DTZ007
    return (found if found.tzinfo else found.replace(tzinfo=home)).astimezone(UTC)


def write(when: datetime, form: str, home: ZoneInfo) -> str | int:
    """A time as the platform wants it: numbers for unix, text for the rest."""
    if form == "unix":
        return math.floor(when.timestamp())
    if form == "unix_ms":
        return math.floor(when.timestamp() * 1000)
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
        return lambda record: as_version(when) if (when := updated_at(record)) is not None else ""
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
    granule = word.granularity or (
        86_400.0 if word.format == "date" else 1.0 if word.format == "unix" else 0.0
    )

    def ask(since: datetime) -> tuple[datetime, str | int]:
        wanted = since.timestamp() - word.overlap
        if granule:
            wanted = math.floor(wanted / granule) * granule
        if word.strict:
            wanted -= granule or 0.001
        when = datetime.fromtimestamp(wanted, UTC)
        return when, write(when, word.format, home)

    return ask
