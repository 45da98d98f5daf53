"""Pipedrive's persons and deals into our Customers and Orders; ours into what it takes."""

from __future__ import annotations

from .preset import Preset, email, phone, rule

# The first one that is called primary, else the first.
_EMAIL = "(emails[?primary].value | [0]) || (emails[].value | [0])"
_PHONE = "(phones[?primary].value | [0]) || (phones[].value | [0])"
_NAME = "name || ((first_name || last_name) && join(' ', [first_name || '', last_name || ''])) || email"
_STATE = (
    "((status == 'cancelled' || payment_status == 'refunded') && 'lost') "
    "|| (contains(['paid', 'partially_refunded'], payment_status || '') && 'won') || 'open'"
)

PERSONS_READ = Preset(
    name="Pipedrive: persons",
    direction="read",
    platform="pipedrive",
    resource="persons",
    kind="customer",
    rules=(
        rule("id", "id", required=True),
        rule("updated_at", "update_time", "time"),
        rule("created_at", "add_time", "time"),
        rule("name", "name"),
        rule("first_name", "first_name"),
        rule("last_name", "last_name"),
        email("email", _EMAIL),
        phone("phone", _PHONE, "postal_address.country"),
        rule(
            "address.line1",
            "postal_address && join(' ', [postal_address.street_number || '', postal_address.route || ''])",
            "strip",
        ),
        rule("address.city", "postal_address.locality"),
        rule("address.region", "postal_address.admin_area_level_1"),
        rule("address.postal_code", "postal_address.postal_code"),
        rule("extra.country", "postal_address.country"),
        rule("extra.organization", "org_id"),
    ),
)

DEALS_READ = Preset(
    name="Pipedrive: deals",
    direction="read",
    platform="pipedrive",
    resource="deals",
    kind="order",
    rules=(
        rule("id", "id", required=True),
        rule("number", "title"),
        rule("placed_at", "add_time", "time"),
        rule("updated_at", "update_time", "time"),
        rule("currency", "currency"),
        rule("total", "value", "decimal"),
        rule("status", "(status == 'lost' && 'cancelled') || 'open'"),
        rule("payment_status", "(status == 'won' && 'paid') || 'pending'"),
        rule("customer.id", "person_id"),
        rule("extra.state", "status"),
        rule("extra.stage", "stage_id"),
        rule("extra.pipeline", "pipeline_id"),
    ),
)

PERSONS_WRITE = Preset(
    name="Pipedrive: write persons",
    direction="write",
    platform="pipedrive",
    resource="persons",
    kind="customer",
    rules=(
        rule("name", _NAME, "strip", required=True),
        rule("emails[]", "[email][?@]"),
        email("emails[].value", "@"),
        rule("emails[].primary", "`true`"),
        rule("emails[].label", "'work'"),
        rule("phones[]", "phone && [phone]"),
        phone("phones[].value", "@"),
        rule("phones[].primary", "`true`"),
        rule("phones[].label", "'work'"),
    ),
    description="Addresses and numbers that the person has in Pipedrive already are kept.",
)

DEALS_WRITE = Preset(
    name="Pipedrive: write orders as deals",
    direction="write",
    platform="pipedrive",
    resource="deals",
    kind="order",
    rules=(
        rule("title", "number || id", "concat", arguments={"before": "Order "}, required=True),
        rule("value", "total", "text"),
        rule("currency", "currency"),
        rule("status", _STATE),
        rule(
            "lost_reason",
            "(status == 'cancelled' && 'Cancelled') || (payment_status == 'refunded' && 'Refunded')",
        ),
        email("contact", "email || customer.email"),
    ),
    description="The deal is given to the person with the order's e-mail address; who is not there is made.",
)

PRESETS: dict[str, Preset] = {
    "pipedrive-persons": PERSONS_READ,
    "pipedrive-deals": DEALS_READ,
    "pipedrive-write-persons": PERSONS_WRITE,
    "pipedrive-write-deals": DEALS_WRITE,
}
