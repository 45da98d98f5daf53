"""Parcels are followed, and webhooks are believed only as far as a secret in an address allows."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from integrations.connectors import registry, signatures
from integrations.connectors.base import Connector, SignatureRefused, WriteContext
from integrations.exceptions import Failure, Kind
from tests.contract.dialects.shippo import (
    DIALECT,
    HOOKS,
    SECRET,
    TOKEN,
    TRACKER,
    label,
    listed,
    told,
    tracker,
)
from tests.contract.vendor import Vendor
from tests.integrations.answering import LOOPBACK, Says

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


def test_a_tracker_is_fetched_by_its_carrier_and_number(vendor: Vendor, shippo: Connector) -> None:
    vendor.on("/tracks/usps/T%2F7", Says(tracker(7, tracking_number="T/7")))
    found = shippo.fetch("trackers", "usps:T/7")
    assert found is not None
    assert (found.external_id, found.payload["metadata"]) == ("usps:T/7", "SO-7")
    assert shippo.fetch("trackers", "usps:T8") is None
    before = len(vendor.asked)
    for odd in ("usps", "usps:..", ":T7", ".:T7"):
        assert shippo.fetch("trackers", odd) is None
    assert len(vendor.asked) == before


def test_a_parcel_that_shippo_merely_knows_is_not_one_we_have_it_follow(
    vendor: Vendor, shippo: Connector
) -> None:
    natural_key = shippo.prepare("trackers", WriteContext("create", TRACKER), 0, "").natural_key
    vendor.on("/tracks/usps/T7", Says(tracker(7, metadata=None)))
    assert shippo.lookup("trackers", natural_key) is None
    vendor.on("/tracks/usps/T7", Says(tracker(7)))
    found = shippo.lookup("trackers", natural_key)
    assert found is not None
    assert found.external_id == "usps:T7"


def test_a_purchase_that_failed_is_no_parcel(vendor: Vendor, shippo: Connector) -> None:
    vendor.on("/transactions/label-7", Says(label(7, status="ERROR")))
    vendor.on("/transactions/label-8", Says(label(8)))
    deleted = [
        item.deleted
        for item in (shippo.fetch("parcels", name) for name in ("label-7", "label-8"))
        if item is not None
    ]
    assert deleted == [True, False]


# Webhooks.


def test_webhooks_are_ordered_with_a_secret_in_their_address(vendor: Vendor, shippo: Connector) -> None:
    vendor.on("POST /webhooks", Says({"object_id": "hook-1"}, 201))
    secret = "a secret/of ours"
    assert shippo.subscribe(HOOKS, shippo.webhook_topics(), secret) == secret
    assert [one.json for one in vendor.asked] == [
        {"url": f"{HOOKS}?token=a%20secret%2Fof%20ours", "event": event, "active": True, "is_test": True}
        for event in ("transaction_created", "transaction_updated", "track_updated")
    ]


def test_with_a_live_token_live_webhooks_are_ordered(vendor: Vendor) -> None:
    vendor.session = None
    vendor.on("POST /webhooks", Says({"object_id": "hook-1"}, 201))
    live = registry.get("shippo")(
        {"base_url": vendor.base}, {"token": "shippo_live_0123456789"}, guard=LOOPBACK
    )
    live.subscribe(HOOKS, ["track_updated"], SECRET)
    live.close()
    assert vendor.asked[0].json["is_test"] is False


def test_an_address_that_shippo_would_not_take_is_refused(vendor: Vendor, shippo: Connector) -> None:
    vendor.on("POST /webhooks", Says({"object_id": "hook-1"}, 201))
    room = 199 - len(f"{HOOKS}?token=")
    shippo.subscribe(HOOKS, ["track_updated"], "x" * room)
    with pytest.raises(Failure) as caught:
        shippo.subscribe(HOOKS, ["track_updated"], "x" * (room + 1))
    assert (caught.value.kind, caught.value.code) == (Kind.CONFIG, "address_too_long")
    assert len(vendor.asked) == 1


def test_only_webhooks_of_our_mode_with_our_secret_count(vendor: Vendor, shippo: Connector) -> None:
    def hook(number: int, event: str, query: str, **more: Any) -> dict[str, Any]:
        return {
            "object_id": f"hook-{number}",
            "event": event,
            "url": f"{HOOKS}{query}",
            "active": True,
            "is_test": True,
            **more,
        }

    rows = [
        hook(1, "track_updated", f"?token={SECRET}"),
        hook(2, "transaction_updated", "?token=of-before"),
        hook(3, "transaction_created", f"?token={SECRET}", active=False),
        hook(4, "all", ""),
        hook(5, "track_updated", f"?token={SECRET}", is_test=False),
    ]
    vendor.on("GET /webhooks", listed(*rows))
    assert [(one.id, one.address, one.topics, one.active) for one in shippo.subscriptions()] == [
        ("hook-1", HOOKS, ("track_updated",), True),
        ("hook-2", HOOKS, ("transaction_updated",), False),
        ("hook-3", HOOKS, ("transaction_created",), False),
        ("hook-4", HOOKS, ("*",), True),
    ]


def test_a_webhook_is_taken_away(vendor: Vendor, shippo: Connector) -> None:
    vendor.on("DELETE /webhooks/hook-1", Says(status=204))
    assert shippo.unsubscribe("hook-1")
    assert vendor.asked[-1].method == "DELETE"


@pytest.mark.parametrize("query", ["", "?token=", "?token=of-another", f"?secret={SECRET}", "?token=ü"])
def test_whoever_does_not_know_the_secret_tells_us_nothing(shippo: Connector, query: str) -> None:
    with pytest.raises(SignatureRefused):
        shippo.verify_webhook({}, told("track_updated", tracker(7)), f"{HOOKS}{query}")


@pytest.mark.parametrize("query", ["", "?token="])
def test_without_a_secret_of_ours_nobody_tells_us_anything(query: str) -> None:
    connector = registry.get("shippo")({}, {"token": TOKEN}, guard=LOOPBACK)
    with pytest.raises(SignatureRefused):
        connector.verify_webhook({}, told("track_updated", tracker(7)), f"{HOOKS}{query}")
    connector.close()


def test_a_wrong_signature_is_not_made_good_by_the_address(
    shippo: Connector, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(signatures, "utc_now", lambda: NOW)
    raw = told("track_updated", tracker(7))
    moment = str(int(NOW.timestamp()))
    digest = hmac.new(SECRET.encode(), f"{moment}.".encode() + raw, hashlib.sha256).hexdigest()
    signed = {"Shippo-Auth-Signature": f"t={moment},v1={digest}"}
    assert [event.external_id for event in shippo.verify_webhook(signed, raw, HOOKS)] == ["usps:T7"]
    forged = {"Shippo-Auth-Signature": f"t={moment},v1={digest[::-1]}"}
    with pytest.raises(SignatureRefused):
        shippo.verify_webhook(forged, raw, f"{HOOKS}?token={SECRET}")


def test_what_a_webhook_tells_is_not_believed_but_fetched(shippo: Connector) -> None:
    raw = told("track_updated", tracker(7, transaction="label-7"))
    events = shippo.verify_webhook({}, raw, f"{HOOKS}?token={SECRET}")
    assert [(one.resource, one.external_id, one.payload, one.delivery_id) for one in events] == [
        ("trackers", "usps:T7", None, None),
        ("parcels", "label-7", None, None),
    ]
    assert {one.occurred for one in events} == {datetime(2026, 11, 20, 10, 0, 0, 129000, tzinfo=UTC)}
    able = shippo.resources()
    assert able["trackers"].fetch
    assert able["parcels"].fetch


def test_neither_token_nor_secret_is_part_of_what_is_told(vendor: Vendor, shippo: Connector) -> None:
    vendor.on("/webhooks", Says({"detail": f"{TOKEN} may not have {HOOKS}?token={SECRET}."}, 403))
    for do in (
        shippo.subscriptions,
        lambda: shippo.subscribe(HOOKS, ["track_updated"], SECRET),
    ):
        with pytest.raises(Failure) as caught:
            do()
        shown = json.dumps([caught.value.sentence, caught.value.evidence])
        assert TOKEN not in shown
        assert SECRET not in shown
