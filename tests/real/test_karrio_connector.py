"""The Karrio connector against a running Karrio: an order becomes a label, and the label a shipment."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from integrations.connectors.base import Answer, Call, SignatureRefused, WriteContext
from integrations.connectors.karrio import Karrio
from integrations.exceptions import Failure, Kind
from mappings.presets.karrio import LABELS_WRITE, ORDERS_READ, ORDERS_WRITE, SHIPMENTS_READ
from mappings.records import Address, Order, OrderLine, Shipment
from tests.contract.samples import read_with, write_with
from tests.integrations.answering import LOOPBACK, Asked, Platform, Says
from tests.integrations.connectors.declaring import read_all
from tests.real.carrier import ADDRESS, KEY, Carrier

pytestmark = [pytest.mark.real("curl"), pytest.mark.timeout(600)]

SENDER = {
    "sender_name": "Shop",
    "sender_line1": "Street 1",
    "sender_city": "Berlin",
    "sender_postal_code": "10115",
    "sender_country": "DE",
}


def connected(**more: Any) -> Karrio:
    settings = {"base_url": ADDRESS, **SENDER, **more}
    return Karrio(settings, {"token": KEY, "webhook_secret": "whsec_unused"}, guard=LOOPBACK)


@pytest.fixture
def karrio(carrier: Carrier) -> Iterator[Karrio]:
    connector = connected()
    yield connector
    connector.close()


@pytest.fixture
def order() -> Order:
    return sold()


def sold(country: str = "DE", postal_code: str = "80331") -> Order:
    number = f"R-{uuid.uuid4().hex[:12]}"
    return Order(
        id=f"shop-{number}",
        number=number,
        email="orders@example.com",
        shipping_address=Address(
            name="Warehouse Test", line1="Weg 2", city="Munich", postal_code=postal_code, country=country
        ),
        lines=[
            OrderLine(id="11", sku="MUG-001", title="Mug", ordered=Decimal(3), cancelled=Decimal(1)),
            OrderLine(id="12", sku="CUP-001", title="Cup", ordered=Decimal(1)),
        ],
    )


def bought(connector: Karrio, order: Order) -> Answer:
    """Both calls, as the engine makes them."""
    body = write_with(LABELS_WRITE, order, connection=connector.settings)
    draft = connector.send(connector.prepare("labels", WriteContext("create", body), 0, ""))
    return connector.send(connector.prepare("labels", WriteContext("create", body, draft.external_id), 1, ""))


def cancelled(connector: Karrio, call: Call) -> Answer:
    """Karrio keeps its rows in SQLite here, and answers 500 while another process of its own writes: then it is asked
    again, as the engine does."""
    for _ in range(10):
        try:
            return connector.send(call)
        except Failure as failure:
            if "database is locked" not in failure.sentence:
                raise
            time.sleep(0.5)
    return connector.send(call)


def test_the_test_button(karrio: Karrio) -> None:
    assert karrio.test().ok


def test_a_wrong_key_is_the_operators_to_mend(carrier: Carrier) -> None:
    connector = Karrio({"base_url": ADDRESS}, {"token": "key_of_nobody"}, guard=LOOPBACK)
    report = connector.test()
    connector.close()
    assert not report.ok
    assert "key_of_nobody" not in report.sentence()


def test_an_order_becomes_a_label_and_its_parcel_is_read_back(
    karrio: Karrio, carrier: Carrier, order: Order
) -> None:
    before = datetime.now(UTC) - timedelta(seconds=5)
    answer = bought(karrio, order)
    at_carrier = carrier.shipment(str(answer.external_id))
    assert (at_carrier["status"], at_carrier["selected_rate"]["total_charge"]) == ("created", 4.9)
    pages = read_all(karrio, "shipments", since=before)  # type: ignore[arg-type]  # any declared connector reads so
    found = {item.external_id: item.payload for page in pages for item in page.items}
    record = read_with(SHIPMENTS_READ, found[str(answer.external_id)])
    assert isinstance(record, Shipment)
    assert (record.order_id, record.order_number) == (answer.external_id, order.number)
    assert (record.carrier, record.tracking_number) == ("local_post", at_carrier["tracking_number"])
    assert record.tracking_number
    assert record.status == "pending"
    assert isinstance(record.lines, list)
    assert [(line.order_line_id, line.sku, line.quantity) for line in record.lines] == [
        ("11", "MUG-001", Decimal(2)),
        ("12", "CUP-001", Decimal(1)),
    ]
    assert isinstance(record.extra, dict)
    assert (record.extra["charge"], record.extra["charge_currency"]) == ("4.9", "EUR")


def test_a_lost_answer_is_settled_by_the_reference_and_one_label_is_bought(
    karrio: Karrio, carrier: Carrier, order: Order
) -> None:
    body = write_with(LABELS_WRITE, order, connection=karrio.settings)
    call = karrio.prepare("labels", WriteContext("create", body), 0, "")
    assert karrio.lookup("labels", call.natural_key) is None
    karrio.send(call)
    found = karrio.lookup("labels", call.natural_key)
    assert found is not None
    purchase = karrio.prepare("labels", WriteContext("create", body, found.external_id), 1, "")
    assert [karrio.send(purchase).replayed for _ in range(2)] == [False, True]
    assert [shipment["status"] for shipment in carrier.shipments(str(order.number))] == ["created"]


def test_the_service_of_the_connection_is_bought(carrier: Carrier, order: Order) -> None:
    connector = connected(service="local_express")
    answer = bought(connector, order)
    connector.close()
    assert carrier.shipment(str(answer.external_id))["service"] == "local_express"


def test_a_label_is_cancelled_once_and_its_order_may_have_another(
    karrio: Karrio, carrier: Carrier, order: Order
) -> None:
    answer = bought(karrio, order)
    call = karrio.prepare("labels", WriteContext("cancel", {}, answer.external_id), 0, "")
    for _ in range(2):
        assert cancelled(karrio, call).external_id == answer.external_id
    assert carrier.shipment(str(answer.external_id))["status"] == "cancelled"
    assert karrio.lookup("labels", str(order.number)) is None


def test_where_nobody_delivers_no_label_is_bought(karrio: Karrio, carrier: Carrier) -> None:
    order = sold(country="ES", postal_code="28001")
    with pytest.raises(Failure) as caught:
        bought(karrio, order)
    assert (caught.value.kind, caught.value.code) == (Kind.DATA, "no_offer")
    assert [shipment["status"] for shipment in carrier.shipments(str(order.number))] == ["draft"]


def test_a_sender_that_is_missing_is_the_connections_to_mend(carrier: Carrier, order: Order) -> None:
    connector = connected(**dict.fromkeys(SENDER, ""))
    with pytest.raises(Failure) as caught:
        bought(connector, order)
    connector.close()
    assert (caught.value.kind, caught.value.code) == (Kind.CONFIG, "sender")


def test_a_carrier_that_cannot_track_says_so(karrio: Karrio) -> None:
    body = {"tracking_number": "T1", "carrier_name": "generic"}
    with pytest.raises(Failure) as caught:
        karrio.send(karrio.prepare("trackers", WriteContext("create", body), 0, ""))
    assert caught.value.kind == Kind.DATA
    assert "No active carrier connection" in caught.value.sentence


def test_an_order_is_taken_once_and_its_lines_are_known_by_ours(karrio: Karrio, order: Order) -> None:
    body = write_with(ORDERS_WRITE, order)
    call = karrio.prepare("orders", WriteContext("create", body), 0, "")
    answer = karrio.send(call)
    assert set(answer.line_ids) == {"11", "12"}
    with pytest.raises(Failure) as caught:
        karrio.send(call)
    assert (caught.value.kind, caught.value.in_doubt) == (Kind.DATA, False)
    found = karrio.lookup("orders", str(order.number))
    assert found is not None
    record = read_with(ORDERS_READ, found.payload)
    assert (record.id, record.number, record.status) == (answer.external_id, order.number, "open")
    assert [(line.sku, line.ordered, line.shipped) for line in record.lines] == [
        ("MUG-001", Decimal(2), Decimal(0)),
        ("CUP-001", Decimal(1), Decimal(0)),
    ]
    cancel = karrio.prepare("orders", WriteContext("cancel", {}, answer.external_id), 0, "")
    assert [karrio.send(cancel).replayed for _ in range(2)] == [False, True]


@pytest.mark.parametrize("resource", ["orders", "shipments", "trackers"])
def test_lists_are_narrowed_by_creation_and_read_again_while_things_may_change(
    karrio: Karrio, resource: str
) -> None:
    later = datetime.now(UTC) + timedelta(hours=1)
    assert karrio.read(resource, since=later, position=None).items == ()
    everything = {item.external_id for page in _pages(karrio, resource) for item in page.items}
    again = karrio.read(resource, since=later, position=None, not_final=True)
    assert {item.external_id for item in again.items} <= everything
    assert bool(again.items) == bool(everything)


def _pages(karrio: Karrio, resource: str) -> list[Any]:
    return read_all(karrio, resource)  # type: ignore[arg-type]  # any declared connector reads so


@pytest.mark.parametrize(("resource", "external_id"), [("orders", "ord_0"), ("shipments", "shp_0")])
def test_what_is_not_there(karrio: Karrio, resource: str, external_id: str) -> None:
    assert karrio.fetch(resource, external_id) is None


@pytest.fixture
def receiver() -> Iterator[Platform]:
    platform = Platform()
    platform.on("/hook", Says({}))
    yield platform
    platform.close()


def received(receiver: Platform, event: str, external_id: str | None) -> Asked:
    """Events of what other tests did may come late."""
    ends = time.monotonic() + 30
    while time.monotonic() < ends:
        for asked in receiver.asked:
            if (asked.json.get("event"), asked.json["data"]["id"]) == (event, external_id):
                return asked
        time.sleep(0.1)
    raise AssertionError(f"no {event} came")


def test_a_purchase_is_told_with_the_webhooks_secret(
    karrio: Karrio, carrier: Carrier, receiver: Platform, order: Order
) -> None:
    address = f"{receiver.base}/hook"
    secret = karrio.subscribe(address, karrio.webhook_topics(), "")
    try:
        answer = bought(karrio, order)
        told = received(receiver, "shipment_purchased", answer.external_id)
        (made,) = [one for one in karrio.subscriptions() if one.address == address]
        assert (made.active, set(made.topics)) == (True, set(karrio.webhook_topics()))
    finally:
        for one in karrio.subscriptions():
            if one.address == address:
                karrio.unsubscribe(one.id)
    listener = Karrio({"base_url": ADDRESS}, {"token": KEY, "webhook_secret": secret}, guard=LOOPBACK)
    (event,) = listener.verify_webhook(told.headers, told.raw)
    listener.close()
    assert (event.resource, event.external_id) == ("shipments", answer.external_id)
    with pytest.raises(SignatureRefused):
        karrio.verify_webhook(told.headers, told.raw)
