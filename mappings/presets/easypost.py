"""EasyPost's shipments and trackers into our Records, and our orders and parcels into what it takes."""

from __future__ import annotations

from .preset import Preset, rule

_TO = (
    ("name", "name"),
    ("company", "company"),
    ("line1", "street1"),
    ("line2", "street2"),
    ("city", "city"),
    ("region", "state"),
    ("postal_code", "zip"),
    ("country", "country"),
    ("phone", "phone"),
)
_STATUS = (
    "(contains(['delivered', 'available_for_pickup'], {at}) && 'delivered') "
    "|| (contains(['in_transit', 'out_for_delivery'], {at}) && 'shipped') "
    "|| (contains(['return_to_sender', 'failure', 'error'], {at}) && 'exception') "
    "|| ({at} == 'cancelled' && 'cancelled') || 'pending'"
)
# Refused by the carrier, a label is as good as before.
_GIVEN_BACK = "contains(['submitted', 'refunded'], refund_status || '') && 'cancelled'"
_AT = "(tracker.status || status || '')"
_DELIVERED = "tracking_details[?status == 'delivered'].datetime | [-1]"
_MOVED = "tracking_details[?status == 'in_transit'].datetime | [0]"

SHIPMENTS_READ = Preset(
    name="EasyPost: shipments",
    direction="read",
    platform="easypost",
    resource="shipments",
    kind="shipment",
    rules=(
        rule("id", "id", required=True),
        rule("number", "tracking_code || id"),
        rule("order_id", "id"),
        rule("order_number", "reference"),
        rule("carrier", "selected_rate.carrier || tracker.carrier"),
        rule("tracking_number", "tracking_code"),
        rule("tracking_url", "tracker.public_url"),
        rule("status", f"({_GIVEN_BACK}) || {_STATUS.format(at=_AT)}"),
        rule("shipped_at", f"tracker.{_MOVED}", "time"),
        rule("delivered_at", f"tracker.{_DELIVERED}", "time"),
        rule("deliver_by", "tracker.est_delivery_date", "time"),
        rule("updated_at", "updated_at", "time"),
        rule("extra.label_url", "postage_label.label_pdf_url || postage_label.label_url"),
        rule("extra.service", "selected_rate.service"),
        rule("extra.cost", "selected_rate.rate", "text"),
        rule("extra.cost_currency", "selected_rate.currency"),
        rule("extra.refund", "refund_status"),
        rule("extra.tracker", "tracker.id"),
    ),
    description="A label of which the refund is asked for counts as cancelled.",
)

_NEWS = (
    "{at: tracker.status || status || '', back: refund_status || ''} | "
    "((back == 'submitted' || back == 'refunded' || at == 'cancelled') && 'Label cancelled') "
    "|| (at == 'delivered' && 'Delivered') || (at == 'available_for_pickup' && 'Ready for pickup') "
    "|| (at == 'out_for_delivery' && 'Out for delivery') || (at == 'in_transit' && 'Shipped') "
    "|| (contains(['return_to_sender', 'failure', 'error'], at) && 'Delivery problem') || 'Label bought'"
)

# The states of a tracker: https://docs.easypost.com/docs/trackers
PARCELS_READ = Preset(
    name="EasyPost: shipments as events",
    direction="read",
    platform="easypost",
    resource="shipments",
    kind="event",
    rules=(
        # The name goes first, so that each of a parcel's events has an id of its own.
        rule("id", f"join('/', [({_NEWS}), id])", required=True),
        rule("name", _NEWS, required=True),
        rule("email", "to_address.email", "lower", required=True),
        rule("order_number", "reference"),
        rule("occurred_at", "created_at", "time"),
        rule("extra.carrier", "selected_rate.carrier || tracker.carrier"),
        rule("extra.tracking_number", "tracking_code"),
        rule("extra.tracking_url", "tracker.public_url"),
    ),
    description="One event for each of: label bought, shipped, out for delivery, ready for pickup, delivered, a "
    "delivery problem, label cancelled. Let your mails begin with those that a customer wants to hear.",
)

TRACKERS_READ = Preset(
    name="EasyPost: trackers",
    direction="read",
    platform="easypost",
    resource="trackers",
    kind="shipment",
    rules=(
        rule("id", "id", required=True),
        rule("number", "tracking_code"),
        rule("carrier", "carrier"),
        rule("tracking_number", "tracking_code", required=True),
        rule("tracking_url", "public_url"),
        rule("status", _STATUS.format(at="(status || '')")),
        rule("shipped_at", _MOVED, "time"),
        rule("delivered_at", _DELIVERED, "time"),
        rule("deliver_by", "est_delivery_date", "time"),
        rule("updated_at", "updated_at", "time"),
        rule("extra.shipment", "shipment_id"),
        rule("extra.status", "status"),
        rule("extra.estimated_delivery", "est_delivery_date"),
        rule("extra.last_event", "tracking_details[-1].message"),
    ),
)

LABELS_WRITE = Preset(
    name="EasyPost: buy labels",
    direction="write",
    platform="easypost",
    resource="labels",
    kind="order",
    rules=(
        rule("reference", "number", required=True),
        *(
            rule(
                f"to_address.{theirs}",
                "shipping_address.name || shipping_address.company"
                if ours == "name"
                else f"shipping_address.{ours}",
                "country" if ours == "country" else "",
                required=ours in ("name", "line1", "country"),
            )
            for ours, theirs in _TO
        ),
        rule("to_address.email", "shipping_address.email || email"),
        rule("service", "extra.service"),
    ),
    description="One parcel of the weight that is set at the connection, for the connection's service or the cheapest "
    "rate. Add parcel.weight (in ounces) here where your orders tell it.",
)

TRACKERS_WRITE = Preset(
    name="EasyPost: follow parcels",
    direction="write",
    platform="easypost",
    resource="trackers",
    kind="shipment",
    rules=(
        rule("tracking_code", "tracking_number", required=True),
        rule("carrier", "carrier"),
    ),
    description="The carrier must have the name that EasyPost gives it, such as FedEx: use a value map.",
)

PRESETS: dict[str, Preset] = {
    "easypost-shipments": SHIPMENTS_READ,
    "easypost-parcels": PARCELS_READ,
    "easypost-trackers": TRACKERS_READ,
    "easypost-buy-labels": LABELS_WRITE,
    "easypost-follow-parcels": TRACKERS_WRITE,
}
