"""What the sandbox's payment providers tell, into our Records. Amounts are in the smallest unit of the currency."""

from __future__ import annotations

from mappings.translate import RuleData

from .preset import Preset, rule

_CURRENCY = {"currency": "= currency"}
_CURRENCY_OF_ALL = {"currency": "= root.currency"}
_PAYMENT_STATUS = (
    "(status == 'succeeded' && ((refunded_amount >= amount && 'refunded') "
    "|| (refunded_amount > `0` && 'partially_refunded') || 'paid')) || status"
)
_REFUND_STATUS = "(status == 'succeeded' && 'paid') || status"
_DISPUTE_STATUS = (
    "(status == 'needs_response' && 'open') || (status == 'under_review' && 'answered') || status"
)


def _money(target: str, source: str, **more: object) -> RuleData:
    return rule(target, source, "from_minor_units", arguments=_CURRENCY, **more)


_MONEY = (_money("amount", "amount", required=True), rule("currency", "currency", "upper", required=True))
_CREATED = rule("created_at", "created", "time", arguments={"format": "unix"})


def _read(resource: str, kind: str, name: str, *rules: RuleData) -> Preset:
    return Preset(
        name=f"Sandbox payments: {name}",
        direction="read",
        platform="sandbox_payments",
        resource=resource,
        kind=kind,
        rules=(rule("id", "id", required=True), *_MONEY, _CREATED, *rules),
    )


PAYMENTS_READ = _read(
    "payments",
    "payment",
    "payments",
    rule("order_number", "order_number"),
    rule("status", _PAYMENT_STATUS),
    rule("provider", "'sandbox'"),
    rule("reference", "id"),
    _money("fee", "fee"),
    _money("net", "net"),
    rule("payout_id", "payout_id"),
    rule("email", "email"),
)
REFUNDS_READ = _read(
    "refunds",
    "refund",
    "refunds",
    rule("order_number", "order_number"),
    rule("payment_id", "payment_id"),
    rule("status", _REFUND_STATUS),
)
DISPUTES_READ = _read(
    "disputes",
    "dispute",
    "disputes",
    rule("payment_id", "payment_id"),
    rule("reason", "reason"),
    rule("status", _DISPUTE_STATUS),
    rule("due_by", "due_by", "time", arguments={"format": "unix"}),
)
PAYOUTS_READ = _read(
    "payouts",
    "payout",
    "payouts",
    rule("status", "status"),
    rule("arrives_at", "arrival_date", "time", arguments={"format": "unix"}),
    rule("parts[]", "parts"),
    rule("parts[].kind", "type"),
    rule("parts[].of", "source"),
    *(
        rule(f"parts[].{name}", name, "from_minor_units", arguments=_CURRENCY_OF_ALL)
        for name in ("amount", "fee", "net")
    ),
)

PRESETS: dict[str, Preset] = {
    "sandbox-payments": PAYMENTS_READ,
    "sandbox-payment-refunds": REFUNDS_READ,
    "sandbox-payment-disputes": DISPUTES_READ,
    "sandbox-payouts": PAYOUTS_READ,
}
