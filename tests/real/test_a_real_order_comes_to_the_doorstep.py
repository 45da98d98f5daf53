"""Real Vendure, real Karrio: a wrong address is held, a right one gets one label, and its parcel is announced."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_django.fixtures import Settings

from integrations.configuration.apply import apply
from integrations.configuration.plan import plan
from integrations.demo.sandbox_side import SandboxSide
from integrations.models import ErrorRecord
from integrations.sync import endings
from tests.journeys.world import World
from tests.real.carrier import ADDRESS as KARRIO
from tests.real.carrier import KEY, Carrier
from tests.real.customer import Customer
from tests.real.shop import ADDRESS as VENDURE
from tests.real.shop import Shop
from tests.sandbox.running import SandboxProcess

pytestmark = [pytest.mark.real, pytest.mark.timeout(600)]

CONFIGURATION = Path(__file__).with_name("doorstep.yaml")
ORDERS, LABELS, TO_SHOP = (
    f"real-doorstep-{name}" for name in ("orders-to-warehouse", "labels", "parcels-to-shop")
)
RIGHT = {"streetLine1": "Weg 2", "city": "München", "postalCode": "80331", "countryCode": "DE"}
WRONG = {**RIGHT, "postalCode": "8033"}


@pytest.fixture(scope="module")
def process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxProcess]:
    running = SandboxProcess(tmp_path_factory.mktemp("sandbox")).start()
    yield running
    running.kill()


@pytest.fixture
def codes(shop: Shop) -> list[str]:
    """Three right addresses and a wrong one, ordered and paid now."""
    variant = shop.ask("{ productVariants(options: { take: 1 }) { items { id sku } } }")["productVariants"][
        "items"
    ][0]
    email = f"doorstep-{uuid.uuid4().hex[:8]}@example.com"
    addresses = [RIGHT, RIGHT, RIGHT, WRONG]
    return [
        Customer().buy(variant["id"], 1, email, {"fullName": "Test Buyer", **address})
        for address in addresses
    ]


@pytest.fixture
def world(
    process: SandboxProcess,
    shop: Shop,
    carrier: Carrier,
    codes: list[str],
    transactional_db: None,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> World:
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
        "VENDURE_URL": VENDURE,
        "VENDURE_USER": account["username"],
        "VENDURE_PASSWORD": account["password"],
        "KARRIO_URL": KARRIO,
        "KARRIO_KEY": KEY,
        "OURS": json.dumps(codes),
    }
    apply(plan(CONFIGURATION.read_text("utf-8"), environment))
    return made


def test_a_real_order_gets_one_label_and_its_parcel_is_announced(
    world: World, shop: Shop, carrier: Carrier, codes: list[str]
) -> None:
    *right, wrong = codes
    for _ in range(2):
        for key in (ORDERS, LABELS, TO_SHOP):
            world.carry(key)
    assert {code: len(world.warehouse_orders(code)) for code in codes} == {
        **dict.fromkeys(right, 1),
        wrong: 0,
    }
    labels = {code: carrier.shipments(code) for code in codes}
    assert {code: len(found) for code, found in labels.items()} == {**dict.fromkeys(right, 1), wrong: 0}
    errors = ErrorRecord.objects.filter(settled_at__isnull=True)
    assert {(error.code, error.subject) for error in errors} == {("bad_address", f"Order #{wrong}")}
    for code in right:
        (parcel,) = labels[code]
        fulfilments = shop.order(code)["fulfillments"]
        assert [made["trackingCode"] for made in fulfilments] == [parcel["tracking_number"]]
