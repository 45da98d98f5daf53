"""https://docs.stripe.com/api/errors, https://docs.stripe.com/rate-limits"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from integrations.exceptions import Kind
from tests.contract.dialect import SPECS, Dialect, Hook, Reading, Refusal, Writing, by_parameter
from tests.contract.openapi import OpenApi
from tests.contract.samples import sample, vector
from tests.integrations.answering import Asked, Says


def listed(path: str, *rows: dict[str, Any], more: bool) -> Says:
    return Says({"object": "list", "url": path, "has_more": more, "data": list(rows)})


def charge(name: str, created: int = 1_790_000_000) -> dict[str, Any]:
    return {**sample("stripe/charge.json"), "id": name, "created": created, "refunds": None}


@lru_cache(maxsize=1)
def _fixtures() -> dict[str, Any]:
    """Stripe's own examples of its objects, which are published with its document."""
    found: dict[str, Any] = json.loads((SPECS / "stripe-fixtures.json").read_text())["resources"]
    return found


def fixture(kind: str, **more: Any) -> dict[str, Any]:
    return {**_fixtures()[kind], **more}


def entries(asked: Asked) -> Says | None:
    """What a payout is made of, in two pages; it is asked for each payout."""
    if asked.path != "/v1/balance_transactions":
        return None
    assert asked.params["payout"].startswith("po_")
    one = fixture("balance_transaction", id="txn_1", amount=1200, fee=48, net=1152)
    two = fixture("balance_transaction", id="txn_2", type="refund", source="re_1", amount=-52, net=-52)
    itself = fixture("balance_transaction", id="txn_3", type="payout", source="po_1", amount=-1100, net=-1100)
    page = listed("/v1/balance_transactions", one, two, more=True)
    rest = listed("/v1/balance_transactions", itself, more=False)
    return rest if asked.params.get("starting_after") else page


def of_fixture(kind: str, path: str, prefix: str) -> Callable[[Asked], Says]:
    """Three of them in two pages, the newest first."""

    def page(asked: Asked) -> Says:
        rows = [fixture(kind, id=f"{prefix}_{number}", created=1_790_000_000) for number in (3, 2, 1)]
        is_second = asked.params.get("starting_after") == f"{prefix}_2"
        return listed(path, rows[2], more=False) if is_second else listed(path, *rows[:2], more=True)

    return page


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


DISPUTES = of_fixture("dispute", "/v1/disputes", "dp")
PAYOUTS = of_fixture("payout", "/v1/payouts", "po")


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
    session=entries,
    secrets={"token": "sk_test_0123456789abcdef", "webhook_secret": "whsec_0123456789abcdef"},
    readings=(
        Reading("charges", "/v1/charges", CHARGES, ("ch_3", "ch_2", "ch_1")),
        Reading("charges", "/v1/charges", CHARGES, ("ch_3", "ch_2", "ch_1"), since=SINCE),
        Reading("charges", "/v1/events", EVENTS, ("ch_2", "ch_1"), since=SINCE, not_final=True),
        Reading("disputes", "/v1/disputes", DISPUTES, ("dp_3", "dp_2", "dp_1")),
        Reading("payouts", "/v1/payouts", PAYOUTS, ("po_3", "po_2", "po_1")),
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
