"""A batch while a worker has it in hand."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from integrations.connectors.base import Abilities, Limit
from integrations.models import Priority

from . import shared_clock
from .case import Sending
from .claim import Lease
from .send import Results

# Records are weighed and committed in groups of at most this many (half a batch as it is sealed), and committed at
# least this often while anything comes back.
GROUP = 125
# Fresh events come while others are being stored: on SQLite a webhook waits for the one group that is being written.
FRESH_GROUP = 60
COMMIT_EVERY = 1.0
# Seconds in which the platform's limit lets a whole group through: a newer version waits so long for its turn.
LONGEST_GROUP = 10.0


@dataclass(eq=False)
class Hand:
    """A batch in hand: its groups that are still to be begun, and what came back and is not written down yet."""

    lease: Lease
    groups: deque[list[int]]
    size: int
    flying: int = 0
    back: Results = field(default_factory=list)
    back_since: float = 0.0
    is_lost: bool = False
    is_cancelled: bool = False

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
        return waited or len(self.back) >= min(self.size, self.flying)


def by_lease(found: Sequence[tuple[Lease, Sending, object]]) -> list[tuple[Lease, Results]]:
    """What came back, by the batch that it is of."""
    leases = {id(lease): lease for lease, _, _ in found}
    results: dict[int, Results] = {key: [] for key in leases}
    for lease, sending, result in found:
        results[id(lease)].append((sending, result))  # type: ignore[arg-type]
    return [(leases[key], results[key]) for key in leases]


def group_size(abilities: Abilities, limit: Limit, calls: int) -> int:
    """How many records leave together, where so many calls may be on their way at the same time.

    Where a write can neither be repeated nor looked up, each one that is open when a worker dies becomes a question to
    a person: only what can leave at once is opened there.
    """
    if not is_found_again(abilities):
        return calls
    if not limit.calls_per_second:
        return GROUP
    in_time = int(limit.calls_per_second * LONGEST_GROUP) * max(abilities.batch_size, 1)
    return min(max(in_time, calls), GROUP)


def size_for(priority: int, size: int) -> int:
    return min(size, FRESH_GROUP) if priority == Priority.FRESH else size


def is_found_again(abilities: Abilities) -> bool:
    """Whether a write of which no answer came can be settled without a person."""
    return abilities.keys or abilities.lookup or abilities.upserts


def groups(lease: Lease, size: int) -> Iterator[list[int]]:
    now = shared_clock.seconds()
    due = [place for place in sorted(lease.parcels) if lease.not_before.get(place, 0.0) <= now]
    for start in range(0, len(due), size):
        yield due[start : start + size]
