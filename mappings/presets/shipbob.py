"""ShipBob's orders, shipments, stock and products into our Records, and our orders into what it takes.

It knows no currency of an order but US dollars, and nothing of how it was paid: neither is told here.
"""

from __future__ import annotations

from .preset import Preset, rule

_RECIPIENT = (
    ("name", "recipient.name"),
    ("company", "recipient.address.company_name"),
    ("line1", "recipient.address.address1"),
    ("line2", "recipient.address.address2"),
    ("city", "recipient.address.city"),
    ("region", "recipient.address.state"),
    ("postal_code", "recipient.address.zip_code"),
    ("country", "recipient.address.country"),
    ("phone", "recipient.phone_number"),
    ("email", "recipient.email"),
)

ORDERS_READ = Preset(
    name="ShipBob: orders",
    direction="read",
    platform="shipbob",
    resource="orders",
    kind="order",
    rules=(
        rule("id", "id", required=True),
        rule("number", "order_number || reference_id", required=True),
        rule("placed_at", "purchase_date || created_date", "time"),
        rule("currency", "type(financials.total_price) == 'number' && 'USD' || null"),
        rule("total", "financials.total_price", "decimal"),
        rule("status", "(status == 'Cancelled' && 'cancelled') || 'open'"),
        rule(
            "fulfillment_status",
            "(status == 'Fulfilled' && 'fulfilled') || (status == 'PartiallyFulfilled' && 'partial') "
            "|| 'unfulfilled'",
        ),
        rule("email", "recipient.email"),
        *(rule(f"shipping_address.{ours}", theirs) for ours, theirs in _RECIPIENT),
        rule("lines[]", "products"),
        rule("lines[].id", "id || reference_id"),
        rule("lines[].sku", "sku || reference_id"),
        rule("lines[].ordered", "quantity"),
        rule("lines[].unit_price", "unit_price", "decimal"),
        rule("extra.reference", "reference_id"),
        rule("extra.status", "status"),
        rule("extra.shipping_method", "shipping_method"),
        rule("extra.channel", "channel.name"),
    ),
    description="extra.status says “Exception” where stock is missing, and “ImportReview” where ShipBob waits for you.",
)

SHIPMENTS_READ = Preset(
    name="ShipBob: shipments",
    direction="read",
    platform="shipbob",
    resource="shipments",
    kind="shipment",
    rules=(
        rule("id", "id", required=True),
        rule("number", "id"),
        rule("order_id", "order_id", required=True),
        rule("order_number", "order_number || reference_id"),
        rule("carrier", "tracking.carrier"),
        rule("tracking_number", "tracking.tracking_number || tracking.pro_number"),
        rule("tracking_url", "tracking.tracking_url"),
        rule(
            "status",
            "(status == 'Cancelled' && 'cancelled') || (delivery_date && 'delivered') "
            "|| (status == 'Completed' && 'shipped') || (status == 'Exception' && 'exception') "
            "|| (status == 'OnHold' && 'on_hold') || 'pending'",
        ),
        rule("shipped_at", "tracking.shipping_date || actual_fulfillment_date", "time"),
        rule("delivered_at", "delivery_date", "time"),
        rule("updated_at", "last_update_at || created_date", "time"),
        rule("lines[]", "products"),
        rule("lines[].id", "id"),
        rule("lines[].sku", "sku || reference_id"),
        rule("lines[].quantity", "inventory_items[].quantity", "sum"),
        rule("extra.reference", "reference_id"),
        rule("extra.service", "tracking.carrier_service"),
        rule("extra.reason", "status_details[0].description"),
    ),
    description="A filter for what has left: status is “shipped” or “delivered”.",
)

_NEWS = (
    "(status == 'Cancelled' && 'Shipment cancelled') || (delivery_date && 'Delivered') "
    "|| (status == 'Completed' && 'Shipped') || (contains(['Exception', 'OnHold'], status || '') && 'On hold') "
    "|| 'Being packed'"
)

# https://developer.shipbob.com/2026-07/guides/tracking
PARCELS_READ = Preset(
    name="ShipBob: shipments as events",
    direction="read",
    platform="shipbob",
    resource="shipments",
    kind="event",
    rules=(
        # The name goes first, so that each of a parcel's events has an id of its own.
        rule("id", f"join('/', [{_NEWS}, to_string(id)])", required=True),
        rule("name", _NEWS, required=True),
        rule("email", "recipient.email", "lower", required=True),
        rule("order_number", "order_number || reference_id"),
        rule("occurred_at", "created_date", "time"),
        rule("extra.carrier", "tracking.carrier"),
        rule("extra.tracking_number", "tracking.tracking_number || tracking.pro_number"),
        rule("extra.tracking_url", "tracking.tracking_url"),
    ),
    description="One event for each of: being packed, on hold, shipped, delivered, shipment cancelled. A filter for "
    "what a customer wants to hear: name is “Shipped” or “Delivered”.",
)

STOCK_READ = Preset(
    name="ShipBob: stock",
    direction="read",
    platform="shipbob",
    resource="stock",
    kind="stock_level",
    rules=(
        rule("id", "inventory_id", required=True),
        rule("sku", "sku", required=True),
        rule("on_hand", "total_on_hand_quantity"),
        rule("allocated", "total_committed_quantity"),
        rule("available", "total_fulfillable_quantity"),
        rule("extra.awaiting", "total_awaiting_quantity"),
        rule("extra.backordered", "total_backordered_quantity"),
    ),
    description="All fulfilment centres together. What is only on its way to ShipBob is not counted.",
)

VARIANTS_READ = Preset(
    name="ShipBob: products",
    direction="read",
    platform="shipbob",
    resource="variants",
    kind="variant",
    rules=(
        rule("id", "id", required=True),
        rule("updated_at", "updated_on", "time"),
        rule("sku", "sku", required=True),
        rule("title", "name"),
        rule("barcode", "upc || gtin"),
        rule("weight_grams", "weight.weight", "weight", arguments={"from": "= weight.unit || 'oz'"}),
        rule("extra.inventory_id", "inventory.inventory_id"),
    ),
)

ORDERS_WRITE = Preset(
    name="ShipBob: send orders",
    direction="write",
    platform="shipbob",
    resource="orders",
    kind="order",
    rules=(
        rule("reference_id", "id || number", required=True),
        rule("order_number", "number"),
        rule("type", "'DTC'"),
        rule("shipping_method", "extra.shipping_method || 'Standard'"),
        rule("purchase_date", "placed_at", "to_time"),
        rule("recipient.name", "shipping_address.name", required=True),
        rule("recipient.email", "shipping_address.email || email"),
        rule("recipient.phone_number", "shipping_address.phone"),
        rule("recipient.address.address1", "shipping_address.line1", required=True),
        rule("recipient.address.address2", "shipping_address.line2"),
        rule("recipient.address.company_name", "shipping_address.company"),
        rule("recipient.address.city", "shipping_address.city", required=True),
        rule("recipient.address.state", "shipping_address.region"),
        rule("recipient.address.zip_code", "shipping_address.postal_code"),
        rule("recipient.address.country", "shipping_address.country", "country", required=True),
        # A line of which nothing is left to ship is nothing that ShipBob should pick.
        rule("products[]", "lines[?ordered != cancelled]"),
        rule("products[].reference_id", "sku", required=True),
        rule("products[].name", "title || sku", required=True),
        rule("products[].quantity", "ordered", "minus", arguments={"minus": "= cancelled", "as": "integer"}),
    ),
    description="The shipping method must be one that ShipBob knows: set up Ship Option Mapping there, and change the "
    "rule shipping_method here. ShipBob finds the order by the shop's own id, as reference.",
)

PRESETS: dict[str, Preset] = {
    "shipbob-orders": ORDERS_READ,
    "shipbob-shipments": SHIPMENTS_READ,
    "shipbob-parcels": PARCELS_READ,
    "shipbob-stock": STOCK_READ,
    "shipbob-products": VARIANTS_READ,
    "shipbob-send-orders": ORDERS_WRITE,
}
