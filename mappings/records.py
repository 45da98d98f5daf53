"""The canonical model: what one thing is, whatever system it comes from.

Each field is a value, None (known to be empty) or ABSENT (not told). ABSENT is never written, hashed or
overwriting. Money is a Decimal in the record's `currency`; times have a zone.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

ABSENT = UNSET

Text = str | None | UnsetType
Number = Decimal | None | UnsetType
Moment = datetime | None | UnsetType
Flag = bool | None | UnsetType


class Part(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Something inside a Record."""


class Record(msgspec.Struct, kw_only=True, omit_defaults=True):
    """`id` is the source's own; what a platform has and the Record has not stands in `extra`."""

    id: Text = UNSET
    updated_at: Moment = UNSET
    extra: dict[str, Any] | UnsetType = UNSET


class Address(Part):
    name: Text = UNSET
    company: Text = UNSET
    line1: Text = UNSET
    line2: Text = UNSET
    city: Text = UNSET
    region: Text = UNSET
    postal_code: Text = UNSET
    country: Text = UNSET
    phone: Text = UNSET
    email: Text = UNSET


class Consent(Part):
    """What a person said about being written to. `channel`: email, sms, phone or post; `at` is when it was said, and
    `source` where: checkout, account, form, …"""

    channel: Text = UNSET
    given: Flag = UNSET
    at: Moment = UNSET
    source: Text = UNSET


class Customer(Record):
    """`accepts_marketing` is what holds now for e-mail; `consents` are what was said last for each channel."""

    number: Text = UNSET
    name: Text = UNSET
    first_name: Text = UNSET
    last_name: Text = UNSET
    company: Text = UNSET
    email: Text = UNSET
    phone: Text = UNSET
    address: Address | UnsetType | None = UNSET
    accepts_marketing: Flag = UNSET
    consents: list[Consent] | UnsetType | None = UNSET
    tags: list[str] | UnsetType | None = UNSET
    created_at: Moment = UNSET


class OrderLine(Part):
    id: Text = UNSET
    sku: Text = UNSET
    title: Text = UNSET
    ordered: Number = UNSET
    cancelled: Number = UNSET
    shipped: Number = UNSET
    refunded: Number = UNSET
    unit_price: Number = UNSET
    tax: Number = UNSET
    discount: Number = UNSET
    total: Number = UNSET
    requires_shipping: Flag = UNSET


class Payment(Record):
    """`status`: pending, authorized, paid, failed, partially_refunded, refunded or voided. `fee` is what the provider
    keeps of the amount, `net` what is left, both in `currency`; `payout_id` is the payout that it came with."""

    order_id: Text = UNSET
    order_number: Text = UNSET
    amount: Number = UNSET
    currency: Text = UNSET
    status: Text = UNSET
    provider: Text = UNSET
    reference: Text = UNSET
    fee: Number = UNSET
    net: Number = UNSET
    payout_id: Text = UNSET
    email: Text = UNSET
    created_at: Moment = UNSET


class Refund(Record):
    """`status`: pending, paid or failed; a source that tells only of refunds that were made leaves it out."""

    order_id: Text = UNSET
    order_number: Text = UNSET
    payment_id: Text = UNSET
    amount: Number = UNSET
    currency: Text = UNSET
    status: Text = UNSET
    reason: Text = UNSET
    created_at: Moment = UNSET


class Dispute(Record):
    """A payment that the customer's bank asks back. `status`: open (an answer is due by `due_by`), answered, won or
    lost."""

    payment_id: Text = UNSET
    order_id: Text = UNSET
    order_number: Text = UNSET
    amount: Number = UNSET
    currency: Text = UNSET
    reason: Text = UNSET
    status: Text = UNSET
    due_by: Moment = UNSET
    created_at: Moment = UNSET


class PayoutPart(Part):
    """An entry of a payout. `kind`: payment, refund, dispute, fee (what the provider keeps for itself) or other; `of`
    is the provider's id of that. `net` is what it adds to the payout: of a refund it has a minus."""

    kind: Text = UNSET
    of: Text = UNSET
    amount: Number = UNSET
    fee: Number = UNSET
    net: Number = UNSET


class Payout(Record):
    """What a payment provider sends to the store's bank. `amount` is what arrives, `fee` was kept from it. `status`:
    pending, paid, failed or cancelled. `parts` are ABSENT where the provider does not tell them."""

    amount: Number = UNSET
    currency: Text = UNSET
    fee: Number = UNSET
    status: Text = UNSET
    arrives_at: Moment = UNSET
    parts: list[PayoutPart] | UnsetType | None = UNSET
    created_at: Moment = UNSET


class Order(Record):
    """`status`: open, closed or cancelled. `payment_status`: as a Payment's, and partially_paid.
    `fulfillment_status`: unfulfilled, partial or fulfilled. What a platform calls it stays in `extra`.
    `ship_by` and `deliver_by`: what was promised to the customer, where the platform tells it."""

    number: Text = UNSET
    placed_at: Moment = UNSET
    currency: Text = UNSET
    total: Number = UNSET
    subtotal: Number = UNSET
    tax: Number = UNSET
    shipping_total: Number = UNSET
    discount_total: Number = UNSET
    status: Text = UNSET
    payment_status: Text = UNSET
    fulfillment_status: Text = UNSET
    cancelled_at: Moment = UNSET
    email: Text = UNSET
    customer: Customer | UnsetType | None = UNSET
    shipping_address: Address | UnsetType | None = UNSET
    billing_address: Address | UnsetType | None = UNSET
    lines: list[OrderLine] | UnsetType | None = UNSET
    payments: list[Payment] | UnsetType | None = UNSET
    refunds: list[Refund] | UnsetType | None = UNSET
    tags: list[str] | UnsetType | None = UNSET
    note: Text = UNSET
    is_renewal: Flag = UNSET
    ship_by: Moment = UNSET
    deliver_by: Moment = UNSET


class StockLevel(Record):
    sku: Text = UNSET
    location: Text = UNSET
    on_hand: Number = UNSET
    allocated: Number = UNSET
    available: Number = UNSET


class ShipmentLine(Part):
    id: Text = UNSET
    order_line_id: Text = UNSET
    sku: Text = UNSET
    quantity: Number = UNSET


class Shipment(Record):
    """`deliver_by` is when the carrier says that it will be there."""

    number: Text = UNSET
    order_id: Text = UNSET
    order_number: Text = UNSET
    carrier: Text = UNSET
    tracking_number: Text = UNSET
    tracking_url: Text = UNSET
    status: Text = UNSET
    shipped_at: Moment = UNSET
    delivered_at: Moment = UNSET
    deliver_by: Moment = UNSET
    lines: list[ShipmentLine] | UnsetType | None = UNSET


class Variant(Record):
    sku: Text = UNSET
    title: Text = UNSET
    barcode: Text = UNSET
    price: Number = UNSET
    currency: Text = UNSET
    weight_grams: Number = UNSET


class Ticket(Record):
    number: Text = UNSET
    title: Text = UNSET
    status: Text = UNSET
    email: Text = UNSET
    order_number: Text = UNSET
    created_at: Moment = UNSET


class MarketingEvent(Record):
    name: Text = UNSET
    email: Text = UNSET
    order_number: Text = UNSET
    amount: Number = UNSET
    currency: Text = UNSET
    occurred_at: Moment = UNSET


RECORD_KINDS: dict[str, type[Record]] = {
    "order": Order,
    "stock_level": StockLevel,
    "shipment": Shipment,
    "customer": Customer,
    "variant": Variant,
    "refund": Refund,
    "payment": Payment,
    "dispute": Dispute,
    "payout": Payout,
    "ticket": Ticket,
    "event": MarketingEvent,
}


def as_data(record: Any) -> dict[str, Any]:
    """The record as plain data, for expressions: Decimals and times stay what they are, ABSENT is left out."""
    data: dict[str, Any] = msgspec.to_builtins(record, builtin_types=(Decimal, datetime))
    return data


def told(value: Any) -> Any:
    """The value, or None where it is ABSENT."""
    return None if value is ABSENT else value


def state_view(record: Record) -> dict[str, Any]:
    """Statuses and quantities as JSON, without anything personal: what conditions of actions compare."""
    names = ("status", "payment_status", "fulfillment_status", "currency")
    view: dict[str, Any] = {
        name: value for name in names if isinstance(value := getattr(record, name, None), str)
    }
    for name in ("total", "on_hand", "allocated", "available", "amount"):
        if isinstance(value := getattr(record, name, None), Decimal):
            view[name] = str(value)
    lines = told(getattr(record, "lines", None))
    if lines:
        view["lines"] = [_line_view(line) for line in lines]
    return view


def _line_view(line: msgspec.Struct) -> dict[str, Any]:
    view: dict[str, Any] = {}
    for name in _names_in_view(type(line)):
        value = getattr(line, name)
        if value is not ABSENT and value:
            view[name] = str(value) if type(value) is Decimal else value
    return view


@lru_cache(maxsize=16)
def _names_in_view(line: type[msgspec.Struct]) -> tuple[str, ...]:
    names = ("id", "sku", "ordered", "cancelled", "shipped", "refunded", "quantity")
    return tuple(name for name in names if name in line.__struct_fields__)


def subject(record: Record) -> str:
    """What a person calls it: “Order #1042”, “Stock of MUG-001”."""
    match record:
        case StockLevel():
            return f"Stock of {told(record.sku) or told(record.id) or 'an unnamed item'}"
        case Shipment():
            of = f" of order #{_bare(told(record.order_number))}" if told(record.order_number) else ""
            return f"Shipment {told(record.number) or told(record.id) or ''}".rstrip() + of
        case MarketingEvent() if told(record.name):
            of = f" of order #{_bare(told(record.order_number))}" if told(record.order_number) else ""
            return f"“{record.name}”{of}"
        case Order():
            return f"Order #{_bare(told(record.number) or told(record.id) or '?')}"
        case _:
            name = type(record).__name__
            number = (
                told(getattr(record, "number", None)) or told(getattr(record, "sku", None)) or told(record.id)
            )
            return f"{name} {number or '?'}"


def _bare(number: str | None) -> str:
    return (number or "").lstrip("#")


def amount(record: Record) -> tuple[Decimal | None, str | None]:
    value = told(getattr(record, "total", None))
    if value is None:
        value = told(getattr(record, "amount", None))
    currency = told(getattr(record, "currency", None))
    return (value, currency) if value is not None and currency else (None, None)


def occurred_at(record: Record) -> datetime | None:
    """The source's own time of what happened: the checkout, the shipping; else of the last change."""
    for name in ("placed_at", "shipped_at", "created_at", "occurred_at", "updated_at"):
        if isinstance(value := getattr(record, name, None), datetime):
            return value
    return None


OPEN_PAYMENTS = ("paid", "partially_refunded", "authorized")


def units(record: Record) -> list[tuple[str, int]]:
    """SKU and units still to be shipped of a paid, uncancelled order; nothing for all else."""
    if not isinstance(record, Order) or told(record.status) == "cancelled":
        return []
    if told(record.payment_status) not in OPEN_PAYMENTS:
        return []
    found = []
    for line in told(record.lines) or []:
        left = _quantity(line.ordered) - _quantity(line.cancelled) - _quantity(line.shipped)
        if left > 0 and isinstance(line.sku, str) and line.sku:
            found.append((line.sku, int(left)))
    return found


def _quantity(value: Any) -> Decimal:
    return value if isinstance(value, Decimal) else Decimal(0)


def references(record: Record) -> list[tuple[str, str]]:
    """(kind, the source's id) of the things that must be in the destination before this one."""
    order = told(getattr(record, "order_id", None))
    return [("order", order)] if order else []
