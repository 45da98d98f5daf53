"""Klaviyo's profiles into our Customers; our customers into profiles; our orders and events into what it takes.

The names of events are those of Klaviyo's guide, so that its own flows and reports know them:
https://developers.klaviyo.com/en/docs/guide_to_integrating_a_platform_without_a_pre_built_klaviyo_integration
"""

from __future__ import annotations

from .preset import Preset, rule

_ADDRESS = (
    ("line1", "address1"),
    ("line2", "address2"),
    ("city", "city"),
    ("region", "region"),
    ("postal_code", "zip"),
    ("country", "country"),
)
# What a change of an order means is said by the state that it has now.
_METRIC = (
    "(status == 'cancelled' && 'Cancelled Order') || (payment_status == 'refunded' && 'Refunded Order') "
    "|| (fulfillment_status == 'fulfilled' && 'Fulfilled Order') || 'Placed Order'"
)
_WHEN = (
    "(status == 'cancelled' && (cancelled_at || updated_at || placed_at)) "
    "|| ((payment_status == 'refunded' || fulfillment_status == 'fulfilled') && (updated_at || placed_at)) || placed_at"
)

PROFILES_READ = Preset(
    name="Klaviyo: profiles",
    direction="read",
    platform="klaviyo",
    resource="profiles",
    kind="customer",
    rules=(
        rule("id", "id", required=True),
        rule("updated_at", "attributes.updated", "time"),
        rule("created_at", "attributes.created", "time"),
        rule("number", "attributes.external_id"),
        rule("email", "attributes.email"),
        rule("phone", "attributes.phone_number"),
        rule("first_name", "attributes.first_name"),
        rule("last_name", "attributes.last_name"),
        rule("name", "join(' ', [attributes.first_name || '', attributes.last_name || ''])", "strip"),
        rule("company", "attributes.organization"),
        *(rule(f"address.{ours}", f"attributes.location.{theirs}") for ours, theirs in _ADDRESS),
        rule(
            "accepts_marketing",
            "attributes.subscriptions.email.marketing.consent "
            "&& attributes.subscriptions.email.marketing.consent == 'SUBSCRIBED'",
        ),
    ),
)

PROFILES_WRITE = Preset(
    name="Klaviyo: write profiles",
    direction="write",
    platform="klaviyo",
    resource="profiles",
    kind="customer",
    rules=(
        rule("email", "email", "lower", required=True),
        rule("phone_number", "phone"),
        rule("first_name", "first_name"),
        rule("last_name", "last_name"),
        rule("organization", "company"),
        *(rule(f"location.{theirs}", f"address.{ours}") for ours, theirs in _ADDRESS),
    ),
    description="Who wants mails is not written: Klaviyo wants that from the person.",
)

ORDERS_WRITE = Preset(
    name="Klaviyo: write orders as events",
    direction="write",
    platform="klaviyo",
    resource="events",
    kind="order",
    rules=(
        rule("metric", _METRIC),
        rule("unique_id", f"join('/', [id, {_METRIC}])", required=True),
        rule("email", "email || customer.email", "lower", required=True),
        rule("time", _WHEN, "to_time"),
        rule("value", "total", "text"),
        rule("currency", "currency"),
        rule("properties.OrderId", "id"),
        rule("properties.OrderNumber", "number"),
        rule("properties.ItemNames", "lines[].title"),
        rule("properties.Items[]", "lines"),
        rule("properties.Items[].SKU", "sku"),
        rule("properties.Items[].ProductName", "title"),
        rule("properties.Items[].Quantity", "ordered", "integer"),
        rule("properties.Items[].ItemPrice", "unit_price", "text"),
    ),
    description="One event for each state that an order comes to: placed, fulfilled, refunded, cancelled.",
)

EVENTS_WRITE = Preset(
    name="Klaviyo: write events",
    direction="write",
    platform="klaviyo",
    resource="events",
    kind="event",
    rules=(
        rule("metric", "name", required=True),
        rule("unique_id", "id", required=True),
        rule("email", "email", "lower", required=True),
        rule("time", "occurred_at", "to_time"),
        rule("value", "amount", "text"),
        rule("currency", "currency"),
        rule("properties.OrderNumber", "order_number"),
    ),
)

PRESETS: dict[str, Preset] = {
    "klaviyo-profiles": PROFILES_READ,
    "klaviyo-write-profiles": PROFILES_WRITE,
    "klaviyo-write-orders": ORDERS_WRITE,
    "klaviyo-write-events": EVENTS_WRITE,
}
