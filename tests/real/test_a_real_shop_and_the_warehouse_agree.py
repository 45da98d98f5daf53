"""Orders of a real Vendure reach the sandbox's warehouse once; stock and shipments come back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pytest_django.fixtures import Settings

from integrations.configuration.apply import apply
from integrations.configuration.plan import plan
from integrations.demo.sandbox_side import SandboxSide
from integrations.models import AccessToken
from integrations.sync import endings
from tests.journeys.world import World
from tests.real.shop import ADDRESS, ADMINISTRATOR, Shop
from tests.sandbox.running import SandboxProcess

pytestmark = [pytest.mark.real, pytest.mark.timeout(600)]

CONFIGURATION = Path(__file__).with_name("portal.yaml")
ORDERS, STOCK, SHIPMENTS = "real-orders", "real-stock", "real-shipments"
MANY = 50


@pytest.fixture(scope="module")
def process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxProcess]:
    running = SandboxProcess(tmp_path_factory.mktemp("sandbox")).start()
    yield running
    running.kill()


@pytest.fixture
def world(
    process: SandboxProcess,
    shop: Shop,
    transactional_db: None,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> World:
    """A warehouse that stocks what the real shop sells, and the portal between them."""
    settings.PRIVATE_NETWORKS = ["127.0.0.0/8"]
    monkeypatch.setattr(endings, "FIRST_PAUSE", 0.05)
    process.control("POST", "/reset", {})
    for sku in shop.skus():
        process.control("POST", f"/warehouse/stock/{sku}", {"on_hand": 5_000})
    made = World(process)
    made.configure()
    environment = {
        **SandboxSide(process.base, process.tokens).environment(),
        "VENDURE_URL": ADDRESS,
        "VENDURE_USER": ADMINISTRATOR["username"],
        "VENDURE_PASSWORD": ADMINISTRATOR["password"],
    }
    apply(plan(CONFIGURATION.read_text("utf-8"), environment))
    return made


def expire_the_session() -> None:
    """The token that is kept is not valid any more, and nobody has told us."""
    assert AccessToken.objects.filter(connection__key="vendure", token__isnull=False).exists()
    row = AccessToken.objects.get(connection__key="vendure")
    row.token = "a-session-that-has-ended"
    row.save()


def created(world: World) -> list[str]:
    told = world.sandbox.effects("warehouse")
    return [reference for effect, reference, _ in told if effect == "order.created"]


def paid_and_open(shop: Shop) -> dict[str, int]:
    """Code → units still wanted, of what belongs into the warehouse."""
    states = ("PaymentSettled", "PartiallyShipped", "Shipped", "PartiallyDelivered", "Delivered")
    return {
        order["code"]: sum(line["quantity"] for line in order["lines"])
        for order in shop.orders()
        if order["state"] in states and not _refunded_in_full(order)
    }


def _refunded_in_full(order: dict[str, Any]) -> bool:
    back = sum(int(refund["total"]) for payment in order["payments"] for refund in payment["refunds"])
    return back >= sum(int(payment["amount"]) for payment in order["payments"])


def in_the_warehouse(world: World) -> dict[str, int]:
    """Reference → units, of what is not cancelled there."""
    found: dict[str, int] = {}
    for page in range(1, 20):
        body = world.sandbox.ask("GET", f"/warehouse/orders?per_page=250&page={page}").body
        for order in body["orders"]:
            if order["state"] != "cancelled":
                assert order["reference"] not in found, "twice"
                found[order["reference"]] = sum(item["quantity"] for item in order["items"])
        if page * 250 >= body["total"]:
            break
    return found


def test_real_orders_arrive_once_and_stay_so_when_the_session_expires(world: World, shop: Shop) -> None:
    shop.open_orders(MANY)
    expected = paid_and_open(shop)
    assert len(expected) >= MANY
    world.carry(ORDERS)
    assert in_the_warehouse(world) == expected
    assert world.open_errors() == []
    expire_the_session()
    world.carry(ORDERS)
    assert sorted(created(world)) == sorted(expected)
    assert in_the_warehouse(world) == expected


def test_cancelled_and_refunded_orders_agree_on_each_side(world: World, shop: Shop) -> None:
    cancelled, refunded, kept = shop.open_orders(3)
    world.carry(ORDERS)
    shop.cancel(cancelled)
    shop.refund(refunded, 100)
    expire_the_session()
    world.carry(ORDERS)
    there = in_the_warehouse(world)
    assert cancelled["code"] not in there
    assert {refunded["code"], kept["code"]} <= set(there)
    assert there == paid_and_open(shop)
    effects = world.sandbox.effects("warehouse")
    world.carry(ORDERS)
    assert world.sandbox.effects("warehouse") == effects
    assert [reference for effect, reference, _ in effects if effect == "order.cancelled"] == [
        cancelled["code"]
    ]


def test_shipments_become_fulfilments_with_their_tracking_code(world: World, shop: Shop) -> None:
    whole, part = _with_at_least_two_units(shop)
    world.carry(ORDERS)
    world.sandbox.control(
        "POST", f"/warehouse/orders/{whole['code']}/ship", {"tracking_number": f"W{whole['id']}"}
    )
    first = part["lines"][0]
    item = {"reference": first["id"], "quantity": 1}
    asked = {"items": [item], "tracking_number": f"P{part['id']}"}
    world.sandbox.control("POST", f"/warehouse/orders/{part['code']}/ship", asked)
    world.carry(SHIPMENTS)
    assert world.open_errors() == []
    expire_the_session()
    world.carry(SHIPMENTS)

    done = shop.order(whole["code"])
    assert done["state"] == "Shipped"
    (fulfilment,) = done["fulfillments"]
    assert (fulfilment["state"], fulfilment["trackingCode"]) == ("Shipped", f"W{whole['id']}")
    sent = {line["orderLineId"]: line["quantity"] for line in fulfilment["lines"]}
    assert sent == {line["id"]: line["quantity"] for line in whole["lines"]}

    partly = shop.order(part["code"])
    assert partly["state"] == "PartiallyShipped"
    (fulfilment,) = partly["fulfillments"]
    assert (fulfilment["state"], fulfilment["trackingCode"]) == ("Shipped", f"P{part['id']}")
    assert fulfilment["lines"] == [{"orderLineId": first["id"], "quantity": 1}]

    effects = world.sandbox.effects("warehouse")
    world.carry(ORDERS, SHIPMENTS)
    assert created(world) == [reference for effect, reference, _ in effects if effect == "order.created"]
    assert len(shop.order(whole["code"])["fulfillments"]) == 1


def test_a_changed_stock_level_reaches_the_real_shop(world: World, shop: Shop) -> None:
    sku = shop.skus()[0]
    world.carry(ORDERS)
    for on_hand in (5_000, 4_000):
        world.sandbox.control("POST", f"/warehouse/stock/{sku}", {"on_hand": on_hand})
        world.carry(STOCK)
        (row,) = [row for row in _stock(world) if row["sku"] == sku]
        assert shop.sellable(sku) == row["on_hand"] - row["allocated"]
        expire_the_session()


def _stock(world: World) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = world.sandbox.ask("GET", "/warehouse/stock?per_page=250").body["stock"]
    return rows


def _with_at_least_two_units(shop: Shop) -> tuple[dict[str, Any], dict[str, Any]]:
    for _ in range(5):
        found = [
            order for order in shop.open_orders(10) if sum(line["quantity"] for line in order["lines"]) >= 2
        ]
        if len(found) >= 2:
            return found[0], found[1]
        shop.place(10)
    raise AssertionError("The shop has no two open orders of several units.")
