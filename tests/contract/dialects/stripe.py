"""https://docs.stripe.com/api/errors, https://docs.stripe.com/rate-limits"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from integrations.exceptions import Kind
from tests.contract.dialect import SPECS, Dialect, Hook, Reading, Refusal, Writing, by_parameter
from tests.contract.openapi import OpenApi
from tests.contract.samples import sample, vector
from tests.integrations.answering import Says


def listed(path: str, *rows: dict[str, Any], more: bool) -> Says:
    return Says({"object": "list", "url": path, "has_more": more, "data": list(rows)})


def charge(name: str, created: int = 1_790_000_000) -> dict[str, Any]:
    return {**sample("stripe/charge.json"), "id": name, "created": created, "refunds": None}


def event(number: int, about: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": f"evt_{number}",
        "object": "event",
        "type": "charge.refunded",
        "created": 1_790_000_100 + number,
        "livemode": False,
        "pending_webhooks": 0,
        "data": {"object": about},
    }


def refused(status: int, kind: str, code: str = "", headers: dict[str, str] | None = None) -> Says:
    return Says({"error": {"type": kind, "code": code, "message": "No."}}, status, headers or {})


CHARGES = by_parameter(
    "starting_after",
    {
        None: listed("/v1/charges", charge("ch_3"), charge("ch_2"), more=True),
        "ch_2": listed("/v1/charges", charge("ch_1"), more=False),
    },
)
EVENTS = by_parameter(
    "starting_after",
    {
        None: listed("/v1/events", event(2, charge("ch_2")), more=True),
        "evt_2": listed("/v1/events", event(1, charge("ch_1")), more=False),
    },
)


def hooked(name: str, sent: dict[str, Any], events: tuple[tuple[str, str, str], ...]) -> Hook:
    signature = sent.get("expected") or sent.get("headers", {}).get("Stripe-Signature", "")
    return Hook(
        name,
        {"Stripe-Signature": signature, "Content-Type": "application/json"},
        sent.get("raw_body", "").encode(),
        sent.get("secret", ""),
        datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC),
        events,
        signed_by=("Stripe-Signature",),
        is_timed=True,
    )


REFUND = {
    "charge": "ch_1",
    "amount": 250,
    "reason": "requested_by_customer",
    "metadata": {"reference": "1042-R1"},
}
SINCE = datetime(2026, 9, 1, tzinfo=UTC)

DIALECT = Dialect(
    platform="stripe",
    contract=lambda: OpenApi.of(SPECS / "stripe-2023-10-16.json"),
    secrets={"token": "sk_test_0123456789abcdef", "webhook_secret": "whsec_0123456789abcdef"},
    readings=(
        Reading("charges", "/v1/charges", CHARGES, ("ch_3", "ch_2", "ch_1")),
        Reading("charges", "/v1/charges", CHARGES, ("ch_3", "ch_2", "ch_1"), since=SINCE),
        Reading("charges", "/v1/events", EVENTS, ("ch_2", "ch_1"), since=SINCE, not_final=True),
    ),
    writings=(
        Writing(
            "refunds",
            "create",
            REFUND,
            {"POST /v1/refunds": Says({**sample("stripe/refund.json"), "id": "re_1"})},
            "re_1",
        ),
    ),
    hooks=(
        hooked("as-documented", vector("stripe", "webhook"), ()),
        hooked(
            "partial-refund",
            sample("stripe/webhook_charge_partially_refunded.derived.json"),
            (("charge.refunded", "charges", "ch_1PgafuB7WZ01zgkWXYmPNZs8"),),
        ),
    ),
    refusals=(
        Refusal("wrong-key", refused(401, "invalid_request_error"), Kind.CONFIG, "unauthorized"),
        Refusal("no-right", refused(403, "invalid_request_error"), Kind.CONFIG, "forbidden"),
        Refusal(
            "too-fast", refused(429, "invalid_request_error", "rate_limit"), Kind.TRANSIENT, "rate_limited"
        ),
        Refusal(
            "locked", refused(429, "invalid_request_error", "lock_timeout"), Kind.TRANSIENT, "rate_limited"
        ),
        Refusal("down", refused(503, "api_error"), Kind.TRANSIENT, "server_error"),
    ),
)
