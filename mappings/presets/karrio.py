"""Karrio's orders, shipments and trackers into our Records, and our orders into labels and orders of its own."""

from __future__ import annotations

from mappings.translate import RuleData

from .preset import Preset, rule

_TO = (
    ("name", "person_name"),
    ("company", "company_name"),
    ("line1", "address_line1"),
    ("line2", "address_line2"),
    ("city", "city"),
    ("region", "state_code"),
    ("postal_code", "postal_code"),
    ("country", "country_code"),
    ("phone", "phone_number"),
    ("email", "email"),
)
# Karrio's own page of a parcel is a path on the server, and nothing for a customer.
_TRACKING_URL = (
    "meta.carrier_tracking_link || (starts_with(tracking_url || '', 'http') && tracking_url || null)"
)


_NEWS = (
    "(status == 'delivered' && 'Delivered') || (status == 'out_for_delivery' && 'Out for delivery') "
    "|| (contains(['needs_attention', 'delivery_failed'], status) && 'Delivery problem') "
    "|| (contains(['created', 'purchased', 'draft'], status) && 'Label bought') "
    "|| (status == 'cancelled' && 'Label cancelled') || 'Shipped'"
)


def _recipient(place: str) -> tuple[RuleData, ...]:
    return tuple(
        rule(
            f"{place}.{theirs}",
            f"shipping_address.{ours}" if ours != "email" else "shipping_address.email || email",
            "country" if ours == "country" else "",
            required=ours in ("name", "country"),
        )
        for ours, theirs in _TO
    )


ORDERS_READ = Preset(
    name="Karrio: orders",
    direction="read",
    platform="karrio",
    resource="orders",
    kind="order",
    rules=(
        rule("id", "id", required=True),
        rule("number", "order_id", required=True),
        rule("placed_at", "created_at", "time"),
        rule("currency", "line_items[?value_currency] | [0].value_currency"),
        rule("status", "(status == 'cancelled' && 'cancelled') || 'open'"),
        rule(
            "fulfillment_status",
            "(contains(['fulfilled', 'delivered'], status) && 'fulfilled') "
            "|| (status == 'partial' && 'partial') || 'unfulfilled'",
        ),
        rule("email", "shipping_to.email"),
        *(rule(f"shipping_address.{ours}", f"shipping_to.{theirs}") for ours, theirs in _TO),
        rule("lines[]", "line_items"),
        rule("lines[].id", "id"),
        rule("lines[].sku", "sku"),
        rule("lines[].title", "title"),
        rule("lines[].ordered", "quantity"),
        rule("lines[].shipped", "quantity", "minus", arguments={"minus": "= unfulfilled_quantity"}),
        rule("lines[].unit_price", "value_amount", "decimal"),
        rule("extra.source", "source"),
        rule("extra.status", "status"),
    ),
    description="Karrio knows no totals and no payments of an order.",
)

SHIPMENTS_READ = Preset(
    name="Karrio: shipments",
    direction="read",
    platform="karrio",
    resource="shipments",
    kind="shipment",
    rules=(
        rule("id", "id", required=True),
        rule("number", "tracking_number || id"),
        # A label that was bought for an order is what the order is called here.
        rule("order_id", "(metadata.order_id && id) || order_id"),
        rule("order_number", "metadata.order_number || reference"),
        rule("carrier", "meta.custom_carrier_name || carrier_name"),
        rule("tracking_number", "tracking_number"),
        rule("tracking_url", _TRACKING_URL),
        rule(
            "status",
            "(contains(['created', 'purchased', 'draft'], status) && 'pending') "
            "|| (contains(['needs_attention', 'delivery_failed'], status) && 'exception') || status",
        ),
        rule("lines[]", "parcels[].items[] || null"),
        rule("lines[].id", "id"),
        rule("lines[].order_line_id", "metadata.line"),
        rule("lines[].sku", "sku"),
        rule("lines[].quantity", "quantity"),
        rule("extra.label_url", "label_url"),
        rule("extra.service", "service"),
        rule("extra.charge", "selected_rate.total_charge", "text"),
        rule("extra.charge_currency", "selected_rate.currency"),
        rule("extra.bought_at", "created_at"),
    ),
    description="Drafts are left out. The label itself is at extra.label_url, on the Karrio server.",
)

PARCELS_READ = Preset(
    name="Karrio: shipments as events",
    direction="read",
    platform="karrio",
    resource="shipments",
    kind="event",
    rules=(
        # The name goes first, so that each of a parcel's events has an id of its own.
        rule("id", f"join('/', [{_NEWS}, id])", required=True),
        rule("name", _NEWS, required=True),
        rule("email", "recipient.email", required=True),
        rule("order_number", "metadata.order_number || reference"),
        rule("occurred_at", "created_at", "time"),
        rule("extra.carrier", "meta.custom_carrier_name || carrier_name"),
        rule("extra.tracking_number", "tracking_number"),
        rule("extra.tracking_url", _TRACKING_URL),
    ),
    description="One event for each of: label bought, shipped, out for delivery, delivered, a delivery problem, label "
    "cancelled. Let your mails begin with those that a customer wants to hear.",
)

TRACKERS_READ = Preset(
    name="Karrio: trackers",
    direction="read",
    platform="karrio",
    resource="trackers",
    kind="shipment",
    rules=(
        rule("id", "id", required=True),
        rule("number", "tracking_number"),
        rule("order_number", "metadata.order_number || info.order_id"),
        rule("carrier", "carrier_name"),
        rule("tracking_number", "tracking_number", required=True),
        rule("tracking_url", "info.carrier_tracking_link"),
        rule(
            "status",
            "(contains(['pending', 'unknown'], status) && 'pending') "
            "|| (contains(['on_hold', 'delivery_failed', 'delivery_delayed', 'return_to_sender'], status) "
            "&& 'exception') || (status == 'ready_for_pickup' && 'in_transit') || status",
        ),
        rule("extra.status", "status"),
        rule("extra.estimated_delivery", "estimated_delivery"),
        rule("extra.last_event", "events[0].description"),
    ),
    description="Times of events have no zone, so none is taken for the delivery.",
)

LABELS_WRITE = Preset(
    name="Karrio: buy labels",
    direction="write",
    platform="karrio",
    resource="labels",
    kind="order",
    rules=(
        rule("reference", "number", required=True),
        *_recipient("recipient"),
        # One parcel, which is the whole order: what lies in it comes back with the shipment.
        rule("parcels[]", "[@]"),
        rule("parcels[].weight", "root.context.connection.parcel_weight_grams || `500`"),
        rule("parcels[].weight_unit", "'G'"),
        rule("parcels[].items[]", "lines[?ordered != cancelled]"),
        rule("parcels[].items[].sku", "sku"),
        rule("parcels[].items[].title", "title || sku", "truncate", arguments={"length": 35}),
        rule(
            "parcels[].items[].quantity",
            "ordered",
            "minus",
            arguments={"minus": "= cancelled", "as": "integer"},
        ),
        # Karrio wants a weight of each line, and orders tell none; the carrier is told that of the parcel.
        rule("parcels[].items[].weight", "`1`"),
        rule("parcels[].items[].weight_unit", "'G'"),
        rule("parcels[].items[].metadata.line", "id"),
        rule("service", "extra.service"),
        rule("metadata.order_id", "id"),
        rule("metadata.order_number", "number"),
    ),
    description="One parcel of the weight that is set at the connection, for the connection's service or the cheapest. "
    "Change parcels[] and service here where your orders tell more.",
)

ORDERS_WRITE = Preset(
    name="Karrio: send orders",
    direction="write",
    platform="karrio",
    resource="orders",
    kind="order",
    rules=(
        rule("order_id", "number", required=True),
        rule("source", "'crossdock'"),
        rule("order_date", "placed_at", "to_time", arguments={"format": "%Y-%m-%d"}),
        *_recipient("shipping_to"),
        rule("line_items[]", "lines[?ordered != cancelled]"),
        rule("line_items[].sku", "sku"),
        rule("line_items[].title", "title || sku", "truncate", arguments={"length": 35}),
        rule(
            "line_items[].quantity", "ordered", "minus", arguments={"minus": "= cancelled", "as": "integer"}
        ),
        # Karrio wants a weight of each line, and orders tell none.
        rule("line_items[].weight", "`100`"),
        rule("line_items[].weight_unit", "'G'"),
        rule("line_items[].metadata.line", "id"),
    ),
    description="Each unit weighs 100 g until you say otherwise at line_items[].weight.",
)

TRACKERS_WRITE = Preset(
    name="Karrio: follow parcels",
    direction="write",
    platform="karrio",
    resource="trackers",
    kind="shipment",
    rules=(
        rule("tracking_number", "tracking_number", required=True),
        rule("carrier_name", "carrier", "lower", required=True),
        rule("metadata.order_number", "order_number"),
    ),
    description="The carrier must have the name that Karrio gives it, such as dhl_express: use a value map.",
)

PRESETS: dict[str, Preset] = {
    "karrio-orders": ORDERS_READ,
    "karrio-shipments": SHIPMENTS_READ,
    "karrio-parcels": PARCELS_READ,
    "karrio-trackers": TRACKERS_READ,
    "karrio-buy-labels": LABELS_WRITE,
    "karrio-send-orders": ORDERS_WRITE,
    "karrio-follow-parcels": TRACKERS_WRITE,
}
