"""https://mailchimp.com/developer/marketing/docs/errors/"""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode

from integrations.exceptions import Kind
from tests.contract.dialect import SPECS, Dialect, Hook, Reading, Refusal, Writing
from tests.contract.openapi import OpenApi
from tests.contract.swagger import as_openapi
from tests.integrations.answering import Asked, Says

MOMENT = "2026-11-20T10:00:00+00:00"
SINCE = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
SECRET = "a-secret-in-the-address"
MEMBERS, STORE = "/3.0/lists/a1b2c3/members", "/3.0/ecommerce/stores/shop"


@lru_cache(maxsize=1)
def contract() -> OpenApi:
    parts = (json.loads((SPECS / f"mailchimp-{name}.json").read_text()) for name in ("members", "stores"))
    return OpenApi(as_openapi(*parts), mount="/3.0")


def named(address: str) -> str:
    return hashlib.md5(address.encode(), usedforsecurity=False).hexdigest()


def member(name: str, changed: str = MOMENT, **more: Any) -> dict[str, Any]:
    address = f"{name}@example.com"
    told = {"id": named(address), "email_address": address, "status": "subscribed", "last_changed": changed}
    return {**told, "full_name": "Ada L", "merge_fields": {"FNAME": "Ada", "LNAME": "L", "PHONE": ""}, **more}


def order(name: str, **more: Any) -> dict[str, Any]:
    told = {"id": name, "customer": {"id": "C-7", "email_address": "ada@example.com"}, "currency_code": "EUR"}
    return {**told, "order_total": 12.5, "updated_at_foreign": MOMENT, **more}


def members(asked: Asked) -> Says:
    """Sorted by the time of change, so the second page begins where the first one ends."""
    assert (asked.params["sort_field"], asked.params["sort_dir"]) == ("last_changed", "ASC")
    later = "2026-11-20T11:00:00+00:00"
    since = asked.params.get("since_last_changed", "")
    first = [member("a"), *(member(f"m{number}") for number in range(498)), member("b", later)]
    if since >= "2026-11-20T10":
        return Says(
            {"members": [member("b", later), member("c", later)], "list_id": "a1b2c3", "total_items": 2}
        )
    assert since in ("", "2026-11-20T08:58:59Z")
    return Says({"members": first, "list_id": "a1b2c3", "total_items": 501})


def by_offset(of: str, make: Any) -> Any:
    def page(asked: Asked) -> Says:
        start = int(asked.params.get("offset", 0))
        assert asked.params["count"] == "500"
        rows = [make(f"{number:03}") for number in range(502)][start : start + 500]
        return Says({"store_id": "shop", of: rows, "total_items": 502})

    return page


def customer(name: str) -> dict[str, Any]:
    return {"id": name, "email_address": f"{name}@example.com", "opt_in_status": False, "updated_at": MOMENT}


def product(name: str) -> dict[str, Any]:
    return {
        "id": name,
        "title": "Mug",
        "variants": [{"id": name, "title": "Mug", "sku": name, "price": 6.25}],
    }


def refused(status: int, title: str, detail: str = "No.", **more: Any) -> Says:
    told = {"type": "https://mailchimp.com/developer/", "title": title, "status": status, "detail": detail}
    return Says({**told, "instance": "995c5cb0-3280-4a6e-808b-3b096d0bb219", **more}, status)


def hook(name: str, topic: str, told: dict[str, str], people: tuple[str, ...]) -> Hook:
    form = {"type": topic, "fired_at": "2026-11-20 10:00:00", "data[list_id]": "a1b2c3"}
    return Hook(
        name,
        {"Content-Type": "application/x-www-form-urlencoded"},
        urlencode(form | {f"data[{key}]": value for key, value in told.items()}).encode(),
        SECRET,
        datetime(2026, 11, 20, 10, tzinfo=UTC),
        tuple((topic, "members", named(address)) for address in people),
        signed_by=(),
        signs_body=False,
        url=f"https://portal.example.com/hook?secret={SECRET}",
    )


NAMES = tuple(f"{number:03}" for number in range(502))
PEOPLE = tuple(
    named(f"{name}@example.com") for name in ("a", *(f"m{number}" for number in range(498)), "b", "c")
)
ORDER = {
    "id": "A-1042",
    "customer": {"id": "C-7", "email_address": "ada@example.com", "opt_in_status": False},
    "currency_code": "EUR",
    "order_total": "12.50",
    "tax_total": None,
    "financial_status": "paid",
    "processed_at_foreign": "2026-11-20T10:00:00Z",
    "shipping_address": {"city": "Ely", "address2": None, "name": "Ada"},
    "lines": [
        {"id": "1", "product_id": "MUG-001", "title": "Mug", "quantity": 2, "price": "6.25", "discount": None}
    ],
}

DIALECT = Dialect(
    platform="mailchimp",
    contract=contract,
    settings={"list_id": "a1b2c3", "store_id": "shop"},
    secrets={"token": "0123456789abcdef0123456789abcdef-us19", "webhook_secret": SECRET},
    readings=(
        Reading("members", MEMBERS, members, PEOPLE),
        Reading("members", MEMBERS, members, PEOPLE, since=SINCE),
        Reading("customers", f"{STORE}/customers", by_offset("customers", customer), NAMES),
        Reading("products", f"{STORE}/products", by_offset("products", product), NAMES),
        Reading("orders", f"{STORE}/orders", by_offset("orders", order), NAMES),
    ),
    writings=(
        Writing(
            "members",
            "upsert",
            {
                "email_address": "a@example.com",
                "status_if_new": "transactional",
                "merge_fields": {"FNAME": None},
            },
            {f"PUT {MEMBERS}/{named('a@example.com')}": Says(member("a"))},
            named("a@example.com"),
        ),
        Writing(
            "events",
            "upsert",
            {"email_address": "a@example.com", "name": "seen", "properties": {"order_number": "1042"}},
            {f"POST {MEMBERS}/{named('a@example.com')}/events": Says(None, 204)},
            named("a@example.com"),
            asks_a_person=True,
        ),
        Writing(
            "customers",
            "upsert",
            {"id": "C-7", "email_address": "ada@example.com", "address": {"city": "Ely", "address2": None}},
            {f"PUT {STORE}/customers/C-7": Says(customer("C-7"))},
            "C-7",
        ),
        Writing(
            "products",
            "create",
            {"id": "MUG-001", "title": "Mug", "sku": "MUG-001", "price": "6.25"},
            {f"POST {STORE}/products": Says(product("MUG-001"))},
            "MUG-001",
        ),
        Writing(
            "products",
            "update",
            {"id": "MUG-001", "title": "Mug", "price": None},
            {
                f"PATCH {STORE}/products/MUG-001": Says(product("MUG-001")),
                f"PUT {STORE}/products/MUG-001/variants/MUG-001": Says(product("MUG-001")["variants"][0]),
            },
            "MUG-001",
            given="MUG-001",
        ),
        Writing("orders", "create", ORDER, {f"POST {STORE}/orders": Says(order("A-1042"))}, "A-1042"),
        Writing(
            "orders",
            "update",
            ORDER,
            {f"PATCH {STORE}/orders/A-1042": Says(order("A-1042"))},
            "A-1042",
            given="A-1042",
        ),
    ),
    hooks=(
        hook("unsubscribed", "unsubscribe", {"email": "Ada@example.com"}, ("ada@example.com",)),
        hook(
            "another-address",
            "upemail",
            {"old_email": "a@example.com", "new_email": "b@example.com"},
            ("a@example.com", "b@example.com"),
        ),
        hook("campaign", "campaign", {"subject": "Sale"}, ()),
    ),
    refusals=(
        Refusal("wrong-key", refused(401, "API Key Invalid"), Kind.CONFIG, "unauthorized"),
        Refusal("no-right", refused(403, "User Action Required"), Kind.CONFIG, "forbidden"),
        Refusal(
            "too-many", refused(429, "Too Many Requests"), Kind.TRANSIENT, "rate_limited", retry_after=10
        ),
        Refusal(
            "far-too-many",
            Says(raw=b"<html>Forbidden</html>", status=403),
            Kind.TRANSIENT,
            "rate_limited",
            retry_after=60,
        ),
        Refusal("wrong-question", refused(400, "Invalid Resource"), Kind.DATA, "refused"),
        Refusal("no-audience", refused(404, "Resource Not Found"), Kind.DATA, "not_found"),
        Refusal("down", refused(500, "Internal Server Error"), Kind.TRANSIENT, "server_error"),
    ),
)
