"""A batch while a worker has it in hand."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field

from . import shared_clock
from .claim import Lease
from .send import Results

# Records are committed in groups of about this many, and at least this often while anything comes back.
GROUP = 100
COMMIT_EVERY = 1.0


@dataclass(eq=False)
class Hand:
    """A batch in hand: its groups that are still to be begun, and what came back and is not written down yet."""

    lease: Lease
    groups: deque[list[int]]
    flying: int = 0
    back: Results = field(default_factory=list)
    back_since: float = 0.0
    is_lost: bool = False

    def take_back(self, results: Results) -> None:
        if not self.back:
            self.back_since = time.monotonic()
        self.back += results

    def rests_for(self) -> float:
        """Seconds until something of it may be tried again, at most 0: now; infinite: nothing is left of it."""
        if self.is_lost or not self.lease.parcels:
            return float("inf")
        earliest = min(self.lease.not_before.get(place, 0.0) for place in self.lease.parcels)
        return earliest - shared_clock.seconds()

    @property
    def is_due(self) -> bool:
        """Whether what came back is to be written down now."""
        if not self.back:
            return False
        waited = time.monotonic() - self.back_since >= COMMIT_EVERY
        return waited or len(self.back) >= min(GROUP, self.flying)


def groups(lease: Lease) -> Iterator[list[int]]:
    now = shared_clock.seconds()
    due = [place for place in sorted(lease.parcels) if lease.not_before.get(place, 0.0) <= now]
    for start in range(0, len(due), GROUP):
        yield due[start : start + GROUP]
