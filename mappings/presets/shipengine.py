"""ShipStation's and ShipEngine's shipments, parcels and stock into our Records, and our orders into shipments.

A shipment there is what is to be sent: an order here. A label there is a parcel: a shipment here.
"""

from __future__ import annotations

from mappings.translate import RuleData

from .preset import Preset, rule

_TO = (
    ("name", "name"),
    ("company", "company_name"),
    ("line1", "address_line1"),
    ("line2", "address_line2"),
    ("city", "city_locality"),
    ("region", "state_province"),
    ("postal_code", "postal_code"),
    ("country", "country_code"),
    ("phone", "phone"),
)
_LINES = (
    ("id", "external_order_item_id"),
    ("sku", "sku"),
    ("title", "name"),
    ("ordered", "quantity"),
)

SHIPMENTS_READ = Preset(
    name="ShipStation: shipments",
    direction="read",
    platform="shipengine",
    resource="shipments",
    kind="order",
    rules=(
        rule("id", "shipment_id", required=True),
        rule("number", "shipment_number || external_shipment_id || shipment_id"),
        rule("placed_at", "created_at", "time"),
        rule("updated_at", "modified_at", "time"),
        rule("status", "(shipment_status == 'cancelled' && 'cancelled') || 'open'"),
        rule("fulfillment_status", "(shipment_status == 'label_purchased' && 'fulfilled') || 'unfulfilled'"),
        *(rule(f"shipping_address.{ours}", f"ship_to.{theirs}") for ours, theirs in _TO),
        rule("lines[]", "items"),
        *(rule(f"lines[].{ours}", theirs) for ours, theirs in _LINES),
        rule("extra.external_order_id", "external_order_id"),
        rule("extra.carrier", "carrier_id"),
        rule("extra.service", "service_code"),
    ),
    description="“fulfilled” says that a label was bought for it; the parcels tell whether it is on its way.",
)

PARCELS_READ = Preset(
    name="ShipStation: parcels",
    direction="read",
    platform="shipengine",
    resource="parcels",
    kind="shipment",
    rules=(
        rule("id", "label_id", required=True),
        rule("number", "tracking_number || label_id"),
        rule("order_id", "shipment_id"),
        rule("order_number", "shipment.shipment_number || external_order_id || external_shipment_id"),
        rule("carrier", "carrier_code"),
        rule("tracking_number", "tracking_number"),
        rule("tracking_url", "tracking_url"),
        rule(
            "status",
            "(voided && 'cancelled') || (tracking_status == 'delivered' && 'delivered') "
            "|| (tracking_status == 'in_transit' && 'shipped') || (tracking_status == 'error' && 'exception') "
            "|| (status == 'error' && 'exception') || 'pending'",
        ),
        rule("shipped_at", "tracking.ship_date || ship_date", "time", arguments={"zone": "UTC"}),
        rule("delivered_at", "tracking.actual_delivery_date", "time", arguments={"zone": "UTC"}),
        # https://docs.shipstation.com/apis/shipengine/docs/tracking/track-by-label-id
        rule("deliver_by", "tracking.estimated_delivery_date", "time", arguments={"zone": "UTC"}),
        rule("lines[]", "shipment.items"),
        rule("lines[].order_line_id", "external_order_item_id"),
        rule("lines[].sku", "sku"),
        rule("lines[].quantity", "quantity"),
        rule("extra.label_url", "label_download.href || label_download.pdf"),
        rule("extra.service", "service_code"),
        rule("extra.cost", "shipment_cost.amount", "text"),
        rule("extra.cost_currency", "shipment_cost.currency", "upper"),
        rule("extra.is_return", "is_return_label"),
        rule("extra.last_event", "tracking.status_description"),
    ),
    description="The day of delivery is told where the parcel is read alone, as after a webhook.",
)

_NEWS = (
    "(voided && 'Label cancelled') || (tracking_status == 'delivered' && 'Delivered') "
    "|| (tracking_status == 'in_transit' && 'Shipped') "
    "|| ((tracking_status == 'error' || status == 'error') && 'Delivery problem') || 'Label bought'"
)

# The states of a label: https://docs.shipstation.com/apis/shipengine/openapi/labels/list_labels
EVENTS_READ = Preset(
    name="ShipStation: parcels as events",
    direction="read",
    platform="shipengine",
    resource="parcels",
    kind="event",
    rules=(
        # The name goes first, so that each of a parcel's events has an id of its own.
        rule("id", f"join('/', [{_NEWS}, label_id])", required=True),
        rule("name", _NEWS, required=True),
        rule("email", "ship_to.email || shipment.ship_to.email", "lower", required=True),
        rule("order_number", "shipment.shipment_number || external_order_id || external_shipment_id"),
        rule("occurred_at", "created_at", "time"),
        rule("extra.carrier", "carrier_code"),
        rule("extra.tracking_number", "tracking_number"),
        rule("extra.tracking_url", "tracking_url"),
    ),
    description="One event for each of: label bought, shipped, delivered, a delivery problem, label cancelled. The "
    "recipient's e-mail must have been sent with the order. Let your mails begin with those that a customer wants to "
    "hear, and leave out labels for returns by a filter.",
)

STOCK_READ = Preset(
    name="ShipStation: stock",
    direction="read",
    platform="shipengine",
    resource="stock",
    kind="stock_level",
    rules=(
        rule("id", "sku", required=True),
        rule("sku", "sku", required=True),
        rule("on_hand", "on_hand"),
        rule("allocated", "allocated"),
        rule("available", "available"),
    ),
    description="Of all locations together.",
)

STOCK_WRITE = Preset(
    name="ShipStation: set stock",
    direction="write",
    platform="shipengine",
    resource="stock",
    kind="stock_level",
    rules=(
        rule("sku", "sku", required=True),
        rule("quantity", "on_hand", "integer", required=True),
    ),
    description="What lies in the location that is set at the connection, sold or not.",
)


def _of_order() -> tuple[RuleData, ...]:
    return (
        rule("external_shipment_id", "number", "truncate", arguments={"length": 50}, required=True),
        rule("external_order_id", "id"),
        rule("shipment_number", "number"),
        *(
            rule(
                f"ship_to.{theirs}",
                _place(ours),
                "country" if ours == "country" else "",
                required=ours in ("name", "line1", "city", "country"),
            )
            for ours, theirs in _TO
        ),
        rule("ship_to.email", "shipping_address.email || email"),
        rule("ship_to.address_residential_indicator", "'unknown'"),
        rule("items[]", "lines[?ordered != cancelled]"),
        rule("items[].external_order_item_id", "id"),
        rule("items[].sku", "sku"),
        rule("items[].name", "title || sku"),
        rule(
            "items[].quantity",
            "ordered",
            "minus",
            arguments={"minus": "= cancelled", "as": "integer"},
        ),
        rule("carrier_id", "extra.carrier"),
        rule("service_code", "extra.service"),
    )


def _place(ours: str) -> str:
    return (
        "shipping_address.name || shipping_address.company" if ours == "name" else f"shipping_address.{ours}"
    )


SHIPMENTS_WRITE = Preset(
    name="ShipStation: send orders",
    direction="write",
    platform="shipengine",
    resource="shipments",
    kind="order",
    rules=_of_order(),
    description="Carrier, service, sender and weight are the connection's, where extra tells no other. Labels are "
    "bought over there.",
)

LABELS_WRITE = Preset(
    name="ShipStation: buy labels",
    direction="write",
    platform="shipengine",
    resource="labels",
    kind="order",
    rules=_of_order(),
    description="One parcel of the weight that is set at the connection. Change packages[] here where your orders tell "
    "more.",
)

PRESETS: dict[str, Preset] = {
    "shipengine-shipments": SHIPMENTS_READ,
    "shipengine-parcels": PARCELS_READ,
    "shipengine-parcel-events": EVENTS_READ,
    "shipengine-stock": STOCK_READ,
    "shipengine-set-stock": STOCK_WRITE,
    "shipengine-send-orders": SHIPMENTS_WRITE,
    "shipengine-buy-labels": LABELS_WRITE,
}
