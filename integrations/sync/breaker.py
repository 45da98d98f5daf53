"""Opens where a system cannot be reached at all, so that no worker knocks at a dead host; closes by itself.

`failures` of the budget's row counts in a row; until `open_until_us` no worker of any host calls. When that is over,
whoever comes first makes one call (`budget.take` grants no more). It goes well: closed. Else: open again, for longer.
"""

from __future__ import annotations

from integrations.models import RateBudget

from .clock import MICROSECONDS, now_us

# So often in a row must a system be out of reach before it is told, and nobody calls for a while. A moment's trouble
# with the network is none of a person's business.
FAILURES_THAT_OPEN = 3
# Seconds until the next try: short while it may be but a moment, then doubled each time.
PAUSE_BEFORE, FIRST_PAUSE, LONGEST_PAUSE = 1.0, 10.0, 120.0
# Longer than any call may take: a worker that dies while it probes keeps the others waiting for no longer.
PROBE_TAKES_AT_MOST_US = 35 * MICROSECONDS


def failed(connection_id: int, known: int) -> bool:
    """Nothing of it could be reached. Returns whether that has lasted: then a person is to be told.

    `known`: the failures that were counted when the call was let through. Calls of many workers that fail at the same
    time are one failure: the first of them counts, and it alone tells.
    """
    now = now_us()
    RateBudget.objects.get_or_create(connection_id=connection_id)
    counted = RateBudget.objects.filter(connection_id=connection_id, failures=known).update(
        failures=known + 1, open_until_us=now + int(pause_after(known + 1) * MICROSECONDS)
    )
    return bool(counted) and known + 1 >= FAILURES_THAT_OPEN


def pause_after(failures: int) -> float:
    if failures < FAILURES_THAT_OPEN:
        return PAUSE_BEFORE
    return float(min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** (failures - FAILURES_THAT_OPEN)))


def worked(connection_id: int) -> None:
    RateBudget.objects.filter(connection_id=connection_id, failures__gt=0).update(failures=0, open_until_us=0)


def try_now(connection_id: int) -> None:
    """A person says that it is mended: the next call is let through, and shows whether it is."""
    RateBudget.objects.filter(connection_id=connection_id, failures__gt=0).update(open_until_us=0)


def standing(connection_id: int) -> tuple[int, float]:
    """The failures counted so far, and the seconds until it may be called again (0: now)."""
    row = (
        RateBudget.objects.filter(connection_id=connection_id)
        .values_list("failures", "open_until_us")
        .first()
    )
    failures, until = row or (0, 0)
    return failures, max((until - now_us()) / MICROSECONDS, 0.0) if until else 0.0
