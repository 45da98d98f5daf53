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

_TO_WHOM = rule("email", "email || customer.email", "lower", required=True)

PURCHASES_WRITE = Preset(
    name="Sandbox mailing tool: purchases",
    direction="write",
    platform="sandbox_mail",
    resource="purchases",
    kind="order",
    rules=(
        rule("unique_id", "join('/', [id, 'placed'])", required=True),
        rule("event", "'Placed Order'"),
        _TO_WHOM,
        rule("occurred_at", "placed_at", "to_time"),
        rule("properties.order_number", "number"),
        rule("properties.amount", "total", "text"),
        rule("properties.currency", "currency"),
        rule("properties.is_renewal", "is_renewal"),
        rule("properties.skus", "lines[].sku"),
    ),
    description="Made once for an order, whatever becomes of it; what is given back is an event of its own.",
)

REFUNDS_WRITE = Preset(
    name="Sandbox mailing tool: what was given back of an order",
    direction="write",
    platform="sandbox_mail",
    resource="refunds",
    kind="order",
    rules=(
        rule("unique_id", "join('/', [id, 'refunded', to_string(length(refunds))])", required=True),
        rule("event", "'Refunded Order'"),
        _TO_WHOM,
        rule("occurred_at", "refunds[-1].created_at", "to_time"),
        rule("properties.order_number", "number"),
        rule("properties.refunded", "refunds[].amount", "sum"),
        rule("properties.currency", "currency"),
    ),
    description="One event for each refund, with what was given back of the order until then.",
)

PRESETS: dict[str, Preset] = {
    "sandbox-mail-events": EVENTS_WRITE,
    "sandbox-mail-purchases": PURCHASES_WRITE,
    "sandbox-mail-refunds": REFUNDS_WRITE,
}
