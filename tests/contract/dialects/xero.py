"""https://developer.xero.com/documentation/api/accounting/responsecodes"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from integrations.exceptions import Kind
from tests.contract.dialect import SPECS, Dialect, Hook, Reading, Refusal, Writing
from tests.contract.openapi import OpenApi
from tests.contract.samples import vector
from tests.contract.xero_rows import (
    API,
    CUSTOMER,
    INVOICES,
    ORDER,
    OTHER_TENANT,
    PAYMENT,
    PEOPLE,
    REFUND,
    SECRET,
    TENANT,
    contact,
    credit_note,
    event,
    hooked,
    invoice,
    name,
    payment,
    problem,
    said,
    signed,
    validation,
)
from tests.integrations.answering import Asked, Says

SINCE = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
ACCESS = "access-0123456789abcdef"
CONSENT = {"access_token": ACCESS, "refresh_token": "refresh-0123456789abcdef"}
# In no document of the two: https://developer.xero.com/documentation/guides/oauth2/tenants
CONNECTIONS = {
    "get": {
        "security": [{"OAuth2": []}],
        "responses": {"200": {"content": {"application/json": {"schema": {"type": "array"}}}}},
    }
}


@lru_cache(maxsize=1)
def contract() -> OpenApi:
    told = json.loads((SPECS / "xero-accounting.json").read_text())
    paths = {f"{API}{path}": item for path, item in told["paths"].items()}
    return OpenApi({**told, "paths": {**paths, "/connections": CONNECTIONS}})


def paged(kind: str, make: Any, since: str | None = None, skipped: Any = None) -> Any:
    """Sorted by the time of change: the second page is asked for by the time of the last thing on the first."""

    def answer(asked: Asked) -> Says:
        assert asked.headers["xero-tenant-id"] == TENANT
        assert (asked.params["order"], asked.params["page"]) == ("UpdatedDateUTC ASC", "1")
        since_when = asked.headers.get("if-modified-since")
        if since_when == since:
            rows = [make(7), make(9), *([skipped(8)] if skipped else [])]
            return said(kind, *rows, pages=2)
        # A second before 10:09, and a second more since Xero may mean “later than”.
        assert since_when == "2026-11-20T10:07:59Z", since_when
        return said(kind, make(9), make(11))

    return answer


def hook(case: str, raw: bytes, events: tuple[tuple[str, str, str], ...]) -> Hook:
    at = datetime(2026, 11, 20, 10, 1, tzinfo=UTC)
    return Hook(case, signed(raw), raw, SECRET, at, events, signed_by=("x-xero-signature",))


CREDIT_OF_A_SUPPLIER = event("CREDITNOTE", 4, data={"Type": "ACCPAYCREDIT", "Status": "DRAFT"})
HOOKED = (
    event("INVOICE", 1),
    event("CONTACT", 2),
    event("CREDITNOTE", 3, data={"Type": "ACCRECCREDIT", "Status": "AUTHORISED"}),
    CREDIT_OF_A_SUPPLIER,
    event("INVOICE", 5, tenant=OTHER_TENANT),
    event("SUBSCRIPTION", 6, tenantType="APPLICATION"),
)
VECTOR = vector("xero", "webhook")

DIALECT = Dialect(
    platform="xero",
    contract=contract,
    settings={"tenant_id": TENANT, "payment_account": "090"},
    secrets={
        "client_id": "client-0123456789",
        "client_secret": "client-secret-0123456789",
        "webhook_secret": SECRET,
    },
    consent=CONSENT,
    readings=(
        Reading(
            "invoices",
            f"{API}/Invoices",
            paged("Invoices", invoice, skipped=lambda number: invoice(number, Type="ACCPAY")),
            (name(7), name(9), name(11)),
        ),
        Reading(
            "invoices",
            f"{API}/Invoices",
            paged("Invoices", invoice, "2026-11-20T08:58:59Z"),
            (name(7), name(9), name(11)),
            since=SINCE,
        ),
        Reading("contacts", f"{API}/Contacts", paged("Contacts", contact), (name(7), name(9), name(11))),
        Reading(
            "credit_notes",
            f"{API}/CreditNotes",
            paged(
                "CreditNotes", credit_note, skipped=lambda number: credit_note(number, Type="ACCPAYCREDIT")
            ),
            (name(7), name(9), name(11)),
        ),
        Reading(
            "payments",
            f"{API}/Payments",
            paged("Payments", payment, skipped=lambda number: payment(number, PaymentType="ARCREDITPAYMENT")),
            (name(7), name(9), name(11)),
        ),
    ),
    writings=(
        Writing(
            "contacts",
            "create",
            CUSTOMER,
            {f"PUT {API}/Contacts": said("Contacts", contact(7))},
            name(7),
        ),
        Writing(
            "contacts",
            "update",
            CUSTOMER,
            {f"POST {API}/Contacts/{name(7)}": said("Contacts", contact(7))},
            name(7),
            given=name(7),
        ),
        Writing(
            "invoices",
            "create",
            ORDER,
            {
                PEOPLE: said("Contacts", contact(7, EmailAddress="Buyer@example.com")),
                f"PUT {API}/Invoices": said("Invoices", invoice(1042)),
            },
            name(1042),
        ),
        Writing(
            "invoices",
            "update",
            ORDER,
            {f"POST {API}/Invoices/{name(1042)}": said("Invoices", invoice(1042))},
            name(1042),
            given=name(1042),
        ),
        Writing(
            "invoices",
            "cancel",
            ORDER,
            {
                f"{INVOICES}/{name(1042)}": said("Invoices", invoice(1042)),
                f"POST {API}/Invoices/{name(1042)}": said("Invoices", invoice(1042, Status="VOIDED")),
            },
            name(1042),
            given=name(1042),
        ),
        Writing(
            "credit_notes",
            "create",
            REFUND,
            {
                INVOICES: said("Invoices", invoice(1042)),
                f"PUT {API}/CreditNotes": said("CreditNotes", credit_note(5)),
                f"PUT {API}/Payments": said("Payments", payment(51, PaymentType="ARCREDITPAYMENT")),
            },
            name(5),
        ),
        Writing(
            "payments",
            "create",
            PAYMENT,
            {
                INVOICES: said("Invoices", invoice(1042)),
                f"PUT {API}/Payments": said("Payments", payment(1)),
            },
            name(1),
        ),
    ),
    hooks=(
        hook(
            "events",
            hooked(*HOOKED),
            (
                ("INVOICE", "invoices", name(1)),
                ("CONTACT", "contacts", name(2)),
                ("CREDITNOTE", "credit_notes", name(3)),
            ),
        ),
        hook("intent-to-receive", hooked(first=0), ()),
        Hook(
            "as-documented",
            {"X-Xero-Signature": VECTOR.get("expected", "")},
            VECTOR.get("raw_body", "").encode() or b"{}",
            VECTOR.get("secret", ""),
            datetime(2026, 11, 20, 10, 1, tzinfo=UTC),
            (),
            signed_by=("X-Xero-Signature",),
        ),
    ),
    refusals=(
        Refusal(
            "session-over",
            problem(401, "Unauthorized", "TokenExpired: token expired at 11/20/2026 10:00:00"),
            Kind.TRANSIENT,
            "token_expired",
        ),
        Refusal(
            "other-organisation",
            problem(403, "Forbidden", "AuthenticationUnsuccessful"),
            Kind.CONFIG,
            "forbidden",
        ),
        Refusal(
            "too-fast",
            Says(None, 429, {"Retry-After": "37", "X-Rate-Limit-Problem": "minute"}),
            Kind.TRANSIENT,
            "rate_limited",
            retry_after=37,
        ),
        Refusal(
            "too-much-for-a-day",
            Says(None, 429, {"Retry-After": "66975", "X-Rate-Limit-Problem": "day"}),
            Kind.TRANSIENT,
            "rate_limited",
            retry_after=66975,
        ),
        Refusal("wrong-value", validation("Account code '999' is not valid."), Kind.DATA, "refused"),
        Refusal(
            "taken-name",
            validation(
                "The contact name X is already assigned to another contact. The contact name "
                "must be unique across all active contacts."
            ),
            Kind.DATA,
            "name_taken",
        ),
        Refusal("taken-number", validation("Invoice # must be unique."), Kind.DATA, "number_taken"),
        Refusal(
            "wrong-words",
            Says({"ErrorNumber": 14, "Type": "PostDataInvalidException", "Message": "No."}, 400),
            Kind.DATA,
            "refused",
        ),
        Refusal("gone", Says(None, 404), Kind.DATA, "not_found"),
        Refusal(
            "offline",
            problem(503, "Service Unavailable", "OrganisationOffline"),
            Kind.TRANSIENT,
            "server_error",
        ),
    ),
)
