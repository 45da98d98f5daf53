"""A record that a person mended and sent again is read back from the warehouse: what is there, under which id, once."""

from __future__ import annotations

import copy
from dataclasses import replace

import pytest

from integrations.connectors.base import Connector
from integrations.models import Connection, Effect, ErrorRecord, Receipt
from integrations.sync import receipts, retry
from integrations.sync.connect import connect
from tests import factories
from tests.journeys.world import ORDERS, World
from tests.sandbox.running import warehouse_order

pytestmark = pytest.mark.django_db(transaction=True)


def mended(world: World, number: str = "1001") -> ErrorRecord:
    """An order without a postal code fails, is corrected by a person and arrives."""
    world.place(number, shipping_address={"name": "K", "line1": "L 1", "city": "Köln", "country": "DE"})
    world.carry(ORDERS)
    error = ErrorRecord.objects.get(settled_at__isnull=True)
    payload = copy.deepcopy(error.payload)
    payload["shipping_address"]["postal_code"] = "50667"
    retry.retry_with_payload(error, payload, factories.user())
    world.deliver(ORDERS)
    error.refresh_from_db()
    assert error.settled_how == "delivered"
    return error


def test_it_is_there_once_under_the_key_it_was_sent_with(world: World) -> None:
    error = mended(world)
    calls = world.sandbox.control("GET", "/books?effects=no&system=mail")["requests"]
    assert receipts.make_due() == 1
    receipt = Receipt.objects.get(error=error)
    (order,) = world.warehouse_orders("1001")
    assert (receipt.effect, receipt.external_id) == (Effect.ONCE, order["id"])
    assert receipt.sentence == f"The warehouse has it once, as {order['id']}: 1001 leads to no other."
    told = world.sandbox.control("GET", "/effects?limit=1000")["effects"]
    sent = [
        effect["key"] for effect in told if (effect["system"], effect["reference"]) == ("warehouse", "1001")
    ]
    assert sent == [receipt.idempotency_key]
    after = world.sandbox.control("GET", "/books?effects=no&system=mail")["requests"]
    assert {name for name in after if after[name] != calls.get(name, 0)} == {"warehouse GET 200"}
    assert receipts.make_due() == 0, "once is enough"


def test_a_second_one_over_there_is_told(world: World) -> None:
    error = mended(world)
    assert world.sandbox.ask("POST", "/warehouse/orders", warehouse_order("1001")).status == 201
    receipt = receipts.make(error.pk)
    assert receipt is not None
    assert receipt.effect == Effect.SEVERAL
    assert "has 2 of them" in receipt.sentence


def test_what_is_gone_over_there_is_told(world: World) -> None:
    error = mended(world)
    world.sandbox.control("DELETE", "/faults")
    world.sandbox.fault("warehouse", "error_before", method="GET", path="orders/", status=404)
    receipt = receipts.make(error.pk)
    assert receipt is not None
    assert receipt.effect == Effect.MISSING


def test_a_system_that_cannot_be_asked_is_no_proof_of_anything(world: World) -> None:
    error = mended(world)
    world.sandbox.fault("warehouse", "error_before", method="GET", path="orders/", status=503)
    receipt = receipts.make(error.pk)
    assert receipt is not None
    assert receipt.effect == Effect.UNKNOWN
    world.sandbox.control("DELETE", "/faults")
    again = receipts.make(error.pk)
    assert again is not None
    assert (again.pk, again.effect) == (receipt.pk, Effect.ONCE)


@pytest.mark.parametrize(
    ("keys", "told"), [(True, "refuses one under the same idempotency key"), (False, "look there where you")]
)
def test_one_that_cannot_be_counted_is_not_called_the_only_one(
    world: World, monkeypatch: pytest.MonkeyPatch, keys: bool, told: str
) -> None:
    error = mended(world)

    def without_lookup(connection: Connection) -> Connector:
        connector = connect(connection)
        able = {name: replace(one, lookup=False, keys=keys) for name, one in connector.resources().items()}
        monkeypatch.setattr(connector, "resources", lambda: able)
        return connector

    monkeypatch.setattr(receipts, "connect", without_lookup)
    receipt = receipts.make(error.pk)
    assert receipt is not None
    assert receipt.effect == Effect.THERE
    assert told in receipt.sentence


def test_what_came_by_itself_or_is_still_open_is_not_read_back(world: World) -> None:
    world.place("1001", shipping_address={"name": "K", "line1": "L 1", "city": "Köln", "country": "DE"})
    world.carry(ORDERS)
    world.sandbox.control("POST", "/shop/orders/1001/edit", {"shipping_address": {"postal_code": "50667"}})
    world.carry(ORDERS)
    assert ErrorRecord.objects.filter(settled_at__isnull=True).count() == 0
    assert receipts.make_due() == 0
