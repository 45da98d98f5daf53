"""What Xero shows and says, and what is sent to it, as its documents have it: one of each, with other parts said."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Sequence
from typing import Any

from integrations.connectors.base import Answer, Call, Connector, WriteContext
from integrations.exceptions import Failure
from tests.contract.vendor import Vendor
from tests.integrations.answering import Asked, Says

API = "/api.xro/2.0"
TENANT = "7f1c2a44-6f6a-4b3c-8e11-1234567890ab"
OTHER_TENANT = "aef86862-2015-4b6b-88bc-d89032cecc50"
SECRET = "a-webhooks-key-of-xero"
UUID = "00000000-0000-4000-8000-{:012d}"
NOBODY = "00000000-0000-0000-0000-000000000000"
PEOPLE = f"GET {API}/Contacts"
INVOICES = f"GET {API}/Invoices"
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
    "Invoice": {"InvoiceID": UUID.format(1042)},
    "Date": "2026-11-20",
    "Amount": "12.50",
    "currency": "EUR",
}
REFUND = {
    "CreditNoteNumber": "CN-5",
    "order_invoice": UUID.format(1042),
    "Reference": "1042",
    "Date": "2026-11-21",
    "CurrencyCode": "EUR",
    "refunded": "5.00",
    "LineItems": [{"Description": "Refund", "Quantity": 1, "LineAmount": "5.00"}],
}


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


def call(connector: Connector, resource: str, body: dict[str, Any], operation: str = "create") -> Call:
    given = name(1042) if operation != "create" else None
    return connector.prepare(resource, WriteContext(operation, body, given), 0, "key-0123456789")


def order(number: int, **more: Any) -> dict[str, Any]:
    return {**ORDER, "InvoiceNumber": str(number), "Reference": f"A-{number}", **more}


def of(person: str, address: str = "") -> dict[str, Any]:
    return {"Contact": {"Name": person, **({"EmailAddress": address} if address else {})}}


def made(kind: str, make: Callable[[dict[str, Any]], dict[str, Any]]) -> Callable[[Asked], Says]:
    """Answers with one of each that is asked for, the last of them first."""
    return lambda asked: said(kind, *[make(one) for one in reversed(asked.json[kind])])


def booked(one: dict[str, Any]) -> dict[str, Any]:
    return invoice(int(one["InvoiceNumber"]), Reference=one["Reference"])


def calls(vendor: Vendor) -> list[str]:
    return [f"{one.method} {one.path.removeprefix(API)}" for one in vendor.asked]


def ids(answers: Sequence[Answer | Failure]) -> list[Any]:
    return [one.external_id if isinstance(one, Answer) else one.code for one in answers]
