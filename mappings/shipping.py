"""What of an order is to be carried to somebody, and whether its source says that this was done. No network."""

from __future__ import annotations

import msgspec

from .records import Address, Order, told

# Who got all the money back, or never paid it, is sent nothing more.
_NOTHING_OWED = ("refunded", "voided")


def has_goods(order: Order) -> bool:
    """Whether a line stands that is no download and no gift card. What nobody tells counts as goods."""
    lines = told(order.lines)
    if not lines:
        return True
    return any(
        told(line.requires_shipping) is not False and (told(line.ordered) or 1) > (told(line.cancelled) or 0)
        for line in lines
    )


def is_called_shipped(order: Order) -> bool | None:
    """Whether the source says that all of it is on its way in a parcel; None where it says nothing of that.

    What needs no parcel is not called shipped: downloads, what is fetched at the counter (it has no address), what was
    cancelled, and what was paid back.
    """
    status = told(order.fulfillment_status)
    if status is None:
        return None
    is_owed = told(order.status) != "cancelled" and told(order.payment_status) not in _NOTHING_OWED
    return status == "fulfilled" and is_owed and _has_address(order) and has_goods(order)


def _has_address(order: Order) -> bool:
    address = order.shipping_address
    if not isinstance(address, Address):
        return address is msgspec.UNSET
    return any(told(getattr(address, name)) for name in address.__struct_fields__)
