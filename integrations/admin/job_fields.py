"""Which fields a job's page shows: those that say something of what this job carries, and any that was set."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from integrations.models import SyncJob

Row = str | tuple[str, ...]

ORDERS: Final = frozenset({"order"})
STOCK: Final = frozenset({"stock_level"})
OF_PEOPLE: Final = frozenset({"order", "customer", "event", "refund", "shipment"})
KINDS_OF_FIELDS: Final[dict[str, frozenset[str]]] = {
    "counts_units_in_flight": ORDERS,
    "explode_bundles": ORDERS,
    "takes_handed_over": ORDERS,
    "waits_for_payment": ORDERS,
    "checks_address": ORDERS,
    "pick_up_hours": ORDERS,
    "pick_up_zone": ORDERS,
    "pick_up_holidays": ORDERS,
    "stock_buffer": STOCK,
    "stock_buffer_percent": STOCK,
    "stock_locations": STOCK,
    "announce_within_minutes": frozenset({"shipment"}),
    "needs_consent": OF_PEOPLE,
}
STATE: Final = "State"
FIELDSETS: Final[tuple[tuple[str, tuple[Row, ...]], ...]] = (
    ("Job", ("name", "key", "workflow", "kind")),
    (STATE, ("state_line", "numbers", "next_read", "last_complete", "positions", "sandbox_suite")),
    (
        "From where to where",
        (
            ("source", "source_resource"),
            ("destination", "destination_resource"),
            ("read_mapping", "write_mapping"),
        ),
    ),
    (
        "What goes, and when",
        (
            "every_seconds",
            "accepts_pushes",
            "takes_handed_over",
            "filter",
            "rollout_percent",
            "halts_above_percent",
            ("removed", "removed_at_most_percent"),
            "counts_units_in_flight",
            "explode_bundles",
            ("stock_buffer", "stock_buffer_percent"),
            "stock_locations",
            "needs_consent",
            "writes_beside",
            "shares_fields",
        ),
    ),
    (
        "To the doorstep",
        (
            "waits_for_payment",
            "checks_address",
            "pick_up_hours",
            ("pick_up_zone", "pick_up_holidays"),
            "announce_within_minutes",
        ),
    ),
    (
        "Limits",
        (("concurrent_calls", "batch_size"), ("retry_limit", "waiting_hours"), "read_overlap_seconds"),
    ),
)


def fieldsets_of(job: SyncJob | None) -> list[tuple[str, dict[str, Any]]]:
    """As Django's admin takes them, without rows and sections of which nothing is left. None: of a new job."""
    shown = (
        (title, tuple(_rows(job, rows))) for title, rows in FIELDSETS if job is not None or title != STATE
    )
    return [(title, {"fields": rows}) for title, rows in shown if rows]


def _rows(job: SyncJob | None, rows: tuple[Row, ...]) -> Iterator[Row]:
    for row in rows:
        names = (row,) if isinstance(row, str) else row
        left = tuple(name for name in names if job is None or is_shown(job, name))
        if left:
            yield left[0] if len(left) == 1 else left


def is_shown(job: SyncJob, name: str) -> bool:
    """What was set is never hidden, also where it says nothing of this kind."""
    kinds = KINDS_OF_FIELDS.get(name)
    return kinds is None or job.kind in kinds or bool(getattr(job, name) != getattr(SyncJob(), name))
