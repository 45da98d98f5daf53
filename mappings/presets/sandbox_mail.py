"""The sandbox's mailing tool: our events into what starts its campaigns."""

from __future__ import annotations

from .preset import Preset, rule

EVENTS_WRITE = Preset(
    name="Sandbox mailing tool: events",
    direction="write",
    platform="sandbox_mail",
    resource="events",
    kind="event",
    rules=(
        rule("unique_id", "id", required=True),
        rule("event", "name", required=True),
        rule("email", "email", "lower", required=True),
        rule("occurred_at", "occurred_at", "to_time"),
        rule("properties.order_number", "order_number"),
        rule("properties.amount", "amount", "text"),
        rule("properties.currency", "currency"),
        rule("properties.carrier", "extra.carrier"),
        rule("properties.tracking_number", "extra.tracking_number"),
        rule("properties.tracking_url", "extra.tracking_url"),
        rule("properties.is_renewal", "extra.is_renewal"),
    ),
)

PRESETS: dict[str, Preset] = {
    "sandbox-mail-events": EVENTS_WRITE,
}
