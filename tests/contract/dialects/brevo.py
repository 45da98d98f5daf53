"""https://developers.brevo.com/docs/how-it-works

Brevo publishes no document to judge by. One that somebody else wrote is put right here by Brevo's own guides and its
own library (github.com/getbrevo/brevo-node); the tests of what is special about Brevo use it.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from integrations.exceptions import Kind
from tests.contract.dialect import SPECS, Dialect, Reading, Refusal, Writing
from tests.contract.openapi import OpenApi
from tests.contract.openapi_document import joined
from tests.integrations.answering import Asked, Says

MOMENT = "2026-11-20T10:00:00.000+00:00"
SINCE = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
TEXT, NUMBER, FLAG = {"type": "string"}, {"type": "number"}, {"type": "boolean"}
_NO_BODY = {"description": "Done, and there is nothing to tell."}


def described() -> OpenApi:
    names = ("contacts", "orders", "products")
    document = joined(tuple(SPECS / f"brevo-{name}.third-party.json" for name in names))
    schemas, paths = document["components"]["schemas"], document["paths"]
    product = schemas["CreateUpdateProduct"]
    product["required"] = ["id", "name"]
    product["properties"] |= {"updateEnabled": FLAG, "parentId": TEXT, "stock": NUMBER, "isDeleted": FLAG}
    _of_body(paths["/products/batch"])["properties"]["updateEnabled"] = FLAG
    order = schemas["CreateUpdateOrder"]
    order["required"] = ["id", "amount", "createdAt", "updatedAt", "products", "status"]
    order["properties"].pop("email", None)
    order["properties"] |= {
        "identifiers": {"type": "object", "properties": {"email_id": TEXT, "ext_id": TEXT}},
        "metaInfo": {"type": "object", "additionalProperties": TEXT},
        "billing": {
            "type": "object",
            "properties": dict.fromkeys(
                ("address", "city", "region", "postCode", "countryCode", "phone", "paymentMethod"), TEXT
            ),
        },
    }
    counts = {"type": "object", "required": ["createdCount", "updatedCount"]}
    told = {"description": "Taken.", "content": {"application/json": {"schema": counts}}}
    paths["/products/batch"]["post"]["responses"]["201"] = told
    # What is changed and not made is answered without a word.
    for path in ("/contacts", "/orders/status", "/products"):
        paths[path]["post"]["responses"].setdefault("204", _NO_BODY)
    return OpenApi(document, mount="/v3")


def _of_body(item: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = item["post"]["requestBody"]["content"]["application/json"]["schema"]
    return found


def contact(number: int, **more: Any) -> dict[str, Any]:
    told = {
        "id": number,
        "email": f"{number}@example.com",
        "emailBlacklisted": False,
        "smsBlacklisted": False,
    }
    told |= {"listIds": [7], "attributes": {"FIRSTNAME": "Ada", "LASTNAME": "L", "SMS": "441234567890"}}
    return {**told, "createdAt": MOMENT, "modifiedAt": MOMENT, **more}


def contacts(since: str | None) -> Any:
    def page(asked: Asked) -> Says:
        assert (asked.params["sort"], asked.params["limit"]) == ("asc", "500")
        assert asked.params.get("modifiedSince") == since
        start = int(asked.params["offset"])
        rows = [contact(number) for number in range(1, 504)][start : start + 500]
        return Says({"contacts": rows, "count": 503})

    return page


def refused(status: int, code: str, message: str = "No.", headers: dict[str, str] | None = None) -> Says:
    return Says({"code": code, "message": message}, status, headers or {})


NUMBERS = tuple(str(number) for number in range(1, 504))
CONTACT: dict[str, Any] = {
    "email": "7@example.com",
    "accepts_marketing": True,
    "attributes": {"FIRSTNAME": "Ada", "LASTNAME": None, "SMS": "+441234567890"},
}
ORDER: dict[str, Any] = {
    "id": "A-1042",
    "number": "1042",
    "email": "ada@example.com",
    "status": "completed",
    "currency": "EUR",
    "amount": "16.50",
    "created_at": "2026-11-20T10:00:00Z",
    "updated_at": "2026-11-20T11:00:00Z",
    "lines": [{"product_id": "MUG-001", "quantity": 2, "price": "6.25"}],
    "billing": {"city": "Ely", "countryCode": "GB"},
}
PRODUCT: dict[str, Any] = {
    "id": "MUG-001",
    "name": "Mug",
    "sku": "MUG-001",
    "price": "6.25",
    "currency": "EUR",
}

DIALECT = Dialect(
    platform="brevo",
    base="/v3",
    settings={"currency": "EUR", "list_id": 7},
    secrets={"token": "xkeysib-0123456789abcdef"},
    readings=(
        Reading("contacts", "/v3/contacts", contacts(None), NUMBERS),
        Reading("contacts", "/v3/contacts", contacts("2026-11-20T08:58:59Z"), NUMBERS, since=SINCE),
    ),
    writings=(
        Writing(
            "contacts",
            "upsert",
            CONTACT,
            {
                "GET /v3/contacts/7%40example.com": refused(404, "document_not_found"),
                "POST /v3/contacts": Says({"id": 7}, 201),
            },
            "7",
        ),
        Writing("contacts", "update", CONTACT, {"PUT /v3/contacts/7": Says(None, 204)}, "7", given="7"),
        Writing("orders", "upsert", ORDER, {"POST /v3/orders/status": Says(None, 204)}, "A-1042"),
        Writing("products", "upsert", PRODUCT, {"POST /v3/products": Says(None, 204)}, "MUG-001"),
    ),
    refusals=(
        Refusal("wrong-key", refused(401, "unauthorized", "Key not found"), Kind.CONFIG, "unauthorized"),
        Refusal(
            "from-elsewhere",
            refused(401, "unauthorized", "We have detected you are using an unrecognised IP address"),
            Kind.CONFIG,
            "address_not_allowed",
        ),
        Refusal("no-right", refused(403, "permission_denied"), Kind.CONFIG, "forbidden"),
        Refusal(
            "too-fast",
            refused(429, "too_many_requests", headers={"x-sib-ratelimit-reset": "12"}),
            Kind.TRANSIENT,
            "rate_limited",
            retry_after=12,
        ),
        Refusal("wrong-question", refused(400, "invalid_parameter"), Kind.DATA, "refused"),
        Refusal(
            "of-another",
            refused(400, "duplicate_parameter", "SMS is already associated with another Contact"),
            Kind.DATA,
            "belongs_to_another",
        ),
        Refusal("down", refused(500, "server_error"), Kind.TRANSIENT, "server_error"),
    ),
)
