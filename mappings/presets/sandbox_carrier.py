"""The sandbox's carrier: our Order into a label; its parcels into our Shipments."""

from __future__ import annotations

from .preset import Preset, rule

LABELS_WRITE = Preset(
    name="Sandbox carrier: buy labels",
    direction="write",
    platform="sandbox_carrier",
    resource="labels",
    kind="order",
    rules=(
        rule("reference", "number", required=True),
        rule("service", "'standard'"),
        rule("to.name", "shipping_address.name || shipping_address.company"),
        rule("to.line1", "shipping_address.line1"),
        rule("to.line2", "shipping_address.line2"),
        rule("to.city", "shipping_address.city"),
        rule("to.postal_code", "shipping_address.postal_code"),
        rule("to.country", "shipping_address.country"),
        # One parcel, which is the whole order.
        rule("parcels[]", "[@]"),
        rule("parcels[].weight_grams", "`500`"),
    ),
)

TRACKING_READ = Preset(
    name="Sandbox carrier: parcels",
    direction="read",
    platform="sandbox_carrier",
    resource="tracking",
    kind="shipment",
    rules=(
        rule("id", "tracking_number", required=True),
        rule("number", "tracking_number"),
        # A label that was bought for an order is what the order is called here.
        rule("order_id", "label_id"),
        rule("order_number", "reference"),
        rule("carrier", "carrier"),
        rule("tracking_number", "tracking_number"),
        rule("status", "(state == 'pre_transit' && 'pending') || state"),
        rule("updated_at", "updated_at", "time"),
    ),
)

PRESETS: dict[str, Preset] = {
    "sandbox-carrier-labels": LABELS_WRITE,
    "sandbox-carrier-tracking": TRACKING_READ,
}
