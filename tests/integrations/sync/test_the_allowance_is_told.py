"""A person sees what a connection may do, what is used of it, and what keeps calls waiting."""

from __future__ import annotations

from typing import Any

import pytest

from integrations.connectors.base import Limit, Told
from integrations.models import Connection, RateBudget
from integrations.sync import allowance, budget

pytestmark = pytest.mark.django_db


def connection_with(limits: dict[str, Any]) -> Connection:
    declaration = {
        "base_url": "https://shop.example.com",
        "limits": limits,
        "resources": {"orders": {"list": {"path": "/orders"}}},
    }
    return Connection.objects.create(
        key="shop", name="Shop", platform="rest", settings={"declaration": declaration}
    )


def test_a_connection_without_limits_says_so() -> None:
    assert allowance.sentence(connection_with({})) == "No limit is declared."


def test_what_is_declared_used_and_reported_is_told() -> None:
    shop = connection_with({"requests_per_second": 2, "burst": 40, "concurrent": 4, "per_day": 5000})
    limit = Limit(calls_per_second=2, burst=40, calls_per_day=5000)
    budget.take(shop, limit, 12)
    budget.report(shop, limit, Told(remaining=0, limit=40, reset=90))
    assert allowance.sentence(shop) == (
        "2 calls a second (40 at once after a pause), 0 of 4 at the same time in use, 12 of 5,000 today. "
        "It asks us to wait 90 s more. 0 s ago it reported: 0 of 40 calls left, all of them again in 90 s."
    )


def test_a_system_out_of_reach_is_told() -> None:
    shop = connection_with({})
    budget.look(shop)
    RateBudget.objects.update(failures=4)
    assert "could not be reached 4 times in a row" in allowance.sentence(shop)
