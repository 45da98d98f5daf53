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

# What Stripe keeps is told in the currency of its account: of another one than the payment's it says nothing here.
_KEPT = "(balance_transaction.currency == currency && balance_transaction.{}) || `null`"
_ORDER_NUMBER = "metadata.order_number || (starts_with(description || '', 'Order ') && description) || `null`"
_REFUND_STATUS = (
    "(contains(['failed', 'canceled'], status || '') && 'failed') || (status == 'succeeded' && 'paid') "
    "|| 'pending'"
)
_DISPUTE_STATUS = (
    "(ends_with(status, 'needs_response') && 'open') || (ends_with(status, 'under_review') && 'answered') "
    "|| (status == 'lost' && 'lost') || 'won'"
)
# https://docs.stripe.com/reports/balance-transaction-types: a failed refund comes back as an entry of the same refund.
_REFUNDS = "['refund', 'payment_refund', 'refund_failure', 'payment_failure_refund']"
_FEES = (
    "['stripe_fee', 'stripe_fx_fee', 'tax_fee', 'network_cost', 'application_fee', 'application_fee_refund']"
)
_ENTRY_KIND = (
    f"(contains(['charge', 'payment'], type) && 'payment') || (contains({_REFUNDS}, type) && 'refund') "
    f"|| (contains({_FEES}, type) && 'fee') || (starts_with(source || '', 'dp_') && 'dispute') || 'other'"
)
# Of what was authorised only a part may be captured (https://docs.stripe.com/api/charges/object).
_AMOUNT = "(captured && amount_captured > `0` && amount_captured) || amount"
_PAYOUT_STATUS = (
    "(status == 'canceled' && 'cancelled') || (contains(['paid', 'failed'], status) && status) || 'pending'"
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
        rule("order_number", _ORDER_NUMBER),
        rule("amount", _AMOUNT, "from_minor_units", arguments=_CURRENCY, required=True),
        rule("currency", "currency", "upper", required=True),
        rule("status", _STATUS),
        rule("provider", "'stripe'"),
        rule("reference", "payment_intent || id"),
        rule("fee", _KEPT.format("fee"), "from_minor_units", arguments=_CURRENCY),
        rule("net", _KEPT.format("net"), "from_minor_units", arguments=_CURRENCY),
        rule("email", "billing_details.email || receipt_email"),
        rule("created_at", "created", "time", arguments={"format": "unix"}),
    ),
    description="The shop's order is taken from the metadata order_id and order_number, where the shop writes them, "
    "else from a description that begins with “Order ”.",
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
        rule("payment_id", "charge || payment_intent"),
        rule("status", _REFUND_STATUS),
        rule("reason", "metadata.reason || reason"),
        rule("created_at", "created", "time", arguments={"format": "unix"}),
        rule("extra.status", "status"),
        rule("extra.payment", "charge || payment_intent"),
    ),
)

DISPUTES_READ = Preset(
    name="Stripe: disputes",
    direction="read",
    platform="stripe",
    resource="disputes",
    kind="dispute",
    rules=(
        rule("id", "id", required=True),
        rule("payment_id", "charge || payment_intent"),
        rule("order_id", "metadata.order_id"),
        rule("order_number", "metadata.order_number"),
        rule("amount", "amount", "from_minor_units", arguments=_CURRENCY, required=True),
        rule("currency", "currency", "upper", required=True),
        rule("reason", "reason"),
        rule("status", _DISPUTE_STATUS),
        rule("due_by", "evidence_details.due_by", "time", arguments={"format": "unix"}),
        rule("created_at", "created", "time", arguments={"format": "unix"}),
    ),
)

PAYOUTS_READ = Preset(
    name="Stripe: payouts",
    direction="read",
    platform="stripe",
    resource="payouts",
    kind="payout",
    rules=(
        rule("id", "id", required=True),
        rule("amount", "amount", "from_minor_units", arguments=_CURRENCY, required=True),
        rule("currency", "currency", "upper", required=True),
        rule("status", _PAYOUT_STATUS),
        rule("arrives_at", "arrival_date", "time", arguments={"format": "unix"}),
        rule("created_at", "created", "time", arguments={"format": "unix"}),
        rule("parts[]", "entries[?type != 'payout']"),
        rule("parts[].kind", _ENTRY_KIND),
        rule("parts[].of", "source"),
        rule("parts[].amount", "amount", "from_minor_units", arguments=_CURRENCY),
        rule("parts[].fee", "fee", "from_minor_units", arguments=_CURRENCY),
        rule("parts[].net", "net", "from_minor_units", arguments=_CURRENCY),
    ),
    description="Its entries are those of its balance transactions.",
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
    "stripe-disputes": DISPUTES_READ,
    "stripe-payouts": PAYOUTS_READ,
    "stripe-customers": CUSTOMERS_READ,
    "stripe-make-refunds": REFUNDS_WRITE,
}
