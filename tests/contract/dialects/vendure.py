"""Errors are members of unions, and an expired session is a missing right, all inside HTTP 200."""

from __future__ import annotations

from typing import Any

from integrations.exceptions import Kind
from tests.contract.dialect import SPECS, Dialect, Reading, Refusal, Writing, by_variable
from tests.contract.graphql_schema import GraphQL
from tests.integrations.answering import Asked, Says

MOMENT = "2026-11-20T10:00:00.000Z"


def login(asked: Asked) -> Says | None:
    if "login(" not in asked.json["query"]:
        return None
    return Says(
        {"data": {"login": {"__typename": "CurrentUser"}}}, headers={"vendure-auth-token": "session-1"}
    )


def customer(number: int) -> dict[str, Any]:
    return {
        "id": str(number),
        "title": None,
        "firstName": "Ada",
        "lastName": "🍵",
        "emailAddress": f"{number}@example.com",
        "phoneNumber": None,
        "createdAt": MOMENT,
        "updatedAt": MOMENT,
        "user": None,
        "addresses": [],
    }


def customers(*numbers: int) -> Says:
    return Says({"data": {"customers": {"totalItems": 3, "items": [customer(number) for number in numbers]}}})


def refused(code: str) -> Says:
    return Says({"errors": [{"message": "No.", "extensions": {"code": code}}], "data": None})


def fulfilled(name: str) -> dict[str, Any]:
    return {
        "__typename": "Fulfillment",
        "id": "9",
        "state": name,
        "trackingCode": "T1",
        "updatedAt": MOMENT,
    }


def written(asked: Asked) -> Says:
    if "addFulfillmentToOrder" in asked.json["query"]:
        lines = [{"orderLineId": "7", "quantity": 1}]
        return Says({"data": {"addFulfillmentToOrder": {**fulfilled("Pending"), "lines": lines}}})
    return Says({"data": {"transitionFulfillmentToState": fulfilled("Shipped")}})


DIALECT = Dialect(
    platform="vendure",
    contract=lambda: GraphQL.of(SPECS / "vendure-admin.trimmed.graphql", "/admin-api"),
    base="/admin-api",
    secrets={"username": "user-0123456789", "password": "password-0123456789"},
    session=login,
    readings=(
        Reading(
            "customers",
            "/admin-api",
            by_variable("options.skip", {0: customers(1, 2), 2: customers(3), 3: customers()}),
            ("1", "2", "3"),
        ),
    ),
    writings=(
        Writing(
            "fulfillments",
            "create",
            {"order_id": "4", "tracking_code": "T1", "lines": [{"orderLineId": "7", "quantity": 1}]},
            {"POST /admin-api": written},
            "9",
            ids={"order": "4"},
        ),
    ),
    refusals=(
        Refusal("expired", refused("FORBIDDEN"), Kind.TRANSIENT, "token_expired"),
        Refusal("fault", refused("INTERNAL_SERVER_ERROR"), Kind.TRANSIENT, "temporary"),
        Refusal(
            "too-fast", Says({}, 429, {"Retry-After": "7"}), Kind.TRANSIENT, "rate_limited", retry_after=7
        ),
    ),
)
