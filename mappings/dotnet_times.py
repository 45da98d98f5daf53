"""Times as .NET writes them in JSON: "/Date(1541176290160+0000)/".

The number is milliseconds since 1970 in UTC. What may stand behind it only says in which zone it was written, and moves
nothing.
"""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime, timedelta

_FORM = re.compile(r"/Date\((-?\d{1,15})(?:[+-]\d{4})?\)/")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def parse_dotnet(text: str) -> datetime:
    """Raises ValueError for what is written otherwise, and OverflowError for a year that there is not."""
    found = _FORM.fullmatch(text.strip())
    if found is None:
        raise ValueError("not a time of .NET")
    return _EPOCH + timedelta(milliseconds=int(found[1]))


def write_dotnet(when: datetime) -> str:
    return f"/Date({math.floor(when.timestamp() * 1000)}+0000)/"
