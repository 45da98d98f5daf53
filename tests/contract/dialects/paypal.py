"""https://developer.paypal.com/api/rest/responses, https://developer.paypal.com/api/rest/webhooks/rest"""

from __future__ import annotations

import base64
import json
import zlib
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256

from integrations.connectors.paypal import KEYS
from integrations.exceptions import Kind
from tests.contract.dialect import SPECS, Dialect, Hook, Reading, Refusal, Writing, by_parameter
from tests.contract.openapi import OpenApi
from tests.contract.samples import sample, vector
from tests.integrations.answering import Asked, Says

SINCE = datetime(2026, 11, 1, tzinfo=UTC)
MOMENT = "2026-11-20T10:00:00Z"
REPORT = "/v1/reporting/transactions"
WEBHOOK_ID = "1JE4291016473214C"
CERTIFICATE = "https://api.paypal.com/v1/notifications/certs/CERT-360caa42-fca2a594-a5cafa77"
TOKEN_CALL = {
    "post": {
        "requestBody": {
            "required": True,
            "content": {
                "application/x-www-form-urlencoded": {
                    "schema": {
                        "type": "object",
                        "required": ["grant_type"],
                        "properties": {"grant_type": {"enum": ["client_credentials"]}},
                    }
                }
            },
        },
        "responses": {"200": {"content": {"application/json": {"schema": {"type": "object"}}}}},
    }
}
PARTS = (
    "payments_payment_v2",
    "reporting_transactions_v1",
    "customer_disputes_v1",
    "shipping_shipment_tracking_v1",
    "notifications_webhooks_v1",
)


class Documents:
    """PayPal's documents call different things by one name, so each judges the calls that are its own."""

    def __init__(self) -> None:
        told = {name: json.loads((SPECS / f"paypal-{name}.json").read_text()) for name in PARTS}
        # https://developer.paypal.com/reference/guidelines/rate-limiting: no document has it among the errors.
        errors = told["reporting_transactions_v1"]["components"]["schemas"]["error_default"]["oneOf"]
        errors.append({"required": ["name"], "properties": {"name": {"enum": ["RATE_LIMIT_REACHED"]}}})
        self.parts = [OpenApi(document) for document in told.values()]
        # The call that all others need first is in no document either.
        self.parts.append(OpenApi({"paths": {"/v1/oauth2/token": TOKEN_CALL}}))

    def request_problems(self, asked: Asked) -> list[str]:
        return self._of(asked).request_problems(asked)

    def answer_problems(self, asked: Asked, says: Says) -> list[str]:
        return self._of(asked).answer_problems(asked, says)

    def _of(self, asked: Asked) -> OpenApi:
        theirs = ("/v2/payments", REPORT, "/v1/customer", "/v1/shipping", "/v1/notifications", "/v1/oauth2")
        places = [place for place, start in enumerate(theirs) if asked.path.startswith(start)]
        return self.parts[places[0] if places else 0]


def session(asked: Asked) -> Says | None:
    if asked.path != "/v1/oauth2/token":
        return None
    pair = base64.b64encode(b"client-0123456789:client-secret-0123456789").decode()
    if asked.headers.get("authorization") != f"Basic {pair}":
        return Says({"error": "invalid_client", "error_description": "Client Authentication failed"}, 401)
    return Says({"access_token": "A21AA0123456789abcdef", "token_type": "Bearer", "expires_in": 32_400})


def money(value: str, currency: str = "USD") -> dict[str, str]:
    return {"currency_code": currency, "value": value}


def row(name: str, code: str, value: str, **more: Any) -> dict[str, Any]:
    """A row of the report."""
    info = {
        "transaction_id": name,
        "transaction_event_code": code,
        "transaction_initiation_date": MOMENT,
        "transaction_updated_date": MOMENT,
        "transaction_amount": money(value),
        "transaction_status": "S",
    }
    return {"transaction_info": info | more}


def reported(page: int, *rows: dict[str, Any]) -> Says:
    return Says(
        {
            "transaction_details": list(rows),
            "page": page,
            "total_items": 3,
            "total_pages": 2,
            "last_refreshed_datetime": MOMENT,
        }
    )


PAGES = by_parameter(
    "page",
    {
        "1": reported(
            1,
            row("5TY05013RG002845M", "T0006", "25.00"),
            row("3AB05013RG002845N", "T1107", "-5.00"),
            row("9ZZ05013RG002845Q", "T0400", "-900.00"),
            # What was paid to somebody else.
            row("8YY05013RG002845R", "T0000", "-12.00"),
        ),
        "2": reported(
            2,
            row("6TY05013RG002845P", "T0003", "7.50"),
            row("4AB05013RG002845S", "T1201", "-25.00"),
            # Money that comes back from a chargeback that was won.
            row("7XX05013RG002845T", "T1106", "25.00"),
        ),
    },
)
PAYMENTS = ("5TY05013RG002845M", "6TY05013RG002845P")
PAYOUT_PAGES = by_parameter(
    "page",
    {
        "1": reported(
            1, row("9ZZ05013RG002845Q", "T0400", "-900.00"), row("5TY05013RG002845M", "T0006", "25.00")
        ),
        "2": reported(
            2,
            row("2ZZ05013RG002845W", "T0401", "-80.00"),
            # A transfer that came back from the bank.
            row("1ZZ05013RG002845V", "T0400", "900.00"),
        ),
    },
)
PAYOUTS = ("9ZZ05013RG002845Q", "2ZZ05013RG002845W")
REFUNDS = ("3AB05013RG002845N", "4AB05013RG002845S")


def dispute(name: str) -> dict[str, Any]:
    return {
        "dispute_id": name,
        "create_time": MOMENT,
        "update_time": MOMENT,
        "reason": "MERCHANDISE_OR_SERVICE_NOT_RECEIVED",
        "status": "WAITING_FOR_SELLER_RESPONSE",
        "dispute_state": "REQUIRED_ACTION",
        "dispute_amount": money("25.00"),
    }


def disputes(*names: str, more: str = "") -> Says:
    # PayPal's links lead to another of its names than the one that was called.
    address = f"https://api.paypal.com/v1/customer/disputes?page_size=50&next_page_token={more}"
    links = [{"href": address, "rel": "next", "method": "GET"}] if more else []
    return Says({"items": [dispute(name) for name in names], **({"links": links} if links else {})})


DISPUTES = by_parameter(
    "next_page_token", {None: disputes("PP-D-3", "PP-D-2", more="MTIz"), "MTIz": disputes("PP-D-1")}
)


def capture(name: str, status: str = "COMPLETED", **more: Any) -> dict[str, Any]:
    return {
        "id": name,
        "status": status,
        "amount": money("25.00"),
        "invoice_id": "1042",
        "create_time": MOMENT,
        "update_time": MOMENT,
        **more,
    }


def refund(name: str, **more: Any) -> dict[str, Any]:
    return {
        "id": name,
        "status": "COMPLETED",
        "amount": money("5.00"),
        "custom_id": "1042-R1",
        "note_to_payer": "Broken",
        "create_time": MOMENT,
        "update_time": MOMENT,
        "links": [
            {
                "href": "https://api.paypal.com/v2/payments/captures/5TY05013RG002845M",
                "rel": "up",
                "method": "GET",
            }
        ],
        **more,
    }


TRACKER = {"transaction_id": "5TY05013RG002845M", "tracking_number": "T1042", "status": "SHIPPED"}
TRACKER_NAME = "5TY05013RG002845M-T1042"


@lru_cache(maxsize=1)
def _sentences() -> dict[str, str]:
    """What PayPal says with an error's name or issue, letter by letter, as its documents have it."""
    found: dict[str, str] = {}

    def look(part: Any) -> None:
        if isinstance(part, list):
            for one in part:
                look(one)
        elif isinstance(part, dict):
            told = part.get("properties", {})
            for name, text in (("name", "message"), ("issue", "description")):
                names, texts = (told.get(word, {}).get("enum") for word in (name, text))
                found.update({names[0]: texts[0]} if names and texts else {})
            for one in part.values():
                look(one)

    file = SPECS / "paypal-payments_payment_v2.json"
    look(json.loads(file.read_text())["components"]["schemas"] if file.is_file() else {})
    return found


def refused(status: int, name: str, issue: str = "", headers: dict[str, str] | None = None) -> Says:
    details = [{"issue": issue, "description": _sentences().get(issue, "No.")}] if issue else []
    body = {"name": name, "message": _sentences().get(name, "Too fast."), "debug_id": "b1d1f06c7246c"}
    return Says({**body, "details": details, "links": []}, status, headers or {})


@lru_cache(maxsize=1)
def _key() -> RSAPrivateKey:
    made = generate_private_key(65537, 2048)
    KEYS.keep({CERTIFICATE: made.public_key()})
    return made


def signed(raw: bytes, name: str, time: str, webhook_id: str = WEBHOOK_ID) -> dict[str, str]:
    """As PayPal does it, by a key of our own under the address of one of its certificates."""
    message = f"{name}|{time}|{webhook_id}|{zlib.crc32(raw)}".encode()
    return {
        "PAYPAL-TRANSMISSION-ID": name,
        "PAYPAL-TRANSMISSION-TIME": time,
        "PAYPAL-TRANSMISSION-SIG": base64.b64encode(_key().sign(message, PKCS1v15(), SHA256())).decode(),
        "PAYPAL-CERT-URL": CERTIFICATE,
        "PAYPAL-AUTH-ALGO": "SHA256withRSA",
    }


SIGNED_BY = tuple(signed(b"", "", ""))


def hooked(case: str, raw: bytes, events: tuple[tuple[str, str, str], ...], **told: str) -> Hook:
    given = {"name": "69cd13f0-d67a-11e5-baa3-778b53f4ae55", "time": "2016-02-18T20:01:35Z"} | told
    headers = signed(raw, **given)
    at = datetime(2016, 2, 18, 20, 2, tzinfo=UTC)
    return Hook(case, headers, raw, given.get("webhook_id", WEBHOOK_ID), at, events, signed_by=SIGNED_BY)


def event(kind: str, about: dict[str, Any], resource_type: str) -> bytes:
    told = {"id": "WH-1", "event_type": kind, "resource_type": resource_type, "create_time": MOMENT}
    return json.dumps({**told, "resource": about}).encode()


DOCUMENTED = vector("paypal", "signed message (RSA part needs the certificate)")
VERIFIED = sample("paypal/webhook_verify_request.json")

DIALECT = Dialect(
    platform="paypal",
    contract=Documents,
    session=session,
    secrets={
        "client_id": "client-0123456789",
        "client_secret": "client-secret-0123456789",
        "webhook_secret": WEBHOOK_ID,
    },
    readings=(
        Reading("payments", REPORT, PAGES, PAYMENTS, since=SINCE),
        Reading("payments", REPORT, PAGES, PAYMENTS, since=SINCE, not_final=True),
        Reading("refunds", REPORT, PAGES, REFUNDS, since=SINCE),
        Reading("payouts", REPORT, PAYOUT_PAGES, PAYOUTS, since=SINCE),
        Reading("disputes", "/v1/customer/disputes", DISPUTES, ("PP-D-3", "PP-D-2", "PP-D-1")),
        Reading("disputes", "/v1/customer/disputes", DISPUTES, ("PP-D-3", "PP-D-2", "PP-D-1"), since=SINCE),
    ),
    writings=(
        Writing(
            "payments",
            "create",
            {"payment_id": "0VF52814937998046", "amount": money("25.00"), "final_capture": True},
            {"POST /v2/payments/authorizations/0VF52814937998046/capture": Says(capture("7AB"), 201)},
            "7AB",
        ),
        Writing(
            "refunds",
            "create",
            {
                "payment_id": "5TY05013RG002845M",
                "amount": money("5"),
                "custom_id": "1042-R1",
                "note_to_payer": "Broken",
            },
            {"POST /v2/payments/captures/5TY05013RG002845M/refund": Says(refund("1JU08902781691411"), 201)},
            "1JU08902781691411",
        ),
        Writing(
            "trackers",
            "create",
            {**TRACKER, "carrier": "DHL", "shipment_date": "2026-11-20", "notify_buyer": False},
            {
                "POST /v1/shipping/trackers-batch": Says(
                    {
                        "tracker_identifiers": [
                            {"transaction_id": "5TY05013RG002845M", "tracking_number": "T1042", "links": []}
                        ],
                    }
                )
            },
            TRACKER_NAME,
        ),
        Writing(
            "trackers",
            "update",
            {**TRACKER, "status": "CANCELLED"},
            {f"PUT /v1/shipping/trackers/{TRACKER_NAME}": Says(status=204)},
            TRACKER_NAME,
            given=TRACKER_NAME,
        ),
    ),
    hooks=(
        hooked(
            "as-documented",
            DOCUMENTED.get("raw_body", "").encode() or b"{}",
            (),
            name=DOCUMENTED.get("transmission_id", ""),
            time=DOCUMENTED.get("transmission_time", ""),
            webhook_id=DOCUMENTED.get("webhook_id", WEBHOOK_ID),
        ),
        hooked(
            "authorised",
            json.dumps(VERIFIED.get("webhook_event", {})).encode(),
            (),
            name=VERIFIED.get("transmission_id", ""),
            time=VERIFIED.get("transmission_time", ""),
            webhook_id=VERIFIED.get("webhook_id", WEBHOOK_ID),
        ),
        hooked(
            "captured",
            event("PAYMENT.CAPTURE.COMPLETED", capture("7AB"), "capture"),
            (("PAYMENT.CAPTURE.COMPLETED", "payments", "7AB"),),
        ),
        hooked(
            "refunded",
            event("PAYMENT.CAPTURE.REFUNDED", refund("1JU08902781691411"), "refund"),
            (
                ("PAYMENT.CAPTURE.REFUNDED", "refunds", "1JU08902781691411"),
                ("PAYMENT.CAPTURE.REFUNDED", "payments", "5TY05013RG002845M"),
            ),
        ),
        hooked(
            "reversed",
            event("PAYMENT.CAPTURE.REVERSED", capture("7AB", "REFUNDED"), "capture"),
            (("PAYMENT.CAPTURE.REVERSED", "payments", "7AB"),),
        ),
        hooked(
            "disputed",
            event("CUSTOMER.DISPUTE.CREATED", dispute("PP-D-1"), "dispute"),
            (("CUSTOMER.DISPUTE.CREATED", "disputes", "PP-D-1"),),
        ),
    ),
    refusals=(
        Refusal("session-over", refused(401, "AUTHENTICATION_FAILURE"), Kind.TRANSIENT, "token_expired"),
        Refusal("no-right", refused(403, "NOT_AUTHORIZED", "PERMISSION_DENIED"), Kind.CONFIG, "forbidden"),
        Refusal("too-fast", refused(429, "RATE_LIMIT_REACHED"), Kind.TRANSIENT, "rate_limited"),
        Refusal(
            "too-fast-for-a-while",
            refused(429, "RATE_LIMIT_REACHED", headers={"Retry-After": "20"}),
            Kind.TRANSIENT,
            "rate_limited",
            retry_after=20,
        ),
        Refusal(
            "wrong-field",
            refused(400, "INVALID_REQUEST", "INVALID_PARAMETER_VALUE"),
            Kind.DATA,
            "invalid_parameter_value",
        ),
        Refusal("down", refused(503, "SERVICE_UNAVAILABLE"), Kind.TRANSIENT, "server_error"),
    ),
)
