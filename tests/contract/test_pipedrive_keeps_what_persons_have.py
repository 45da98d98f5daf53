"""What a person has is kept, deals find their persons, and webhooks bear a password of ours."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from integrations.connectors import registry
from integrations.connectors.base import Connector, SignatureRefused, WriteContext
from integrations.exceptions import Failure
from tests.contract.dialects.pipedrive import (
    DEAL,
    DIALECT,
    SECRET,
    deal,
    found,
    person,
    proof,
    refused,
    said,
)
from tests.contract.vendor import Vendor
from tests.integrations.answering import Asked, Says


@pytest.fixture
def vendor() -> Iterator[Vendor]:
    made = DIALECT.vendor()
    yield made
    made.close()
    assert made.problems == []


@pytest.fixture
def pipedrive(vendor: Vendor) -> Iterator[Connector]:
    made = DIALECT.connector(vendor)
    yield made
    made.close()


def update(connector: Connector, body: dict[str, Any]) -> None:
    connector.send(connector.prepare("persons", WriteContext("update", body, "51"), 0, "k"))


def test_addresses_that_a_person_has_are_kept_behind_ours(vendor: Vendor, pipedrive: Connector) -> None:
    theirs = [
        {"value": "ADA@example.com", "primary": True, "label": "home"},
        {"value": "old@example.com", "primary": True, "label": "home"},
    ]
    vendor.on("GET /api/v2/persons/51", said(person(51, emails=theirs, phones=[{"value": "1"}])))
    vendor.on("PATCH /api/v2/persons/51", said(person(51)))
    ours = {"value": "Ada@Example.com", "primary": True, "label": "work"}
    update(pipedrive, {"name": "Ada", "emails": [ours]})
    assert vendor.asked[-1].json == {
        "name": "Ada",
        "emails": [ours, {"value": "old@example.com", "primary": False, "label": "home"}],
    }


def test_a_change_without_addresses_asks_for_none(vendor: Vendor, pipedrive: Connector) -> None:
    vendor.on("PATCH /api/v2/persons/51", said(person(51)))
    update(pipedrive, {"name": "Ada L"})
    assert [one.json for one in vendor.asked] == [{"name": "Ada L"}]


@pytest.mark.parametrize("nothing", [None, []])
def test_what_the_shop_does_not_know_is_not_taken_away(pipedrive: Connector, nothing: Any) -> None:
    body = {"name": "Ada", "emails": nothing, "phones": nothing}
    call = pipedrive.prepare("persons", WriteContext("update", body, "51"), 0, "k")
    assert call.body == {"name": "Ada"}


def given_to(connector: Connector, email: str | None) -> Any:
    context = WriteContext("create", {**DEAL, "contact": email}, "77", ids={"steps": ["77"]})
    return connector.send(connector.prepare("deals", context, 1, "k"))


def test_a_deal_is_given_to_a_person_who_is_made_where_there_is_none(
    vendor: Vendor, pipedrive: Connector
) -> None:
    vendor.on("GET /api/v2/persons/search", found())
    vendor.on("POST /api/v2/persons", said(person(52)))
    vendor.on("PATCH /api/v2/deals/77", said(deal(77, person_id=52)))
    assert given_to(pipedrive, "ada@example.com").external_id == "77"
    searched, made, given = vendor.asked
    assert searched.params == {"term": "ada@example.com", "fields": "email", "exact_match": "true"}
    assert made.json["emails"] == [{"value": "ada@example.com", "primary": True, "label": "work"}]
    assert given.json == {"person_id": 52}


def test_a_deal_of_nobody_stands_alone(vendor: Vendor, pipedrive: Connector) -> None:
    assert given_to(pipedrive, None).external_id == "77"
    assert vendor.asked == []


def test_a_deal_is_found_by_its_very_title(vendor: Vendor, pipedrive: Connector) -> None:
    vendor.on(
        "GET /api/v2/deals/search",
        found({"id": 76, "title": "Order 10420"}, {"id": 77, "title": "Order 1042"}),
    )
    hit = pipedrive.lookup("deals", "Order 1042")
    assert hit is not None
    assert hit.external_id == "77"


def test_the_amount_of_a_deal_is_a_number_and_what_is_not_known_is_left_out(pipedrive: Connector) -> None:
    call = pipedrive.prepare("deals", WriteContext("create", DEAL), 0, "k")
    assert call.body == {"title": "Order 1042", "value": 12.5, "currency": "EUR", "status": "won"}


def test_what_pipedrive_refuses_is_told(vendor: Vendor, pipedrive: Connector) -> None:
    vendor.on("POST /api/v2/deals", refused(400, "Validation failed: currency: unknown"))
    with pytest.raises(Failure, match="currency: unknown"):
        pipedrive.send(pipedrive.prepare("deals", WriteContext("create", DEAL), 0, "k"))


def test_webhooks_are_ordered_one_per_kind_with_our_password(vendor: Vendor, pipedrive: Connector) -> None:
    address = "https://portal.example.com/hook"

    def kept(number: int, **more: Any) -> dict[str, Any]:
        told = {"id": number, "subscription_url": address, "event_action": "*", "event_object": "deal"}
        return {**told, "version": "2.0", "is_active": 1, **more}

    def made(asked: Asked) -> Says:
        return Says({"success": True, "status": "ok", "data": kept(1)}, 201)

    rows = [kept(1), kept(2, event_object="person", is_active=0), kept(3, event_action="create")]
    vendor.on("POST /v1/webhooks", made)
    vendor.on("GET /v1/webhooks", Says({"success": True, "status": "ok", "data": rows}))
    vendor.on("DELETE /v1/webhooks/1", Says({"success": True, "status": "ok"}))
    assert pipedrive.subscribe(address, pipedrive.webhook_topics(), "ours") == "ours"
    ordered = [one.json for one in vendor.asked]
    assert [one["event_object"] for one in ordered] == ["person", "deal"]
    assert {(one["http_auth_user"], one["http_auth_password"]) for one in ordered} == {("crossdock", "ours")}
    listed = pipedrive.subscriptions()
    assert [(one.id, one.topics, one.active) for one in listed] == [
        ("1", ("deal",), True),
        ("2", ("person",), False),
        ("3", ("deal",), False),
    ]
    assert pipedrive.unsubscribe("1")


@pytest.mark.parametrize(
    "headers",
    [{}, {"Authorization": f"Bearer {SECRET}"}, {"Authorization": "Basic ?"}, proof(SECRET, "somebody")],
)
def test_who_does_not_know_the_password_is_not_heard(headers: dict[str, str]) -> None:
    connector = registry.get("pipedrive")({"base_url": "https://203.0.113.5"}, DIALECT.secrets)
    with pytest.raises(SignatureRefused):
        connector.verify_webhook(headers, b"{}")
    connector.close()
