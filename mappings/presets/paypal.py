"""PayPal's payments, refunds and disputes into our Records; our refunds, captures and parcels into what it takes.

A payment or a refund comes as a row of the report, or as the thing itself when it was fetched: each rule names both.
Amounts are decimal texts; what went out has a minus in the report and none in a refund.
"""

from __future__ import annotations

from .preset import Preset, rule

_INFO = "transaction_info"
_STATUS = (
    f"({_INFO}.transaction_status == 'D' && 'failed') || ({_INFO}.transaction_status == 'P' && 'pending') "
    f"|| ({_INFO}.transaction_status == 'V' && 'refunded') || (status == 'PARTIALLY_REFUNDED' && "
    "'partially_refunded') || (status == 'REFUNDED' && 'refunded') || (status == 'PENDING' && 'pending') "
    "|| (contains(['DECLINED', 'FAILED'], status || '') && 'failed') || 'paid'"
)
_REASON = (
    f"note_to_payer || {_INFO}.transaction_note "
    f"|| ({_INFO}.transaction_event_code == 'T1201' && 'chargeback') "
    f"|| ({_INFO}.transaction_event_code == 'T1106' && 'reversal') || status_details.reason"
)
_REFUNDED = f"{_INFO}.paypal_reference_id || (links[?rel == 'up'].href | [0])"
_REFUND_STATUS = (
    f"(contains(['D', 'V'], {_INFO}.transaction_status || '') && 'failed') || ({_INFO}.transaction_status == 'P' "
    "&& 'pending') || (contains(['FAILED', 'CANCELLED'], status || '') && 'failed') "
    "|| (status == 'PENDING' && 'pending') || 'paid'"
)
_DISPUTE_STATUS = (
    "(contains(['WAITING_FOR_SELLER_RESPONSE', 'OPEN'], status || '') && 'open') || (status != 'RESOLVED' && "
    "'answered') "
    "|| (contains(['RESOLVED_SELLER_FAVOUR', 'RESOLVED_WITH_PAYOUT', 'CANCELED_BY_BUYER', 'DENIED'], "
    "dispute_outcome.outcome_code || '') && 'won') || 'lost'"
)
_PAYOUT_STATUS = (
    f"({_INFO}.transaction_status == 'D' && 'failed') || ({_INFO}.transaction_status == 'V' && 'cancelled') "
    f"|| ({_INFO}.transaction_status == 'P' && 'pending') || 'paid'"
)
# The carriers that shops name most often, by PayPal's names for them.
_CARRIERS = "['DHL', 'DPD', 'FEDEX', 'HERMES', 'ROYAL_MAIL', 'UPS', 'USPS']"

PAYMENTS_READ = Preset(
    name="PayPal: payments",
    direction="read",
    platform="paypal",
    resource="payments",
    kind="payment",
    rules=(
        rule("id", f"{_INFO}.transaction_id || id", required=True),
        rule("order_number", f"{_INFO}.invoice_id || invoice_id"),
        rule("amount", f"{_INFO}.transaction_amount.value || amount.value", "decimal", required=True),
        rule("currency", f"{_INFO}.transaction_amount.currency_code || amount.currency_code", required=True),
        rule("status", _STATUS),
        rule("provider", "'paypal'"),
        rule("reference", f"{_INFO}.transaction_id || id"),
        rule("fee", f"{_INFO}.fee_amount.value || seller_receivable_breakdown.paypal_fee.value", "absolute"),
        rule("net", "seller_receivable_breakdown.net_amount.value", "decimal"),
        rule("email", "payer_info.email_address"),
        rule("created_at", f"{_INFO}.transaction_initiation_date || create_time", "time"),
        rule("updated_at", f"{_INFO}.transaction_updated_date || update_time", "time"),
        rule("extra.custom_id", f"{_INFO}.custom_field || custom_id"),
        rule("extra.order", "supplementary_data.related_ids.order_id"),
    ),
    description="The order's number is PayPal's invoice id, which shops' plugins write there, some with a prefix.",
)

REFUNDS_READ = Preset(
    name="PayPal: refunds",
    direction="read",
    platform="paypal",
    resource="refunds",
    kind="refund",
    rules=(
        rule("id", f"{_INFO}.transaction_id || id", required=True),
        rule("order_number", f"{_INFO}.invoice_id || invoice_id"),
        rule("amount", f"{_INFO}.transaction_amount.value || amount.value", "absolute", required=True),
        rule("currency", f"{_INFO}.transaction_amount.currency_code || amount.currency_code", required=True),
        rule("payment_id", _REFUNDED, "tail_of_link"),
        rule("status", _REFUND_STATUS),
        rule("reason", _REASON),
        rule("created_at", f"{_INFO}.transaction_initiation_date || create_time", "time"),
        rule("updated_at", f"{_INFO}.transaction_updated_date || update_time", "time"),
        rule("extra.status", f"{_INFO}.transaction_status || status"),
        rule("extra.payment", _REFUNDED, "tail_of_link"),
        rule("extra.reference", f"{_INFO}.custom_field || custom_id"),
    ),
    description="Also what buyers took back by a chargeback or a reversal.",
)

DISPUTES_READ = Preset(
    name="PayPal: disputes",
    direction="read",
    platform="paypal",
    resource="disputes",
    kind="ticket",
    rules=(
        rule("id", "dispute_id", required=True),
        rule("number", "dispute_id"),
        rule("title", "reason"),
        rule(
            "status",
            "(status == 'RESOLVED' && 'closed') || (status == 'WAITING_FOR_SELLER_RESPONSE' && 'open') || 'pending'",
        ),
        rule("order_number", "disputed_transactions[0].invoice_number"),
        rule("created_at", "create_time", "time"),
        rule("updated_at", "update_time", "time"),
        rule("extra.payment", "disputed_transactions[0].seller_transaction_id"),
        rule("extra.amount", "dispute_amount.value"),
        rule("extra.currency", "dispute_amount.currency_code"),
        rule("extra.outcome", "dispute_outcome.outcome_code"),
        rule("extra.answer_until", "seller_response_due_date"),
    ),
    description="“open” waits for the seller, “pending” for the buyer or PayPal.",
)

PAYMENT_DISPUTES_READ = Preset(
    name="PayPal: disputes of payments",
    direction="read",
    platform="paypal",
    resource="disputes",
    kind="dispute",
    rules=(
        rule("id", "dispute_id", required=True),
        rule("payment_id", "disputed_transactions[0].seller_transaction_id"),
        rule("order_number", "disputed_transactions[0].invoice_number"),
        rule("amount", "dispute_amount.value", "decimal", required=True),
        rule("currency", "dispute_amount.currency_code", required=True),
        rule("reason", "reason", "lower"),
        rule("status", _DISPUTE_STATUS),
        rule("due_by", "seller_response_due_date", "time"),
        rule("created_at", "create_time", "time"),
        rule("updated_at", "update_time", "time"),
    ),
    description="For the payments' accounts. “PayPal: disputes” makes tickets of them, for the help desk.",
)

PAYOUTS_READ = Preset(
    name="PayPal: transfers to the bank",
    direction="read",
    platform="paypal",
    resource="payouts",
    kind="payout",
    rules=(
        rule("id", f"{_INFO}.transaction_id", required=True),
        rule("amount", f"{_INFO}.transaction_amount.value", "absolute", required=True),
        rule("currency", f"{_INFO}.transaction_amount.currency_code", required=True),
        rule("fee", f"{_INFO}.fee_amount.value", "absolute"),
        rule("status", _PAYOUT_STATUS),
        rule("created_at", f"{_INFO}.transaction_initiation_date", "time"),
        rule("updated_at", f"{_INFO}.transaction_updated_date", "time"),
    ),
    description="PayPal pays out of a balance and does not tell which payments a transfer is made of.",
)

REFUNDS_WRITE = Preset(
    name="PayPal: make refunds",
    direction="write",
    platform="paypal",
    resource="refunds",
    kind="refund",
    rules=(
        rule("payment_id", "extra.payment", required=True),
        rule("amount.value", "amount", "decimal", required=True),
        rule("amount.currency_code", "currency", "upper", required=True),
        rule("custom_id", "id", "truncate", arguments={"length": 127}),
        rule("note_to_payer", "reason", "truncate", arguments={"length": 255}),
    ),
    description="extra.payment must hold PayPal's id of the capture, which the shop tells with it. The buyer reads the "
    "reason.",
)

CAPTURES_WRITE = Preset(
    name="PayPal: capture payments",
    direction="write",
    platform="paypal",
    resource="payments",
    kind="payment",
    rules=(
        rule("payment_id", "reference", required=True),
        rule("amount.value", "amount", "decimal", required=True),
        rule("amount.currency_code", "currency", "upper", required=True),
        rule("final_capture", "`true`"),
    ),
    description="The reference must be PayPal's id of the authorisation. Let only payments pass that are authorized.",
)

TRACKERS_WRITE = Preset(
    name="PayPal: tell tracking numbers",
    direction="write",
    platform="paypal",
    resource="trackers",
    kind="shipment",
    rules=(
        rule("transaction_id", "extra.payment", required=True),
        rule("tracking_number", "tracking_number", required=True),
        rule(
            "status",
            "(status == 'cancelled' && 'CANCELLED') || (status == 'delivered' && 'DELIVERED') || 'SHIPPED'",
        ),
        rule("carrier", f"contains({_CARRIERS}, carrier || '') && carrier || 'OTHER'"),
        rule("carrier_name_other", f"[carrier || ''][?@ && !contains({_CARRIERS}, @)] | [0]"),
        rule("shipment_date", "shipped_at", "to_time", arguments={"format": "%Y-%m-%d"}),
        rule("tracking_url", "tracking_url"),
    ),
    description="extra.payment must hold PayPal's id of the payment. Use a value map for the carrier's name: it knows "
    "DHL, DPD, FEDEX, UPS, USPS and some hundred others; the rest is sent as OTHER with the name.",
)

PRESETS: dict[str, Preset] = {
    "paypal-payments": PAYMENTS_READ,
    "paypal-refunds": REFUNDS_READ,
    "paypal-disputes": DISPUTES_READ,
    "paypal-payment-disputes": PAYMENT_DISPUTES_READ,
    "paypal-payouts": PAYOUTS_READ,
    "paypal-make-refunds": REFUNDS_WRITE,
    "paypal-capture-payments": CAPTURES_WRITE,
    "paypal-tell-tracking": TRACKERS_WRITE,
}
