"""What records are found by: keyed hashes of what people call them, kept for whatever came of a record."""

from __future__ import annotations

from collections.abc import Sequence

from integrations.models import SearchKey, State, SyncJob
from mappings.search import LINE_SKU

from . import rows
from .case import Case, Ending

# What a person may look for that no destination has taken.
FOUND_BY_WORDS = (State.FAILED, State.WAITING, State.FILTERED, State.SKIPPED, State.HELD)
ORDER = "order"


def store(
    job: SyncJob,
    delivered: Sequence[tuple[int, Sequence[tuple[str, str]]]],
    ended: Sequence[tuple[Case, Ending]],
) -> None:
    """`delivered`: each Thing with its keys. Call it in the transaction that records the group."""
    has_goods = bool(delivered or ended) and _finds_goods(job)
    found = {
        (kind, digest, thing)
        for thing, keys in delivered
        for kind, digest in keys
        if has_goods or kind != LINE_SKU
    } | {
        (kind, digest, case.delivery.thing_id)
        for case, ending in ended
        if ending.state in FOUND_BY_WORDS and ending.not_before is None
        # An error is all that is known of what failed.
        for kind, digest in [
            *case.search_keys(),
            *(case.line_keys() if has_goods or ending.fault is not None else ()),
        ]
    }
    rows.insert(SearchKey, ("kind", "digest", "thing_id"), sorted(found), rows.IGNORE)


def _finds_goods(job: SyncJob) -> bool:
    """Where the books have an order, they have its lines as well: these would only be kept twice."""
    if job.kind != ORDER:
        return False
    booked = SyncJob.objects.filter(kind=ORDER, source=job.source_id, destination__platform="books")
    return not booked.exists()
