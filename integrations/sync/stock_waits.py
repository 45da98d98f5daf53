"""What stock waits for before it goes out."""

from __future__ import annotations

from datetime import UTC, datetime

from integrations.models import SyncJob

from . import shared_clock, stock_units
from .claim import Lease
from .pull import pull


def for_orders(job: SyncJob, lease: Lease, deadline: float) -> bool:
    """Stock goes out only after the orders were read that may have sold it since the figure was read."""
    read_at = max((p.read_at for p in lease.parcels.values() if not p.recount), default=0.0)
    behind = stock_units.orders_to_read_first(job, datetime.fromtimestamp(read_at, UTC)) if read_at else []
    for orders in behind:
        if orders.may_run:
            pull(orders.pk, deadline, at_once=True)
    still_behind = (
        stock_units.orders_to_read_first(job, datetime.fromtimestamp(read_at, UTC)) if behind else []
    )
    if not still_behind:
        return False
    for place in lease.parcels:
        lease.not_before[place] = shared_clock.seconds() + stock_units.ASK_AGAIN
    lease.give_back()
    return True
