"""Shopify's payloads in the shape of its older REST API, which its webhooks still carry, into our Records.

The connector fetches what a webhook names, so these are for whoever has such payloads from elsewhere: a declaration of
their own, an export, or another app's forwarding. They make the same Records as the presets for GraphQL, but for what
is not told: the transactions and tags of an order, and a line's total.
"""

from __future__ import annotations

from mappings.translate import RuleData

from .preset import Preset, rule

_ABOUT = "For payloads as webhooks and the older REST API write them, one thing each."
_ADDRESS = (
    ("name", "name"),
    ("company", "company"),
    ("line1", "address1"),
    ("line2", "address2"),
    ("city", "city"),
    ("region", "province_code || {0}.province"),
    ("postal_code", "zip"),
    ("country", "country_code"),
    ("phone", "phone"),
)


def _address(ours: str, theirs: str) -> tuple[RuleData, ...]:
    return tuple(rule(f"{ours}.{name}", f"{theirs}.{source.format(theirs)}") for name, source in _ADDRESS)


def _refund(prefix: str) -> tuple[RuleData, ...]:
    """What went back is told by its transactions: the lines of a refund may be worth more, or nothing."""
    given_back = "transactions[?kind == 'refund' && status == 'success']"
    return (
        rule(f"{prefix}id", "id", required=not prefix),
        rule(f"{prefix}order_id", "order_id"),
        rule(f"{prefix}amount", f"{given_back}.amount", "sum"),
        rule(f"{prefix}currency", f"({given_back} | [0].currency) || transactions[0].currency"),
        rule(f"{prefix}reason", "note"),
        rule(f"{prefix}created_at", "created_at", "time"),
    )


ORDERS_READ = Preset(
    name="Shopify: orders as webhooks carry them",
    direction="read",
    platform="shopify",
    resource="orders",
    kind="order",
    rules=(
        rule("id", "id", required=True),
        rule("number", "name", required=True),
        rule("placed_at", "processed_at", "time"),
        rule("updated_at", "updated_at", "time"),
        rule("currency", "currency"),
        rule("total", "current_total_price", "decimal"),
        rule("subtotal", "current_subtotal_price", "decimal"),
        rule("tax", "current_total_tax", "decimal"),
        rule("shipping_total", "total_shipping_price_set.shop_money.amount", "decimal"),
        rule("discount_total", "current_total_discounts", "decimal"),
        rule("status", "(cancelled_at && 'cancelled') || (closed_at && 'closed') || 'open'"),
        rule("payment_status", "(financial_status == 'expired' && 'pending') || financial_status"),
        rule(
            "fulfillment_status",
            "(contains(['fulfilled', 'partial'], fulfillment_status || '') && fulfillment_status) || 'unfulfilled'",
        ),
        rule("cancelled_at", "cancelled_at", "time"),
        rule("email", "email"),
        rule("customer.id", "customer.id"),
        rule("customer.name", "[customer.first_name, customer.last_name]", "join"),
        rule("customer.first_name", "customer.first_name"),
        rule("customer.last_name", "customer.last_name"),
        rule("customer.email", "customer.email"),
        rule("customer.phone", "customer.phone"),
        *_address("shipping_address", "shipping_address"),
        *_address("billing_address", "billing_address"),
        rule("lines[]", "line_items"),
        rule("lines[].id", "id"),
        rule("lines[].sku", "sku"),
        rule("lines[].title", "name"),
        rule("lines[].ordered", "quantity"),
        rule("lines[].cancelled", "quantity", "minus", arguments={"minus": "= current_quantity"}),
        rule("lines[].shipped", "current_quantity", "minus", arguments={"minus": "= fulfillable_quantity"}),
        rule("lines[].unit_price", "price", "decimal"),
        rule("lines[].tax", "tax_lines[].price", "sum"),
        rule("lines[].discount", "discount_allocations[].amount", "sum"),
        rule("refunds[]", "refunds"),
        *_refund("refunds[]."),
        rule("note", "note"),
        rule("is_renewal", "source_name == 'subscription_contract'"),
        rule("extra.original_total", "total_price", "decimal"),
        rule("extra.presentment_currency", "presentment_currency"),
        rule("extra.presentment_total", "current_total_price_set.presentment_money.amount", "decimal"),
    ),
    description=_ABOUT,
)

CUSTOMERS_READ = Preset(
    name="Shopify: customers as webhooks carry them",
    direction="read",
    platform="shopify",
    resource="customers",
    kind="customer",
    rules=(
        rule("id", "id", required=True),
        rule("updated_at", "updated_at", "time"),
        rule("created_at", "created_at", "time"),
        rule("name", "[first_name, last_name]", "join"),
        rule("first_name", "first_name"),
        rule("last_name", "last_name"),
        rule("company", "default_address.company"),
        rule("email", "email"),
        rule("phone", "phone"),
        rule("accepts_marketing", "email_marketing_consent && email_marketing_consent.state == 'subscribed'"),
        *_address("address", "default_address"),
    ),
    description=_ABOUT,
)

REFUNDS_READ = Preset(
    name="Shopify: refunds as webhooks carry them",
    direction="read",
    platform="shopify",
    resource="refunds",
    kind="refund",
    rules=_refund(""),
    description=_ABOUT,
)

STOCK_READ = Preset(
    name="Shopify: stock as webhooks carry it",
    direction="read",
    platform="shopify",
    resource="stock",
    kind="stock_level",
    rules=(
        rule(
            "id",
            "admin_graphql_api_id",
            "replace",
            arguments={"find": "gid://shopify/InventoryLevel/"},
            required=True,
        ),
        rule("updated_at", "updated_at", "time"),
        rule("location", "location_id"),
        rule("available", "available"),
        rule("extra.inventory_item", "inventory_item_id", "text"),
    ),
    description=f"{_ABOUT} The SKU is not in it.",
)

PRESETS: dict[str, Preset] = {
    "shopify-webhook-orders": ORDERS_READ,
    "shopify-webhook-customers": CUSTOMERS_READ,
    "shopify-webhook-refunds": REFUNDS_READ,
    "shopify-webhook-stock": STOCK_READ,
}
