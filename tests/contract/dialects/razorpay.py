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
