"""The shop by its connector, the warehouse by the demo's declaration alone, over real HTTP and with faults."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from integrations.connectors.base import Answer, WriteContext
from integrations.connectors.http import DeclaredConnector
from integrations.connectors.rest import RestConnector
from integrations.connectors.sandbox_shop import SandboxShop
from integrations.exceptions import Failure, Kind
from tests.integrations.answering import LOOPBACK
from tests.integrations.connectors.declaring import ids, read_all
from tests.sandbox.running import SandboxProcess, warehouse_order

DEMO = Path(__file__).parents[3] / "integrations" / "demo" / "configuration.yaml"


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxProcess]:
    running = SandboxProcess(tmp_path_factory.mktemp("sandbox"), ["--seed", "demo"]).start()
    yield running
    running.stop()


@pytest.fixture
def shop(sandbox: SandboxProcess) -> Iterator[DeclaredConnector]:
    made = SandboxShop(
        {"base_url": f"{sandbox.base}/shop"}, {"token": sandbox.tokens["shop"]}, guard=LOOPBACK
    )
    yield made
    made.close()


@pytest.fixture
def warehouse(sandbox: SandboxProcess) -> Iterator[DeclaredConnector]:
    text = re.sub(r"\$\{SANDBOX_URL_WAREHOUSE\}", f"{sandbox.base}/warehouse", DEMO.read_text())
    settings = yaml.safe_load(text)["connections"]["warehouse"]["settings"]
    made = RestConnector(settings, {"token": sandbox.tokens["warehouse"]}, guard=LOOPBACK)
    yield made
    made.close()


def create(connector: DeclaredConnector, reference: str, key: str, **changes: Any) -> Answer:
    body = {**warehouse_order(reference, ("MUG-BLUE", 1)), **changes}
    return connector.send(connector.prepare("orders", WriteContext("create", body), 0, key))


def test_both_answer_the_test_button(shop: DeclaredConnector, warehouse: DeclaredConnector) -> None:
    assert shop.test().ok
    assert warehouse.test().ok


def test_all_orders_of_the_shop_are_read_to_the_end(shop: DeclaredConnector) -> None:
    pages = read_all(shop, "orders")  # type: ignore[arg-type]  # any declared connector reads so
    assert len(set(ids(pages))) == 500
    assert pages[-1].complete
    newest = max(item.version for page in pages for item in page.items)
    later = shop.read("orders", since=datetime.fromisoformat(newest), position=None)
    assert 1 <= len(later.items) < 20
    assert not later.notices


def test_a_write_is_done_once_under_its_key(warehouse: DeclaredConnector) -> None:
    first, second = create(warehouse, "a-1", "key-a-1"), create(warehouse, "a-1", "key-a-1")
    assert (first.replayed, second.replayed) == (False, True)
    assert first.external_id == second.external_id
    assert len(first.line_ids) == 1
    found = warehouse.lookup("orders", "a-1")
    assert found is not None
    assert found.external_id == first.external_id
    assert warehouse.lookup("orders", "a-") is None


@pytest.mark.parametrize("kind", ["error_after", "no_answer", "cut", "malformed"])
def test_a_lost_answer_is_in_doubt_and_the_same_call_settles_it(
    sandbox: SandboxProcess, warehouse: DeclaredConnector, kind: str
) -> None:
    create(warehouse, f"warm-{kind}", f"key-warm-{kind}")
    sandbox.fault("warehouse", kind, method="POST", path="^/orders$", count=1, seconds=0.1)
    with pytest.raises(Failure) as caught:
        create(warehouse, f"b-{kind}", f"key-b-{kind}")
    assert (caught.value.kind, caught.value.in_doubt) == (Kind.TRANSIENT, True)
    assert create(warehouse, f"b-{kind}", f"key-b-{kind}").replayed
    assert sandbox.ask("GET", f"/warehouse/orders?reference=b-{kind}").body["total"] == 1


def test_being_told_to_wait(sandbox: SandboxProcess, warehouse: DeclaredConnector) -> None:
    sandbox.fault("warehouse", "rate_limited", method="POST", path="^/orders$", count=1, retry_after=3)
    with pytest.raises(Failure) as caught:
        create(warehouse, "c-1", "key-c-1")
    assert (caught.value.code, caught.value.retry_after, caught.value.in_doubt) == (
        "rate_limited",
        3.0,
        False,
    )


def test_a_refused_field_is_named(warehouse: DeclaredConnector) -> None:
    with pytest.raises(Failure) as caught:
        create(warehouse, "d-1", "key-d-1", items=[{"sku": "NO-SUCH-SKU", "quantity": 1}])
    assert (caught.value.kind, caught.value.field) == (Kind.DATA, "items.0.sku")
    assert "NO-SUCH-SKU" in caught.value.sentence
    assert caught.value.request_id


def test_a_cancelled_order(warehouse: DeclaredConnector) -> None:
    made = create(warehouse, "e-1", "key-e-1")
    for key in ("key-e-2", "key-e-3"):
        call = warehouse.prepare("orders", WriteContext("cancel", {}, made.external_id), 0, key)
        body = warehouse.send(call).body
        assert isinstance(body, dict)
        assert body["state"] == "cancelled"


def test_a_stock_level_and_a_fulfilment_reach_the_shop(
    sandbox: SandboxProcess, shop: DeclaredConnector
) -> None:
    sku = str(shop.read("stock", since=None, position=None).items[0].external_id)
    call = shop.prepare("stock", WriteContext("upsert", {"sku": sku, "available": 7}), 0, "key-s-1")
    assert shop.send(call).external_id == sku
    assert sandbox.ask("GET", f"/shop/stock/{sku}").body["available"] == 7
    order = next(
        item.payload
        for item in shop.read("orders", since=None, position=None).items
        if item.payload["status"] == "open" and item.payload["lines"][0]["current_quantity"]
    )
    line = {"line_id": order["lines"][0]["id"], "quantity": 1}
    body = {"reference": "sh-1", "carrier": "DHL", "tracking_number": "T1", "lines": [line]}
    context = WriteContext("create", body, ids={"order": order["id"]})
    made = shop.send(shop.prepare("fulfillments", context, 0, "key-f-1"))
    found = shop.lookup("fulfillments", "sh-1")
    assert found is not None
    assert found.external_id == made.external_id
