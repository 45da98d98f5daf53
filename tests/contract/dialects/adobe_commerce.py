"""https://developer.adobe.com/commerce/webapi/rest/use-rest/performing-searches/

A shop with its things as data: lists are searched, sorted and paged as it does that, so a page behind the last one is
the last one again. https://github.com/magento/magento2/issues/25619
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from integrations.exceptions import Kind
from tests.contract.adobe_commerce_payloads import customer, item, order, product
from tests.contract.dialect import SPECS, Dialect, Reading, Refusal, Writing
from tests.contract.openapi import OpenApi
from tests.contract.swagger import as_openapi
from tests.integrations.answering import Asked, Says

V1 = "/rest/default/V1"
# Between the thirtieth and the thirty-first thing.
SINCE = datetime(2026, 11, 20, 4, 55, tzinfo=UTC)
FILTER = re.compile(r"searchCriteria\[filterGroups\]\[(\d+)\]\[filters\]\[0\]\[(field|value|conditionType)\]")
SORT = re.compile(r"searchCriteria\[sortOrders\]\[(\d+)\]\[(field|direction)\]")


class AdminApi:
    """The document names the first filter and the first order of a search alone, and not `fields`; the prose has both
    (https://developer.adobe.com/commerce/webapi/rest/use-rest/retrieve-filtered-responses/). And it calls the values
    beside a refusal's text a list, where the prose shows an object too."""

    def __init__(self) -> None:
        self.document = document()

    def request_problems(self, asked: Asked) -> list[str]:
        told = [f"{name} has no value" for name, values in asked.query.items() if values[-1] == ""]
        known = {}
        for name, values in asked.query.items():
            match = FILTER.fullmatch(name) or SORT.fullmatch(name)
            if name != "fields" and not (match and match[1] != "0"):
                known[name] = values
        for number, parts in searched(asked).items():
            if set(parts) != {"field", "value", "conditionType"}:
                told.append(f"the filter {number} has {sorted(parts)} alone")
        return [*told, *self.document.request_problems(replace(asked, query=known))]

    def answer_problems(self, asked: Asked, says: Says) -> list[str]:
        if says.status >= 400:
            says = replace(says, body=without_values(says.body))
        partial = "fields" in asked.query or (says.body == [] and asked.method == "POST")
        return [] if partial else self.document.answer_problems(asked, says)


@lru_cache(maxsize=1)
def document() -> OpenApi:
    return OpenApi(
        as_openapi(json.loads((SPECS / "adobe-commerce-admin-2.4.8.json").read_text())), mount="/rest/default"
    )


def without_values(body: Any) -> Any:
    if isinstance(body, dict):
        return {name: without_values(part) for name, part in body.items() if name != "parameters"}
    return [without_values(part) for part in body] if isinstance(body, list) else body


def searched(asked: Asked) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for name, value in asked.params.items():
        if match := FILTER.fullmatch(name):
            found.setdefault(match[1], {})[match[2]] = value
    return found


def fits(row: dict[str, Any], search: dict[str, str]) -> bool:
    field, value = search["field"], search["value"]
    has = str(row.get("id") if field == "entity_id" and "entity_id" not in row else row.get(field))
    match search["conditionType"]:
        case "gteq":
            return has >= value
        case "eq":
            return has.casefold() == value.casefold()
        case "in":
            return has.casefold() in value.casefold().split(",")
        case "nin":
            return has not in value.split(",")
    raise AssertionError(search["conditionType"])


def search(asked: Asked, rows: Sequence[dict[str, Any]]) -> Says:
    found = [row for row in rows if all(fits(row, one) for one in searched(asked).values())]
    if asked.params.get("searchCriteria[sortOrders][0][field]") == "updated_at":
        assert asked.params["searchCriteria[sortOrders][0][direction]"] == "ASC"
        found.sort(key=lambda row: row["updated_at"])
    size = int(asked.params.get("searchCriteria[pageSize]", 0)) or len(found) or 1
    last = max(1, -(-len(found) // size))
    page = min(int(asked.params.get("searchCriteria[currentPage]", 1)), last)
    shown = found[(page - 1) * size : page * size]
    return Says({"items": shown, "search_criteria": {"filter_groups": []}, "total_count": len(found)})


def holding(*rows: dict[str, Any]) -> Callable[[Asked], Says]:
    """A list of these."""
    return lambda asked: search(asked, rows)


def refused(status: int, message: str = "No.", headers: dict[str, str] | None = None, **more: Any) -> Says:
    return Says({"message": message, **more}, status, headers or {})


def ids(first: int, last: int) -> tuple[str, ...]:
    return tuple(str(number) for number in range(first, last + 1))


def many(make: Callable[[int], dict[str, Any]], count: int) -> Callable[[Asked], Says]:
    return holding(*(make(number) for number in range(1, count + 1)))


MADE = {"email": "7@example.com", "firstname": "Ada", "lastname": "Lace"}
NOT_ALLOWED = "The consumer isn't authorized to access %resources."
PRODUCTS = many(product, 250)
SECRETS = {
    "client_id": "consumer-key-0123456789",
    "client_secret": "consumer-secret-0123456789",
    "token": "access-token-0123456789",
    "password": "access-token-secret-0123456789",
}

DIALECT = Dialect(
    platform="adobe_commerce",
    contract=AdminApi,
    secrets=SECRETS,
    readings=(
        Reading("orders", f"{V1}/orders", many(order, 120), ids(1, 120)),
        Reading("orders", f"{V1}/orders", many(order, 120), ids(30, 120), since=SINCE),
        Reading("customers", f"{V1}/customers/search", many(customer, 230), ids(1, 230)),
        Reading("customers", f"{V1}/customers/search", many(customer, 230), ids(30, 230), since=SINCE),
        Reading(
            "variants",
            f"{V1}/products",
            many(lambda number: product(number, "bundle" if number == 3 else "simple"), 230),
            (*ids(1, 2), *ids(4, 230)),
        ),
        Reading("variants", f"{V1}/products", PRODUCTS, ids(30, 250), since=SINCE),
        Reading(
            "stock",
            f"{V1}/inventory/source-items",
            many(item, 205),
            tuple(f"default/MUG-{number:03d}" for number in range(1, 206)),
        ),
    ),
    writings=(
        Writing("customers", "create", MADE, {f"POST {V1}/customers": Says(customer(7))}, "7"),
        Writing(
            "customers",
            "update",
            MADE,
            {f"GET {V1}/customers/7": Says(customer(7)), f"PUT {V1}/customers/7": Says(customer(7))},
            "7",
            given="7",
        ),
        Writing(
            "stock",
            "upsert",
            {"sku": "MUG-011", "available": 5},
            {f"GET {V1}/products": PRODUCTS, f"POST {V1}/inventory/source-items": Says([])},
            "default/MUG-011",
        ),
        Writing(
            "shipments",
            "create",
            {
                "order_id": "7",
                "tracking_number": "T1",
                "title": "DHL",
                "carrier_code": "custom",
                "items": [{"order_item_id": 70, "qty": 2}],
            },
            {f"GET {V1}/orders/7": Says(order(7)), f"POST {V1}/order/7/ship": Says(3)},
            "3",
            ids={"order": "7"},
        ),
        Writing(
            "refunds",
            "create",
            {"order_id": "7", "reference": "re_1", "amount": "10.00", "currency": "EUR", "reason": "Broken"},
            {f"GET {V1}/orders/7": Says(order(7)), f"POST {V1}/order/7/refund": Says(4)},
            "4",
            ids={"order": "7"},
        ),
        Writing("orders", "cancel", {}, {f"POST {V1}/orders/7/cancel": Says(True)}, "7", given="7"),
    ),
    refusals=(
        Refusal(
            "wrong-keys",
            refused(401, "The signature is invalid. Verify and try again."),
            Kind.CONFIG,
            "unauthorized",
        ),
        Refusal(
            "no-right",
            refused(401, NOT_ALLOWED, parameters={"resources": "Magento_Sales::actions_view"}),
            Kind.CONFIG,
            "forbidden",
        ),
        Refusal(
            "too-fast",
            refused(429, "Too Many Requests", {"Retry-After": "7"}),
            Kind.TRANSIENT,
            "rate_limited",
            retry_after=7,
        ),
        Refusal(
            "no-such-call", refused(404, "Request does not match any route."), Kind.CONFIG, "no_such_call"
        ),
        Refusal(
            "wrong-search",
            refused(400, "%fieldName is no field.", parameters={"fieldName": "updated_at"}),
            Kind.DATA,
            "refused",
        ),
        Refusal("down", refused(503, "Maintenance"), Kind.TRANSIENT, "server_error"),
    ),
)
