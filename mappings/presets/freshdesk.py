"""Freshdesk's tickets into our Tickets, and ours into what it takes. States and priorities are numbers there."""

from __future__ import annotations

from .preset import Preset, email, rule

_STATUS = (
    "(status == `2` && 'open') || (status == `3` && 'pending') || (status == `4` && 'solved') "
    "|| (status == `5` && 'closed') || to_string(status)"
)
_PRIORITY = (
    "(priority == `1` && 'low') || (priority == `2` && 'normal') || (priority == `3` && 'high') "
    "|| (priority == `4` && 'urgent')"
)
_STATUS_OF_OURS = (
    "(status == 'pending' && `3`) || (status == 'solved' && `4`) || (status == 'closed' && `5`) || `2`"
)
_PRIORITY_OF_OURS = (
    "(extra.priority == 'urgent' && `4`) || (extra.priority == 'high' && `3`) "
    "|| (extra.priority == 'normal' && `2`) || `1`"
)

TICKETS_READ = Preset(
    name="Freshdesk: tickets",
    direction="read",
    platform="freshdesk",
    resource="tickets",
    kind="ticket",
    rules=(
        rule("id", "id", required=True),
        rule("updated_at", "updated_at", "time"),
        rule("created_at", "created_at", "time"),
        rule("number", "id", "text"),
        rule("title", "subject"),
        rule("status", _STATUS),
        email("email", "requester.email"),
        rule("extra.external_id", "custom_fields.cf_crossdock_id"),
        rule("extra.description", "description_text"),
        rule("extra.priority", _PRIORITY),
        rule("extra.tags", "tags"),
        rule("extra.custom_fields", "custom_fields"),
    ),
    description="Where a field of your own holds the number of an order, add a rule for order_number, for example "
    "custom_fields.cf_order_number.",
)

TICKETS_WRITE = Preset(
    name="Freshdesk: write tickets",
    direction="write",
    platform="freshdesk",
    resource="tickets",
    kind="ticket",
    rules=(
        rule("custom_fields.cf_crossdock_id", "id", required=True),
        rule("subject", "title", required=True),
        rule("description", "extra.description || title", required=True),
        email("email", required=True),
        rule("status", _STATUS_OF_OURS),
        rule("priority", _PRIORITY_OF_OURS),
        rule("tags", "extra.tags"),
    ),
)

PRESETS: dict[str, Preset] = {
    "freshdesk-tickets": TICKETS_READ,
    "freshdesk-write-tickets": TICKETS_WRITE,
}
