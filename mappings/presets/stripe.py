"""Stripe's payments, refunds and customers into our Records, and our refunds into what it takes.

Amounts are in the smallest unit of a currency, written in small letters. Stripe's units are those of ISO 4217 but
for a few: https://docs.stripe.com/currencies#special-cases
"""

from __future__ import annotations

from .preset import Preset, rule

# Krónur and shillings of Uganda have two places, always zero, ariary none: counted as a currency of so many places.
_CURRENCY = {
    "currency": "= (contains(['isk', 'ugx'], currency) && 'usd') || (currency == 'mga' && 'jpy') || currency"
}
_CURRENCY_OF_OURS = {
    "currency": "= (contains(['ISK', 'UGX'], currency) && 'USD') || (currency == 'MGA' && 'JPY') || currency"
}
_STATUS = (
    "(status == 'failed' && 'failed') || (status == 'pending' && 'pending') "
    "|| (refunded && 'refunded') || (amount_refunded > `0` && 'partially_refunded') "
    "|| (captured && 'paid') || 'authorized'"
)

PAYMENTS_READ = Preset(
    name="Stripe: payments",
    direction="read",
    platform="stripe",
    resource="charges",
    kind="payment",
    rules=(
        rule("id", "id", required=True),
        rule("order_id", "metadata.order_id"),
        rule("order_number", "metadata.order_number"),
        rule("amount", "amount", "from_minor_units", arguments=_CURRENCY, required=True),
        rule("currency", "currency", "upper", required=True),
        rule("status", _STATUS),
        rule("provider", "'stripe'"),
        rule("reference", "payment_intent || id"),
        rule("created_at", "created", "time", arguments={"format": "unix"}),
    ),
    description="The shop's order is taken from the metadata order_id and order_number, where the shop writes them.",
)

REFUNDS_READ = Preset(
    name="Stripe: refunds",
    direction="read",
    platform="stripe",
    resource="refunds",
    kind="refund",
    rules=(
        rule("id", "id", required=True),
        rule("order_id", "metadata.order_id"),
        rule("order_number", "metadata.order_number"),
        rule("amount", "amount", "from_minor_units", arguments=_CURRENCY, required=True),
        rule("currency", "currency", "upper", required=True),
        rule("reason", "metadata.reason || reason"),
        rule("created_at", "created", "time", arguments={"format": "unix"}),
        rule("extra.status", "status"),
        rule("extra.payment", "charge || payment_intent"),
    ),
)

CUSTOMERS_READ = Preset(
    name="Stripe: customers",
    direction="read",
    platform="stripe",
    resource="customers",
    kind="customer",
    rules=(
        rule("id", "id", required=True),
        rule("name", "name"),
        rule("email", "email"),
        rule("phone", "phone"),
        rule("address.line1", "address.line1"),
        rule("address.line2", "address.line2"),
        rule("address.city", "address.city"),
        rule("address.region", "address.state"),
        rule("address.postal_code", "address.postal_code"),
        rule("address.country", "address.country"),
        rule("created_at", "created", "time", arguments={"format": "unix"}),
    ),
)

REFUNDS_WRITE = Preset(
    name="Stripe: make refunds",
    direction="write",
    platform="stripe",
    resource="refunds",
    kind="refund",
    rules=(
        rule("charge", "[extra.payment || ''][?starts_with(@, 'ch_')] | [0]"),
        rule("payment_intent", "[extra.payment || ''][?starts_with(@, 'pi_')] | [0]"),
        rule("amount", "amount", "to_minor_units", arguments=_CURRENCY_OF_OURS, required=True),
        rule("metadata.reference", "id", required=True),
        rule("metadata.order_number", "order_number"),
        rule("metadata.reason", "reason", "truncate", arguments={"length": 500}),
    ),
    description="extra.payment must hold Stripe's id of the payment (ch_… or pi_…), which the shop tells with it.",
)

PRESETS: dict[str, Preset] = {
    "stripe-payments": PAYMENTS_READ,
    "stripe-refunds": REFUNDS_READ,
    "stripe-customers": CUSTOMERS_READ,
    "stripe-make-refunds": REFUNDS_WRITE,
}
