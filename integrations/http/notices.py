"""What answers announce of the end of what was called.

- `Sunset` (RFC 8594): the moment from which it will not answer any more, as an HTTP date.
- `Deprecation` (RFC 9745): since when it should not be used, as `@` and seconds; before, also `true` or an HTTP date.
- `X-Shopify-API-Deprecated-Reason`: which fields of a query are on their way out, or a page that says so
  (https://shopify.dev/changelog/posts/graphql-return-actual-deprecation-reasons).
"""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from email.utils import parsedate_to_datetime

LONGEST = 300
_SINCE = re.compile(r"@(\d{1,12})$")


@dataclass(frozen=True)
class Notice:
    """`ends` is the first day on which it will not answer, None where none was told; `said` is the vendor's reason."""

    ends: date | None
    said: str

    def joined(self, other: Notice | None) -> Notice:
        """Of two answers: the earlier end, with what was said of it."""
        if other is None:
            return self
        first, second = sorted((self, other), key=lambda one: one.ends or date.max)
        return Notice(first.ends, first.said or second.said)


def notice_of(headers: Mapping[str, str]) -> Notice | None:
    """Names are small letters. What cannot be read is no notice: answers are not refused for it."""
    ends = _http_date(headers.get("sunset", ""))
    reason = headers.get("x-shopify-api-deprecated-reason", "").strip()
    since = _deprecated_since(headers.get("deprecation", ""))
    said = reason or (f"deprecated since {since:%d %b %Y}" if since else "")
    return Notice(ends, said[:LONGEST]) if ends or said else None


def _http_date(text: str) -> date | None:
    try:
        return parsedate_to_datetime(text).astimezone(UTC).date() if text else None
    except (ValueError, OverflowError):
        return None


def _deprecated_since(text: str) -> date | None:
    told = _SINCE.match(text.strip())
    if told is None:
        return _http_date(text)
    try:
        return datetime.fromtimestamp(int(told[1]), UTC).date()
    except (ValueError, OverflowError, OSError):
        return None


class Noticing:
    """Keeps what the answers announced until somebody asks. Threads note; one asks."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._notice: Notice | None = None

    def note(self, headers: Mapping[str, str]) -> None:
        notice = notice_of(headers)
        if notice is not None:
            with self._lock:
                self._notice = notice.joined(self._notice)

    def asked(self) -> Notice | None:
        return self._notice
