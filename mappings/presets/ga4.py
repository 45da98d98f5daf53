"""Our orders as Google Analytics' purchases, our refunds as its refunds. What they are worth is worked out by the
connector, as the connection says.

Nothing is taken that tells who bought. The transaction is the order's id in its source; a refund has the one under
which its order was sent.
"""

from __future__ import annotations

from .preset import Preset, rule

PURCHASES_WRITE = Preset(
    name="Google Analytics: orders as purchases",
    direction="write",
    platform="ga4",
    resource="purchases",
    kind="order",
    rules=(
        rule("transaction_id", "id", required=True),
        rule("currency", "currency", "upper", required=True),
        rule("occurred_at", "placed_at", "to_time", required=True),
        rule("total", "total"),
        rule("tax", "tax"),
        rule("shipping", "shipping_total"),
        rule("refunded", "refunds[].amount", "sum"),
        rule("items[]", "lines"),
        rule("items[].item_id", "sku"),
        rule("items[].item_name", "title"),
        rule("items[].quantity", "ordered"),
        rule("items[].cancelled", "cancelled"),
        rule("items[].amount", "total"),
        rule("items[].price", "unit_price"),
        rule("items[].discount", "discount"),
        rule("items[].tax", "tax"),
    ),
    description="Where the shop's own tag tells Google of purchases too, transaction_id must be what the tag sends "
    "(often the order's number). Add client_id where the source has the browser's (two numbers with a point), and "
    "params.… for parameters of your own.",
)

REFUNDS_WRITE = Preset(
    name="Google Analytics: refunds",
    direction="write",
    platform="ga4",
    resource="refunds",
    kind="refund",
    rules=(
        rule("id", "id", required=True),
        rule("transaction_id", "context.ids.order || order_id", required=True),
        rule("currency", "currency", "upper", required=True),
        rule("occurred_at", "created_at", "to_time", required=True),
        rule("value", "amount", required=True),
    ),
    description="The value is what was paid back, with tax and shipping.",
)

PRESETS: dict[str, Preset] = {
    "ga4-write-purchases": PURCHASES_WRITE,
    "ga4-write-refunds": REFUNDS_WRITE,
}
