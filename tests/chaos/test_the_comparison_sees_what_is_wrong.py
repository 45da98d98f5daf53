"""The judge is judged first: what is lost, doubled, or overwritten by something older does not pass."""

from __future__ import annotations

import copy
import random
from collections import Counter
from typing import Any

import pytest

from .ambush import POINTS
from .comparing import Delivery, Tables, compare, compare_access
from .killer import DATABASE, POINT, STOPPED, planned

CHANGED = "2026-05-01T10:00:00.000Z"


def effect(name: str, total: str = "", reference: str = "1") -> dict[str, Any]:
    detail = {"total": total} if total else {}
    return {
        "system": "warehouse",
        "effect": name,
        "reference": reference,
        "replay": False,
        "detail": detail,
    }


@pytest.fixture
def shop() -> dict[str, Any]:
    return {
        "id": "71",
        "number": "1",
        "status": "open",
        "payment_status": "paid",
        "total": "25.00",
        "updated_at": "2026-05-01T12:00:00.000+02:00",
        "shipping_address": {"city": "Köln", "postal_code": "50667"},
        "lines": [{"current_quantity": 2}],
    }


@pytest.fixture
def warehouse() -> dict[str, Any]:
    order = {
        "id": "wo_1",
        "reference": "1",
        "state": "accepted",
        "total": "25.00",
        "ship_to": {"city": "Köln"},
        "items": [{"quantity": 2}],
    }
    effects = [effect("order.created", "12.50"), effect("order.edited", "25.00")]
    return {"systems": {"warehouse": {"orders": [order]}}, "effects": effects}


@pytest.fixture
def tables() -> Tables:
    return Tables({"keys": {"71": [Delivery("delivered", CHANGED, ["wo_1"])]}}, [], [], {})


def hows(shop: dict[str, Any], warehouse: dict[str, Any], tables: Tables) -> set[str]:
    return {difference.how for difference in compare([shop], warehouse, "keys", tables)}


def test_two_sides_that_agree_pass(shop: dict[str, Any], warehouse: dict[str, Any], tables: Tables) -> None:
    assert hows(shop, warehouse, tables) == set()


def test_what_is_in_no_warehouse_is_lost(
    shop: dict[str, Any], warehouse: dict[str, Any], tables: Tables
) -> None:
    warehouse["systems"]["warehouse"]["orders"].clear()
    assert "lost" in hows(shop, warehouse, tables)


def test_what_the_portal_does_not_know_is_lost(
    shop: dict[str, Any], warehouse: dict[str, Any], tables: Tables
) -> None:
    tables.deliveries["keys"].clear()
    assert "lost" in hows(shop, warehouse, tables)


def test_a_second_order_is_doubled(shop: dict[str, Any], warehouse: dict[str, Any], tables: Tables) -> None:
    orders = warehouse["systems"]["warehouse"]["orders"]
    orders.append({**copy.deepcopy(orders[0]), "id": "wo_2"})
    assert "doubled" in hows(shop, warehouse, tables)


def test_an_order_that_was_made_twice_is_doubled_whatever_is_left_of_it(
    shop: dict[str, Any], warehouse: dict[str, Any], tables: Tables
) -> None:
    warehouse["effects"].insert(0, effect("order.created", "12.50"))
    assert hows(shop, warehouse, tables) == {"doubled"}


def test_a_version_that_is_told_delivered_twice_is_doubled(
    shop: dict[str, Any], warehouse: dict[str, Any], tables: Tables
) -> None:
    tables.twice.append(("keys", "71"))
    assert hows(shop, warehouse, tables) == {"doubled"}


def test_an_older_version_is_seen_even_where_a_newer_one_followed(
    shop: dict[str, Any], warehouse: dict[str, Any], tables: Tables
) -> None:
    warehouse["effects"] += [effect("order.edited", "12.50"), effect("order.edited", "25.00")]
    assert hows(shop, warehouse, tables) == {"older over newer"}


def test_a_change_after_the_cancellation_is_older_over_newer(
    shop: dict[str, Any], warehouse: dict[str, Any], tables: Tables
) -> None:
    shop["status"], warehouse["systems"]["warehouse"]["orders"][0]["state"] = "cancelled", "cancelled"
    warehouse["effects"].insert(1, effect("order.cancelled"))
    assert hows(shop, warehouse, tables) == {"older over newer"}


@pytest.mark.parametrize("state", ["queued", "retrying", "failed", "filtered"])
def test_a_state_that_the_books_do_not_bear_out_is_told(
    shop: dict[str, Any], warehouse: dict[str, Any], tables: Tables, state: str
) -> None:
    tables.deliveries["keys"]["71"][0].state = state
    assert hows(shop, warehouse, tables) == {"state"}


def test_a_portal_that_believes_in_an_older_version_is_told(
    shop: dict[str, Any], warehouse: dict[str, Any], tables: Tables
) -> None:
    tables.deliveries["keys"]["71"][0].written = "2026-05-01T09:00:00.000Z"
    assert hows(shop, warehouse, tables) == {"state"}


@pytest.mark.parametrize("kills", [10, 50, 100])
def test_a_plan_strikes_every_point_and_is_the_same_for_the_same_seed(kills: int) -> None:
    plan = planned(kills, random.Random(7), has_server=True)
    assert plan == planned(kills, random.Random(7), has_server=True)
    assert sum(blow.kills for blow in plan) == kills
    at_points = Counter(blow.where for blow in plan if blow.what == POINT)
    # Two databases with a hundred each: more than ten at each point.
    assert min(at_points[point] for point in POINTS) >= max(1, kills * 8 // 100)
    assert {DATABASE, STOPPED} <= {blow.what for blow in plan}


@pytest.mark.parametrize(
    ("burnt", "unheard", "fell", "is_wrong"),
    [(0, 0, 0, False), (2, 2, 2, False), (1, 0, 5, True), (2, 2, 1, True)],
)
def test_an_access_may_end_only_with_somebody_who_fell(
    burnt: int, unheard: int, fell: int, is_wrong: bool
) -> None:
    counts = {"given": 1, "renewed": 9, "burnt": burnt, "unheard": unheard}
    assert bool(compare_access(counts, "lookup", fell)) is is_wrong
