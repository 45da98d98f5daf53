"""From a draft to a label: which offer is bought, what is said where none can be, and what a lost answer leads to."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from integrations.connectors import registry
from integrations.connectors.base import Answer, Connector, WriteContext
from integrations.exceptions import Failure, Kind
from tests.contract.dialects.karrio import (
    BOUGHT,
    DIALECT,
    LABEL,
    OFFERS,
    SENT,
    offer,
    order,
    refused,
    shipment,
)
from tests.contract.vendor import Vendor
from tests.integrations.answering import LOOPBACK, Says

DRAFT = "GET /v1/shipments/shp_7"
OFFERED = "POST /v1/shipments/shp_7/rates"
PURCHASE = "POST /v1/shipments/shp_7/purchase"


@pytest.fixture
def vendor() -> Iterator[Vendor]:
    made = DIALECT.vendor()
    yield made
    made.close()
    assert made.problems == []


@pytest.fixture
def karrio(vendor: Vendor) -> Iterator[Connector]:
    connector = DIALECT.connector(vendor)
    yield connector
    connector.close()


def with_settings(vendor: Vendor, **more: Any) -> Connector:
    settings = {"base_url": vendor.base, **DIALECT.settings, **more}
    return registry.get("karrio")(settings, DIALECT.secrets, guard=LOOPBACK)


def bought(connector: Connector, body: dict[str, Any] = LABEL) -> Answer:
    return connector.send(connector.prepare("labels", WriteContext("create", body, "shp_7"), 1, ""))


def offers(vendor: Vendor, *rates: dict[str, Any]) -> None:
    vendor.on(DRAFT, Says(shipment(7, "draft", rates=list(rates))))
    vendor.on(PURCHASE, Says(BOUGHT))


def test_the_cheapest_offer_is_bought(vendor: Vendor, karrio: Connector) -> None:
    offers(vendor, *OFFERS)
    answer = bought(karrio)
    assert vendor.asked[-1].json == {"selected_rate_id": "rat_local_standard"}
    assert (answer.external_id, answer.replayed) == ("shp_7", False)
    assert isinstance(answer.body, dict)
    assert answer.body["tracking_number"] == "T7"


def test_the_key_is_shown_as_karrio_wants_it(vendor: Vendor, karrio: Connector) -> None:
    offers(vendor, *OFFERS)
    bought(karrio)
    assert {asked.headers["authorization"] for asked in vendor.asked} == {"Token key_0123456789abcdef"}


def test_the_connections_service_goes_before_the_price_and_the_mappings_before_that(vendor: Vendor) -> None:
    offers(vendor, *OFFERS, offer("local_night", 30.0))
    connector = with_settings(vendor, service="local_express")
    bought(connector)
    assert vendor.asked[-1].json == {"selected_rate_id": "rat_local_express"}
    bought(connector, {**LABEL, "service": "local_night"})
    assert vendor.asked[-1].json == {"selected_rate_id": "rat_local_night"}
    connector.close()


def test_a_draft_is_made_without_a_service_so_that_nothing_is_bought_by_it(vendor: Vendor) -> None:
    connector = with_settings(vendor, service="local_express", parcel_weight_grams=1200)
    vendor.on("POST /v1/shipments", Says(shipment(7, "draft"), 201))
    made = {**LABEL, "service": "local_night"}
    connector.send(connector.prepare("labels", WriteContext("create", made), 0, ""))
    sent = vendor.asked[-1].json
    assert "service" not in sent
    assert sent["parcels"] == [{"weight": 1200, "weight_unit": "G"}]
    assert sent["shipper"]["city"] == "Berlin"
    connector.close()


@pytest.mark.parametrize("status", ["created", "purchased", "in_transit"])
def test_what_was_bought_before_is_not_bought_again(vendor: Vendor, karrio: Connector, status: str) -> None:
    vendor.on(DRAFT, Says(shipment(7, status, tracking_number="T7")))
    answer = bought(karrio)
    assert (answer.external_id, answer.replayed, len(vendor.asked)) == ("shp_7", True, 1)


def test_a_purchase_that_another_call_was_faster_with_is_done(vendor: Vendor, karrio: Connector) -> None:
    offers(vendor, *OFFERS)
    vendor.on(PURCHASE, refused(409, "state_error"))
    assert bought(karrio).replayed


@pytest.mark.parametrize(
    ("rates", "body", "code", "said"),
    [
        (OFFERS, {**LABEL, "service": "nope"}, "service_not_offered", "local_express, local_standard"),
        ([offer("a", 5.0), offer("b", 4.0, "USD")], LABEL, "several_currencies", "a, b"),
    ],
)
def test_what_is_not_offered_is_not_guessed(
    vendor: Vendor,
    karrio: Connector,
    rates: list[dict[str, Any]],
    body: dict[str, Any],
    code: str,
    said: str,
) -> None:
    offers(vendor, *rates)
    with pytest.raises(Failure) as caught:
        bought(karrio, body)
    assert (caught.value.kind, caught.value.code, caught.value.field) == (Kind.DATA, code, "service")
    assert said in caught.value.sentence
    assert len(vendor.asked) == 1


def test_where_no_carrier_offers_anything_they_are_asked_once_more(vendor: Vendor, karrio: Connector) -> None:
    offers(vendor)
    told = [{"message": "Too heavy", "code": "7", "carrier_name": "dhl_express"}]
    vendor.on(OFFERED, Says(shipment(7, "draft", rates=[], messages=told)))
    with pytest.raises(Failure) as caught:
        bought(karrio)
    assert (caught.value.kind, caught.value.code) == (Kind.DATA, "no_offer")
    assert "They say: Too heavy" in caught.value.sentence


def test_offers_that_came_late_are_bought_in_the_next_try(vendor: Vendor, karrio: Connector) -> None:
    """Each try has time for two calls."""
    offers(vendor)
    vendor.on(OFFERED, Says(shipment(7, "draft")))
    with pytest.raises(Failure) as caught:
        bought(karrio)
    assert (caught.value.kind, caught.value.in_doubt) == (Kind.TRANSIENT, False)
    offers(vendor, *OFFERS)
    assert bought(karrio).external_id == "shp_7"


def test_a_carriers_refusal_is_quoted(vendor: Vendor, karrio: Connector) -> None:
    offers(vendor, *OFFERS)
    told = {"code": "7", "message": "The street is unknown", "carrier_name": "dhl_express"}
    vendor.on(PURCHASE, Says({"messages": [told]}, 424))
    with pytest.raises(Failure) as caught:
        bought(karrio)
    assert (caught.value.kind, caught.value.code) == (Kind.DATA, "carrier_refused")
    assert "The street is unknown" in caught.value.sentence


def test_a_sender_that_is_not_complete_is_the_connections_to_mend(vendor: Vendor, karrio: Connector) -> None:
    vendor.on("POST /v1/shipments", refused(400, "validation", "shipper.city: This field is required."))
    with pytest.raises(Failure) as caught:
        karrio.send(karrio.prepare("labels", WriteContext("create", LABEL), 0, ""))
    assert (caught.value.kind, caught.value.code) == (Kind.CONFIG, "sender")


def listed(*rows: dict[str, Any]) -> Says:
    return Says({"count": len(rows), "next": None, "previous": None, "results": list(rows)})


def test_a_label_is_looked_up_by_the_very_reference_and_not_among_the_cancelled(
    vendor: Vendor, karrio: Connector
) -> None:
    cancelled = shipment(5, "cancelled", reference="SO-7")
    vendor.on("/v1/shipments", listed(shipment(70), cancelled, shipment(7, "draft")))
    found = karrio.lookup("labels", "SO-7")
    assert found is not None
    assert found.external_id == "shp_7"
    assert vendor.asked[-1].query == {"reference": ["SO-7"]}


def test_a_draft_is_no_shipment(vendor: Vendor, karrio: Connector) -> None:
    vendor.on("/v1/shipments", listed(shipment(3, "draft"), shipment(2)))
    page = karrio.read("shipments", since=None, position=None)
    assert [item.external_id for item in page.items] == ["shp_2"]


@pytest.mark.parametrize(("status", "is_done"), [("cancelled", True), ("fulfilled", False)])
def test_an_order_that_is_cancelled_already_is_done(
    vendor: Vendor, karrio: Connector, status: str, is_done: bool
) -> None:
    message = f"The order is '{status}' and can not be cancelled anymore..."
    vendor.on("POST /v1/orders/ord_7/cancel", refused(409, "state_error", message))
    call = karrio.prepare("orders", WriteContext("cancel", {}, "ord_7"), 0, "")
    if is_done:
        assert karrio.send(call).replayed
        return
    with pytest.raises(Failure) as caught:
        karrio.send(call)
    assert caught.value.kind == Kind.DATA


def test_lines_are_known_by_ours(vendor: Vendor, karrio: Connector) -> None:
    vendor.on("POST /v1/orders", Says(order(7), 201))
    answer = karrio.send(karrio.prepare("orders", WriteContext("create", SENT), 0, ""))
    assert answer.line_ids == {"1": "oli_1"}


def test_webhooks_are_ordered_with_the_secret_that_karrio_makes(vendor: Vendor, karrio: Connector) -> None:
    address = "https://portal.example.com/hook"
    made = {
        "id": "weh_1",
        "url": address,
        "enabled_events": list(karrio.webhook_topics()),
        "secret": "whsec_made_there",
        "test_mode": True,
    }
    vendor.on("POST /v1/webhooks", Says(made, 201))
    vendor.on("GET /v1/webhooks", listed({**made, "disabled": True}))
    vendor.on("DELETE /v1/webhooks/weh_1", Says({"operation": "Remove webhook", "success": True}))
    assert karrio.subscribe(address, karrio.webhook_topics(), "ours") == "whsec_made_there"
    (found,) = karrio.subscriptions()
    assert (found.id, found.address, found.active) == ("weh_1", address, False)
    assert found.topics == karrio.webhook_topics()
    assert karrio.unsubscribe("weh_1")
