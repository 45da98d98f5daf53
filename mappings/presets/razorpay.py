"""Razorpay's payments, refunds, orders and customers into our Records, and our refunds into what it takes.

Amounts are in the smallest unit of a currency. Which order of the shop it is stands in the notes, under names that
the shops' own plugins gave them; notes are an object, and an empty list where there are none.
"""

from __future__ import annotations

from .preset import Preset, rule

_CURRENCY = {"currency": "= currency"}
_ORDER_ID = "notes.order_id || notes.woocommerce_order_id || notes.merchant_order_id"
_ORDER_NUMBER = "notes.order_number || notes.woocommerce_order_number || notes.merchant_order_id"
_STATUS = (
    "(status == 'failed' && 'failed') || (status == 'created' && 'pending') || (status == 'pending' && 'pending') "
    "|| (status == 'authorized' && 'authorized') || (status == 'refunded' && 'refunded') "
    "|| (refund_status == 'full' && 'refunded') || (amount_refunded > `0` && 'partially_refunded') || 'paid'"
)

_REFUND_STATUS = "(status == 'failed' && 'failed') || (status == 'pending' && 'pending') || 'paid'"
_DISPUTE_STATUS = (
    "(status == 'open' && 'open') || (contains(['won', 'closed'], status) && 'won') || (status == 'lost' && 'lost') "
    "|| 'answered'"
)
_SETTLED = "(status == 'processed' && 'paid') || (status == 'failed' && 'failed') || 'pending'"
# A settlement names no currency; its entries do, and are all of one (https://razorpay.com/docs/api/settlements/entity).
_SETTLED_IN = "entries[0].currency || 'INR'"
_CURRENCY_OF_ALL = {"currency": f"= {_SETTLED_IN}"}
# Entries are payments, refunds, transfers and adjustments, of which some are for a dispute
# (https://razorpay.com/docs/api/settlements/fetch-recon).
_ENTRY_KIND = "(dispute_id && 'dispute') || (contains(['payment', 'refund'], type) && type) || 'other'"

PAYMENTS_READ = Preset(
    name="Razorpay: payments",
    direction="read",
    platform="razorpay",
    resource="payments",
    kind="payment",
    rules=(
        rule("id", "id", required=True),
        rule("order_id", _ORDER_ID),
        rule("order_number", _ORDER_NUMBER),
        rule("amount", "amount", "from_minor_units", arguments=_CURRENCY, required=True),
        rule("currency", "currency", "upper", required=True),
        rule("status", _STATUS),
        rule("provider", "'razorpay'"),
        rule("reference", "id"),
        rule("fee", "fee", "from_minor_units", arguments=_CURRENCY),
        rule("email", "email"),
        rule("created_at", "created_at", "time", arguments={"format": "unix"}),
        rule("extra.tax", "tax", "from_minor_units", arguments=_CURRENCY),
        rule("extra.order", "order_id"),
        rule("extra.method", "method"),
    ),
    description="The shop's order is taken from the notes, where the shop's plugin writes them. The fee includes its "
    "tax.",
)

REFUNDS_READ = Preset(
    name="Razorpay: refunds",
    direction="read",
    platform="razorpay",
    resource="refunds",
    kind="refund",
    rules=(
        rule("id", "id", required=True),
        rule("order_id", _ORDER_ID),
        rule("order_number", _ORDER_NUMBER),
        rule("amount", "amount", "from_minor_units", arguments=_CURRENCY, required=True),
        rule("currency", "currency", "upper", required=True),
        rule("payment_id", "payment_id"),
        rule("status", _REFUND_STATUS),
        rule("reason", "notes.reason || notes.comment"),
        rule("created_at", "created_at", "time", arguments={"format": "unix"}),
        rule("extra.status", "status"),
        rule("extra.payment", "payment_id"),
        rule("extra.receipt", "receipt"),
    ),
)

DISPUTES_READ = Preset(
    name="Razorpay: disputes",
    direction="read",
    platform="razorpay",
    resource="disputes",
    kind="dispute",
    rules=(
        rule("id", "id", required=True),
        rule("payment_id", "payment_id"),
        rule("amount", "amount", "from_minor_units", arguments=_CURRENCY, required=True),
        rule("currency", "currency", "upper", required=True),
        rule("reason", "reason_code"),
        rule("status", _DISPUTE_STATUS),
        rule("due_by", "respond_by", "time", arguments={"format": "unix"}),
        rule("created_at", "created_at", "time", arguments={"format": "unix"}),
    ),
)

SETTLEMENTS_READ = Preset(
    name="Razorpay: settlements",
    direction="read",
    platform="razorpay",
    resource="settlements",
    kind="payout",
    rules=(
        rule("id", "id", required=True),
        rule("amount", "amount", "from_minor_units", arguments=_CURRENCY_OF_ALL, required=True),
        rule("currency", _SETTLED_IN, "upper", required=True),
        rule("status", _SETTLED),
        rule("created_at", "created_at", "time", arguments={"format": "unix"}),
        rule("extra.utr", "utr"),
        rule("parts[]", "entries"),
        rule("parts[].kind", _ENTRY_KIND),
        rule("parts[].of", "dispute_id || entity_id"),
        rule("parts[].amount", "amount", "from_minor_units", arguments=_CURRENCY),
        rule("parts[].fee", "fee", "from_minor_units", arguments=_CURRENCY),
        rule("parts[].net", "net", "from_minor_units", arguments=_CURRENCY),
    ),
    description="What Razorpay sent to the bank, with its entries. The fees are taken off each entry already.",
)

ORDERS_READ = Preset(
    name="Razorpay: orders",
    direction="read",
    platform="razorpay",
    resource="orders",
    kind="order",
    rules=(
        rule("id", "id", required=True),
        rule("number", f"receipt || {_ORDER_NUMBER}"),
        rule("placed_at", "created_at", "time", arguments={"format": "unix"}),
        rule("currency", "currency", "upper", required=True),
        rule("total", "amount", "from_minor_units", arguments=_CURRENCY, required=True),
        rule("status", "'open'"),
        rule("payment_status", "(status == 'paid' && 'paid') || 'pending'"),
        rule("extra.attempts", "attempts"),
    ),
    description="Razorpay's order is what is to be paid: it has no lines and no addresses.",
)

CUSTOMERS_READ = Preset(
    name="Razorpay: customers",
    direction="read",
    platform="razorpay",
    resource="customers",
    kind="customer",
    rules=(
        rule("id", "id", required=True),
        rule("name", "name"),
        rule("email", "email"),
        rule("phone", "contact"),
        rule("created_at", "created_at", "time", arguments={"format": "unix"}),
    ),
)

REFUNDS_WRITE = Preset(
    name="Razorpay: make refunds",
    direction="write",
    platform="razorpay",
    resource="refunds",
    kind="refund",
    rules=(
        rule("payment_id", "starts_with(extra.payment || '', 'pay_') && extra.payment || `null`"),
        rule("amount", "amount", "to_minor_units", arguments=_CURRENCY, required=True),
        rule("receipt", "id", "truncate", arguments={"length": 40}),
        rule("notes.reference", "id", required=True),
        rule("notes.order_number", "order_number"),
        rule("notes.reason", "reason", "truncate", arguments={"length": 256}),
    ),
    description="extra.payment must hold Razorpay's id of the payment (pay_…), which the shop tells with it.",
)

PRESETS: dict[str, Preset] = {
    "razorpay-payments": PAYMENTS_READ,
    "razorpay-refunds": REFUNDS_READ,
    "razorpay-disputes": DISPUTES_READ,
    "razorpay-settlements": SETTLEMENTS_READ,
    "razorpay-orders": ORDERS_READ,
    "razorpay-customers": CUSTOMERS_READ,
    "razorpay-make-refunds": REFUNDS_WRITE,
}
