"""Shippo's labels, orders and trackers into our Records, and our orders and parcels into what it takes."""

from __future__ import annotations

from mappings.translate import RuleData

from .preset import Preset, rule

_TO = (
    ("name", "name"),
    ("company", "company"),
    ("line1", "street1"),
    ("line2", "street2"),
    ("city", "city"),
    ("region", "state"),
    ("postal_code", "zip"),
    ("country", "country"),
    ("phone", "phone"),
    ("email", "email"),
)
_STATUS = (
    "({at} == 'DELIVERED' && 'delivered') || ({at} == 'TRANSIT' && 'shipped') "
    "|| (contains(['RETURNED', 'FAILURE'], {at} || '') && 'exception') || 'pending'"
)
# Refused by the carrier (REFUNDREJECTED), a label is as good as before.
_GIVEN_BACK = "contains(['REFUNDED', 'REFUNDPENDING'], status || '') && 'cancelled'"
# Older versions of the API tell an object here.
_AT = "(tracking_status.status || tracking_status)"
_DELIVERED = "tracking_history[?status == 'DELIVERED'].status_date | [-1]"
_MOVED = "tracking_history[?status == 'TRANSIT'].status_date | [0]"
_ORDER_STATUS = (
    "(status == 'cancelled' && 'CANCELLED') || (payment_status == 'refunded' && 'REFUNDED') "
    "|| (fulfillment_status == 'fulfilled' && 'SHIPPED') || (fulfillment_status == 'partial' && 'PARTIALLY_FULFILLED') "
    "|| (contains(['paid', 'partially_refunded'], payment_status || '') && 'PAID') "
    "|| (payment_status && 'AWAITPAY') || 'UNKNOWN'"
)


def _recipient(place: str) -> tuple[RuleData, ...]:
    own = {
        "name": "shipping_address.name || shipping_address.company",
        "email": "shipping_address.email || email",
    }
    return tuple(
        rule(
            f"{place}.{theirs}",
            own.get(ours, f"shipping_address.{ours}"),
            "country" if ours == "country" else "",
            required=ours in ("name", "line1", "country"),
        )
        for ours, theirs in _TO
    )


PARCELS_READ = Preset(
    name="Shippo: parcels",
    direction="read",
    platform="shippo",
    resource="parcels",
    kind="shipment",
    rules=(
        rule("id", "object_id", required=True),
        rule("number", "tracking_number || object_id"),
        # A label that was bought for an order is what the order is called here, and carries its number.
        rule("order_id", "metadata && object_id"),
        rule("order_number", "metadata"),
        rule("carrier", "rate.provider"),
        rule("tracking_number", "tracking_number"),
        rule("tracking_url", "tracking_url_provider"),
        rule("deliver_by", "eta", "time"),
        rule("status", f"({_GIVEN_BACK}) || {_STATUS.format(at=_AT)}"),
        rule("updated_at", "object_updated", "time"),
        rule("extra.label_url", "label_url"),
        rule("extra.service", "rate.servicelevel_token"),
        rule("extra.cost", "rate.amount", "text"),
        rule("extra.cost_currency", "rate.currency"),
        rule("extra.status", "status"),
        rule("extra.estimated_delivery", "eta"),
    ),
    description="A label of which the refund is asked for counts as cancelled. One without metadata was bought "
    "elsewhere, and tells no order. The day of delivery is told by the trackers.",
)

SHIPMENTS_READ = Preset(
    name="Shippo: shipments",
    direction="read",
    platform="shippo",
    resource="shipments",
    kind="shipment",
    rules=(
        rule("id", "object_id", required=True),
        rule("number", "object_id"),
        rule("order_number", "metadata"),
        rule("status", "'pending'"),
        rule("updated_at", "object_updated", "time"),
        rule("extra.offers", "length(rates || `[]`)"),
        rule("extra.said", "messages[0].text"),
    ),
    description="A shipment there is a question for rates. Whether a label was bought is told by the parcels.",
)

ORDERS_READ = Preset(
    name="Shippo: orders",
    direction="read",
    platform="shippo",
    resource="orders",
    kind="order",
    rules=(
        rule("id", "object_id", required=True),
        rule("number", "order_number || object_id"),
        rule("placed_at", "placed_at", "time"),
        rule("currency", "currency || (line_items[?currency] | [0].currency)"),
        rule("total", "total_price", "decimal"),
        rule("subtotal", "subtotal_price", "decimal"),
        rule("tax", "total_tax", "decimal"),
        rule("shipping_total", "shipping_cost", "decimal"),
        rule("status", "(order_status == 'CANCELLED' && 'cancelled') || 'open'"),
        rule(
            "payment_status",
            "(order_status == 'REFUNDED' && 'refunded') "
            "|| (contains(['PAID', 'SHIPPED', 'PARTIALLY_FULFILLED'], order_status || '') && 'paid') || 'pending'",
        ),
        rule(
            "fulfillment_status",
            "(order_status == 'SHIPPED' && 'fulfilled') || (order_status == 'PARTIALLY_FULFILLED' && 'partial') "
            "|| 'unfulfilled'",
        ),
        rule("email", "to_address.email"),
        *(rule(f"shipping_address.{ours}", f"to_address.{theirs}") for ours, theirs in _TO),
        rule("lines[]", "line_items"),
        rule("lines[].id", "object_id"),
        rule("lines[].sku", "sku"),
        rule("lines[].title", "title"),
        rule("lines[].ordered", "quantity"),
        rule("lines[].total", "total_price", "decimal"),
        rule("note", "notes"),
        rule("extra.shop_app", "shop_app"),
        rule("extra.status", "order_status"),
        rule("extra.shipping_method", "shipping_method"),
        rule("extra.labels", "transactions[].object_id"),
    ),
    description="Shippo has one status: what was shipped counts as paid. extra.labels are the parcels of the order.",
)

TRACKERS_READ = Preset(
    name="Shippo: trackers",
    direction="read",
    platform="shippo",
    resource="trackers",
    kind="shipment",
    rules=(
        rule("id", "join(':', [carrier, tracking_number])", required=True),
        rule("number", "tracking_number"),
        rule("order_number", "metadata"),
        rule("carrier", "carrier"),
        rule("tracking_number", "tracking_number", required=True),
        rule("status", _STATUS.format(at="tracking_status.status")),
        rule("shipped_at", _MOVED, "time"),
        rule("delivered_at", _DELIVERED, "time"),
        rule("deliver_by", "eta", "time"),
        rule("updated_at", "tracking_status.object_updated || tracking_status.status_date", "time"),
        rule("extra.label", "transaction"),
        rule("extra.status", "tracking_status.substatus.code || tracking_status.status"),
        rule("extra.estimated_delivery", "eta"),
        rule("extra.last_event", "tracking_status.status_details"),
    ),
    description="They come by webhooks alone, so the job's interval is 0.",
)

LABELS_WRITE = Preset(
    name="Shippo: buy labels",
    direction="write",
    platform="shippo",
    resource="labels",
    kind="order",
    rules=(
        rule("reference", "number", required=True),
        *_recipient("address_to"),
        rule("service", "extra.service"),
    ),
    description="One parcel of the size and weight that are set at the connection, for the connection's service or the "
    "cheapest rate. Add parcel.weight (in grams, as text) here where your orders tell it.",
)

ORDERS_WRITE = Preset(
    name="Shippo: send orders",
    direction="write",
    platform="shippo",
    resource="orders",
    kind="order",
    rules=(
        rule("order_number", "number", required=True),
        rule("placed_at", "placed_at", "to_time", required=True),
        rule("order_status", _ORDER_STATUS),
        *_recipient("to_address"),
        rule("currency", "currency"),
        rule("total_price", "total"),
        rule("subtotal_price", "subtotal"),
        rule("total_tax", "tax"),
        rule("shipping_cost", "shipping_total"),
        rule("shipping_cost_currency", "shipping_total && currency"),
        rule("shipping_method", "extra.shipping_method"),
        rule("notes", "note"),
        rule("line_items[]", "lines[?ordered != cancelled]"),
        rule("line_items[].sku", "sku"),
        rule("line_items[].title", "title || sku"),
        rule(
            "line_items[].quantity",
            "ordered",
            "minus",
            arguments={"minus": "= cancelled", "as": "integer"},
        ),
        rule("line_items[].total_price", "total"),
        rule("line_items[].currency", "root.currency"),
    ),
    description="Labels are bought over there. What is cancelled or changed later must be changed there by hand.",
)

TRACKERS_WRITE = Preset(
    name="Shippo: follow parcels",
    direction="write",
    platform="shippo",
    resource="trackers",
    kind="shipment",
    rules=(
        rule("carrier", "carrier", "lower", required=True),
        rule("tracking_number", "tracking_number", required=True),
        # By it Shippo shows that the parcel is one we have it follow.
        rule("metadata", "order_number || tracking_number", "truncate", arguments={"length": 100}),
    ),
    description="The carrier must have the name that Shippo gives it, such as dhl_express: use a value map.",
)

PRESETS: dict[str, Preset] = {
    "shippo-parcels": PARCELS_READ,
    "shippo-shipments": SHIPMENTS_READ,
    "shippo-orders": ORDERS_READ,
    "shippo-trackers": TRACKERS_READ,
    "shippo-buy-labels": LABELS_WRITE,
    "shippo-send-orders": ORDERS_WRITE,
    "shippo-follow-parcels": TRACKERS_WRITE,
}
