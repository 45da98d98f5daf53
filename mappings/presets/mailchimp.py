"""Mailchimp's members, customers and orders into our Records; our customers, orders, variants and events for it.

Which states of an order start an automation: https://mailchimp.com/developer/marketing/docs/e-commerce/
"""

from __future__ import annotations

from .preset import Preset, rule

_ADDRESS = (
    ("line1", "address1"),
    ("line2", "address2"),
    ("city", "city"),
    ("region", "province"),
    ("postal_code", "postal_code"),
    ("country", "country_code"),
)
_OF_ORDER = (*_ADDRESS, ("name", "name"), ("company", "company"), ("phone", "phone"))
_FINANCIAL = "(status == 'cancelled' && 'cancelled') || (payment_status == 'authorized' && 'pending') || payment_status"
_FULFILLMENT = "(fulfillment_status == 'fulfilled' && 'shipped') || fulfillment_status"
# What one buys is called by its SKU; a line without one by itself.
_PRODUCT = "sku || id"

MEMBERS_READ = Preset(
    name="Mailchimp: members",
    direction="read",
    platform="mailchimp",
    resource="members",
    kind="customer",
    rules=(
        rule("id", "id", required=True),
        rule("updated_at", "last_changed", "time"),
        rule("email", "email_address", "lower"),
        rule("first_name", "merge_fields.FNAME"),
        rule("last_name", "merge_fields.LNAME"),
        rule("name", "full_name"),
        rule("phone", "merge_fields.PHONE"),
        rule("accepts_marketing", "status && status == 'subscribed'"),
        rule("tags", "tags[].name"),
        rule("extra.status", "status"),
    ),
)

CUSTOMERS_READ = Preset(
    name="Mailchimp: customers of the store",
    direction="read",
    platform="mailchimp",
    resource="customers",
    kind="customer",
    rules=(
        rule("id", "id", required=True),
        rule("updated_at", "updated_at", "time"),
        rule("created_at", "created_at", "time"),
        rule("email", "email_address", "lower"),
        rule("first_name", "first_name"),
        rule("last_name", "last_name"),
        rule("company", "company"),
        rule("accepts_marketing", "opt_in_status"),
        *(rule(f"address.{ours}", f"address.{theirs}") for ours, theirs in _ADDRESS),
    ),
)

ORDERS_READ = Preset(
    name="Mailchimp: orders",
    direction="read",
    platform="mailchimp",
    resource="orders",
    kind="order",
    rules=(
        rule("id", "id", required=True),
        rule("placed_at", "processed_at_foreign", "time"),
        rule("updated_at", "updated_at_foreign", "time"),
        rule("cancelled_at", "cancelled_at_foreign", "time"),
        rule("currency", "currency_code"),
        rule("total", "order_total", "decimal"),
        rule("tax", "tax_total", "decimal"),
        rule("shipping_total", "shipping_total", "decimal"),
        rule("discount_total", "discount_total", "decimal"),
        rule("status", "(financial_status == 'cancelled' && 'cancelled') || 'open'"),
        rule("payment_status", "(financial_status != 'cancelled' && financial_status) || 'pending'"),
        rule(
            "fulfillment_status",
            "(fulfillment_status == 'shipped' && 'fulfilled') || fulfillment_status || 'unfulfilled'",
        ),
        rule("email", "customer.email_address", "lower"),
        rule("customer.id", "customer.id"),
        rule("customer.email", "customer.email_address", "lower"),
        rule("customer.first_name", "customer.first_name"),
        rule("customer.last_name", "customer.last_name"),
        *(rule(f"shipping_address.{ours}", f"shipping_address.{theirs}") for ours, theirs in _OF_ORDER),
        *(rule(f"billing_address.{ours}", f"billing_address.{theirs}") for ours, theirs in _OF_ORDER),
        rule("lines[]", "lines"),
        rule("lines[].id", "id"),
        rule("lines[].sku", "product_variant_id"),
        rule("lines[].title", "product_title"),
        rule("lines[].ordered", "quantity", "decimal"),
        rule("lines[].unit_price", "price", "decimal"),
        rule("lines[].discount", "discount", "decimal"),
    ),
)

MEMBERS_WRITE = Preset(
    name="Mailchimp: write members",
    direction="write",
    platform="mailchimp",
    resource="members",
    kind="customer",
    rules=(
        rule("email_address", "email", "lower", required=True),
        rule("status_if_new", "(accepts_marketing && 'subscribed') || 'transactional'"),
        rule("merge_fields.FNAME", "first_name"),
        rule("merge_fields.LNAME", "last_name"),
        rule("merge_fields.PHONE", "phone"),
    ),
    description="A new member is subscribed where the shop knows of the consent; a known one keeps its state.",
)

CUSTOMERS_WRITE = Preset(
    name="Mailchimp: write customers of the store",
    direction="write",
    platform="mailchimp",
    resource="customers",
    kind="customer",
    rules=(
        rule("id", "id", required=True),
        rule("email_address", "email", "lower", required=True),
        rule("opt_in_status", "(accepts_marketing && `true`) || `false`"),
        rule("company", "company"),
        rule("first_name", "first_name"),
        rule("last_name", "last_name"),
        *(rule(f"address.{theirs}", f"address.{ours}") for ours, theirs in _ADDRESS),
    ),
)

ORDERS_WRITE = Preset(
    name="Mailchimp: write orders",
    direction="write",
    platform="mailchimp",
    resource="orders",
    kind="order",
    rules=(
        rule("id", "id", required=True),
        rule("customer.id", "customer.id || email || customer.email", required=True),
        rule("customer.email_address", "email || customer.email", "lower", required=True),
        rule("customer.first_name", "customer.first_name"),
        rule("customer.last_name", "customer.last_name"),
        rule("customer.opt_in_status", "(customer.accepts_marketing && `true`) || `false`"),
        rule("currency_code", "currency", required=True),
        rule("order_total", "total", "text", required=True),
        rule("tax_total", "tax", "text"),
        rule("shipping_total", "shipping_total", "text"),
        rule("discount_total", "discount_total", "text"),
        rule("financial_status", _FINANCIAL),
        rule("fulfillment_status", _FULFILLMENT),
        rule("processed_at_foreign", "placed_at", "to_time"),
        rule("cancelled_at_foreign", "cancelled_at", "to_time"),
        rule("updated_at_foreign", "updated_at", "to_time"),
        *(rule(f"shipping_address.{theirs}", f"shipping_address.{ours}") for ours, theirs in _OF_ORDER),
        *(rule(f"billing_address.{theirs}", f"billing_address.{ours}") for ours, theirs in _OF_ORDER),
        rule("lines[]", "lines"),
        rule("lines[].id", "id"),
        rule("lines[].product_id", _PRODUCT),
        rule("lines[].title", "title"),
        rule("lines[].quantity", "ordered", "integer"),
        rule("lines[].price", "unit_price", "text"),
        rule("lines[].discount", "discount", "text"),
    ),
    description="A guest is called by the e-mail address.",
)

VARIANTS_WRITE = Preset(
    name="Mailchimp: write products",
    direction="write",
    platform="mailchimp",
    resource="products",
    kind="variant",
    rules=(
        rule("id", "sku || id", required=True),
        rule("title", "title || sku"),
        rule("sku", "sku"),
        rule("price", "price", "text"),
    ),
)

EVENTS_WRITE = Preset(
    name="Mailchimp: write events",
    direction="write",
    platform="mailchimp",
    resource="events",
    kind="event",
    rules=(
        rule("email_address", "email", "lower", required=True),
        rule("name", "name", "replace", arguments={"find": " ", "with": "_"}, required=True),
        rule("occurred_at", "occurred_at", "to_time"),
        rule("properties.order_number", "order_number"),
        rule("properties.amount", "amount", "text"),
        rule("properties.currency", "currency"),
    ),
    description="Names of events have 2 to 30 letters, digits and _; spaces become _.",
)

PRESETS: dict[str, Preset] = {
    "mailchimp-members": MEMBERS_READ,
    "mailchimp-customers": CUSTOMERS_READ,
    "mailchimp-orders": ORDERS_READ,
    "mailchimp-write-members": MEMBERS_WRITE,
    "mailchimp-write-customers": CUSTOMERS_WRITE,
    "mailchimp-write-orders": ORDERS_WRITE,
    "mailchimp-write-products": VARIANTS_WRITE,
    "mailchimp-write-events": EVENTS_WRITE,
}
