"""Zendesk's tickets and users into our Tickets and Customers; ours into what it takes."""

from __future__ import annotations

from .preset import Preset, email, phone, rule

_STATUS = (
    "(contains(['new', 'open'], status) && 'open') || (contains(['pending', 'hold'], status) && 'pending') "
    "|| status"
)

TICKETS_READ = Preset(
    name="Zendesk: tickets",
    direction="read",
    platform="zendesk",
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
        rule("extra.external_id", "external_id"),
        rule("extra.description", "description"),
        rule("extra.priority", "priority"),
        rule("extra.channel", "via.channel"),
        rule("extra.tags", "tags"),
        rule("extra.custom_fields", "custom_fields"),
    ),
    description="Where a field of your own holds the number of an order, add a rule for order_number, for example "
    "custom_fields[?id == `360001`].value | [0].",
)

USERS_READ = Preset(
    name="Zendesk: users",
    direction="read",
    platform="zendesk",
    resource="users",
    kind="customer",
    rules=(
        rule("id", "id", required=True),
        rule("updated_at", "updated_at", "time"),
        rule("created_at", "created_at", "time"),
        rule("number", "external_id"),
        rule("name", "name"),
        email("email"),
        phone("phone"),
        rule("tags", "tags"),
        rule("extra.role", "role"),
    ),
    description="Agents and administrators are users too: extra.role tells who is who.",
)

TICKETS_WRITE = Preset(
    name="Zendesk: write tickets",
    direction="write",
    platform="zendesk",
    resource="tickets",
    kind="ticket",
    rules=(
        rule("external_id", "id", required=True),
        rule("subject", "title"),
        rule("comment.body", "extra.description || title", required=True),
        rule(
            "status",
            "(contains(['open', 'pending', 'solved', 'closed'], status || '') && status) || 'open'",
        ),
        email("requester.email"),
        rule("requester.name", "extra.name || email"),
        rule("priority", "extra.priority"),
        rule("tags", "extra.tags"),
    ),
    description="The first comment is the ticket's description, or its title where there is none.",
)

USERS_WRITE = Preset(
    name="Zendesk: write users",
    direction="write",
    platform="zendesk",
    resource="users",
    kind="customer",
    rules=(
        email("email", required=True),
        rule(
            "name",
            "name || ((first_name || last_name) && join(' ', [first_name || '', last_name || ''])) || email",
            "strip",
        ),
        phone("phone"),
        rule("external_id", "id"),
        rule("tags", "tags"),
    ),
)

PRESETS: dict[str, Preset] = {
    "zendesk-tickets": TICKETS_READ,
    "zendesk-users": USERS_READ,
    "zendesk-write-tickets": TICKETS_WRITE,
    "zendesk-write-users": USERS_WRITE,
}
