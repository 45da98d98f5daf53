"""Times: milliseconds since the epoch inside, ISO 8601 with an offset on the wire."""

import re
import threading
import time
from datetime import UTC, datetime, timedelta, timezone

from integrations.sandbox.refusals import Refusal

_OFFSET = re.compile(r"([+-])(\d\d):(\d\d)$")


class Clock:
    """Never gives the same millisecond twice, so that updated-at orders all changes of one process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last = 0

    def now(self) -> int:
        with self._lock:
            self._last = max(self._last + 1, time.time_ns() // 1_000_000)
            return self._last


def to_text(moment: int, offset: str = "Z") -> str:
    """`moment` in milliseconds as ISO 8601 in the zone `offset` ("Z" or "+05:45")."""
    local = datetime.fromtimestamp(moment / 1000, UTC).astimezone(_zone(offset))
    text = local.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment % 1000:03d}"
    return text + offset


def to_moment(text: str) -> int:
    """Milliseconds of an ISO 8601 time that carries its zone. Raises ValueError."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("the time has no zone")
    return round(moment.timestamp() * 1000)


def offset_of(text: str) -> str:
    """The offset at the end of an ISO 8601 time: "Z" or "+01:00"."""
    found = _OFFSET.search(text)
    return found.group(0) if found else "Z"


def asked_moment(query: dict[str, str], name: str) -> int | None:
    """The time in a query parameter, None when it was not asked. Raises Refusal 400."""
    text = query.get(name)
    if text is None:
        return None
    try:
        return to_moment(text)
    except ValueError as error:
        message = f"{name} must be an ISO 8601 time with its zone (a + must be sent as %2B)."
        raise Refusal(400, "invalid_parameter", message, name) from error


def _zone(offset: str) -> timezone:
    if offset == "Z":
        return UTC
    found = _OFFSET.match(offset)
    if found is None:
        raise ValueError(f"not an offset: {offset!r}")
    sign, hours, minutes = found.groups()
    span = timedelta(hours=int(hours), minutes=int(minutes))
    return timezone(span if sign == "+" else -span)
