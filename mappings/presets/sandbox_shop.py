"""The sandbox's shop: its orders into our Order; our stock levels and shipments into what it takes."""

from __future__ import annotations

from .preset import Preset, rule

ORDERS_READ = Preset(
    name="Sandbox shop: orders",
    direction="read",
    platform="sandbox_shop",
    resource="orders",
    kind="order",
    rules=(
        rule("id", "id", required=True),
        rule("number", "number", required=True),
        rule("placed_at", "placed_at", "time"),
        rule("updated_at", "updated_at", "time"),
        rule("currency", "currency"),
        rule("total", "total", "decimal"),
        rule("subtotal", "subtotal", "decimal"),
        rule("shipping_total", "shipping_total", "decimal"),
        rule("discount_total", "discount_total", "decimal"),
        rule("status", "status"),
        rule("payment_status", "payment_status"),
        rule("fulfillment_status", "fulfillment_status"),
        rule("cancelled_at", "cancelled_at", "time"),
        rule("email", "email"),
        rule("customer.id", "customer.id"),
        rule("customer.name", "customer.name"),
        rule("customer.email", "customer.email"),
        rule("shipping_address.name", "shipping_address.name"),
        rule("shipping_address.line1", "shipping_address.line1"),
        rule("shipping_address.line2", "shipping_address.line2"),
        rule("shipping_address.city", "shipping_address.city"),
        rule("shipping_address.region", "shipping_address.region"),
        rule("shipping_address.postal_code", "shipping_address.postal_code"),
        rule("shipping_address.country", "shipping_address.country"),
        rule("shipping_address.phone", "shipping_address.phone"),
        rule("note", "note"),
        rule("is_renewal", "is_renewal"),
        rule("tags", "tags"),
        rule("tax", "tax_total", "decimal"),
        rule("ship_by", "ship_by", "time"),
        rule("deliver_by", "deliver_by", "time"),
        rule("extra.taxes_included", "taxes_included"),
        rule("lines[]", "lines"),
        rule("lines[].id", "id"),
        rule("lines[].sku", "sku"),
        rule("lines[].title", "title"),
        rule("lines[].ordered", "quantity"),
        rule("lines[].cancelled", "cancelled_quantity"),
        rule("lines[].shipped", "fulfilled_quantity"),
        rule("lines[].refunded", "refunded_quantity"),
        rule("lines[].unit_price", "price", "decimal"),
        rule("lines[].requires_shipping", "requires_shipping"),
        rule("refunds[]", "refunds"),
        rule("refunds[].id", "id"),
        rule("refunds[].amount", "amount", "decimal"),
        rule("refunds[].currency", "currency"),
        rule("refunds[].created_at", "created_at", "time"),
    ),
)

STOCK_WRITE = Preset(
    name="Sandbox shop: stock",
    direction="write",
    platform="sandbox_shop",
    resource="stock",
    kind="stock_level",
    rules=(
        rule("sku", "sku", required=True),
        rule("available", "available", "integer", required=True),
    ),
)

PRODUCTS_READ = Preset(
    name="Sandbox shop: products",
    direction="read",
    platform="sandbox_shop",
    resource="products",
    kind="variant",
    rules=(
        rule("id", "id", required=True),
        rule("updated_at", "updated_at", "time"),
        rule("sku", "sku", required=True),
        rule("title", "title"),
        rule("price", "price", "decimal"),
        rule("currency", "currency"),
    ),
)

PRICES_WRITE = Preset(
    name="Sandbox shop: prices",
    direction="write",
    platform="sandbox_shop",
    resource="products",
    kind="variant",
    rules=(
        rule("sku", "sku", required=True),
        rule("price", "price", "text", required=True),
        rule("currency", "currency"),
    ),
)

FULFILLMENTS_WRITE = Preset(
    name="Sandbox shop: fulfilments",
    direction="write",
    platform="sandbox_shop",
    resource="fulfillments",
    kind="shipment",
    rules=(
        rule("reference", "id", required=True),
        rule("carrier", "carrier"),
        rule("tracking_number", "tracking_number"),
        rule("tracking_url", "tracking_url"),
        rule("status", "status"),
        rule("lines[]", "lines"),
        rule("lines[].line_id", "order_line_id", required=True),
        rule("lines[].quantity", "quantity", "integer", required=True),
    ),
)

PRESETS: dict[str, Preset] = {
    "sandbox-shop-orders": ORDERS_READ,
    "sandbox-shop-products": PRODUCTS_READ,
    "sandbox-shop-prices": PRICES_WRITE,
    "sandbox-shop-stock": STOCK_WRITE,
    "sandbox-shop-fulfilments": FULFILLMENTS_WRITE,
}
