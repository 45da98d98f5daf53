"""Batches that fail in part or whole, contacts that orders are joined to, and lists that are not sorted."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from integrations.connectors.base import Answer, Call, Connector, WriteContext
from integrations.exceptions import Failure, Kind
from tests.contract.dialects.hubspot import DIALECT, found, joined, part_refused, refused, thing, written
from tests.contract.vendor import Vendor
from tests.integrations.answering import Asked, Says

UPSERT = "/crm/v3/objects/contacts/batch/upsert"
ORDERS = "/crm/v3/objects/orders/batch/upsert"
JOIN = "/crm/associations/2026-03/orders/contacts/batch/associate/default"


@pytest.fixture
def vendor() -> Iterator[Vendor]:
    made = DIALECT.vendor()
    yield made
    made.close()
    assert made.problems == []


@pytest.fixture
def hubspot(vendor: Vendor) -> Iterator[Connector]:
    made = DIALECT.connector(vendor)
    yield made
    made.close()


def contacts(hubspot: Connector, *names: str) -> list[Call]:
    bodies = [{"id": f"{name}@example.com", "properties": {"email": f"{name}@example.com"}} for name in names]
    return [hubspot.prepare("contacts", WriteContext("upsert", body), 0, "k") for body in bodies]


def ids(results: list[Answer | Failure]) -> list[str]:
    return [one.code if isinstance(one, Failure) else str(one.external_id) for one in results]


def joining(hubspot: Connector, body: dict[str, Any]) -> Call:
    context = WriteContext("upsert", body, "77", ids={"steps": ["77"]})
    return hubspot.prepare("orders", context, 1, "k")


def test_one_refused_contact_does_not_hinder_its_neighbours(vendor: Vendor, hubspot: Connector) -> None:
    """In whatever order the answer tells of them; one that it does not tell of is in doubt."""
    others = [thing(53, email="c@example.com"), thing(51, email="a@example.com")]
    vendor.on(UPSERT, written(*others, errors=(part_refused("b@example.com"),)))
    results = hubspot.send_batch(contacts(hubspot, "a", "b", "c", "d"))
    assert ids(results) == ["51", "refused", "53", "lost_answer"]
    assert [one.in_doubt for one in results if isinstance(one, Failure)] == [False, True]
    assert [one["idProperty"] for one in vendor.asked[0].json["inputs"]] == ["email"] * 4


def test_a_batch_that_is_refused_whole_is_sent_one_by_one(vendor: Vendor, hubspot: Connector) -> None:
    def answer(asked: Asked) -> Says:
        names = [one["id"] for one in asked.json["inputs"]]
        if "b@example.com" in names:
            return refused(400, "VALIDATION_ERROR")
        return written(thing(51, email=names[0]))

    vendor.on(UPSERT, answer)
    assert ids(hubspot.send_batch(contacts(hubspot, "a", "b", "c"))) == ["51", "refused", "51"]


def test_what_there_is_no_time_for_goes_later(
    vendor: Vendor, hubspot: Connector, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("integrations.connectors.hubspot.ONE_BY_ONE", -1.0)
    vendor.on(UPSERT, refused(400, "VALIDATION_ERROR"))
    results = hubspot.send_batch(contacts(hubspot, "a", "b"))
    assert ids(results) == ["batch_refused"] * 2
    assert all(
        isinstance(one, Failure) and one.kind == Kind.TRANSIENT and not one.in_doubt for one in results
    )
    assert len(vendor.asked) == 1


def test_a_batch_of_which_nothing_is_known_stays_in_doubt(vendor: Vendor, hubspot: Connector) -> None:
    vendor.on(UPSERT, refused(502, "GATEWAY"))
    with pytest.raises(Failure) as caught:
        hubspot.send_batch(contacts(hubspot, "a", "b"))
    assert caught.value.in_doubt
    assert len(vendor.asked) == 1


def test_a_single_refusal_inside_a_success_is_a_refusal(vendor: Vendor, hubspot: Connector) -> None:
    vendor.on(UPSERT, written(errors=(part_refused("a@example.com"),)))
    with pytest.raises(Failure) as caught:
        hubspot.send(contacts(hubspot, "a")[0])
    assert (caught.value.kind, caught.value.in_doubt) == (Kind.DATA, False)
    assert "Property values were not valid" in caught.value.sentence


def test_what_is_known_to_be_empty_clears_the_property(hubspot: Connector) -> None:
    body = {"id": "a@example.com", "properties": {"phone": None, "city": "Ely"}}
    call = hubspot.prepare("contacts", WriteContext("upsert", body), 0, "k")
    assert call.body["inputs"][0]["properties"] == {"phone": "", "city": "Ely"}


def test_an_order_is_joined_to_a_contact_that_is_made_where_there_is_none(
    vendor: Vendor, hubspot: Connector
) -> None:
    vendor.on("/crm/v3/objects/contacts/a%40example.com", refused(404, "OBJECT_NOT_FOUND"))
    vendor.on(UPSERT, written(thing(51, email="a@example.com")))
    vendor.on(JOIN, joined("orders"))
    answer = hubspot.send(joining(hubspot, {"id": "A-1", "contact": "a@example.com"}))
    assert answer.external_id == "77"
    assert vendor.asked[0].params["idProperty"] == "email"
    assert vendor.asked[-1].json == {"inputs": [{"from": {"id": "77"}, "to": {"id": "51"}}]}


def test_a_contact_that_is_refused_is_the_orders_error(vendor: Vendor, hubspot: Connector) -> None:
    vendor.on("/crm/v3/objects/contacts/a%40example.com", refused(404, "OBJECT_NOT_FOUND"))
    vendor.on(UPSERT, written(errors=(part_refused("a@example.com"),)))
    with pytest.raises(Failure) as caught:
        hubspot.send(joining(hubspot, {"id": "A-1", "contact": "a@example.com"}))
    assert caught.value.kind == Kind.DATA


def test_an_order_of_nobody_stands_alone(vendor: Vendor, hubspot: Connector) -> None:
    answer = hubspot.send(joining(hubspot, {"id": "A-1", "contact": None}))
    assert (answer.external_id, vendor.asked) == ("77", [])


def test_orders_are_known_by_the_property_of_the_account(vendor: Vendor) -> None:
    kind = type(DIALECT.connector(vendor))
    settings = {"base_url": vendor.base, "unique_property": "shop_id"}
    hubspot = kind(settings, DIALECT.secrets)
    call = hubspot.prepare("orders", WriteContext("upsert", {"id": "A-1", "properties": {}}), 0, "k")
    assert call.path == ORDERS
    assert (call.body["inputs"][0]["idProperty"], call.natural_key) == ("shop_id", "A-1")
    hubspot.close()


def test_a_lost_answer_is_settled_by_the_unique_property(vendor: Vendor, hubspot: Connector) -> None:
    vendor.on("/crm/v3/objects/orders/A-1", Says(thing(77, hs_external_order_id="A-1")))
    item = hubspot.lookup("orders", "A-1")
    assert item is not None
    assert item.external_id == "77"
    assert vendor.asked[0].params["idProperty"] == "crossdock_id"


def test_a_list_that_is_not_sorted_is_refused_before_anything_is_lost(
    vendor: Vendor, hubspot: Connector
) -> None:
    """9 is smaller than 11 as a number, and larger as a text."""
    vendor.on("/crm/v3/objects/contacts/search", found(11, 9, more=True))
    with pytest.raises(Failure) as caught:
        hubspot.read("contacts", since=None, position=None)
    assert caught.value.code == "not_sorted"
