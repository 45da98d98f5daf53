"""Each kind of deviation, made in a copy of books that agree, is told; nothing else is."""

import copy
from collections.abc import Callable
from typing import Any

import pytest

from integrations.sandbox.comparing import compare_faults, compare_orders, compare_stock
from integrations.sandbox.comparing_portal import compare_portal

Json = dict[str, Any]
ADDRESS = {
    "name": "Ada",
    "line1": "Weg 1",
    "line2": None,
    "city": "Bonn",
    "region": None,
    "postal_code": "53111",
    "country": "DE",
    "phone": None,
    "email": None,
}
SENT: Json = {
    "reference": "1001",
    "external_id": "71",
    "currency": "EUR",
    "total": "5.00",
    "ship_to": ADDRESS,
    "items": [{"reference": "7101", "sku": "MUG", "quantity": 1, "backordered": 0}],
    "state": "accepted",
}
SHOP: Json = {
    "status": "open",
    "payment_status": "paid",
    "fulfillment_status": "fulfilled",
    "fulfillments": [
        {"tracking_number": "JD1", "carrier": "DHL", "lines": [{"line_id": "7101", "quantity": 1}]}
    ],
}
EXPECTED: list[Json] = [
    {
        "number": "1001",
        "end": "delivered",
        "error": None,
        "warehouse": {**SENT, "minutes_before": 5},
        "shop": SHOP,
    },
    {
        "number": "1002",
        "end": "error",
        "error": {"field": "postal_code", "kind": "data"},
        "warehouse": None,
        "shop": {**SHOP, "fulfillment_status": "unfulfilled", "fulfillments": []},
    },
    {
        "number": "1003",
        "end": "not_sent",
        "error": None,
        "warehouse": None,
        "shop": {**SHOP, "payment_status": "failed", "fulfillment_status": "unfulfilled", "fulfillments": []},
    },
]
STOCK: list[Json] = [
    {"sku": "MUG", "channels": ["shop"], "warehouse": {"on_hand": 9, "allocated": 1}, "available": 8}
]


def books() -> Json:
    shop = [{**row["shop"], "number": row["number"], "id": f"7{row['number'][-1]}"} for row in EXPECTED]
    sent = {**SENT, "id": "wo_1", "placed_at": "2025-11-20T09:55:00.000Z"}
    effect = {"system": "warehouse", "effect": "order.created", "reference": "1001", "replay": False}
    return copy.deepcopy(
        {
            "demo": {"seeded_at": "2025-11-20T10:00:00.000Z"},
            "effects": [effect, {**effect, "replay": True}],
            "systems": {
                "shop": {"orders": shop, "stock": [{"sku": "MUG", "available": 8}]},
                "shop2": {},
                "warehouse": {"orders": [sent], "stock": [{"sku": "MUG", "on_hand": 9, "allocated": 1}]},
            },
        }
    )


def told(held: Json) -> list[tuple[str, str]]:
    differences = [*compare_orders(EXPECTED, held), *compare_stock(STOCK, held)]
    return [(difference.subject, difference.what) for difference in differences]


def test_books_that_agree_give_no_difference() -> None:
    assert told(books()) == []


def warehouse_order(held: Json) -> Json:
    order: Json = held["systems"]["warehouse"]["orders"][0]
    return order


DEVIATIONS: dict[str, tuple[Callable[[Json], Any], str]] = {
    "total": (lambda held: warehouse_order(held).update(total="5"), "total"),
    "currency": (lambda held: warehouse_order(held).update(currency="USD"), "currency"),
    "external id": (lambda held: warehouse_order(held).update(external_id="72"), "external_id"),
    "state": (lambda held: warehouse_order(held).update(state="cancelled"), "state"),
    "time": (
        lambda held: warehouse_order(held).update(placed_at="2025-11-20T10:55:00Z"),
        "placed_at (milliseconds)",
    ),
    "no time": (lambda held: warehouse_order(held).update(placed_at=None), "placed_at (milliseconds)"),
    "city": (lambda held: warehouse_order(held)["ship_to"].update(city="Köln"), "ship_to.city"),
    "quantity": (lambda held: warehouse_order(held)["items"][0].update(quantity=2), "items[7101].quantity"),
    "one item too many": (lambda held: warehouse_order(held)["items"].append({"reference": "x"}), "items"),
    "created twice, one taken away": (
        lambda held: held["effects"].append(held["effects"][0]),
        "times it was created in the warehouse",
    ),
    "payment": (
        lambda held: held["systems"]["shop"]["orders"][0].update(payment_status="pending"),
        "payment_status in the shop",
    ),
    "fulfilled twice": (
        lambda held: held["systems"]["shop"]["orders"][0]["fulfillments"].append(SHOP["fulfillments"][0]),
        "fulfillments in the shop",
    ),
    "tracking": (
        lambda held: held["systems"]["shop"]["orders"][0]["fulfillments"][0].update(tracking_number="JD2"),
        "fulfillments in the shop",
    ),
}


@pytest.mark.parametrize("name", DEVIATIONS)
def test_one_deviation_of_an_order_is_one_difference(name: str) -> None:
    deviate, what = DEVIATIONS[name]
    held = books()
    deviate(held)
    assert told(held) == [("Order #1001", what)]


def test_an_order_that_never_came_is_told() -> None:
    held = books()
    held["systems"]["warehouse"]["orders"].clear()
    held["effects"].clear()
    assert [what for _, what in told(held)] == [
        "orders in the warehouse",
        "times it was created in the warehouse",
    ]


def test_an_order_that_must_not_be_sent_is_told() -> None:
    held = books()
    held["systems"]["warehouse"]["orders"].append({**warehouse_order(held), "reference": "1003"})
    assert told(held) == [("Order #1003", "orders in the warehouse")]


def test_an_order_that_nobody_expects_is_told() -> None:
    held = books()
    held["systems"]["warehouse"]["orders"].append({**warehouse_order(held), "reference": "9"})
    assert told(held) == [("Order #9", "orders in the warehouse (nobody expects one)")]


def test_stock_is_compared_on_both_sides() -> None:
    held = books()
    held["systems"]["shop"]["stock"][0]["available"] = 9
    held["systems"]["warehouse"]["stock"][0]["allocated"] = 0
    assert told(held) == [("Stock MUG", "allocated in the warehouse"), ("Stock MUG", "available in shop")]


def test_a_misbehaviour_that_never_fired_is_told() -> None:
    assert [str(d) for d in compare_faults([{"id": "a", "fired": 1}, {"id": "b", "fired": 0}])] == [
        "Fault b: fired must be 'at least 1' and is 0."
    ]


RECORDS: list[Json] = [
    {"external_ids": ["71"], "destination_ids": ["wo_1"], "state": "delivered"},
    {"external_ids": ["72"], "destination_ids": [], "state": "failed"},
    {"external_ids": ["73"], "destination_ids": [], "state": "filtered"},
]
ERROR: Json = {
    "subject": "Order #1002",
    "field": "ship_to.postal_code",
    "kind": "data",
    "sentence": "Order #1002: the shipping address has no postal code.",
}


def portal(change: Json | None = None, place: int = 0, errors: list[Json] | None = None) -> list[str]:
    records = copy.deepcopy(RECORDS)
    records[place].update(change or {})
    differences = compare_portal(EXPECTED, books(), records, [ERROR] if errors is None else errors)
    return [f"{difference.subject}: {difference.what}" for difference in differences]


def test_a_portal_that_agrees_gives_no_difference() -> None:
    assert portal() == []
    assert portal({"state": "unchanged"}) == []
    assert portal(errors=[{**ERROR, "field": "lines[0].postal_code"}]) == []


def test_states_and_ids_in_the_portal_are_compared() -> None:
    assert portal({"state": "retrying"}) == ["Order #1001: state in the portal"]
    assert portal({"destination_ids": ["wo_2"]}) == ["Order #1001: id in the warehouse, by the portal"]
    assert portal({"external_ids": ["79"]}) == ["Order #1001: records in the portal"]
    assert portal({"state": "delivered"}, 1) == ["Order #1002: state in the portal"]
    assert portal({"state": "held"}, 2) == ["Order #1003: state in the portal"]


def test_errors_in_the_portal_are_compared() -> None:
    assert portal(errors=[]) == ["Order #1002: open error (field, kind)"]
    assert portal(errors=[{**ERROR, "kind": "bug"}]) == ["Order #1002: open error (field, kind)"]
    assert portal(errors=[{**ERROR, "field": "ship_to.city"}]) == ["Order #1002: open error (field, kind)"]
    assert portal(errors=[{**ERROR, "sentence": "422"}]) == ["Order #1002: sentence"]
    unexpected = {**ERROR, "subject": "Order #1001"}
    assert portal(errors=[ERROR, unexpected]) == ["Order #1001: open errors"]
    assert portal(errors=[ERROR, {**ERROR, "subject": "Stock MUG", "sentence": "x"}]) == [
        "Stock MUG: open errors (nobody expects one)"
    ]
