"""One field in which a system holds something else than its owner."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True)
class Difference:
    """What one system holds in a field of another's. Digests are `mappings.value_digests.value_digest`'s; `since` is
    when the value is known to have been there first, None where nobody knows."""

    thing_id: int
    subject: str
    kind: str
    field: str
    rule: str
    owner_id: int
    other_id: int
    other_value: Any
    other_digest: str
    other_since: datetime | None
    owner_digest: str = ""
    owner_since: datetime | None = None
