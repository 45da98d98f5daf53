"""Who asks is told with each ticket, a ticket is made once, and webhooks are ordered with Zendesk's own secret."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from integrations.connectors.base import Connector, WriteContext
from integrations.exceptions import Failure, Kind
from tests.contract.dialects.zendesk import (
    DIALECT,
    SHOW_MANY,
    TICKET,
    TICKETS,
    refused,
    ticket,
    user,
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
def zendesk(vendor: Vendor) -> Iterator[Connector]:
    made = DIALECT.connector(vendor)
    yield made
    made.close()


def exported(*numbers: int) -> Says:
    rows = [ticket(number, requester_id=number) for number in numbers]
    return Says({"tickets": rows, "after_cursor": "ZW5k", "after_url": "x", "end_of_stream": True})


def test_who_asks_is_told_with_the_ticket_and_who_is_gone_is_not(vendor: Vendor, zendesk: Connector) -> None:
    vendor.on(TICKETS, exported(500, 501))
    gone, known = zendesk.read("tickets", since=None, position=None).items
    assert "requester" not in gone.payload
    assert known.payload["requester"] == user(501)


def test_a_hundred_are_asked_for_at_once_and_each_call_waits_its_turn(
    vendor: Vendor, zendesk: Connector
) -> None:
    turns: list[None] = []
    zendesk.pace(lambda: turns.append(None))
    vendor.on(TICKETS, exported(*range(1000, 1250)))
    page = zendesk.read("tickets", since=None, position=None)
    asked = [one.params["ids"].split(",") for one in vendor.asked if one.path == SHOW_MANY]
    assert [len(ids) for ids in asked] == [100, 100, 50]
    assert len(turns) == 3
    assert all(item.payload["requester"]["id"] == item.payload["requester_id"] for item in page.items)


def test_a_single_ticket_comes_with_who_asks(vendor: Vendor, zendesk: Connector) -> None:
    vendor.on("/api/v2/tickets/35", Says({"ticket": ticket(35)}))
    vendor.on("/api/v2/users/501", Says({"user": user(501)}))
    found = zendesk.fetch("tickets", "35")
    assert found is not None
    assert found.payload["requester"]["email"] == "501@example.com"


def test_a_ticket_carries_the_key_that_makes_it_single(vendor: Vendor, zendesk: Connector) -> None:
    vendor.on("POST /api/v2/tickets", Says({"ticket": ticket(35)}, 201))
    zendesk.send(zendesk.prepare("tickets", WriteContext("create", TICKET), 0, "key-7"))
    (asked,) = vendor.asked
    assert asked.headers["idempotency-key"] == "key-7"
    assert asked.json == {"ticket": TICKET}


def test_a_ticket_is_found_by_our_very_id(vendor: Vendor, zendesk: Connector) -> None:
    others = [ticket(34, external_id="T-70"), ticket(35, external_id="T-7")]
    vendor.on("/api/v2/tickets", Says({"tickets": others}))
    found = zendesk.lookup("tickets", "T-7")
    assert found is not None
    assert found.external_id == "35"
    assert vendor.asked[0].params == {"external_id": "T-7"}


def test_a_change_adds_no_second_comment(zendesk: Connector) -> None:
    call = zendesk.prepare("tickets", WriteContext("update", TICKET, "35"), 0, "k")
    told = {name: TICKET[name] for name in ("subject", "status", "tags", "external_id")}
    assert call.body == {"ticket": told}


def test_a_deleted_ticket_of_an_export_is_gone(vendor: Vendor, zendesk: Connector) -> None:
    rows = [ticket(7, status="deleted"), ticket(9)]
    vendor.on(
        TICKETS,
        Says({"tickets": rows, "after_cursor": "ZW5k", "after_url": "x", "end_of_stream": True}),
    )
    told = [item.deleted for item in zendesk.read("tickets", since=None, position=None).items]
    assert told == [True, False]


def test_a_customer_is_made_known_without_a_mail(vendor: Vendor, zendesk: Connector) -> None:
    vendor.on("/api/v2/users/create_or_update", Says({"user": user(51)}))
    body = {"email": "ada@example.com", "name": "Ada"}
    zendesk.send(zendesk.prepare("users", WriteContext("upsert", body), 0, "k"))
    assert vendor.asked[0].json == {"user": {**body, "skip_verify_email": True}}


def test_a_user_is_found_by_the_very_address(vendor: Vendor, zendesk: Connector) -> None:
    vendor.on("/api/v2/users/search", Says({"users": [user(52), user(51, email="ada@example.com")]}))
    found = zendesk.lookup("users", "ada@example.com")
    assert found is not None
    assert found.external_id == "51"
    assert vendor.asked[0].params == {"query": 'email:"ada@example.com"'}


def test_what_zendesk_does_not_accept_is_named_with_its_field(vendor: Vendor, zendesk: Connector) -> None:
    details = {"requester": [{"description": "Requester: Email is invalid", "error": "InvalidValue"}]}
    vendor.on("POST /api/v2/tickets", refused(422, "RecordInvalid", details=details))
    with pytest.raises(Failure) as caught:
        zendesk.send(zendesk.prepare("tickets", WriteContext("create", TICKET), 0, "k"))
    failure = caught.value
    assert (failure.kind, failure.field, failure.in_doubt) == (Kind.DATA, "requester", False)
    assert "Requester: Email is invalid" in failure.sentence


def test_webhooks_are_ordered_with_the_secret_that_zendesk_makes() -> None:
    """Its calls for webhooks are in no document, so nothing judges them here."""
    vendor = Vendor(None)
    zendesk = DIALECT.connector(vendor)
    address = "https://portal.example.com/hook"

    def listed(asked: Asked) -> Says:
        assert asked.params["page[size]"] == "100"
        other = {
            "id": "1",
            "endpoint": "https://elsewhere.example.com",
            "status": "active",
            "subscriptions": [],
        }
        made = {
            "id": "2",
            "endpoint": address,
            "status": "inactive",
            "subscriptions": ordered()["subscriptions"],
        }
        if asked.params.get("page[after]") == "n":
            return Says({"webhooks": [made], "meta": {"has_more": False, "after_cursor": "z"}})
        return Says({"webhooks": [other], "meta": {"has_more": True, "after_cursor": "n"}})

    def ordered() -> dict[str, object]:
        asked = next(one for one in vendor.asked if one.method == "POST")
        webhook: dict[str, object] = asked.json["webhook"]
        return webhook

    vendor.on("POST /api/v2/webhooks", Says({"webhook": {"id": "2"}}, 201))
    vendor.on("GET /api/v2/webhooks", listed)
    vendor.on("GET /api/v2/webhooks/2/signing_secret", Says({"signing_secret": {"secret": "theirs"}}))
    vendor.on("DELETE /api/v2/webhooks/2", Says(None, 204))
    assert zendesk.subscribe(address, zendesk.webhook_topics(), "ours") == "theirs"
    webhook = ordered()
    assert (webhook["endpoint"], webhook["http_method"], webhook["request_format"]) == (
        address,
        "POST",
        "json",
    )
    other, made = zendesk.subscriptions()
    assert (made.id, made.address, made.active, other.active) == ("2", address, False, True)
    assert made.topics == zendesk.webhook_topics()
    assert zendesk.unsubscribe("2")
    zendesk.close()
    vendor.close()


def test_a_person_may_let_us_in_where_there_is_no_token() -> None:
    kind = type(DIALECT.connector(vendor := DIALECT.vendor()))
    vendor.close()
    secrets = {"client_id": "crossdock", "client_secret": "secret-0123456789"}
    connector = kind({"base_url": "https://203.0.113.5"}, secrets)
    assert connector.consent is not None
    assert connector.needs_login()
    connector.close()
