"""Who tries the portal connects the sandbox's shop and warehouse by address and token alone: nothing is declared."""

from __future__ import annotations

from typing import Any

import pytest

from integrations.configuration import pairs
from integrations.configuration.apply import apply
from integrations.configuration.plan import plan
from integrations.demo import stage
from integrations.demo.sandbox_side import SandboxSide
from integrations.models import ErrorRecord
from tests.sandbox.running import SandboxProcess

from .told import as_text, read_told
from .world import ORDERS, SHIPMENTS, STOCK, World

pytestmark = pytest.mark.django_db(transaction=True)


class Connected(World):
    def configure(self) -> None:
        told: dict[str, Any] = read_told(stage.CONFIGURATION)
        told["connections"]["warehouse"] = {
            "name": "The warehouse",
            "platform": "sandbox_warehouse",
            "environment": "sandbox",
            "settings": {"base_url": "${SANDBOX_URL_WAREHOUSE}"},
            "secrets": {"token": "${SANDBOX_TOKEN_WAREHOUSE}"},
        }
        environment = SandboxSide(self.sandbox.base, self.sandbox.tokens).environment()
        apply(plan(as_text(told), environment))


@pytest.fixture
def connected(stocked: SandboxProcess, transactional_db: None) -> Connected:
    made = Connected(stocked)
    made.configure()
    return made


def test_an_order_goes_there_and_its_parcel_and_the_stock_come_back(connected: Connected) -> None:
    placed = connected.place("1001")
    connected.carry(ORDERS)
    (order,) = connected.warehouse_orders("1001")
    assert [(item["sku"], item["quantity"]) for item in order["items"]] == [("MUG", 1)]
    connected.sandbox.control("POST", "/warehouse/orders/1001/ship", {"tracking_number": "JD1"})
    connected.carry(STOCK, SHIPMENTS)
    assert connected.offered("MUG") == 9
    (told,) = connected.sandbox.ask("GET", f"/shop/orders/{placed['id']}").body["fulfillments"]
    assert told["tracking_number"] == "JD1"


def test_a_cancellation_follows_and_one_in_packing_is_a_persons(connected: Connected) -> None:
    for number in ("1001", "1002"):
        connected.place(number)
    connected.carry(ORDERS)
    connected.sandbox.control("POST", "/warehouse/orders/1002/pack", {})
    for number in ("1001", "1002"):
        connected.sandbox.control("POST", f"/shop/orders/{number}/cancel", {})
    connected.carry(ORDERS)
    assert [order["state"] for order in connected.warehouse_orders("1001")] == ["cancelled"]
    error = ErrorRecord.objects.get(settled_at__isnull=True)
    assert error.code == "in_packing"
    assert "Have the warehouse take it out of the parcel" in error.sentence


def test_what_is_not_there_is_told_in_words(connected: Connected) -> None:
    connected.sandbox.control("PUT", "/warehouse/settings", {"backorders": "refused"})
    connected.sandbox.control("POST", "/warehouse/stock/BOWL", {"on_hand": 0})
    connected.place("1001", ("BOWL", 1))
    connected.carry(ORDERS)
    error = ErrorRecord.objects.get(settled_at__isnull=True)
    assert error.code == "out_of_stock"
    assert "BOWL is out of stock. Have it stocked, then retry." in error.sentence


def test_a_new_job_offers_orders_from_the_shop_to_it(connected: Connected) -> None:
    offered = pairs.pairs(connected.connection("shop"), connected.connection("warehouse"))
    assert ("sandbox-shop-orders", "sandbox-warehouse-orders") in [
        (pair.read.key, pair.write.key) for pair in offered
    ]
