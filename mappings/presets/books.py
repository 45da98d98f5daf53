"""Our Records into Crossdock's own books, and the books as Records again, to be carried on to BI.

An e-mail address and a telephone number are made keyed hashes before anything is kept; no name and no more of an
address than its country is written. What is read from the books has the hash of its person in `extra.person`.
"""

from __future__ import annotations

from mappings.translate import RuleData

from .preset import Preset, rule

_NO_PERSON = "Of an e-mail address only a keyed hash is kept; names and addresses are not written."
_BELONGS = (rule("order_number", "order_number"), rule("order_external_id", "order_id"))
_TIMES = (rule("created_at", "created_at"), rule("updated_at", "updated_at"))


def _same(*names: str) -> tuple[RuleData, ...]:
    return tuple(rule(name, name) for name in names)


ORDERS_WRITE = Preset(
    name="Books: orders with their lines",
    direction="write",
    platform="books",
    resource="orders",
    kind="order",
    rules=(
        rule("id", "id", required=True),
        *_same("number", "placed_at", "updated_at", "currency"),
        *_same("subtotal", "tax", "shipping_total", "discount_total", "total"),
        *_same("status", "payment_status", "fulfillment_status", "cancelled_at", "is_renewal"),
        rule("email", "email || customer.email"),
        rule("country", "shipping_address.country || billing_address.country"),
        rule("lines[]", "lines"),
        *(
            rule(f"lines[].{name}", name)
            for name in (
                *("id", "sku", "title", "ordered", "cancelled", "shipped", "refunded", "unit_price", "total"),
            )
        ),
        rule("refunds[]", "refunds"),
        *(rule(f"refunds[].{name}", name) for name in ("id", "amount", "currency", "status", "created_at")),
    ),
    description=f"{_NO_PERSON} Refunds that the shop tells with the order go to the refunds.",
)

PAYMENTS_WRITE = Preset(
    name="Books: payments",
    direction="write",
    platform="books",
    resource="payments",
    kind="payment",
    rules=(
        rule("id", "id", required=True),
        *_BELONGS,
        *_same("amount", "currency", "status", "provider", "reference", "fee", "net"),
        rule("payout", "payout_id"),
        rule("email", "email"),
        *_TIMES,
    ),
    description=_NO_PERSON,
)

REFUNDS_WRITE = Preset(
    name="Books: refunds",
    direction="write",
    platform="books",
    resource="refunds",
    kind="refund",
    rules=(
        rule("id", "id", required=True),
        *_BELONGS,
        rule("payment_external_id", "payment_id"),
        *_same("amount", "currency", "status"),
        *_TIMES,
    ),
    description="The reason is not written: people put names into it.",
)

DISPUTES_WRITE = Preset(
    name="Books: disputes",
    direction="write",
    platform="books",
    resource="disputes",
    kind="dispute",
    rules=(
        rule("id", "id", required=True),
        *_BELONGS,
        rule("payment_external_id", "payment_id"),
        *_same("amount", "currency", "reason", "status", "due_by"),
        *_TIMES,
    ),
)

PAYOUTS_WRITE = Preset(
    name="Books: payouts",
    direction="write",
    platform="books",
    resource="payouts",
    kind="payout",
    rules=(
        rule("id", "id", required=True),
        *_same("amount", "currency", "fee", "status", "arrives_at"),
        *_TIMES,
        rule("parts[]", "parts"),
        *(rule(f"parts[].{name}", name) for name in ("kind", "of", "amount", "fee", "net")),
    ),
)

SHIPMENTS_WRITE = Preset(
    name="Books: shipments",
    direction="write",
    platform="books",
    resource="shipments",
    kind="shipment",
    rules=(
        rule("id", "id", required=True),
        *_BELONGS,
        *_same("number", "carrier", "tracking_number", "status", "shipped_at", "delivered_at", "updated_at"),
    ),
)

STOCK_WRITE = Preset(
    name="Books: stock",
    direction="write",
    platform="books",
    resource="stock",
    kind="stock_level",
    rules=(
        rule("id", "id || join('/', [sku, location || ''])", required=True),
        *_same("sku", "location", "on_hand", "allocated", "available", "updated_at"),
    ),
)

CUSTOMERS_WRITE = Preset(
    name="Books: customers",
    direction="write",
    platform="books",
    resource="customers",
    kind="customer",
    rules=(
        rule("id", "id", required=True),
        rule("email", "email"),
        rule("phone", "phone || address.phone"),
        rule("country", "address.country"),
        rule("accepts_marketing", "accepts_marketing"),
        *_TIMES,
    ),
    description="Of an e-mail address and a telephone number only keyed hashes are kept; names are not written.",
)

TICKETS_WRITE = Preset(
    name="Books: tickets",
    direction="write",
    platform="books",
    resource="tickets",
    kind="ticket",
    rules=(
        rule("id", "id", required=True),
        *_same("number", "order_number", "status"),
        rule("email", "email"),
        *_TIMES,
    ),
    description="The title is not written: people put names into it.",
)


def _number(name: str) -> RuleData:
    return rule(name, name, "decimal")


def _time(name: str) -> RuleData:
    return rule(name, name, "time")


def _read(resource: str, kind: str, what: str, *rules: RuleData) -> Preset:
    return Preset(
        name=f"Books: read {what}",
        direction="read",
        platform="books",
        resource=resource,
        kind=kind,
        rules=(
            rule("id", "id", required=True),
            rule("updated_at", "updated_at", "time"),
            rule("extra.source", "source"),
            rule("extra.booked_at", "booked_at"),
            *rules,
        ),
        description="The id is that of the connection it came from, a slash, and the id there.",
    )


_OF_ORDER = _same("order_number", "order_id")
_PERSON = rule("extra.person", "person")

ORDERS_READ = _read(
    "orders",
    "order",
    "orders",
    *_same("number", "currency", "status", "payment_status", "fulfillment_status", "is_renewal"),
    *map(_number, ("subtotal", "tax", "shipping_total", "discount_total", "total")),
    *map(_time, ("placed_at", "cancelled_at")),
    _PERSON,
    rule("shipping_address.country", "country"),
    rule("lines[]", "lines"),
    *(rule(f"lines[].{name}", name) for name in ("id", "sku", "title")),
    *(
        rule(f"lines[].{name}", name, "decimal")
        for name in ("ordered", "cancelled", "shipped", "refunded", "unit_price", "total")
    ),
)
PAYMENTS_READ = _read(
    "payments",
    "payment",
    "payments",
    *_OF_ORDER,
    *_same("currency", "status", "provider", "reference"),
    *map(_number, ("amount", "fee", "net")),
    rule("payout_id", "payout"),
    _time("created_at"),
    _PERSON,
)
REFUNDS_READ = _read(
    "refunds",
    "refund",
    "refunds",
    *_OF_ORDER,
    rule("payment_id", "payment_external_id"),
    *_same("currency", "status"),
    _number("amount"),
    _time("created_at"),
)
DISPUTES_READ = _read(
    "disputes",
    "dispute",
    "disputes",
    *_OF_ORDER,
    rule("payment_id", "payment_external_id"),
    *_same("currency", "reason", "status"),
    _number("amount"),
    *map(_time, ("due_by", "created_at")),
)
PAYOUTS_READ = _read(
    "payouts",
    "payout",
    "payouts",
    *_same("currency", "status"),
    *map(_number, ("amount", "fee")),
    *map(_time, ("arrives_at", "created_at")),
    rule("parts[]", "parts"),
    *(rule(f"parts[].{name}", name) for name in ("kind", "of")),
    *(rule(f"parts[].{name}", name, "decimal") for name in ("amount", "fee", "net")),
)
SHIPMENTS_READ = _read(
    "shipments",
    "shipment",
    "shipments",
    *_OF_ORDER,
    *_same("number", "carrier", "tracking_number", "status"),
    *map(_time, ("shipped_at", "delivered_at")),
)
STOCK_READ = _read(
    "stock",
    "stock_level",
    "stock",
    *_same("sku", "location"),
    *map(_number, ("on_hand", "allocated", "available")),
)
CUSTOMERS_READ = _read(
    "customers",
    "customer",
    "customers",
    rule("accepts_marketing", "accepts_marketing"),
    rule("address.country", "country"),
    _time("created_at"),
    _PERSON,
)
TICKETS_READ = _read(
    "tickets", "ticket", "tickets", *_same("number", "order_number", "status"), _time("created_at"), _PERSON
)

PRESETS: dict[str, Preset] = {
    "books-orders": ORDERS_WRITE,
    "books-payments": PAYMENTS_WRITE,
    "books-refunds": REFUNDS_WRITE,
    "books-disputes": DISPUTES_WRITE,
    "books-payouts": PAYOUTS_WRITE,
    "books-shipments": SHIPMENTS_WRITE,
    "books-stock": STOCK_WRITE,
    "books-customers": CUSTOMERS_WRITE,
    "books-tickets": TICKETS_WRITE,
    "books-read-orders": ORDERS_READ,
    "books-read-payments": PAYMENTS_READ,
    "books-read-refunds": REFUNDS_READ,
    "books-read-disputes": DISPUTES_READ,
    "books-read-payouts": PAYOUTS_READ,
    "books-read-shipments": SHIPMENTS_READ,
    "books-read-stock": STOCK_READ,
    "books-read-customers": CUSTOMERS_READ,
    "books-read-tickets": TICKETS_READ,
}
