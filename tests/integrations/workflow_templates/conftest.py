"""A template of the tests' own, and systems to start it between."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from integrations.configuration import templates as shelf
from tests import factories

TEMPLATE = """\
title: Two ways
about: Orders one way, stock the other.
problem: Two lists are kept by hand.
owner: Operations
targets: {processing_minutes: 5}
guide: docs/workflows/two-ways.md
roles:
  shop: {label: Shop}
  depot: {label: Depot, about: Owns the stock.}
  channel: {label: Sales channel, many: true, optional: true}
value_maps:
  "carriers-of-{depot}": {entries: {d: DHL}}
jobs:
  orders:
    name: "Orders from {shop} to {depot}"
    kind: order
    source: shop
    destination: depot
    filter: status == 'open'
    counts_units_in_flight: true
  stock:
    name: "Stock to {channel}"
    kind: stock_level
    source: depot
    destination: channel
    destination_resource: [inventory, stock]
    every_seconds: 60
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    (tmp_path / "two-ways.yaml").write_text(TEMPLATE, encoding="utf-8")
    monkeypatch.setattr(shelf, "FOLDER", tmp_path)
    shelf.templates.cache_clear()
    yield
    shelf.templates.cache_clear()


@pytest.fixture
def connections(folder: None, db: None) -> None:
    for key in ("s1", "s2"):
        settings = {"base_url": "https://shop.example.com"}
        factories.connection(key=key, name=f"Shop {key}", settings=settings)
    declaration = {
        "base_url": "https://depot.example.com",
        "resources": {
            "orders": {"create": {"path": "/orders"}},
            "stock": {"list": {"path": "/stock", "records": "rows"}},
        },
    }
    factories.connection(
        key="depot", name="The depot", platform="rest", settings={"declaration": declaration}
    )
