"""https://developer.xero.com/documentation/api/accounting/responsecodes"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from integrations.exceptions import Kind
from tests.contract.dialect import SPECS, Dialect, Hook, Reading, Refusal, Writing
from tests.contract.openapi import OpenApi
from tests.contract.samples import vector
from tests.integrations.answering import Asked, Says

API = "/api.xro/2.0"
TENANT = "7f1c2a44-6f6a-4b3c-8e11-1234567890ab"
OTHER_TENANT = "aef86862-2015-4b6b-88bc-d89032cecc50"
SECRET = "a-webhooks-key-of-xero"
SINCE = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
ACCESS = "access-0123456789abcdef"
CONSENT = {"access_token": ACCESS, "refresh_token": "refresh-0123456789abcdef"}
UUID = "00000000-0000-4000-8000-{:012d}"
NOBODY = "00000000-0000-0000-0000-000000000000"
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


def name(number: int) -> str:
    return UUID.format(number)


def dotnet(minute: int = 0) -> str:
    """10:00 of the 20th of November 2026 in UTC, and some minutes."""
    return f"/Date({1795168800000 + minute * 60_000}+0000)/"


def contact(number: int, **more: Any) -> dict[str, Any]:
    told = {
        "ContactID": name(number),
        "ContactNumber": f"C-{number}",
        "ContactStatus": "ACTIVE",
        "Name": f"Test Buyer {number}",
        "EmailAddress": f"{number}@example.com",
        "UpdatedDateUTC": dotnet(number),
    }
    return {**told, **more}


def invoice(number: int, **more: Any) -> dict[str, Any]:
    told = {
        "Type": "ACCREC",
        "InvoiceID": name(number),
        "InvoiceNumber": f"{number}",
        "Reference": f"A-{number}",
        "Status": "AUTHORISED",
        "Date": dotnet(),
        "DueDate": dotnet(),
        "LineAmountTypes": "Inclusive",
        "CurrencyCode": "EUR",
        "Contact": {"ContactID": name(7)},
        "LineItems": [],
        "AmountPaid": 0.0,
        "AmountCredited": 0.0,
        "AmountDue": 12.5,
        "Total": 12.5,
        "UpdatedDateUTC": dotnet(number),
        "HasErrors": False,
    }
    return {**told, **more}


def credit_note(number: int, **more: Any) -> dict[str, Any]:
    told = {
        "Type": "ACCRECCREDIT",
        "CreditNoteID": name(number),
        "CreditNoteNumber": f"CN-{number}",
        "Reference": "1042",
        "Status": "AUTHORISED",
        "Date": dotnet(),
        "CurrencyCode": "EUR",
        "Contact": {"ContactID": name(7)},
        "Total": 5.0,
        "RemainingCredit": 5.0,
        "UpdatedDateUTC": dotnet(number),
    }
    return {**told, **more}


def payment(number: int, **more: Any) -> dict[str, Any]:
    told = {
        "PaymentID": name(number),
        "PaymentType": "ACCRECPAYMENT",
        "Status": "AUTHORISED",
        "Date": dotnet(),
        "Amount": 12.5,
        "Reference": f"pay_{number}",
        "Invoice": {"InvoiceID": name(1042), "InvoiceNumber": "1042", "CurrencyCode": "EUR"},
        "UpdatedDateUTC": dotnet(number),
    }
    return {**told, **more}


def item(number: int, **more: Any) -> dict[str, Any]:
    told = {"ItemID": name(number), "Code": f"MUG-{number}", "Name": "Mug", "UpdatedDateUTC": dotnet(number)}
    return {**told, "SalesDetails": {"UnitPrice": 6.25}, **more}


def said(kind: str, *rows: dict[str, Any], pages: int = 1, page: int = 1, **more: Any) -> Says:
    told: dict[str, Any] = {"Id": name(0), "Status": "OK", kind: list(rows)}
    if kind != "Items":
        told["pagination"] = {"page": page, "pageSize": 100, "pageCount": pages, "itemCount": 3}
    return Says({**told, **more})


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


def validation(*messages: str, status: int = 400) -> Says:
    errors = [{"Message": message} for message in messages]
    told = {"ErrorNumber": 10, "Type": "ValidationException", "Message": "A validation exception occurred"}
    return Says({**told, "Elements": [{"ValidationErrors": errors}]}, status)


def problem(status: int, title: str, detail: str, headers: dict[str, str] | None = None) -> Says:
    told = {"Type": None, "Title": title, "Status": status, "Detail": detail, "Instance": name(0)}
    return Says({**told, "Extensions": {}}, status, headers or {})


def signed(raw: bytes, secret: str = SECRET) -> dict[str, str]:
    digest = hmac.new(secret.encode(), raw, hashlib.sha256).digest()
    return {"x-xero-signature": base64.b64encode(digest).decode()}


def event(category: str, number: int, tenant: str = TENANT, **more: Any) -> dict[str, Any]:
    told = {
        "resourceUrl": f"https://api.xero.com{API}/x/{name(number)}",
        "resourceId": name(number),
        "eventDateUtc": "2026-11-20T10:00:00.123",
        "eventType": "UPDATE",
        "eventCategory": category,
        "tenantId": tenant,
        "tenantType": "ORGANISATION",
    }
    return {**told, **more}


def hooked(*events: dict[str, Any], first: int = 1) -> bytes:
    told = {"events": events, "firstEventSequence": first, "lastEventSequence": first, "entropy": "S0M3"}
    return json.dumps(told).encode()


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

CUSTOMER = {
    "ContactNumber": "C-7",
    "Name": "Test Buyer 🛍",
    "EmailAddress": "buyer@example.com",
    "FirstName": "Test",
    "LastName": None,
    "Phones": [{"PhoneType": "DEFAULT", "PhoneNumber": "+44 20 7946 0000"}],
}
ORDER: dict[str, Any] = {
    "InvoiceNumber": "1042",
    "Reference": "A-1042",
    "Contact": {"Name": "Test Buyer", "EmailAddress": "buyer@example.com"},
    "Date": "2026-11-20",
    "DueDate": "2026-11-20",
    "CurrencyCode": "EUR",
    "LineItems": [{"Description": "Mug", "Quantity": "2", "UnitAmount": "6.25"}],
}
PAYMENT = {
    "Reference": "pay_1",
    "Invoice": {"InvoiceID": name(1042)},
    "Date": "2026-11-20",
    "Amount": "12.50",
    "currency": "EUR",
}
REFUND = {
    "CreditNoteNumber": "CN-5",
    "order_invoice": name(1042),
    "Reference": "1042",
    "Date": "2026-11-21",
    "CurrencyCode": "EUR",
    "refunded": "5.00",
    "LineItems": [{"Description": "Refund", "Quantity": 1, "LineAmount": "5.00"}],
}
PEOPLE = f"GET {API}/Contacts"
INVOICES = f"GET {API}/Invoices"

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
        Reading(
            "contacts", f"{API}/Contacts", paged("Contacts", contact), (name(7), name(9), name(11))
        ),
        Reading(
            "credit_notes",
            f"{API}/CreditNotes",
            paged("CreditNotes", credit_note, skipped=lambda number: credit_note(number, Type="ACCPAYCREDIT")),
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
        Refusal("taken-name", validation("The contact name X is already assigned to another contact. The contact name "
                "must be unique across all active contacts."), Kind.DATA, "name_taken"),
        Refusal("taken-number", validation("Invoice # must be unique."), Kind.DATA, "number_taken"),
        Refusal("wrong-words", Says({"ErrorNumber": 14, "Type": "PostDataInvalidException", "Message": "No."}, 400),
                Kind.DATA, "refused"),
        Refusal("gone", Says(None, 404), Kind.DATA, "not_found"),
        Refusal("offline", problem(503, "Service Unavailable", "OrganisationOffline"), Kind.TRANSIENT, "server_error"),
    ),
)
