"""One SKU on two shelves: taken from the main one first, given back and shipped from where it was taken."""

from __future__ import annotations

from typing import Any

from .running import SandboxProcess

ADDRESS = {
    "name": "Käthe Groß",
    "line1": "Lindenstraße 12",
    "city": "Köln",
    "postal_code": "50667",
    "country": "DE",
}


def shelves(sandbox: SandboxProcess) -> dict[str, tuple[int, int]]:
    rows = sandbox.ask("GET", "/warehouse/stock").body["stock"]
    return {row["location"]: (row["on_hand"], row["allocated"]) for row in rows if row["sku"] == "MUG"}


def order(sandbox: SandboxProcess, units: int) -> dict[str, Any]:
    body = {"reference": "1", "currency": "EUR", "total": "10.00", "ship_to": ADDRESS}
    made = sandbox.ask("POST", "/warehouse/orders", {**body, "items": [{"sku": "MUG", "quantity": units}]})
    assert made.status == 201
    found: dict[str, Any] = made.body
    return found


def test_units_are_taken_from_the_main_location_first(sandbox: SandboxProcess) -> None:
    sandbox.control("POST", "/warehouse/stock/MUG", {"on_hand": 2})
    sandbox.control("POST", "/warehouse/stock/MUG", {"on_hand": 5, "location": "NORTH"})
    made = order(sandbox, 3)
    assert shelves(sandbox) == {"MAIN": (2, 2), "NORTH": (5, 1)}
    assert made["items"][0]["elsewhere"] == {"NORTH": 1}
    sandbox.control("POST", "/warehouse/orders/1/ship", {})
    assert shelves(sandbox) == {"MAIN": (0, 0), "NORTH": (4, 0)}


def test_a_cancelled_order_gives_back_to_both(sandbox: SandboxProcess) -> None:
    sandbox.control("POST", "/warehouse/stock/MUG", {"on_hand": 2})
    sandbox.control("POST", "/warehouse/stock/MUG", {"on_hand": 5, "location": "NORTH"})
    made = order(sandbox, 4)
    sandbox.ask("POST", f"/warehouse/orders/{made['id']}/cancel", {})
    assert shelves(sandbox) == {"MAIN": (2, 0), "NORTH": (5, 0)}


def test_a_location_is_cleared_away_only_when_nothing_there_is_allotted(sandbox: SandboxProcess) -> None:
    sandbox.control("POST", "/warehouse/stock/MUG", {"on_hand": 0})
    sandbox.control("POST", "/warehouse/stock/MUG", {"on_hand": 5, "location": "NORTH"})
    order(sandbox, 1)
    path, gone = "/control/warehouse/stock/MUG", {"gone": True, "location": "NORTH"}
    assert sandbox.ask("POST", path, gone).status == 409
    sandbox.control("POST", "/warehouse/orders/1/ship", {})
    assert sandbox.ask("POST", path, gone).status == 200
    assert shelves(sandbox) == {"MAIN": (0, 0)}
