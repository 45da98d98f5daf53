"""By when an order was promised: what the source tells, else the carrier's next pick-up after it was placed. By when a
parcel is: what its carrier tells."""

from __future__ import annotations

from datetime import datetime

from integrations.models import SyncJob
from mappings.pick_up import PickUpError, pick_up
from mappings.records import Order, Record, Shipment, told


def promised_at(job: SyncJob, record: Record) -> datetime | None:
    """None for what is neither, and where nobody promised anything. It stays the same however often the order changes,
    unless the source says another hour."""
    if isinstance(record, Shipment):
        expected: datetime | None = told(record.deliver_by)
        return expected
    if not isinstance(record, Order):
        return None
    by_source: datetime | None = told(record.ship_by) or told(record.deliver_by)
    if by_source is not None:
        return by_source
    placed_at: datetime | None = told(record.placed_at)
    if placed_at is None or not job.pick_up_hours:
        return None
    try:
        hours = pick_up(job.pick_up_hours, job.pick_up_zone, job.pick_up_holidays)
    except PickUpError:
        # Refused where it is entered; what is wrong all the same stops no order.
        return None
    return hours.next_after(placed_at) if hours is not None else None
