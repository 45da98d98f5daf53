"""What Brevo is told of a person's will, and of amounts. What a third party wrote of Brevo judges."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from integrations.connectors.base import Answer, Call, Connector, WriteContext
from integrations.connectors.brevo import Brevo
from integrations.exceptions import Failure, Kind
from tests.contract.dialect import Reading, Writing
from tests.contract.dialects.brevo import (
    CONTACT,
    DIALECT,
    ORDER,
    PRODUCT,
    contact,
    described,
    refused,
)
from tests.contract.vendor import Vendor
from tests.integrations.answering import LOOPBACK, Says

TOGETHER = "POST /v3/products/batch"


@pytest.fixture
def vendor() -> Iterator[Vendor]:
    made = Vendor(described())
    yield made
    made.close()
    assert made.problems == []


@pytest.fixture
def brevo(vendor: Vendor) -> Iterator[Connector]:
    made = DIALECT.connector(vendor)
    yield made
    made.close()


def prepared(brevo: Connector, resource: str, body: dict[str, Any]) -> Call:
    return brevo.prepare(resource, WriteContext("upsert", body), 0, "")


@pytest.mark.parametrize("reading", DIALECT.readings)
def test_what_is_asked_is_what_others_say_of_brevo(
    vendor: Vendor, brevo: Connector, reading: Reading
) -> None:
    vendor.on(reading.path, reading.page)
    page = brevo.read(reading.resource, since=reading.since, position=None)
    assert len(page.items) == 500
    assert vendor.asked[0].headers["api-key"] == "xkeysib-0123456789abcdef"


@pytest.mark.parametrize(
    "writing", DIALECT.writings, ids=lambda writing: f"{writing.operation}-{writing.resource}"
)
def test_what_is_written_is_what_others_say_of_brevo(
    vendor: Vendor, brevo: Connector, writing: Writing
) -> None:
    for call, says in writing.answers.items():
        vendor.on(call, says)
    context = WriteContext(writing.operation, writing.body, writing.given or None)
    answer = brevo.send(brevo.prepare(writing.resource, context, 0, ""))
    assert answer.external_id == writing.external_id


# Contacts.

PERSON = "GET /v3/contacts/7%40example.com"
NOBODY = refused(404, "document_not_found")


def write_contact(brevo: Connector, wants: Any) -> Answer:
    return brevo.send(prepared(brevo, "contacts", {**CONTACT, "accepts_marketing": wants}))


def sent(vendor: Vendor) -> list[tuple[str, str, Any]]:
    return [(one.method, one.path, one.json) for one in vendor.asked if one.method != "GET"]


@pytest.mark.parametrize(
    ("told", "subscribed"),
    [
        ({"listIds": [3, 7]}, True),
        ({"listIds": [3]}, False),
        ({"listIds": [3, 7], "emailBlacklisted": True}, False),
    ],
)
def test_who_wants_mails_is_on_the_list_and_not_blocked(
    vendor: Vendor, brevo: Connector, told: dict[str, Any], subscribed: bool
) -> None:
    vendor.on("GET /v3/contacts", Says({"contacts": [contact(7, **told)], "count": 1}))
    vendor.on("GET /v3/contacts/7", Says(contact(7, **told)))
    (listed,) = brevo.read("contacts", since=None, position=None).items
    alone = brevo.fetch("contacts", "7")
    assert alone is not None
    assert listed.payload["subscribed"] is alone.payload["subscribed"] is subscribed


def test_without_a_list_only_a_block_is_known(vendor: Vendor) -> None:
    brevo = Brevo({"base_url": vendor.base + "/v3", "currency": "EUR"}, DIALECT.secrets, guard=LOOPBACK)
    rows = [contact(7), contact(8, emailBlacklisted=True)]
    vendor.on("GET /v3/contacts", Says({"contacts": rows, "count": 2}))
    free, blocked = brevo.read("contacts", since=None, position=None).items
    assert "subscribed" not in free.payload
    assert blocked.payload["subscribed"] is False
    brevo.close()


def test_another_contact_is_not_taken_for_the_one_that_is_looked_for(
    vendor: Vendor, brevo: Connector
) -> None:
    vendor.on(PERSON, Says(contact(8)))
    assert brevo.lookup("contacts", "7@example.com") is None
    vendor.on(PERSON, NOBODY)
    assert brevo.lookup("contacts", "7@example.com") is None


@pytest.mark.parametrize(("wants", "lists"), [(True, {"listIds": [7]}), (False, {}), (None, {})])
def test_a_new_contact_is_on_the_list_if_it_wants_mails(
    vendor: Vendor, brevo: Connector, wants: bool | None, lists: dict[str, Any]
) -> None:
    vendor.on(PERSON, NOBODY)
    vendor.on("POST /v3/contacts", Says({"id": 7}, 201))
    assert write_contact(brevo, wants).external_id == "7"
    attributes = {"FIRSTNAME": "Ada", "LASTNAME": "", "SMS": "+441234567890"}
    body = {"email": "7@example.com", "attributes": attributes, "updateEnabled": True, **lists}
    assert sent(vendor) == [("POST", "/v3/contacts", body)]


@pytest.mark.parametrize(
    ("wants", "lists"), [(True, {"listIds": [7]}), (False, {"unlinkListIds": [7]}), (None, {})]
)
def test_a_contact_that_was_there_comes_on_the_list_or_off_it_and_keeps_its_block(
    vendor: Vendor, brevo: Connector, wants: bool | None, lists: dict[str, Any]
) -> None:
    vendor.on(PERSON, Says(contact(7, emailBlacklisted=True)))
    vendor.on("PUT /v3/contacts/7", Says(None, 204))
    assert write_contact(brevo, wants).external_id == "7"
    attributes = {"FIRSTNAME": "Ada", "LASTNAME": "", "SMS": "+441234567890"}
    assert sent(vendor) == [("PUT", "/v3/contacts/7", {"attributes": attributes, **lists})]


def test_a_known_contact_is_not_looked_for(vendor: Vendor, brevo: Connector) -> None:
    vendor.on("PUT /v3/contacts/7", Says(None, 204))
    body = {**CONTACT, "accepts_marketing": False}
    answer = brevo.send(brevo.prepare("contacts", WriteContext("update", body, "7"), 0, ""))
    assert answer.external_id == "7"
    assert [one.method for one in vendor.asked] == ["PUT"]
    assert vendor.asked[0].json["unlinkListIds"] == [7]


def test_a_known_contact_that_is_gone_is_not_made_again(vendor: Vendor, brevo: Connector) -> None:
    vendor.on("PUT /v3/contacts/7", NOBODY)
    with pytest.raises(Failure) as caught:
        brevo.send(brevo.prepare("contacts", WriteContext("update", CONTACT, "7"), 0, ""))
    assert (caught.value.kind, caught.value.code) == (Kind.DATA, "not_found")


def body_of(brevo: Connector, wants: Any, **attributes: Any) -> Any:
    body = {"email": "7@example.com", "accepts_marketing": wants, "attributes": attributes}
    return prepared(brevo, "contacts", body).body


def test_without_a_list_nobody_is_put_on_one(vendor: Vendor) -> None:
    brevo = Brevo({"base_url": vendor.base, "currency": "EUR"}, DIALECT.secrets, guard=LOOPBACK)
    assert "listIds" not in body_of(brevo, True)
    assert "unlinkListIds" not in body_of(brevo, False)
    brevo.close()


def test_what_is_known_to_be_empty_is_cleared_but_for_a_number(brevo: Connector) -> None:
    assert body_of(brevo, None, FIRSTNAME=None, SMS=None)["attributes"] == {"FIRSTNAME": ""}
    assert body_of(brevo, None, SMS="+441")["attributes"] == {"SMS": "+441"}


# Orders.


def test_an_order_tells_whose_it_is_and_what_was_bought(brevo: Connector) -> None:
    lines = [*ORDER["lines"], {"product_id": "2", "quantity": 0, "price": "4"}]
    assert prepared(brevo, "orders", {**ORDER, "lines": lines}).body == {
        "id": "A-1042",
        "status": "completed",
        "amount": 16.5,
        "createdAt": "2026-11-20T10:00:00Z",
        "updatedAt": "2026-11-20T11:00:00Z",
        "identifiers": {"email_id": "ada@example.com"},
        "products": [{"productId": "MUG-001", "quantity": 2, "price": 6.25}],
        "billing": {"city": "Ely", "countryCode": "GB"},
        "metaInfo": {"order_number": "1042", "currency": "EUR"},
    }


def test_an_order_that_never_changed_was_changed_when_it_was_placed(brevo: Connector) -> None:
    body = prepared(brevo, "orders", {**ORDER, "updated_at": None}).body
    assert body["updatedAt"] == body["createdAt"] == "2026-11-20T10:00:00Z"


@pytest.mark.parametrize(("resource", "body"), [("orders", ORDER), ("products", PRODUCT)])
def test_amounts_of_another_currency_are_not_mixed_in(
    brevo: Connector, resource: str, body: dict[str, Any]
) -> None:
    with pytest.raises(Failure) as caught:
        prepared(brevo, resource, {**body, "currency": "JPY"})
    assert (caught.value.kind, caught.value.code, caught.value.field) == (
        Kind.DATA,
        "other_currency",
        "currency",
    )
    assert prepared(brevo, resource, {**body, "currency": "eur"}).body["id"] == body["id"]


# Products.


def two(brevo: Connector) -> list[Call]:
    return [
        prepared(brevo, "products", PRODUCT),
        prepared(brevo, "products", {"id": "MUG-002", "name": "Mug", "price": None}),
    ]


def test_products_go_together(vendor: Vendor, brevo: Connector) -> None:
    vendor.on(TOGETHER, Says({"createdCount": 1, "updatedCount": 1}, 201))
    answers = brevo.send_batch(two(brevo))
    assert [one.external_id for one in answers if isinstance(one, Answer)] == ["MUG-001", "MUG-002"]
    assert vendor.asked[0].json == {
        "products": [
            {"id": "MUG-001", "name": "Mug", "sku": "MUG-001", "price": 6.25},
            {"id": "MUG-002", "name": "Mug"},
        ],
        "updateEnabled": True,
    }


def test_what_is_refused_together_goes_one_by_one(vendor: Vendor, brevo: Connector) -> None:
    vendor.on(TOGETHER, refused(400, "invalid_parameter"))
    vendor.on("POST /v3/products", [refused(400, "invalid_parameter"), Says(None, 204)])
    first, second = brevo.send_batch(two(brevo))
    assert isinstance(first, Failure)
    assert isinstance(second, Answer)
    assert (first.kind, second.external_id) == (Kind.DATA, "MUG-002")
    assert [one.json["updateEnabled"] for one in vendor.asked] == [True, True, True]


def test_what_does_not_fit_into_the_time_goes_later(
    vendor: Vendor, brevo: Connector, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The last of them ends in the time that a lease is kept for."""
    assert brevo.timeout_seconds == 24
    now = iter([100.0, 111.9, 112.1])
    for place in ("brevo", "one_by_one"):
        clock = SimpleNamespace(monotonic=now.__next__)
        monkeypatch.setattr(f"integrations.connectors.{place}.time", clock)
    vendor.on(TOGETHER, refused(400, "invalid_parameter"))
    vendor.on("POST /v3/products", Says(None, 204))
    first, second = brevo.send_batch(two(brevo))
    assert isinstance(first, Answer)
    assert isinstance(second, Failure)
    assert (second.kind, second.in_doubt) == (Kind.TRANSIENT, False)


def test_a_server_that_fell_over_says_nothing_of_each(vendor: Vendor, brevo: Connector) -> None:
    vendor.on(TOGETHER, refused(502, "bad_gateway"))
    with pytest.raises(Failure) as caught:
        brevo.send_batch(two(brevo))
    assert (caught.value.kind, caught.value.in_doubt) == (Kind.TRANSIENT, True)


def test_how_long_to_wait_is_told_by_brevos_own_header(vendor: Vendor, brevo: Connector) -> None:
    headers = {"x-sib-ratelimit-limit": "36000", "x-sib-ratelimit-remaining": "12000"}
    vendor.on("GET /v3/contacts", Says({"contacts": [], "count": 0}, headers=headers))
    brevo.read("contacts", since=None, position=None)
    told = brevo.told()
    assert told is not None
    assert (told.remaining, told.limit) == (12000, 36000)
