"""Brevo's contacts into our Records; our customers, orders and variants for it.

Attributes are those that every new account has. Amounts have no currency there; which one they are in is checked when
they are sent.
"""

from __future__ import annotations

from .preset import Preset, rule

_BILLING = (
    ("city", "city"),
    ("region", "region"),
    ("postCode", "postal_code"),
    ("countryCode", "country"),
    ("phone", "phone"),
)
# “completed” is what Brevo counts as revenue: https://developers.brevo.com/docs/import-your-orders
_STATUS = (
    "(status == 'cancelled' && 'cancelled') || (payment_status == 'refunded' && 'refunded') "
    "|| (contains(['paid', 'partially_refunded'], payment_status) && 'completed') "
    "|| (contains(['failed', 'voided'], payment_status) && 'failed') || 'pending'"
)
_SECONDS = {"format": "%Y-%m-%dT%H:%M:%SZ"}
# Numbers without a country's code are refused, and the whole contact with them.
_PHONE = "(phone && [phone][?starts_with(@, '+') || starts_with(@, '00')]) | [0]"

CONTACTS_READ = Preset(
    name="Brevo: contacts",
    direction="read",
    platform="brevo",
    resource="contacts",
    kind="customer",
    rules=(
        rule("id", "id", "text", required=True),
        rule("updated_at", "modifiedAt", "time"),
        rule("created_at", "createdAt", "time"),
        rule("email", "email", "lower"),
        rule("first_name", "attributes.FIRSTNAME"),
        rule("last_name", "attributes.LASTNAME"),
        rule("name", "join(' ', [attributes.FIRSTNAME || '', attributes.LASTNAME || ''])", "strip"),
        rule("phone", "attributes.SMS", "text"),
        rule("accepts_marketing", "subscribed"),
        rule("extra.lists", "listIds"),
        rule("extra.no_sms", "smsBlacklisted"),
    ),
    description="Who is on the connection's list and not blocked wants mails. Without a list only a block is known.",
)

CONTACTS_WRITE = Preset(
    name="Brevo: write contacts",
    direction="write",
    platform="brevo",
    resource="contacts",
    kind="customer",
    rules=(
        rule("email", "email", "lower", required=True),
        rule("accepts_marketing", "accepts_marketing"),
        rule("attributes.FIRSTNAME", "first_name"),
        rule("attributes.LASTNAME", "last_name"),
        rule("attributes.SMS", _PHONE),
    ),
    description="Who wants mails is put on the connection's list, who does not is taken off it.",
)

ORDERS_WRITE = Preset(
    name="Brevo: write orders",
    direction="write",
    platform="brevo",
    resource="orders",
    kind="order",
    rules=(
        rule("id", "id", required=True),
        rule("number", "number"),
        rule("email", "email || customer.email", "lower", required=True),
        rule("status", _STATUS),
        rule("currency", "currency", required=True),
        rule("amount", "total", "text", required=True),
        rule("created_at", "placed_at", "to_time", arguments=_SECONDS, required=True),
        rule("updated_at", "updated_at", "to_time", arguments=_SECONDS),
        rule("lines[]", "lines"),
        rule("lines[].product_id", "sku || id", required=True),
        rule("lines[].quantity", "ordered", "minus", arguments={"minus": "= cancelled", "as": "integer"}),
        rule("lines[].price", "unit_price", "text"),
        rule("billing.address", "billing_address.[line1, line2]", "join", arguments={"with": ", "}),
        *(rule(f"billing.{theirs}", f"billing_address.{ours}") for theirs, ours in _BILLING),
        rule("billing.paymentMethod", "payments[0].provider"),
    ),
    description="An order that is paid is “completed”. What was cancelled of a line is left out.",
)

PRODUCTS_WRITE = Preset(
    name="Brevo: write products",
    direction="write",
    platform="brevo",
    resource="products",
    kind="variant",
    rules=(
        rule("id", "sku || id", required=True),
        rule("name", "title || sku", required=True),
        rule("sku", "sku"),
        rule("price", "price", "text"),
        rule("currency", "currency"),
    ),
)

PRESETS: dict[str, Preset] = {
    "brevo-contacts": CONTACTS_READ,
    "brevo-write-contacts": CONTACTS_WRITE,
    "brevo-write-orders": ORDERS_WRITE,
    "brevo-write-products": PRODUCTS_WRITE,
}
