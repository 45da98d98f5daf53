"""An order whose label is bought, and which is not any more what the label was bought for.

No carrier changes a label. What was edited or cancelled afterwards, and cannot be given back from here, is told to a
person: once for each change, however often the order comes in again.
"""

from __future__ import annotations

from integrations.models import ErrorRecord, Settled, SyncJob
from mappings.records import Address, Order, Record, told
from mappings.search import keyed_hash
from mappings.sentences import within

from .case import Case
from .decide import CANNOT_CHANGE, UNCHANGED, Verdict
from .endings import data_fault
from .faults import Fault

RESOURCE = "labels"
EDITED, CANCELLED = "address_after_label", "cancelled_after_label"
# What stands on a label. Whom to call is no reason to buy another.
_PRINTED = ("name", "company", "line1", "line2", "city", "region", "postal_code", "country")
_MARK = "address"


def bought_for(job: SyncJob, record: Record) -> dict[str, str]:
    """What is kept with a label's `written_state`: where it was bought for, as a keyed hash."""
    if job.destination_resource != RESOURCE or not isinstance(record, Order):
        return {}
    address = told(record.shipping_address)
    return {_MARK: _mark_of(address)} if isinstance(address, Address) else {}


def no_longer_fits(job: SyncJob, case: Case, verdict: Verdict) -> Fault | None:
    """None also where something is done about it: an action that gives the label back is the better answer."""
    order = case.record
    if job.destination_resource != RESOURCE or not isinstance(order, Order):
        return None
    if case.destination_id is None or verdict not in (UNCHANGED, CANNOT_CHANGE):
        return None
    written = case.delivery.written_state or {}
    if order.status == "cancelled":
        if written.get("status") == "cancelled":
            return None
        return _told_once(job, case, CANCELLED, "cancelled", "status")
    now = bought_for(job, order).get(_MARK)
    if now is None or written.get(_MARK) in (None, now):
        return None
    return _told_once(job, case, EDITED, now, "shipping_address")


def _told_once(job: SyncJob, case: Case, code: str, mark: str, field: str) -> Fault | None:
    """None where a person has settled this very change already."""
    last = ErrorRecord.objects.filter(delivery=case.delivery, code=code).order_by("-pk").first()
    # Evidence that was purged meanwhile is long settled too.
    known = last is not None and (last.evidence or {"mark": mark}).get("mark") == mark
    if last is not None and known and last.settled_how == Settled.IGNORED:
        return None
    fault = data_fault(case, code, "validate", _sentence(job, case, code), field)
    fault.evidence = {"mark": mark}
    return fault


def _sentence(job: SyncJob, case: Case, code: str) -> str:
    shop, carrier = within(job.source.name), within(job.destination.name)
    if code == CANCELLED:
        return (
            f"{case.subject}: it was cancelled in {shop} after its label was bought, and {carrier} takes no label back "
            "from here. Give it back there; if the parcel has left, arrange a return. Then ignore this error."
        )
    return (
        f"{case.subject}: its address was changed in {shop} after its label was bought. Give the label back at "
        f"{carrier} and buy another there for the new address; if the parcel has left, have it redirected. Then ignore "
        "this error."
    )


def _mark_of(address: Address) -> str:
    values = (told(getattr(address, name)) for name in _PRINTED)
    return keyed_hash("address", "\x1f".join(" ".join(str(value or "").split()) for value in values))
