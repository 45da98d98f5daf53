"""From rates to a label: which is bought, what is found again after a lost answer, and what is given back."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from integrations.connectors import shippo as connector_module
from integrations.connectors.base import Answer, Call, Connector, WriteContext
from integrations.exceptions import Failure, Kind
from tests.contract.dialects.shippo import (
    ADDRESS,
    DIALECT,
    LABEL,
    OFFERS,
    ORDER,
    PARCEL,
    label,
    listed,
    offer,
    order,
    refused,
    shipment,
)
from tests.contract.vendor import Vendor
from tests.integrations.answering import Asked, Says

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)


@pytest.fixture
def vendor() -> Iterator[Vendor]:
    made = DIALECT.vendor()
    yield made
    made.close()


@pytest.fixture
def shippo(vendor: Vendor) -> Iterator[Connector]:
    connector = DIALECT.connector(vendor)
    yield connector
    connector.close()


def prepared(connector: Connector, **more: Any) -> Call:
    return connector.prepare("labels", WriteContext("create", {**LABEL, **more}), 0, "")


def sent(vendor: Vendor, call: str) -> list[Any]:
    return [one.json for one in vendor.asked if f"{one.method} {one.path}" == call]


# Buying.


@pytest.mark.parametrize(("service", "chosen"), [("", "rate-priority"), ("express", "rate-express")])
def test_the_wanted_or_the_cheapest_rate_is_bought(
    vendor: Vendor, shippo: Connector, service: str, chosen: str
) -> None:
    vendor.on("POST /shipments", Says(shipment(7), 201))
    vendor.on("POST /transactions", Says(label(7), 201))
    answer = shippo.send(prepared(shippo, service=service))
    assert (answer.external_id, answer.replayed) == ("label-7", False)
    assert sent(vendor, "POST /transactions") == [{"rate": chosen, "metadata": "SO-7", "async": False}]


def test_rates_are_asked_for_with_the_connections_sender_and_parcel(
    vendor: Vendor, shippo: Connector
) -> None:
    vendor.on("POST /shipments", Says(shipment(7), 201))
    vendor.on("POST /transactions", Says(label(7), 201))
    shippo.send(prepared(shippo))
    assert sent(vendor, "POST /shipments") == [
        {
            "address_from": ADDRESS,
            "address_to": ADDRESS,
            "parcels": [PARCEL],
            "metadata": "SO-7",
            "async": False,
        }
    ]


def test_what_the_mapping_tells_of_a_parcel_goes_before_the_connections(shippo: Connector) -> None:
    call = prepared(shippo, parcel={"weight": "2.5", "mass_unit": "lb"}, address_from={"name": "Shop"})
    asked = call.body["shipment"]
    assert asked["parcels"] == [{**PARCEL, "weight": "2.5", "mass_unit": "lb"}]
    assert asked["address_from"] == {"name": "Shop"}


@pytest.mark.parametrize(
    ("offers", "service", "code"),
    [
        ([], "", "no_rate"),
        ([{"object_id": "rate-1", "currency": "USD"}], "", "no_rate"),
        (OFFERS, "overnight", "service_not_offered"),
        ([offer("a", "5"), offer("b", "4", "CAD")], "", "service_not_offered"),
    ],
)
def test_where_nothing_can_be_chosen_nothing_is_bought(
    vendor: Vendor, shippo: Connector, offers: list[dict[str, Any]], service: str, code: str
) -> None:
    messages = [{"source": "USPS", "code": "", "text": "The address is wrong."}]
    vendor.on("POST /shipments", Says(shipment(7, rates=offers, messages=messages), 201))
    with pytest.raises(Failure) as caught:
        shippo.send(prepared(shippo, service=service))
    assert (caught.value.kind, caught.value.code) == (Kind.DATA, code)
    assert sent(vendor, "POST /transactions") == []
    assert code != "no_rate" or "The address is wrong" in caught.value.sentence


@pytest.mark.parametrize(
    "late",
    [
        {"rates": [], "messages": [{"source": "UPS", "code": "carrier_timeout", "text": "Try again."}]},
        {"messages": [{"source": "UPS", "code": "carrier_timeout", "text": "Try again."}]},
        {"rates": [], "status": "QUEUED"},
    ],
)
def test_a_carrier_that_is_late_is_waited_for(
    vendor: Vendor, shippo: Connector, late: dict[str, Any]
) -> None:
    vendor.on("POST /shipments", Says(shipment(7, **late), 201))
    with pytest.raises(Failure) as caught:
        shippo.send(prepared(shippo, service="ups_ground"))
    assert (caught.value.kind, caught.value.code, caught.value.in_doubt) == (
        Kind.TRANSIENT,
        "rates_late",
        False,
    )


def test_an_offer_is_bought_although_another_carrier_is_late(vendor: Vendor, shippo: Connector) -> None:
    messages = [{"source": "UPS", "code": "carrier_timeout", "text": "Try again."}]
    vendor.on("POST /shipments", Says(shipment(7, messages=messages), 201))
    vendor.on("POST /transactions", Says(label(7), 201))
    assert shippo.send(prepared(shippo)).external_id == "label-7"


def test_an_answer_that_is_lost_before_the_purchase_is_no_doubt(vendor: Vendor, shippo: Connector) -> None:
    vendor.on("POST /shipments", Says(silent=True))
    with pytest.raises(Failure) as caught:
        shippo.send(prepared(shippo))
    assert (caught.value.kind, caught.value.in_doubt) == (Kind.TRANSIENT, False)
    assert sent(vendor, "POST /transactions") == []


@pytest.mark.parametrize("answer", [Says(silent=True), refused(502), Says(label(7, status="QUEUED"), 201)])
def test_an_answer_that_is_lost_with_the_purchase_leaves_a_doubt(
    vendor: Vendor, shippo: Connector, answer: Says
) -> None:
    vendor.on("POST /shipments", Says(shipment(7), 201))
    vendor.on("POST /transactions", answer)
    with pytest.raises(Failure) as caught:
        shippo.send(prepared(shippo))
    assert (caught.value.kind, caught.value.in_doubt) == (Kind.TRANSIENT, True)


@pytest.mark.parametrize(
    ("code", "kind", "told_as"),
    [("", Kind.DATA, "not_bought"), ("carrier_timeout", Kind.TRANSIENT, "carrier_silent")],
)
def test_a_purchase_that_failed_is_told_although_it_answers_201(
    vendor: Vendor, shippo: Connector, code: str, kind: Kind, told_as: str
) -> None:
    messages = [{"source": "USPS", "code": code, "text": "The balance is too low."}]
    vendor.on("POST /shipments", Says(shipment(7), 201))
    vendor.on("POST /transactions", Says(label(7, status="ERROR", messages=messages), 201))
    with pytest.raises(Failure) as caught:
        shippo.send(prepared(shippo))
    assert (caught.value.kind, caught.value.code, caught.value.in_doubt) == (kind, told_as, False)
    assert "The balance is too low" in caught.value.sentence


def test_a_sender_that_is_not_complete_is_the_connections_fault(vendor: Vendor, shippo: Connector) -> None:
    vendor.on("POST /shipments", Says({"address_from": [{"zip": ["It is needed."]}]}, 400))
    with pytest.raises(Failure) as caught:
        shippo.send(prepared(shippo))
    assert (caught.value.kind, caught.value.code, caught.value.connection_wide) == (
        Kind.CONFIG,
        "sender",
        False,
    )
    assert "It is needed" in caught.value.sentence


@pytest.mark.parametrize(
    ("body", "field", "said"),
    [
        ({"address_to": ["It is needed."]}, "address_to", "“It is needed”"),
        ({"address_to": [{"zip": ["It is wrong."]}]}, "address_to", "It is wrong."),
        ({"detail": "Not so."}, "", "“Not so”"),
    ],
)
def test_what_is_wrong_is_told_with_its_field(
    vendor: Vendor, shippo: Connector, body: dict[str, Any], field: str, said: str
) -> None:
    vendor.on("POST /shipments", Says(body, 400))
    with pytest.raises(Failure) as caught:
        shippo.send(prepared(shippo))
    assert (caught.value.kind, caught.value.code, caught.value.field) == (Kind.DATA, "refused", field)
    assert said in caught.value.sentence


def test_a_reference_that_would_be_cut_short_is_refused(shippo: Connector) -> None:
    assert prepared(shippo, reference="7" * 100).natural_key == "7" * 100
    with pytest.raises(Failure) as caught:
        prepared(shippo, reference="7" * 101)
    assert (caught.value.kind, caught.value.field) == (Kind.DATA, "reference")


# Found again.


def on_pages(vendor: Vendor, path: str, *pages: list[dict[str, Any]]) -> None:
    """Many pages, each of which says whether another follows."""

    def page(asked: Asked) -> Says:
        number = int(asked.params["page"])
        rows = pages[number - 1] if number <= len(pages) else []
        return listed(*rows, more=number < len(pages))

    vendor.on(path, page)


def test_after_a_lost_answer_a_label_is_found_by_its_reference_on_any_page(
    vendor: Vendor, shippo: Connector, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connector_module, "utc_now", lambda: NOW)
    on_pages(vendor, "/transactions", [label(9), label(77)], [label(8)], [label(7)])
    found = shippo.lookup("labels", prepared(shippo).natural_key)
    assert found is not None
    assert found.external_id == "label-7"
    assert [one.params for one in vendor.asked] == [
        {"results": "100", "object_created_gte": "2026-10-24T08:00:00Z", "page": str(page)}
        for page in (1, 2, 3)
    ]
    assert shippo.lookup("labels", "SO-6") is None


def test_a_page_of_purchases_that_failed_is_not_the_end(vendor: Vendor, shippo: Connector) -> None:
    on_pages(vendor, "/transactions", [label(7, status="ERROR")], [label(7)])
    found = shippo.lookup("labels", "SO-7")
    assert found is not None
    assert found.payload["status"] == "SUCCESS"


@pytest.mark.parametrize("status", ["ERROR", "REFUNDED", "REFUNDPENDING"])
def test_what_was_not_bought_or_was_given_back_is_no_label(
    vendor: Vendor, shippo: Connector, status: str
) -> None:
    on_pages(vendor, "/transactions", [label(7, status=status)])
    assert shippo.lookup("labels", "SO-7") is None


def test_a_label_whose_refund_was_refused_is_still_one(vendor: Vendor, shippo: Connector) -> None:
    on_pages(vendor, "/transactions", [label(7, status="REFUNDREJECTED")])
    assert shippo.lookup("labels", "SO-7") is not None


@pytest.mark.parametrize("status", ["QUEUED", "WAITING"])
def test_a_label_that_is_just_being_bought_is_waited_for(
    vendor: Vendor, shippo: Connector, status: str
) -> None:
    on_pages(vendor, "/transactions", [label(7, status=status)])
    with pytest.raises(Failure) as caught:
        shippo.lookup("labels", "SO-7")
    assert (caught.value.kind, caught.value.code) == (Kind.TRANSIENT, "still_buying")


def test_a_list_that_does_not_end_is_given_to_a_person(vendor: Vendor, shippo: Connector) -> None:
    on_pages(vendor, "/transactions", *[[label(9)]] * 21)
    with pytest.raises(Failure) as caught:
        shippo.lookup("labels", "SO-7")
    assert (caught.value.kind, caught.value.code) == (Kind.DATA, "too_many_to_look_through")
    assert len(vendor.asked) == 20


def test_a_look_up_waits_until_a_purchase_must_be_over(shippo: Connector) -> None:
    assert shippo.resources()["labels"].lookup_after >= shippo.timeout_seconds


def test_an_order_is_found_again_by_its_number(vendor: Vendor, shippo: Connector) -> None:
    on_pages(vendor, "/orders", [order(9)], [order(7), order(77)])
    call = shippo.prepare("orders", WriteContext("create", ORDER), 0, "")
    found = shippo.lookup("orders", call.natural_key)
    assert found is not None
    assert found.external_id == "order-7"
    assert vendor.asked[-1].params == {"results": "100", "shop_app": "Shippo", "page": "2"}
    assert shippo.lookup("orders", "SO-8") is None


# Given back.


@pytest.mark.parametrize(
    ("status", "calls"),
    [
        ("SUCCESS", 1),
        ("REFUNDREJECTED", 1),
        ("REFUNDPENDING", 0),
        ("REFUNDED", 0),
        ("ERROR", 0),
    ],
)
def test_the_refund_of_a_label_is_asked_for_once(
    vendor: Vendor, shippo: Connector, status: str, calls: int
) -> None:
    vendor.on("GET /transactions/label-7", Says(label(7, status=status)))
    vendor.on("POST /refunds", refund("PENDING"))
    answer = given_back(shippo)
    assert (answer.external_id, answer.replayed) == ("label-7", not calls)
    assert sent(vendor, "POST /refunds") == [{"transaction": "label-7", "async": False}] * calls


def test_a_label_that_is_not_given_back_is_told(vendor: Vendor, shippo: Connector) -> None:
    vendor.on("GET /transactions/label-7", Says(label(7)))
    vendor.on("POST /refunds", refund("ERROR"))
    with pytest.raises(Failure) as caught:
        given_back(shippo)
    assert (caught.value.kind, caught.value.code) == (Kind.DATA, "not_refunded")


def refund(status: str) -> Says:
    return Says({"object_id": "refund-7", "status": status, "transaction": "label-7"}, 201)


def given_back(connector: Connector) -> Answer:
    return connector.send(connector.prepare("labels", WriteContext("cancel", {}, "label-7"), 0, ""))
