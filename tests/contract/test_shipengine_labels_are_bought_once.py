"""Both addresses of the one API, labels bought and voided once, several shipments in one call, and who signs."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from integrations.connectors import registry, signatures
from integrations.connectors import shipengine as connector_module
from integrations.connectors.base import Answer, Call, Connector, SignatureRefused, WriteContext
from integrations.exceptions import Failure, Kind
from integrations.http.client import HttpClient, Request, Response
from integrations.http.guard import Guard
from tests.contract.dialect import Dialect
from tests.contract.dialects.shipengine import (
    DIALECT,
    KEY_NAME,
    SECRET,
    SENT,
    SENT_AT,
    _key,
    _links,
    described,
    label,
    made,
    readings,
    refused,
    shipment,
    signed,
    tracked,
    writings,
)
from tests.contract.test_every_connector_keeps_its_vendors_contract import (
    test_a_list_is_read_to_its_end_and_goes_on_where_it_was as reads_to_its_end,
)
from tests.contract.test_every_connector_keeps_its_vendors_contract import written
from tests.contract.vendor import Vendor
from tests.integrations.answering import LOOPBACK, Asked, Says

SHIPSTATION = replace(
    DIALECT,
    contract=lambda: described("shipstation-v2"),
    base="/v2",
    readings=readings("/v2"),
    writings=writings("/v2"),
)


@pytest.fixture
def vendor() -> Iterator[Vendor]:
    yield from judged(DIALECT)


@pytest.fixture
def shipstation() -> Iterator[Vendor]:
    yield from judged(SHIPSTATION)


def judged(dialect: Dialect) -> Iterator[Vendor]:
    vendor = dialect.vendor()
    yield vendor
    vendor.close()
    assert vendor.problems == []


@pytest.fixture
def shipengine(vendor: Vendor) -> Iterator[Connector]:
    connector = DIALECT.connector(vendor)
    yield connector
    connector.close()


def with_settings(vendor: Vendor, **more: Any) -> Connector:
    settings = {"base_url": vendor.base + "/v1", **more}
    return registry.get("shipengine")(settings, DIALECT.secrets, guard=LOOPBACK)


@pytest.mark.parametrize("place", range(len(SHIPSTATION.readings)))
def test_shipstations_own_address_is_read_alike(shipstation: Vendor, place: int) -> None:
    reads_to_its_end(SHIPSTATION, SHIPSTATION.readings[place], shipstation)


@pytest.mark.parametrize("place", range(len(SHIPSTATION.writings)))
def test_shipstations_own_address_is_written_to_alike(shipstation: Vendor, place: int) -> None:
    first, second = (written(SHIPSTATION, SHIPSTATION.writings[place], shipstation) for _ in range(2))
    assert first == second


def test_stock_is_read_over_all_pages_and_set(shipstation: Vendor) -> None:
    def page(asked: Asked) -> Says:
        last = asked.params.get("page") == "2"
        row = {"sku": f"MUG-00{2 if last else 1}", "on_hand": 5, "allocated": 1, "available": 4}
        following = {} if last else {"href": f"{shipstation.base}/v2/inventory?page=2"}
        return Says({"inventory": [row], "total": 2, "page": 1, "pages": 2, "links": {"next": following}})

    shipstation.on("GET /v2/inventory", page)
    shipstation.on("POST /v2/inventory", Says(status=204))
    settings = {"base_url": shipstation.base + "/v2", "inventory_location_id": "se-3"}
    connector = registry.get("shipengine")(settings, DIALECT.secrets, guard=LOOPBACK)
    first = connector.read("stock", since=None, position=None)
    second = connector.read("stock", since=None, position=first.next_position)
    assert [item.external_id for item in (*first.items, *second.items)] == ["MUG-001", "MUG-002"]
    body = {"sku": "MUG-001", "quantity": 3}
    answer = connector.send(connector.prepare("stock", WriteContext("upsert", body), 0, ""))
    connector.close()
    assert answer.status == 204
    assert shipstation.asked[-1].json == {
        "transaction_type": "adjust",
        "inventory_location_id": "se-3",
        "sku": "MUG-001",
        "quantity": 3,
        "condition": "sellable",
    }
    # The document knows the parameter by its links alone.
    shipstation.problems = [
        problem for problem in shipstation.problems if "the query has page" not in problem
    ]


# What is sent.


def create(connector: Connector, resource: str = "shipments", **more: Any) -> Call:
    return connector.prepare(resource, WriteContext("create", {**SENT, **more}), 0, "")


def test_what_the_mapping_tells_goes_before_what_the_connection_says(shipengine: Connector) -> None:
    body = create(shipengine).body
    assert (body["carrier_id"], body["ship_from"]["city_locality"]) == ("se-123", "Austin")
    assert body["packages"] == [{"weight": {"value": 500, "unit": "gram"}}]
    packages = [{"weight": {"value": 2, "unit": "kilogram"}}]
    body = create(shipengine, carrier_id="se-9", packages=packages).body
    assert (body["carrier_id"], body["packages"]) == ("se-9", packages)


def test_a_warehouse_stands_for_the_sender(vendor: Vendor) -> None:
    connector = with_settings(vendor, warehouse_id="se-5", sender_name="Shop", parcel_weight_grams=750)
    body = create(connector).body
    connector.close()
    assert ("ship_from" in body, body["warehouse_id"]) == (False, "se-5")
    assert body["packages"][0]["weight"]["value"] == 750


def test_shipstation_is_not_sent_what_it_does_not_know_of_a_new_shipment(vendor: Vendor) -> None:
    settings = {**DIALECT.settings, "base_url": f"{vendor.base}/v2", "warehouse_id": "se-5"}
    connector = registry.get("shipengine")(settings, DIALECT.secrets, guard=LOOPBACK)
    body = create(connector).body
    connector.close()
    assert sorted(body) == [
        "carrier_id",
        "external_shipment_id",
        "items",
        "packages",
        "ship_from",
        "ship_to",
    ]


@pytest.mark.parametrize(
    ("code", "kind"), [("insufficient_funds", Kind.CONFIG), ("invalid_address", Kind.DATA)]
)
def test_an_empty_account_is_not_the_records_fault(
    vendor: Vendor, shipengine: Connector, code: str, kind: Kind
) -> None:
    vendor.on("GET /v1/labels", labels())
    vendor.on("POST /v1/labels/shipment/se-7", refused(400, code))
    with pytest.raises(Failure) as caught:
        buy(shipengine)
    assert (caught.value.kind, caught.value.code, caught.value.connection_wide) == (kind, code, False)


def test_a_shipment_that_is_not_made_is_told_although_it_answers_200(
    vendor: Vendor, shipengine: Connector
) -> None:
    vendor.on("POST /v1/shipments", made({"errors": ["The postal code is wrong."]}, errors=True))
    with pytest.raises(Failure) as caught:
        shipengine.send(create(shipengine))
    assert (caught.value.kind, caught.value.code) == (Kind.DATA, "refused")
    assert "The postal code is wrong" in caught.value.sentence


def test_after_a_lost_answer_a_shipment_is_found_by_our_name(vendor: Vendor, shipengine: Connector) -> None:
    vendor.on("/v1/shipments/external_shipment_id/SO-7", Says(shipment(7)))
    vendor.on("/v1/shipments/external_shipment_id/SO-8", refused(404, "unspecified"))
    for resource in ("shipments", "labels"):
        found = shipengine.lookup(resource, create(shipengine, resource).natural_key)
        assert found is not None
        assert found.external_id == "se-7"
        assert shipengine.lookup(resource, "SO-8") is None


# Several at once.


def several(connector: Connector) -> list[Call]:
    return [create(connector, external_shipment_id=f"SO-{number}") for number in (7, 8, 9)]


def test_of_several_each_has_its_own_result(vendor: Vendor, shipengine: Connector) -> None:
    failed = {"external_shipment_id": "SO-8", "errors": ["The postal code is wrong."]}
    vendor.on("POST /v1/shipments", made(shipment(9), failed, shipment(7), errors=True))
    first, second, third = shipengine.send_batch(several(shipengine))
    assert isinstance(first, Answer)
    assert isinstance(third, Answer)
    assert (first.external_id, third.external_id) == ("se-7", "se-9")
    assert isinstance(second, Failure)
    assert (second.kind, second.in_doubt) == (Kind.DATA, False)
    assert "The postal code is wrong" in second.sentence
    (asked,) = vendor.asked
    assert [one["external_shipment_id"] for one in asked.json["shipments"]] == ["SO-7", "SO-8", "SO-9"]


def test_several_that_are_refused_as_a_whole_go_one_by_one(vendor: Vendor, shipengine: Connector) -> None:
    vendor.on("POST /v1/shipments", refused(400, "invalid_field_value"))
    results = shipengine.send_batch(several(shipengine))
    assert [(result.kind, result.in_doubt) for result in results if isinstance(result, Failure)] == [
        (Kind.TRANSIENT, False)
    ] * 3
    with pytest.raises(Failure) as caught:
        shipengine.send_batch(several(shipengine)[:1])
    assert (caught.value.kind, caught.value.code) == (Kind.DATA, "invalid_field_value")


def test_several_are_not_blamed_for_a_wrong_key(vendor: Vendor, shipengine: Connector) -> None:
    vendor.on("POST /v1/shipments", refused(401, "unauthorized"))
    with pytest.raises(Failure) as caught:
        shipengine.send_batch(several(shipengine))
    assert caught.value.connection_wide


# Labels.


def labels(*found: dict[str, Any]) -> Says:
    return Says({"labels": list(found), "total": len(found), "page": 1, "pages": 1, "links": _links()})


def buy(connector: Connector) -> Answer:
    context = WriteContext("create", dict(SENT), "se-7", ids={"steps": ["se-7"]})
    return connector.send(connector.prepare("labels", context, 1, ""))


def bought(vendor: Vendor) -> int:
    return sum((one.method, one.path) == ("POST", "/v1/labels/shipment/se-7") for one in vendor.asked)


@pytest.mark.parametrize(
    ("there", "calls"),
    [
        ([], 1),
        ([label(7)], 0),
        ([label(7, status="processing")], 0),
        ([label(7, status="voided", voided=True)], 1),
        ([label(7, status="error")], 1),
    ],
)
def test_a_label_is_bought_unless_there_is_one(
    vendor: Vendor, shipengine: Connector, there: list[dict[str, Any]], calls: int
) -> None:
    vendor.on("GET /v1/labels", labels(*there))
    vendor.on("POST /v1/labels/shipment/se-7", Says(label(7)))
    answer = buy(shipengine)
    assert (answer.external_id, answer.replayed, bought(vendor)) == ("se-7", not calls, calls)
    assert vendor.asked[0].params["shipment_id"] == "se-7"


def test_a_label_that_the_carrier_does_not_void_is_told_and_its_shipment_stays(
    vendor: Vendor, shipengine: Connector
) -> None:
    vendor.on("GET /v1/labels", labels(label(7)))
    vendor.on("PUT /v1/labels/se-97/void", Says({"approved": False, "message": "Too late."}))
    context = WriteContext("cancel", {}, "se-7")
    with pytest.raises(Failure) as caught:
        shipengine.send(shipengine.prepare("labels", context, 0, ""))
    assert (caught.value.kind, caught.value.code) == (Kind.DATA, "not_voided")
    assert "Too late" in caught.value.sentence
    assert not [one for one in vendor.asked if one.path.endswith("/cancel")]


def test_a_parcel_that_is_fetched_tells_where_it_is(vendor: Vendor, shipengine: Connector) -> None:
    vendor.on("/v1/labels/se-97", Says(label(7)))
    vendor.on("/v1/labels/se-97/track", TRACKED)
    found = shipengine.fetch("parcels", "se-97")
    assert found is not None
    assert (found.payload["tracking"]["status_code"], found.version) == ("DE", "")


# Webhooks.


def test_webhooks_are_ordered_with_a_secret_listed_and_taken_away(
    vendor: Vendor, shipengine: Connector
) -> None:
    hook = {"webhook_id": "se-70", "url": "https://portal.example.com/hooks/1", "event": "track"}
    vendor.on("POST /v1/environment/webhooks", Says(hook))
    vendor.on("GET /v1/environment/webhooks", Says([hook]))
    vendor.on("DELETE /v1/environment/webhooks/se-70", Says(status=204))
    secret = shipengine.subscribe("https://portal.example.com/hooks/1", ["track"], SECRET)
    assert secret == SECRET
    assert vendor.asked[0].json["headers"] == [{"key": "X-Crossdock-Secret", "value": SECRET}]
    (listed,) = shipengine.subscriptions()
    assert (listed.id, listed.address, listed.topics) == ("se-70", hook["url"], ("track",))
    assert shipengine.unsubscribe("se-70")


TRACKED = Says(
    {
        "tracking_number": "T7",
        "status_code": "DE",
        "carrier_status_code": "D",
        "status_description": "Delivered",
        "events": [],
    }
)
RAW = tracked("TRACK_EVENT_V2", "https://api.shipstation.com/v2/labels/se-91/track")


class KeySet:
    """In ShipEngine's place: publishes a key, and keeps what it was asked for."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.status = 200

    def send(self, client: HttpClient, request: Request) -> Response:
        self.asked.append(client._url(request.path, request.params))
        body = {"keys": [{"kty": "RSA", "kid": KEY_NAME, **numbers(_key().public_key())}]}
        return Response(self.status, {}, b"", body if self.status == 200 else None, request, "")


def numbers(key: RSAPublicKey) -> dict[str, str]:
    told = key.public_numbers()
    pairs = (("n", told.n, 256), ("e", told.e, 3))
    return {
        name: base64.urlsafe_b64encode(number.to_bytes(size, "big")).decode().rstrip("=")
        for name, number, size in pairs
    }


@pytest.fixture
def key_set(monkeypatch: pytest.MonkeyPatch) -> KeySet:
    made_set = KeySet()

    def send(client: HttpClient, request: Request) -> Response:
        return made_set.send(client, request)

    monkeypatch.setattr(connector_module, "KEYS", type(connector_module.KEYS)())
    monkeypatch.setattr(signatures, "utc_now", lambda: SENT_AT)
    monkeypatch.setattr(HttpClient, "send", send)
    return made_set


@pytest.fixture
def listener() -> Iterator[Connector]:
    connector = registry.get("shipengine")({}, DIALECT.secrets, guard=Guard(ports=()))
    yield connector
    connector.close()


def test_the_published_key_is_fetched_once(key_set: KeySet, listener: Connector) -> None:
    for _ in range(2):
        (event,) = listener.verify_webhook(signed(RAW), RAW)
        assert event.external_id == "se-91"
    assert key_set.asked == ["https://api.shipengine.com/jwks"]


def test_whoever_does_not_know_the_secret_makes_us_ask_for_nothing(
    key_set: KeySet, listener: Connector
) -> None:
    with pytest.raises(SignatureRefused):
        listener.verify_webhook(signed(RAW, secret="of somebody else"), RAW)
    assert key_set.asked == []


def test_a_key_that_is_not_published_is_refused(key_set: KeySet, listener: Connector) -> None:
    with pytest.raises(SignatureRefused):
        listener.verify_webhook(signed(RAW) | {"x-shipengine-rsa-sha256-key-id": "another"}, RAW)


def test_while_the_keys_cannot_be_had_the_event_is_to_be_sent_again(
    key_set: KeySet, listener: Connector
) -> None:
    key_set.status = 503
    with pytest.raises(Failure) as caught:
        listener.verify_webhook(signed(RAW), RAW)
    assert caught.value.kind is Kind.TRANSIENT


@pytest.mark.parametrize("timestamp", ["", "yesterday", "2026-11-23T07:50:00Z", "2026-11-23T08:10:00Z"])
def test_what_was_signed_at_another_time_is_refused(
    key_set: KeySet, listener: Connector, timestamp: str
) -> None:
    with pytest.raises(SignatureRefused):
        listener.verify_webhook(signed(RAW, timestamp), RAW)
    assert key_set.asked == []
