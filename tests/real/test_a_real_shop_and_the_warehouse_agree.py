"""Orders of a real Vendure reach the sandbox's warehouse once; stock and shipments come back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pytest_django.fixtures import Settings

from integrations.configuration.apply import apply
from integrations.configuration.plan import plan
from integrations.connectors.declaration import plan_of
from integrations.connectors.vendure import Vendure
from integrations.demo.sandbox_side import SandboxSide
from integrations.http.client import Request
from integrations.models import AccessToken
from integrations.sync import endings
from tests.journeys.world import World
from tests.real.shop import ADDRESS, Shop
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
    account = shop.integrator()
    environment = {
        **SandboxSide(process.base, process.tokens).environment(),
        "VENDURE_URL": ADDRESS,
        "VENDURE_USER": account["username"],
        "VENDURE_PASSWORD": account["password"],
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


class Ending:
    """Ends the session that the connector holds, at the shop itself, before each call that is counted."""

    def __init__(self, at: set[int]) -> None:
        self.at, self.calls = at, 0

    def before(self, connector: Vendure) -> None:
        self.calls += 1
        if self.calls in self.at:
            response = connector.client.send(
                Request("POST", "", body={"query": "mutation { logout { success } }"})
            )
            assert response.json["data"]["logout"]["success"]


def test_the_session_ends_between_two_pages(
    world: World, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.open_orders(30)
    pager = plan_of(Vendure.declaration).resources["orders"].list
    assert pager is not None
    monkeypatch.setattr(pager.pager, "size", 10)
    ending, read = Ending({2, 5}), Vendure.read

    def ended(self: Vendure, *args: Any, **more: Any) -> Any:
        ending.before(self)
        return read(self, *args, **more)

    monkeypatch.setattr(Vendure, "read", ended)
    world.carry(ORDERS)
    assert ending.calls > 4
    assert in_the_warehouse(world) == paid_and_open(shop)
    assert world.open_errors() == []


def test_an_order_in_two_parcels_while_the_session_ends_between_the_two_calls_of_each(
    world: World, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    order, _ = _with_at_least_two_units(shop)
    world.carry(ORDERS)
    line = order["lines"][0]
    ending, send = Ending({1, 3, 5, 7}), Vendure.send

    def ended(self: Vendure, call: Any) -> Any:
        if call.resource == "fulfillments":
            ending.before(self)
        return send(self, call)

    monkeypatch.setattr(Vendure, "send", ended)
    codes = [f"{order['id']}-1", f"{order['id']}-2"]
    asked: list[dict[str, Any]] = [{"items": [{"reference": line["id"], "quantity": 1}]}, {}]
    for code, parcel in zip(codes, asked, strict=True):
        path = f"/warehouse/orders/{order['code']}/ship"
        world.sandbox.control("POST", path, {**parcel, "tracking_number": code})
        world.carry(SHIPMENTS)
    world.carry(SHIPMENTS)
    assert ending.calls == 8
    assert world.open_errors() == []
    done = shop.order(order["code"])
    assert done["state"] == "Shipped"
    assert sorted(parcel["trackingCode"] for parcel in done["fulfillments"]) == codes
    sent: dict[str, int] = {}
    for parcel in done["fulfillments"]:
        for part in parcel["lines"]:
            sent[part["orderLineId"]] = sent.get(part["orderLineId"], 0) + part["quantity"]
    assert sent == {part["id"]: part["quantity"] for part in order["lines"]}


def test_an_order_is_cancelled_after_a_part_of_it_was_shipped(world: World, shop: Shop) -> None:
    """The warehouse has a parcel on its way already: nobody decides that silently."""
    order, _ = _with_at_least_two_units(shop)
    world.carry(ORDERS)
    first = order["lines"][0]
    world.sandbox.control(
        "POST",
        f"/warehouse/orders/{order['code']}/ship",
        {"items": [{"reference": first["id"], "quantity": 1}], "tracking_number": f"C{order['id']}"},
    )
    world.carry(SHIPMENTS)
    shop.cancel(order)
    effects = world.sandbox.effects("warehouse")
    world.carry(ORDERS)
    after = world.sandbox.effects("warehouse")
    told = [effect for effect in after if effect not in effects]
    errors = world.open_errors()
    assert told or errors
    world.carry(ORDERS)
    assert world.sandbox.effects("warehouse") == after
    assert [error.pk for error in world.open_errors()] == [error.pk for error in errors]


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
