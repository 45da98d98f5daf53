"""https://razorpay.com/docs/errors

Razorpay publishes no document to judge by: its own examples are what is sent here.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from integrations.exceptions import Kind
from tests.contract.dialect import Dialect, Hook, Reading, Refusal, Writing, by_parameter
from tests.contract.samples import sample, vector
from tests.integrations.answering import Asked, Says

SINCE = datetime(2026, 9, 1, tzinfo=UTC)


def listed(*rows: dict[str, Any]) -> Says:
    return Says({"entity": "collection", "count": len(rows), "items": list(rows)})


def named(file: str, name: str) -> dict[str, Any]:
    return {**sample(f"razorpay/{file}.json"), "id": name}


def pages(file: str) -> Any:
    """The newest first; the end is a page that is not full."""
    return by_parameter(
        "skip",
        {"0": listed(named(file, "x3"), named(file, "x2")), "2": listed(named(file, "x1")), "4": listed()},
    )


# By the words of Razorpay's own documentation, which has no examples to copy from here:
# https://razorpay.com/docs/api/disputes, https://razorpay.com/docs/api/settlements
# https://razorpay.com/docs/api/disputes/entity
DISPUTE = {
    "id": "disp_1",
    "entity": "dispute",
    "payment_id": "pay_29QQoUBi66xm2f",
    "amount": 5000,
    "currency": "INR",
    "amount_deducted": 0,
    "reason_code": "goods_not_received",
    "respond_by": 1_790_600_000,
    "status": "open",
    "phase": "chargeback",
    "created_at": 1_790_000_000,
}
# https://razorpay.com/docs/api/settlements/entity
SETTLEMENT = {
    "id": "setl_1",
    "entity": "settlement",
    "amount": 46_820,
    "status": "processed",
    "fees": 1180,
    "tax": 180,
    "utr": "1597813219e1pq6w",
    "created_at": 1_790_000_000,
}


def entry(settlement: str, kind: str, name: str, **money: int) -> dict[str, Any]:
    """A line of the report, with all that one has: https://razorpay.com/docs/api/settlements/fetch-recon

    `fee` holds its tax, and a payment's `credit` is its amount less the fee.
    """
    known = {"debit": 0, "credit": 0, "amount": 0, "fee": 0, "tax": 0, "currency": "INR"}
    times = {"created_at": 1_789_900_000, "settled_at": 1_790_000_000, "posted_at": None}
    card = {"method": "card", "card_network": "MasterCard", "card_issuer": "KARB", "card_type": "credit"}
    of = {"payment_id": None, "order_id": None, "order_receipt": None, "dispute_id": None}
    more = {"on_hold": False, "settled": True, "credit_type": "default", "description": None, "notes": "{}"}
    ids = {"settlement_id": settlement, "settlement_utr": "1597813219e1pq6w", "type": kind, "entity_id": name}
    return {**known, **times, **card, **of, **more, **ids, **money}


def of_rows(row: dict[str, Any]) -> Any:
    """Pages of a full and a half one."""
    rows = [{**row, "id": f"x{number}"} for number in (3, 2, 1)]
    return by_parameter("skip", {"0": listed(*rows[:2]), "2": listed(rows[2]), "4": listed()})


def report(asked: Asked) -> Says | None:
    """What the settlements of a day are made of, which is asked for beside them."""
    if asked.path != "/v1/settlements/recon/combined":
        return None
    assert (asked.params["year"], asked.params["month"], asked.params["day"]) == ("2026", "9", "21")
    return listed(
        entry("x3", "payment", "pay_1", amount=50_000, credit=48_820, fee=1180, tax=180),
        entry("x3", "refund", "rfnd_1", amount=2000, debit=2000),
        entry("x3", "transfer", "trf_1", amount=100, debit=102, fee=2),
        entry("x3", "adjustment", "adj_1", amount=1012, credit=1012),
        {**entry("x3", "adjustment", "adj_2", amount=5000, debit=5000), "dispute_id": "disp_1"},
        entry("x9", "payment", "pay_2", amount=100, credit=98, fee=2),
    )


def from_on(asked: Asked, moment: str) -> Says:
    assert asked.params["from"] == moment
    found: Says = pages("payment_captured")(asked)
    return found


def refused(status: int, description: str, code: str = "BAD_REQUEST_ERROR", headers: Any = None) -> Says:
    error = {"code": code, "description": description, "source": "NA", "step": "NA", "reason": "NA"}
    return Says({"error": {**error, "metadata": {}}}, status, headers or {})


REFUND = {
    "payment_id": "pay_29QQoUBi66xm2f",
    "amount": 250,
    "receipt": "1042-R1",
    "notes": {"reference": "1042-R1", "order_number": "1042"},
}
VECTOR = vector("razorpay", "webhook")
IDS = ("x3", "x2", "x1")


DIALECT = Dialect(
    platform="razorpay",
    base="/v1",
    session=report,
    secrets={
        "username": "rzp_test_0123456789",
        "password": "secret-0123456789",
        "webhook_secret": "webhook-secret-0123456789",
    },
    readings=(
        Reading("payments", "/v1/payments", pages("payment_captured"), IDS),
        # A minute earlier.
        Reading("payments", "/v1/payments", lambda asked: from_on(asked, "1788220740"), IDS, since=SINCE),
        Reading("payments", "/v1/payments", pages("payment_captured"), IDS, since=SINCE, not_final=True),
        Reading("orders", "/v1/orders", pages("order"), IDS),
        Reading("refunds", "/v1/refunds", pages("refund"), IDS),
        Reading("disputes", "/v1/disputes", of_rows(DISPUTE), IDS),
        Reading("settlements", "/v1/settlements", of_rows(SETTLEMENT), IDS),
        Reading("customers", "/v1/customers", pages("order"), IDS),
    ),
    writings=(
        Writing(
            "refunds",
            "create",
            REFUND,
            {"POST /v1/payments/pay_29QQoUBi66xm2f/refund": Says(named("refund", "rfnd_1"))},
            "rfnd_1",
        ),
    ),
    hooks=(
        Hook(
            "as-documented",
            {
                "X-Razorpay-Signature": VECTOR.get("expected", ""),
                "X-Razorpay-Event-Id": "event-1",
                "Content-Type": "application/json",
            },
            VECTOR.get("raw_body", "").encode(),
            VECTOR.get("secret", ""),
            datetime(2026, 9, 1, tzinfo=UTC),
            (("payment.authorized", "payments", "pay_6koWN7bvxujzxM"),),
            signed_by=("X-Razorpay-Signature",),
        ),
    ),
    refusals=(
        Refusal("wrong-key", refused(401, "Authentication failed"), Kind.CONFIG, "unauthorized"),
        Refusal("too-fast", refused(429, "Request failed"), Kind.TRANSIENT, "rate_limited"),
        Refusal(
            "too-fast-with-a-wait",
            refused(429, "Request failed", headers={"Retry-After": "4"}),
            Kind.TRANSIENT,
            "rate_limited",
            retry_after=4,
        ),
        Refusal(
            "wrong-question", refused(400, "The count may not be greater than 100."), Kind.DATA, "refused"
        ),
        Refusal("gateway", refused(502, "Bad gateway", "GATEWAY_ERROR"), Kind.TRANSIENT, "server_error"),
        Refusal("down", refused(500, "Server error", "SERVER_ERROR"), Kind.TRANSIENT, "server_error"),
    ),
)
