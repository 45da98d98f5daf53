from collections.abc import Iterator
from pathlib import Path

import pytest

from .running import SandboxProcess


@pytest.fixture(scope="module")
def process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxProcess]:
    running = SandboxProcess(tmp_path_factory.mktemp("sandbox")).start()
    yield running
    running.kill()


@pytest.fixture
def sandbox(process: SandboxProcess) -> SandboxProcess:
    """An empty sandbox that stocks ten mugs and one bowl, and offers them in both channels."""
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
def state(tmp_path: Path) -> Path:
    return tmp_path / "state"
