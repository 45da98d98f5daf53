"""The sandbox's warehouse: our Order into what it takes; its stock and shipments into our Records."""

from __future__ import annotations

from .preset import Preset, rule

NEWS_OF_PARCEL = (
    "(status == 'delivered' && 'Delivered') || (status == 'exception' && 'Delivery problem') "
    "|| (status == 'out_for_delivery' && 'Out for delivery') || 'Shipped'"
)

ORDERS_WRITE = Preset(
    name="Sandbox warehouse: orders",
    direction="write",
    platform="sandbox_warehouse",
    resource="orders",
    kind="order",
    rules=(
        rule("reference", "number", required=True),
        rule("external_id", "id"),
        rule("currency", "currency"),
        rule("total", "total", "text"),
        rule("placed_at", "placed_at", "to_time"),
        rule("ship_to.name", "shipping_address.name"),
        rule("ship_to.line1", "shipping_address.line1"),
        rule("ship_to.line2", "shipping_address.line2"),
        rule("ship_to.city", "shipping_address.city"),
        rule("ship_to.region", "shipping_address.region"),
        rule("ship_to.postal_code", "shipping_address.postal_code"),
        rule("ship_to.country", "shipping_address.country"),
        rule("ship_to.phone", "shipping_address.phone"),
        rule("ship_to.email", "email"),
        rule("notes", "note"),
        rule("is_renewal", "is_renewal"),
        # A line of which nothing is left to ship is no item of the warehouse's order.
        rule("items[]", "lines[?ordered != cancelled]"),
        rule("items[].sku", "sku"),
        rule("items[].quantity", "ordered", "minus", arguments={"minus": "= cancelled", "as": "integer"}),
        rule("items[].reference", "id"),
    ),
)

ORDERS_READ = Preset(
    name="Sandbox warehouse: orders as they are there",
    direction="read",
    platform="sandbox_warehouse",
    resource="orders",
    kind="order",
    description="What the warehouse has of an order: for audits, which compare it with the shop's.",
    rules=(
        rule("id", "external_id"),
        rule("number", "reference", required=True),
        rule("status", "(state == 'cancelled' && 'cancelled') || 'open'"),
        rule("currency", "currency"),
        rule("total", "total", "decimal"),
        rule("placed_at", "placed_at", "time"),
        rule("updated_at", "updated_at", "time"),
        *(
            rule(f"shipping_address.{name}", f"ship_to.{name}", on_missing="null")
            for name in ("name", "line1", "line2", "city", "region", "postal_code", "country", "phone")
        ),
        rule("email", "ship_to.email", on_missing="null"),
        rule("note", "notes", on_missing="null"),
        rule("lines[]", "items"),
        rule("lines[].id", "reference"),
        rule("lines[].sku", "sku"),
        rule("lines[].ordered", "quantity"),
        rule("lines[].shipped", "shipped_quantity"),
    ),
)

STOCK_READ = Preset(
    name="Sandbox warehouse: stock",
    direction="read",
    platform="sandbox_warehouse",
    resource="stock",
    kind="stock_level",
    rules=(
        rule("id", "id", required=True),
        rule("sku", "sku", required=True),
        rule("location", "location"),
        rule("on_hand", "on_hand"),
        rule("allocated", "allocated"),
        rule("updated_at", "updated_at", "time"),
    ),
)

SHIPMENTS_READ = Preset(
    name="Sandbox warehouse: shipments",
    direction="read",
    platform="sandbox_warehouse",
    resource="shipments",
    kind="shipment",
    rules=(
        rule("id", "id", required=True),
        rule("number", "id"),
        rule("order_id", "order_id", required=True),
        rule("order_number", "order_reference"),
        rule("carrier", "carrier"),
        rule("tracking_number", "tracking_number"),
        rule("tracking_url", "tracking_url"),
        rule("status", "status"),
        rule("shipped_at", "shipped_at", "time"),
        rule("delivered_at", "delivered_at", "time"),
        rule("updated_at", "updated_at", "time"),
        rule("lines[]", "items"),
        rule("lines[].id", "order_item_id"),
        rule("lines[].order_line_id", "reference"),
        rule("lines[].sku", "sku"),
        rule("lines[].quantity", "quantity"),
    ),
)

SHIPPED_READ = Preset(
    name="Sandbox warehouse: shipments as events",
    direction="read",
    platform="sandbox_warehouse",
    resource="shipments",
    kind="event",
    rules=(
        # The name goes first, so that each of a parcel's events has an id of its own.
        rule("id", f"join('/', [{NEWS_OF_PARCEL}, id])", required=True),
        rule("name", NEWS_OF_PARCEL, required=True),
        rule("email", "ship_to.email", required=True),
        rule("order_number", "order_reference"),
        rule("occurred_at", "shipped_at", "time"),
        rule("extra.is_renewal", "is_renewal"),
        rule("extra.carrier", "carrier"),
        rule("extra.tracking_number", "tracking_number"),
        rule("extra.tracking_url", "tracking_url"),
    ),
    description="One event for what a customer wants to hear of a parcel: shipped, out for delivery, delivered.",
)

LABELS_WRITE = Preset(
    name="Sandbox warehouse: the label of a parcel",
    direction="write",
    platform="sandbox_warehouse",
    resource="labels",
    kind="shipment",
    rules=(
        rule("tracking_number", "tracking_number", required=True),
        rule("carrier", "carrier"),
    ),
)

PRESETS: dict[str, Preset] = {
    "sandbox-warehouse-orders": ORDERS_WRITE,
    "sandbox-warehouse-orders-read": ORDERS_READ,
    "sandbox-warehouse-stock": STOCK_READ,
    "sandbox-warehouse-shipments": SHIPMENTS_READ,
    "sandbox-warehouse-shipped": SHIPPED_READ,
    "sandbox-warehouse-labels": LABELS_WRITE,
}
