"""A platform whose settings are few, and mappings to refer to."""

from __future__ import annotations

from typing import Any, ClassVar

import pytest

from integrations.configuration.apply import apply
from integrations.configuration.plan import Plan, plan
from integrations.connectors.base import Abilities, SettingField
from integrations.exceptions import Failure, NotConfigured
from tests.integrations.mapping_rows import add_mapping

ENVIRONMENT = {"SHOP_TOKEN": "t-secret-1", "HOST": "shop.example.com"}

FILE = """\
connections:
  shop:
    name: The shop
    platform: sandbox-shop
    environment: production
    settings:
      base_url: https://${HOST}/api
      page_size: 50
    secrets:
      token: ${SHOP_TOKEN}
    webhooks: true
  warehouse:
    platform: sandbox-shop
    settings: {base_url: "https://warehouse.example.com"}
    secrets: {token: "${SHOP_TOKEN}"}
workflows:
  order-to-doorstep:
    name: Order to doorstep
    problem: Orders wait for somebody to type them again.
    owner: Operations
    targets: {processing_minutes: 5}
jobs:
  orders-to-warehouse:
    workflow: order-to-doorstep
    source: shop
    source_resource: orders
    destination: warehouse
    destination_resource: orders
    read_mapping: orders-in
    write_mapping: orders-out
    every_seconds: 60
    accepts_pushes: true
    filter: payment_status == 'paid'
partners:
  fulfilment:
    name: A fulfilment house
    jobs: [orders-to-warehouse]
"""


class Shop:
    """A platform that is only declared."""

    label = "Sandbox shop"
    settings_fields: ClassVar[tuple[SettingField, ...]] = (
        SettingField("base_url", "Address", kind="url"),
        SettingField("page_size", "Page size", required=False, kind="integer", default=100),
        SettingField("style", "Style", required=False, choices=(("plain", "Plain"), ("rich", "Rich"))),
        SettingField("token", "Token", secret=True),
    )

    def resources(self) -> dict[str, Abilities]:
        return {
            "orders": Abilities(reads=True, creates=True, fetch=True),
            "stock": Abilities(reads=True, updates=True),
            "events": Abilities(),
        }


def connect(platform: str, *, settings: dict[str, Any], **_: Any) -> Shop:
    if not settings["base_url"].startswith("https://"):
        reason = "This is not an address that begins with https://."
        raise Failure.config("not_configured", reason) from NotConfigured("base_url", reason)
    return Shop()


@pytest.fixture(autouse=True)
def _platforms(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("integrations.connectors.registry.platforms", lambda: {"sandbox-shop": Shop})
    monkeypatch.setattr("integrations.connectors.registry.connect", connect)


@pytest.fixture
def _mappings(db: None) -> None:
    add_mapping("orders-in", "read")
    add_mapping("orders-out", "write")


def planned(text: str, **environment: str) -> Plan:
    return plan(text, {**ENVIRONMENT, **environment})


def applied(text: str, **environment: str) -> Plan:
    made = planned(text, **environment)
    apply(made)
    return made
