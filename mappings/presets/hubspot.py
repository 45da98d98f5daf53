"""HubSpot's contacts, orders and deals into our Records, and ours into what it takes.

Its values are texts. An order's status and its payment's are written side by side into one text of the order, since
HubSpot has no words of its own for them; what others wrote there is read as far as it holds our words.
"""

from __future__ import annotations

from .preset import Preset, email, phone, rule

_ADDRESS = (
    ("line1", "address"),
    ("city", "city"),
    ("region", "state"),
    ("postal_code", "zip"),
    ("country", "country"),
)
_SHIPPING = (
    ("name", "name"),
    ("phone", "phone"),
    ("line1", "street"),
    ("city", "city"),
    ("region", "state"),
    ("postal_code", "postal_code"),
    ("country", "country"),
)
_AMOUNTS = (
    ("total", "hs_total_price"),
    ("subtotal", "hs_subtotal_price"),
    ("tax", "hs_tax"),
    ("shipping_total", "hs_shipping_cost"),
    ("discount_total", "hs_order_discount"),
)
_STATUS = "properties.hs_external_order_status || ''"
_PAYMENT_STATUS = f"{{s: {_STATUS}}} | " + " || ".join(
    f"(ends_with(s, ', {word}') && '{word}')"
    for word in ("partially_refunded", "refunded", "authorized", "failed", "pending", "voided", "paid")
)
_STAGE = (
    "(status == 'cancelled' && 'closedlost') "
    "|| (contains(['paid', 'partially_refunded', 'refunded'], payment_status || '') && 'closedwon') || 'contractsent'"
)

CONTACTS_READ = Preset(
    name="HubSpot: contacts",
    direction="read",
    platform="hubspot",
    resource="contacts",
    kind="customer",
    rules=(
        rule("id", "id", required=True),
        rule("updated_at", "updatedAt", "time"),
        rule("created_at", "createdAt", "time"),
        email("email", "properties.email"),
        rule("first_name", "properties.firstname"),
        rule("last_name", "properties.lastname"),
        rule("name", "join(' ', [properties.firstname || '', properties.lastname || ''])", "strip"),
        phone("phone", "properties.phone", "properties.country"),
        rule("company", "properties.company"),
        *(rule(f"address.{ours}", f"properties.{theirs}") for ours, theirs in _ADDRESS),
        rule("accepts_marketing", "properties.hs_email_optout && properties.hs_email_optout != 'true'"),
    ),
)

ORDERS_READ = Preset(
    name="HubSpot: orders",
    direction="read",
    platform="hubspot",
    resource="orders",
    kind="order",
    rules=(
        rule("id", "id", required=True),
        rule("number", "properties.hs_order_name"),
        rule("placed_at", "properties.hs_external_created_date || createdAt", "time"),
        rule("updated_at", "updatedAt", "time"),
        rule("currency", "properties.hs_currency_code"),
        *(rule(ours, f"properties.{theirs}", "decimal") for ours, theirs in _AMOUNTS),
        rule("status", f"(starts_with({_STATUS}, 'cancelled') && 'cancelled') || 'open'"),
        rule("payment_status", f"{_PAYMENT_STATUS} || `null`"),
        rule("fulfillment_status", "properties.hs_fulfillment_status"),
        rule("email", "properties.hs_billing_address_email"),
        *(
            rule(f"shipping_address.{ours}", f"properties.hs_shipping_address_{theirs}")
            for ours, theirs in _SHIPPING
        ),
        rule("extra.external_id", "properties.hs_external_order_id"),
        rule("extra.refunded", "properties.hs_refund_amount"),
    ),
)

DEALS_READ = Preset(
    name="HubSpot: deals",
    direction="read",
    platform="hubspot",
    resource="deals",
    kind="order",
    rules=(
        rule("id", "id", required=True),
        rule("number", "properties.dealname"),
        rule("placed_at", "properties.closedate || createdAt", "time"),
        rule("updated_at", "updatedAt", "time"),
        rule("currency", "properties.deal_currency_code"),
        rule("total", "properties.amount", "decimal"),
        rule("status", "(properties.hs_is_closed_lost == 'true' && 'cancelled') || 'open'"),
        rule("payment_status", "(properties.hs_is_closed_won == 'true' && 'paid') || 'pending'"),
        rule("extra.stage", "properties.dealstage"),
        rule("extra.pipeline", "properties.pipeline"),
    ),
    description="A deal that is won counts as a paid order, one that is lost as a cancelled one.",
)

CONTACTS_WRITE = Preset(
    name="HubSpot: write contacts",
    direction="write",
    platform="hubspot",
    resource="contacts",
    kind="customer",
    rules=(
        # HubSpot keeps addresses in small letters, and finds nothing by others.
        email("id", required=True),
        email("properties.email", required=True),
        rule("properties.firstname", "first_name"),
        rule("properties.lastname", "last_name"),
        phone("properties.phone"),
        rule("properties.company", "company"),
        *(rule(f"properties.{theirs}", f"address.{ours}") for ours, theirs in _ADDRESS),
    ),
)

ORDERS_WRITE = Preset(
    name="HubSpot: write orders",
    direction="write",
    platform="hubspot",
    resource="orders",
    kind="order",
    rules=(
        rule("id", "id", required=True),
        email("contact", "email || customer.email"),
        rule("properties.hs_external_order_id", "id", required=True),
        rule("properties.hs_order_name", "number"),
        rule("properties.hs_external_created_date", "placed_at", "to_time"),
        rule("properties.hs_currency_code", "currency"),
        *(rule(f"properties.{theirs}", ours, "text") for ours, theirs in _AMOUNTS),
        rule("properties.hs_refund_amount", "refunds[].amount", "sum"),
        rule(
            "properties.hs_external_order_status",
            "[status, payment_status]",
            "join",
            arguments={"with": ", "},
        ),
        rule("properties.hs_fulfillment_status", "fulfillment_status"),
        rule("properties.hs_billing_address_email", "email || customer.email"),
        *(
            rule(f"properties.hs_shipping_address_{theirs}", f"shipping_address.{ours}")
            for ours, theirs in _SHIPPING
        ),
    ),
    description="The order is joined to the contact with its e-mail address.",
)

DEALS_WRITE = Preset(
    name="HubSpot: write orders as deals",
    direction="write",
    platform="hubspot",
    resource="deals",
    kind="order",
    rules=(
        rule("id", "id", required=True),
        email("contact", "email || customer.email"),
        rule("properties.dealname", "number || id", "concat", arguments={"before": "Order "}),
        rule("properties.amount", "total", "text"),
        rule("properties.deal_currency_code", "currency"),
        rule("properties.closedate", "placed_at", "to_time"),
        rule("properties.pipeline", "'default'"),
        rule("properties.dealstage", _STAGE),
    ),
    description="The stages are those of HubSpot's first sales pipeline; write your own in their place.",
)

PRESETS: dict[str, Preset] = {
    "hubspot-contacts": CONTACTS_READ,
    "hubspot-orders": ORDERS_READ,
    "hubspot-deals": DEALS_READ,
    "hubspot-write-contacts": CONTACTS_WRITE,
    "hubspot-write-orders": ORDERS_WRITE,
    "hubspot-write-deals": DEALS_WRITE,
}
