"""What a lost answer, a late cancellation and a parcel of its own look like at ShipBob."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from integrations.connectors.base import Answer, Connector, WriteContext
from integrations.exceptions import Failure, Kind
from tests.contract.dialects.shipbob import CANCELLED, DIALECT, ORDERS, PAGES, SENT, order, shipment
from tests.contract.vendor import Vendor
from tests.integrations.answering import Says

CANCEL = "POST /2026-01/order/1001:cancel"


@pytest.fixture
def vendor() -> Iterator[Vendor]:
    made = DIALECT.vendor()
    yield made
    made.close()
    assert made.problems == []


@pytest.fixture
def shipbob(vendor: Vendor) -> Iterator[Connector]:
    connector = DIALECT.connector(vendor)
    yield connector
    connector.close()


def test_an_order_is_looked_up_by_its_reference(vendor: Vendor, shipbob: Connector) -> None:
    vendor.on(ORDERS, Says([order(6, reference_id="1042-B"), order(7, reference_id="1042")]))
    found = shipbob.lookup("orders", "1042")
    assert found is not None
    assert found.external_id == "7"
    assert vendor.asked[-1].query == {"ReferenceIds": ["1042"]}
    assert shipbob.lookup("orders", "1043") is None


def test_every_call_names_the_channel(vendor: Vendor, shipbob: Connector) -> None:
    vendor.on(ORDERS, Says([]))
    shipbob.lookup("orders", "1042")
    assert vendor.asked[-1].headers["shipbob_channel_id"] == "77"


def cancelled(connector: Connector) -> Answer:
    return connector.send(connector.prepare("orders", WriteContext("cancel", {}, "1001"), 0, ""))


def test_the_answer_to_a_cancellation_is_the_order(vendor: Vendor, shipbob: Connector) -> None:
    vendor.on(CANCEL, Says(CANCELLED))
    answer = cancelled(shipbob)
    assert isinstance(answer.body, dict)
    assert (answer.external_id, answer.body["status"]) == ("1001", "Cancelled")
    assert answer.version.startswith("2026-09-20T10:00:00")


def test_a_shipment_that_could_not_be_stopped_is_an_error_though_the_answer_is_200(
    vendor: Vendor, shipbob: Connector
) -> None:
    late = {"action": "Cancel", "is_success": False, "reason": "It was labelled.", "shipment_id": 12}
    results = [*CANCELLED["canceled_shipment_results"], late]
    vendor.on(CANCEL, Says({**CANCELLED, "canceled_shipment_results": results}))
    with pytest.raises(Failure) as caught:
        cancelled(shipbob)
    assert (caught.value.kind, caught.value.code) == (Kind.DATA, "not_stopped")
    assert "of this order: It was labelled. Ask" in caught.value.sentence


@pytest.mark.parametrize(
    ("status", "is_done"), [("Cancelled", True), ("Fulfilled", False), ("Processing", False)]
)
def test_a_refused_cancellation_is_done_only_where_the_order_is_cancelled(
    vendor: Vendor, shipbob: Connector, status: str, is_done: bool
) -> None:
    vendor.on(CANCEL, Says({"errors": ["The order cannot be cancelled."]}, 422))
    vendor.on("GET /2026-01/order/1001", Says(order(1001, status=status)))
    if is_done:
        answer = cancelled(shipbob)
        assert (answer.external_id, answer.replayed) == ("1001", True)
        return
    with pytest.raises(Failure) as caught:
        cancelled(shipbob)
    assert (caught.value.kind, caught.value.in_doubt) == (Kind.DATA, False)


def test_a_second_order_with_the_same_reference_is_refused_and_not_in_doubt(
    vendor: Vendor, shipbob: Connector
) -> None:
    vendor.on("POST /2026-01/order", Says({"errors": ["The reference id exists."]}, 422))
    with pytest.raises(Failure) as caught:
        shipbob.send(shipbob.prepare("orders", WriteContext("create", SENT), 0, ""))
    assert (caught.value.kind, caught.value.in_doubt) == (Kind.DATA, False)
    assert "The reference id exists" in caught.value.sentence


def test_a_field_that_is_refused_is_named(vendor: Vendor, shipbob: Connector) -> None:
    vendor.on(ORDERS, Says({"Recipient.Address.City": ["It is required."]}, 400))
    with pytest.raises(Failure) as caught:
        shipbob.read("orders", since=None, position=None)
    assert caught.value.field == "Recipient.Address.City"
    assert "It is required" in caught.value.sentence


def test_a_shipment_has_its_orders_number_in_a_list_and_alone(vendor: Vendor, shipbob: Connector) -> None:
    vendor.on(ORDERS, PAGES)
    (first, second) = shipbob.read("shipments", since=None, position=None).items
    vendor.on("/2026-01/shipment/11", Says(shipment(11, 1)))
    vendor.on("/2026-01/order/1", Says(order(1, 11, 12)))
    alone = shipbob.fetch("shipments", "11")
    assert alone is not None
    assert (first.external_id, second.external_id) == ("11", "12")
    assert alone.payload["order_number"] == first.payload["order_number"] == "string"
    assert alone.version == first.version != ""


def test_what_has_no_shipment_yet_lets_nothing_be_taken_for_gone(vendor: Vendor, shipbob: Connector) -> None:
    vendor.on(ORDERS, Says([]))
    assert not shipbob.read("shipments", since=None, position=None).complete


CHANNELS: dict[str, Any] = {"next": None, "prev": None}


@pytest.mark.parametrize(
    ("channel", "is_right", "told"),
    [
        (77, True, "Orders go to the channel Shop."),
        (78, False, "Enter the id of a channel. This token may use: 78 (Shop)."),
    ],
)
def test_the_test_names_the_channels_that_may_be_entered(
    vendor: Vendor, shipbob: Connector, channel: int, is_right: bool, told: str
) -> None:
    vendor.on(ORDERS, Says([]))
    vendor.on("/2026-01/channel", Says({**CHANNELS, "items": [{"id": channel, "name": "Shop"}]}))
    report = shipbob.test()
    assert (report.ok, report.steps[-1].sentence) == (is_right, told)


def test_webhooks_are_ordered_with_the_secret_that_shipbob_makes(vendor: Vendor, shipbob: Connector) -> None:
    address, secret = "https://portal.example.com/hook", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    made = {"id": "ep_1", "url": address, "topics": list(shipbob.webhook_topics())}
    vendor.on("POST /2026-01/webhook", Says({**made, "secret": secret}))
    vendor.on("GET /2026-01/webhook", Says({**CHANNELS, "items": [{**made, "enabled": False}]}))
    vendor.on("DELETE /2026-01/webhook/ep_1", Says(None, 204))
    assert shipbob.subscribe(address, shipbob.webhook_topics(), "ours") == secret
    (found,) = shipbob.subscriptions()
    assert (found.id, found.address, found.active) == ("ep_1", address, False)
    assert found.topics == shipbob.webhook_topics()
    assert shipbob.unsubscribe("ep_1")
