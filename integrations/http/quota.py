"""What answers say of the platform's limits, in the dialects that vendors have for it, as plain numbers."""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, NamedTuple

LONGEST_WAIT = 24 * 3600.0


@dataclass(frozen=True)
class Told:
    """`remaining` of `limit` calls, and in how many seconds there are all of them again (None: they come back one by
    one). Points the same way: how many there are, at most, per second, and what the dearest call costs."""

    remaining: float | None = None
    limit: float | None = None
    reset: float | None = None
    points: float | None = None
    points_most: float = 0.0
    points_rate: float = 0.0
    cost: float = 0.0

    def tighter(self, other: Told | None) -> Told:
        """Of two answers that crossed on their way, the one that leaves less; each of the two kinds by itself."""
        if other is None:
            return self
        calls = self if _less(self.remaining, other.remaining) else other
        points = self if _less(self.points, other.points) else other
        return replace(
            points,
            remaining=calls.remaining,
            limit=calls.limit,
            reset=calls.reset,
            cost=max(self.cost, other.cost),
        )


class _Dialect(NamedTuple):
    remaining: str
    limit: str
    reset: str
    unit: float = 1.0


# The headers of one window: what is left, of how many, until when (in this unit). The first that is there counts.
_DIALECTS = (
    _Dialect("x-ratelimit-remaining", "x-ratelimit-limit", "x-ratelimit-reset"),
    _Dialect("ratelimit-remaining", "ratelimit-limit", "ratelimit-reset"),
    _Dialect("x-rate-limit-remaining", "x-rate-limit-limit", "x-rate-limit-reset"),
    _Dialect("x-rate-limit-remaining", "x-rate-limit", "ratelimit-reset"),
    _Dialect("x-ratelimit-remaining", "x-ratelimit-total", "x-ratelimit-reset"),
    _Dialect(
        "x-rate-limit-requests-left", "x-rate-limit-requests-quota", "x-rate-limit-time-reset-ms", 0.001
    ),
    _Dialect("x-sib-ratelimit-remaining", "x-sib-ratelimit-limit", "x-sib-ratelimit-reset"),
    _Dialect("x-hubspot-ratelimit-remaining", "x-hubspot-ratelimit-max", "", 0.001),
    _Dialect("x-minlimit-remaining", "", ""),
    _Dialect("x-remaining-calls", "", "x-retry-after"),
)
# "39/40": so many of so many are used, and they come back one by one.
_USED = ("x-shopify-shop-api-call-limit", "x-gorgias-account-api-call-limit")
_DRAFT = "ratelimit"
_KNOWN = frozenset({name for dialect in _DIALECTS for name in dialect[:2] if name} | {*_USED, _DRAFT})
# Where a vendor that says "too often" says for how long, in the order of being believed.
_WAITS = (
    ("retry-after", 1.0),
    ("x-retry-after", 1.0),
    ("x-rate-limit-time-reset-ms", 0.001),
    ("x-ratelimit-reset", 1.0),
    ("x-rate-limit-reset", 1.0),
    ("ratelimit-reset", 1.0),
    ("x-sib-ratelimit-reset", 1.0),
)
_FRACTION = re.compile(r"\s*(\d+)\s*/\s*(\d+)")
_PART = re.compile(r"\b(limit|remaining|reset|q|r|t)\s*=\s*(\d+)")
_NUMBER = re.compile(r"\s*(-?\d+(?:\.\d+)?)")


def told_by(headers: Mapping[str, str], body: Any) -> Told | None:
    """None where the answer says nothing of it, which is usual: it costs a microsecond. Header names are small."""
    found = _of_headers(headers) if not _KNOWN.isdisjoint(headers) else None
    if isinstance(body, dict) and "extensions" in body:
        points = _of_points(body["extensions"])
        if points is not None:
            return points.tighter(found)
    return found


def wait_told(headers: Mapping[str, str], body: Any = None, now: datetime | None = None) -> float | None:
    """How long a vendor that refused a call as too early asks us to wait; None where it does not say."""
    for name, unit in _WAITS:
        found = seconds_of(headers.get(name), now, unit)
        if found is not None:
            return found
    if isinstance(body, dict) and "extensions" in body:
        points = _of_points(body["extensions"])
        if points is not None and points.points_rate > 0 and points.points is not None:
            return min(max(points.cost - points.points, 0.0) / points.points_rate, LONGEST_WAIT)
    return None


def seconds_of(value: str | None, now: datetime | None = None, unit: float = 1.0) -> float | None:
    """From now: of seconds, of a moment since 1970 in seconds or milliseconds, of an HTTP or an ISO date."""
    if not value:
        return None
    text = value.strip()
    moment_now = now or datetime.now(UTC)
    try:
        seconds = float(text)
    except ValueError:
        moment = _moment(text)
        if moment is None:
            return None
        seconds = (moment - moment_now).total_seconds()
    else:
        seconds = _from_now(seconds, moment_now, unit)
    if seconds != seconds:  # "nan" is a float too
        return None
    return min(max(seconds, 0.0), LONGEST_WAIT)


def _from_now(number: float, now: datetime, unit: float) -> float:
    """Nobody waits for thirty years: such a number is a moment."""
    if number > 1e12:
        return number / 1000 - now.timestamp()
    return number - now.timestamp() if number > 1e9 else number * unit


def _moment(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            return None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


def _of_headers(headers: Mapping[str, str]) -> Told | None:
    for name in _USED:
        fraction = _FRACTION.match(headers.get(name, ""))
        if fraction:
            used, limit = float(fraction[1]), float(fraction[2])
            return Told(remaining=max(limit - used, 0.0), limit=limit)
    for dialect in _DIALECTS:
        remaining = _number(headers.get(dialect.remaining))
        if remaining is not None and (not dialect.limit or dialect.limit in headers):
            reset = seconds_of(headers.get(dialect.reset), None, dialect.unit)
            return Told(remaining=remaining, limit=_number(headers.get(dialect.limit)), reset=reset)
    return _of_draft(headers.get(_DRAFT, ""))


def _of_draft(value: str) -> Told | None:
    """`limit=100, remaining=50, reset=5`, or in its later form `"default";r=50;t=5`."""
    parts = {name: float(number) for name, number in _PART.findall(value)}
    remaining = parts.get("remaining", parts.get("r"))
    if remaining is None:
        return None
    return Told(remaining, parts.get("limit", parts.get("q")), parts.get("reset", parts.get("t")))


def _of_points(extensions: Any) -> Told | None:
    """Shopify's `extensions.cost.throttleStatus`, which others have taken over."""
    cost = extensions.get("cost") if isinstance(extensions, dict) else None
    status = cost.get("throttleStatus") if isinstance(cost, dict) else None
    if not isinstance(status, dict) or not isinstance(cost, dict):
        return None
    left, most, rate = (
        _number(status.get(name)) for name in ("currentlyAvailable", "maximumAvailable", "restoreRate")
    )
    if left is None or not most or not rate:
        return None
    asked = _number(cost.get("requestedQueryCost")) or _number(cost.get("actualQueryCost")) or 0.0
    return Told(points=left, points_most=most, points_rate=rate, cost=asked)


def _number(value: Any) -> float | None:
    """Of a header's text (what stands behind the number is left: `100, 100;w=60`) or of JSON."""
    found = _NUMBER.match(str(value)) if value is not None and not isinstance(value, bool) else None
    return max(float(found[1]), 0.0) if found else None


def _less(one: float | None, other: float | None) -> bool:
    return other is None or (one is not None and one < other)


class Hearing:
    """Keeps what the answers said until somebody asks. Threads note; one asks."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._told: Told | None = None

    def note(self, headers: Mapping[str, str], body: Any) -> None:
        told = told_by(headers, body)
        if told is not None:
            with self._lock:
                self._told = told.tighter(self._told)

    def asked(self) -> Told | None:
        if self._told is None:
            return None
        with self._lock:
            told, self._told = self._told, None
        return told
