"""From a shipment to a label: which rate is bought, what a lost answer leads to, and what webhooks tell."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator
from typing import Any

import pytest

from integrations.connectors import registry
from integrations.connectors.base import Answer, Connector, WriteContext
from integrations.exceptions import Failure, Kind
from tests.contract.dialects.easypost import DIALECT, LABEL, TOKEN, draft, refused, shipment, tracker
from tests.contract.vendor import Vendor
from tests.integrations.answering import LOOPBACK, Says

SHIPMENT = "GET /v2/shipments/shp_7"
BUY = "POST /v2/shipments/shp_7/buy"
REFUND = "POST /v2/shipments/shp_7/refund"


@pytest.fixture
def vendor() -> Iterator[Vendor]:
    made = DIALECT.vendor()
    yield made
    made.close()


@pytest.fixture
def easypost(vendor: Vendor) -> Iterator[Connector]:
    connector = DIALECT.connector(vendor)
    yield connector
    connector.close()


def rate(service: str, amount: str, currency: str = "USD") -> dict[str, Any]:
    return {"id": f"rate_{service}", "service": service, "rate": amount, "currency": currency}


RATES = [rate("Express", "51.20"), rate("Priority", "9.90"), rate("Ground", "10.20")]


def buy(connector: Connector, **more: Any) -> Answer:
    context = WriteContext("create", {**LABEL, **more}, "shp_7", ids={"steps": ["shp_7"]})
    return connector.send(connector.prepare("labels", context, 1, ""))


def bought(vendor: Vendor) -> list[Any]:
    return [one.json for one in vendor.asked if (f"{one.method} {one.path}") == BUY]


@pytest.mark.parametrize(("service", "chosen"), [("", "rate_Priority"), ("Express", "rate_Express")])
def test_the_wanted_or_the_cheapest_rate_is_bought(
    vendor: Vendor, easypost: Connector, service: str, chosen: str
) -> None:
    vendor.on(SHIPMENT, Says(draft(7, rates=RATES)))
    vendor.on(BUY, Says(shipment(7)))
    answer = buy(easypost, service=service)
    assert (answer.external_id, bought(vendor)) == ("shp_7", [{"rate": {"id": chosen}}])


def test_what_was_bought_is_not_bought_again(vendor: Vendor, easypost: Connector) -> None:
    vendor.on(SHIPMENT, Says(shipment(7)))
    answer = buy(easypost)
    assert (answer.external_id, answer.replayed, bought(vendor)) == ("shp_7", True, [])


@pytest.mark.parametrize(
    ("rates", "service", "code"),
    [
        ([], "", "no_rate"),
        (RATES, "Overnight", "service_not_offered"),
        ([rate("A", "5"), rate("B", "4", "CAD")], "", "service_not_offered"),
    ],
)
def test_where_nothing_can_be_chosen_nothing_is_bought(
    vendor: Vendor, easypost: Connector, rates: list[dict[str, Any]], service: str, code: str
) -> None:
    messages = [{"carrier": "USPS", "message": "The address is wrong."}]
    vendor.on(SHIPMENT, Says(draft(7, rates=rates, messages=messages)))
    with pytest.raises(Failure) as caught:
        buy(easypost, service=service)
    assert (caught.value.kind, caught.value.code, bought(vendor)) == (Kind.DATA, code, [])
    assert rates or "The address is wrong" in caught.value.sentence


def test_a_new_shipment_has_the_connections_sender_and_weight_in_ounces(easypost: Connector) -> None:
    call = easypost.prepare("labels", WriteContext("create", {**LABEL, "service": "Ground"}), 0, "")
    sent = call.body["shipment"]
    assert sent["parcel"] == {"weight": 17.6}
    assert (sent["from_address"]["city"], "service" in sent) == ("Austin", False)
    body = {**LABEL, "parcel": {"weight": 3.5}}
    call = easypost.prepare("labels", WriteContext("create", body), 0, "")
    assert call.body["shipment"]["parcel"] == {"weight": 3.5}


def test_after_a_lost_answer_a_shipment_is_found_by_its_reference(
    vendor: Vendor, easypost: Connector
) -> None:
    vendor.on("/v2/shipments/SO-7", Says(draft(7)))
    vendor.on("/v2/shipments/SO-8", Says(draft(7)))
    vendor.on("/v2/shipments/SO-9", refused(404, "NOT_FOUND"))
    found = easypost.lookup("labels", "SO-7")
    assert found is not None
    assert found.external_id == "shp_7"
    assert easypost.lookup("labels", "SO-8") is None
    assert easypost.lookup("labels", "SO-9") is None


def test_a_parcel_is_followed_once(vendor: Vendor, easypost: Connector) -> None:
    vendor.on("/v2/trackers", Says({"trackers": [tracker(71), tracker(7)], "has_more": False}))
    found = easypost.lookup("trackers", "T7")
    assert found is not None
    assert found.external_id == "trk_7"
    assert vendor.asked[-1].params == {"tracking_code": "T7"}


@pytest.mark.parametrize(("status", "calls"), [(None, 1), ("rejected", 1), ("submitted", 0), ("refunded", 0)])
def test_the_refund_of_a_label_is_asked_for_once(
    vendor: Vendor, easypost: Connector, status: str | None, calls: int
) -> None:
    vendor.on(SHIPMENT, Says(shipment(7, refund_status=status)))
    vendor.on(REFUND, Says(shipment(7, refund_status="submitted")))
    answer = easypost.send(easypost.prepare("labels", WriteContext("cancel", {}, "shp_7"), 0, ""))
    assert answer.external_id == "shp_7"
    assert sum(f"{one.method} {one.path}" == REFUND for one in vendor.asked) == calls


def test_the_key_is_no_part_of_what_is_told(vendor: Vendor, easypost: Connector) -> None:
    vendor.on("/v2/trackers", Says({"error": {"message": f"{TOKEN} has no right."}}, 403))
    with pytest.raises(Failure) as caught:
        easypost.read("trackers", since=None, position=None)
    assert TOKEN not in json.dumps([caught.value.sentence, caught.value.evidence])


def test_webhooks_are_ordered_with_a_secret_listed_and_taken_away(
    vendor: Vendor, easypost: Connector
) -> None:
    there = [
        {"id": "hook_1", "url": "https://portal.example.com/hooks/1", "disabled_at": None},
        {"id": "hook_2", "url": "https://portal.example.com/hooks/1", "disabled_at": "2026-11-20T10:00:00Z"},
    ]
    vendor.on("POST /v2/webhooks", Says(there[0], 201))
    vendor.on("GET /v2/webhooks", Says({"webhooks": there}))
    vendor.on("DELETE /v2/webhooks/hook_2", Says({}))
    address = "https://portal.example.com/hooks/1"
    assert easypost.subscribe(address, easypost.webhook_topics(), "our secret") == "our secret"
    assert vendor.asked[-1].json == {"webhook": {"url": address, "webhook_secret": "our secret"}}
    listed = easypost.subscriptions()
    assert [(one.id, one.active) for one in listed] == [("hook_1", True), ("hook_2", False)]
    assert set(listed[0].topics) == set(easypost.webhook_topics())
    assert easypost.unsubscribe("hook_2")


def test_what_is_told_of_a_tracker_is_told_of_its_shipment_too() -> None:
    raw = json.dumps(
        {"id": "evt_1", "description": "tracker.updated", "result": tracker(7, shipment_id="shp_7")}
    ).encode()
    digest = hmac.new(b"secret-0123456789", raw, hashlib.sha256).hexdigest()
    connector = registry.get("easypost")({}, DIALECT.secrets, guard=LOOPBACK)
    told = connector.verify_webhook({"x-hmac-signature": f"hmac-sha256-hex={digest}"}, raw)
    connector.close()
    assert [(event.resource, event.external_id, event.delivery_id) for event in told] == [
        ("trackers", "trk_7", "evt_1"),
        ("shipments", "shp_7", None),
    ]
