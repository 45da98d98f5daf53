from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_django.fixtures import Settings

from integrations.sync import endings
from tests.integrations.answering import Platform
from tests.sandbox.running import SandboxProcess

from .between import Between, Depot
from .doorstep import Doorstep
from .world import World


@pytest.fixture(autouse=True)
def near_by(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """The sandbox lives on this machine, and nobody waits long here before trying again."""
    settings.PRIVATE_NETWORKS = ["127.0.0.0/8"]
    monkeypatch.setattr(endings, "FIRST_PAUSE", 0.05)
    monkeypatch.setattr(endings, "PAUSE_OF_STOPPED_JOB", 0.2)


@pytest.fixture(scope="session")
def process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxProcess]:
    running = SandboxProcess(tmp_path_factory.mktemp("sandbox")).start()
    yield running
    running.kill()


@pytest.fixture
def stocked(process: SandboxProcess) -> SandboxProcess:
    """Ten mugs and one bowl in the warehouse, offered in the shop and on the market place."""
    process.control("POST", "/reset", {})
    for sku, units in (("MUG", 10), ("BOWL", 1)):
        process.control("POST", f"/warehouse/stock/{sku}", {"on_hand": units})
        for channel in ("shop", "shop2"):
            product = {
                "sku": sku,
                "title": sku.title(),
                "price": "12.50",
                "currency": "EUR",
                "available": units,
            }
            process.control("POST", f"/{channel}/products", product)
    return process


@pytest.fixture
def world(stocked: SandboxProcess, transactional_db: None) -> World:
    made = World(stocked)
    made.configure()
    return made


@pytest.fixture
def demo(tmp_path: Path, transactional_db: None) -> Iterator[World]:
    """The 500 orders of the demo, and systems that misbehave."""
    running = SandboxProcess(tmp_path / "sandbox", ["--seed", "demo", "--faults", "demo"]).start()
    made = World(running)
    made.configure()
    yield made
    running.kill()


@pytest.fixture
def between(transactional_db: None) -> Iterator[Between]:
    """A shop and a depot that a test declares itself."""
    shop, depot = Platform(), Platform()
    yield Between(shop, Depot(depot))
    shop.close()
    depot.close()


@pytest.fixture
def doorstep(process: SandboxProcess, transactional_db: None) -> Doorstep:
    process.control("POST", "/reset", {})
    for sku, units in (("MUG", 50), ("BOWL", 1), ("GIFT", 50)):
        process.control("POST", f"/warehouse/stock/{sku}", {"on_hand": units})
        product = {"sku": sku, "title": sku.title(), "price": "12.50", "currency": "EUR", "available": units}
        process.control("POST", "/shop/products", product)
    made = Doorstep(process)
    made.configure()
    return made
