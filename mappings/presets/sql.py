"""Our Records as rows of a database, for BI: one table for each kind, and one for the lines of orders and shipments.

Amounts and times are taken as they are, so that the database makes columns of their kind. A cancelled order keeps its
row: figures are filtered by `status`.
"""

from __future__ import annotations

from .preset import Preset, rule

_SHIP_TO = ("name", "company", "line1", "line2", "city", "region", "postal_code", "country")

ORDERS_WRITE = Preset(
    name="SQL: orders with their lines",
    direction="write",
    platform="sql",
    resource="orders",
    kind="order",
    rules=(
        rule("id", "id", required=True),
        rule("number", "number"),
        rule("placed_at", "placed_at"),
        rule("updated_at", "updated_at"),
        rule("currency", "currency"),
        rule("total", "total"),
        rule("subtotal", "subtotal"),
        rule("tax", "tax"),
        rule("shipping_total", "shipping_total"),
        rule("discount_total", "discount_total"),
        rule("refunded", "refunds[].amount", "sum"),
        rule("status", "status"),
        rule("payment_status", "payment_status"),
        rule("fulfillment_status", "fulfillment_status"),
        rule("cancelled_at", "cancelled_at"),
        rule("customer_id", "customer.id"),
        rule("email", "email"),
        *(rule(f"ship_to.{name}", f"shipping_address.{name}") for name in _SHIP_TO),
        rule("is_renewal", "is_renewal"),
        rule("tags", "tags"),
        rule("lines[]", "lines"),
        rule("lines[].id", "id"),
        rule("lines[].sku", "sku"),
        rule("lines[].title", "title"),
        rule("lines[].ordered", "ordered"),
        rule("lines[].cancelled", "cancelled"),
        rule("lines[].shipped", "shipped"),
        rule("lines[].refunded", "refunded"),
        rule("lines[].unit_price", "unit_price"),
        rule("lines[].tax", "tax"),
        rule("lines[].discount", "discount"),
        rule("lines[].total", "total"),
    ),
    description="Declare the table with key: id. The lines go into a table of their own, orders_lines, joined by "
    "orders_id. Leave the rules for names and addresses out where BI may not have them.",
)

STOCK_WRITE = Preset(
    name="SQL: stock",
    direction="write",
    platform="sql",
    resource="stock",
    kind="stock_level",
    rules=(
        rule("id", "id || join('/', [sku, location || ''])", required=True),
        rule("sku", "sku", required=True),
        rule("location", "location"),
        rule("on_hand", "on_hand"),
        rule("allocated", "allocated"),
        rule("available", "available"),
        rule("updated_at", "updated_at"),
    ),
    description="Declare the table with key: id.",
)

SHIPMENTS_WRITE = Preset(
    name="SQL: shipments with their lines",
    direction="write",
    platform="sql",
    resource="shipments",
    kind="shipment",
    rules=(
        rule("id", "id", required=True),
        rule("number", "number"),
        rule("order_id", "order_id"),
        rule("order_number", "order_number"),
        rule("carrier", "carrier"),
        rule("tracking_number", "tracking_number"),
        rule("tracking_url", "tracking_url"),
        rule("status", "status"),
        rule("shipped_at", "shipped_at"),
        rule("delivered_at", "delivered_at"),
        rule("updated_at", "updated_at"),
        rule("lines[]", "lines"),
        rule("lines[].id", "id"),
        rule("lines[].order_line_id", "order_line_id"),
        rule("lines[].sku", "sku"),
        rule("lines[].quantity", "quantity"),
    ),
    description="Declare the table with key: id. The lines go into shipments_lines, joined by shipments_id.",
)

PAYMENTS_WRITE = Preset(
    name="SQL: payments",
    direction="write",
    platform="sql",
    resource="payments",
    kind="payment",
    rules=(
        rule("id", "id", required=True),
        rule("order_id", "order_id"),
        rule("order_number", "order_number"),
        rule("amount", "amount"),
        rule("currency", "currency"),
        rule("status", "status"),
        rule("provider", "provider"),
        rule("reference", "reference"),
        rule("created_at", "created_at"),
        rule("updated_at", "updated_at"),
    ),
    description="Declare the table with key: id. Amounts are the payment's own, whatever was given back since.",
)

REFUNDS_WRITE = Preset(
    name="SQL: refunds",
    direction="write",
    platform="sql",
    resource="refunds",
    kind="refund",
    rules=(
        rule("id", "id", required=True),
        rule("order_id", "order_id"),
        rule("order_number", "order_number"),
        rule("amount", "amount"),
        rule("currency", "currency"),
        rule("reason", "reason"),
        rule("created_at", "created_at"),
        rule("updated_at", "updated_at"),
    ),
    description="Declare the table with key: id.",
)

PRESETS: dict[str, Preset] = {
    "sql-orders": ORDERS_WRITE,
    "sql-stock": STOCK_WRITE,
    "sql-shipments": SHIPMENTS_WRITE,
    "sql-payments": PAYMENTS_WRITE,
    "sql-refunds": REFUNDS_WRITE,
}
