"""Mollie's payments and refunds into our Records, and our refunds into what it takes.

Amounts are decimal texts. Which order of the shop it is stands in the metadata, under names that its plugin gave.
Metadata may also be a text, a list or nothing, and then they name no order.
"""

from __future__ import annotations

from .preset import Preset, rule

# `back` by refunds and by chargebacks. A thousandth is less than the smallest coin: added up here, 0.70 and 0.10 are a
# little less than 0.80. A payment of nothing, by which a card is kept, has nothing to give back.
_STATUS = (
    "{state: status, paid: to_number(amountCaptured.value || amount.value), "
    "back: sum([to_number(amountRefunded.value || '0'), to_number(amountChargedBack.value || '0')])} | "
    "(contains(['failed', 'canceled', 'expired'], state) && 'failed') "
    "|| (state == 'authorized' && 'authorized') || (state != 'paid' && 'pending') "
    "|| (back > `0` && ((sum([back, `0.001`]) >= paid && 'refunded') || 'partially_refunded')) || 'paid'"
)

PAYMENTS_READ = Preset(
    name="Mollie: payments",
    direction="read",
    platform="mollie",
    resource="payments",
    kind="payment",
    rules=(
        rule("id", "id", required=True),
        rule("order_id", "metadata.order_id"),
        rule("order_number", "metadata.order_number"),
        rule("amount", "amount.value", "decimal", required=True),
        rule("currency", "amount.currency", required=True),
        rule("status", _STATUS),
        rule("provider", "'mollie'"),
        rule("reference", "id"),
        rule("created_at", "createdAt", "time"),
        rule("extra.method", "method"),
        rule("extra.description", "description"),
        rule("extra.state", "status"),
    ),
    description="The shop's order is taken from the metadata order_id and order_number, where the shop's plugin writes "
    "them as an object. Payments that were cancelled or not made in time are “failed”; extra.state tells which.",
)

REFUNDS_READ = Preset(
    name="Mollie: refunds",
    direction="read",
    platform="mollie",
    resource="refunds",
    kind="refund",
    rules=(
        rule("id", "id", required=True),
        rule("order_id", "metadata.order_id"),
        rule("order_number", "metadata.order_number"),
        rule("amount", "amount.value", "decimal", required=True),
        rule("currency", "amount.currency", required=True),
        rule("reason", "description"),
        rule("created_at", "createdAt", "time"),
        rule("extra.status", "status"),
        rule("extra.payment", "paymentId"),
        rule("extra.reference", "metadata.reference"),
    ),
)

REFUNDS_WRITE = Preset(
    name="Mollie: make refunds",
    direction="write",
    platform="mollie",
    resource="refunds",
    kind="refund",
    rules=(
        rule("payment_id", "starts_with(extra.payment || '', 'tr_') && extra.payment || `null`"),
        rule("amount.value", "amount", "decimal", required=True),
        rule("amount.currency", "currency", "upper", required=True),
        rule("description", "reason", "truncate", arguments={"length": 255}),
        rule("metadata.reference", "id", required=True),
        rule("metadata.order_number", "order_number"),
    ),
    description="extra.payment must hold Mollie's id of the payment (tr_…), which the shop tells with it. The buyer "
    "may read the reason.",
)

PRESETS: dict[str, Preset] = {
    "mollie-payments": PAYMENTS_READ,
    "mollie-refunds": REFUNDS_READ,
    "mollie-make-refunds": REFUNDS_WRITE,
}
