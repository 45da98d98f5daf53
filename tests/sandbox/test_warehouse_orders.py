from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from .running import SandboxProcess, warehouse_order

ADDRESS = warehouse_order()["ship_to"]


def test_a_known_key_gives_the_same_answer_and_no_second_order(sandbox: SandboxProcess) -> None:
    first = sandbox.ask("POST", "/warehouse/orders", warehouse_order("1001"), Idempotency_Key="k")
    again = sandbox.ask("POST", "/warehouse/orders", warehouse_order("1001"), Idempotency_Key="k")
    assert (first.status, first.body["state"]) == (201, "accepted")
    assert (again.status, again.body) == (200, {**first.body, "replayed": True})
    assert sandbox.effects("warehouse")[-2:] == [
        ("order.created", "1001", False),
        ("order.created", "1001", True),
    ]
    assert sandbox.ask("GET", "/warehouse/orders?reference=1001").body["total"] == 1


def test_a_known_key_with_another_body_is_refused(sandbox: SandboxProcess) -> None:
    sandbox.ask("POST", "/warehouse/orders", warehouse_order("1001"), Idempotency_Key="k")
    answer = sandbox.ask("POST", "/warehouse/orders", warehouse_order("1002"), Idempotency_Key="k")
    assert (answer.status, answer.codes) == (409, [("idempotency_key_reused", "Idempotency-Key")])


def test_a_refused_order_leaves_its_key_free(sandbox: SandboxProcess) -> None:
    bad = warehouse_order("1", total="x")
    assert sandbox.ask("POST", "/warehouse/orders", bad, Idempotency_Key="k").status == 422
    assert sandbox.ask("POST", "/warehouse/orders", warehouse_order("1"), Idempotency_Key="k").status == 201


def test_another_key_makes_a_second_order_that_the_books_show(sandbox: SandboxProcess) -> None:
    for key in ("a", "b"):
        sandbox.ask("POST", "/warehouse/orders", warehouse_order("1001"), Idempotency_Key=key)
    found = sandbox.ask("GET", "/warehouse/orders?reference=1001").body
    assert [order["id"] for order in found["orders"]] == ["wo_000001", "wo_000002"]


def test_a_forgotten_key_protects_no_more(sandbox: SandboxProcess) -> None:
    sandbox.control("PUT", "/warehouse/settings", {"key_lifetime": 0})
    for _ in range(2):
        assert sandbox.ask("POST", "/warehouse/orders", warehouse_order(), Idempotency_Key="k").status == 201


@pytest.mark.parametrize(("mode", "lookup"), [("lookup", 200), ("neither", 400)])
def test_modes_without_keys(sandbox: SandboxProcess, mode: str, lookup: int) -> None:
    sandbox.control("PUT", "/warehouse/settings", {"idempotency": mode})
    for _ in range(2):
        assert (
            sandbox.ask("POST", "/warehouse/orders", warehouse_order("7"), Idempotency_Key="k").status == 201
        )
    assert sandbox.ask("GET", "/warehouse/orders?reference=7").status == lookup


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"reference": ""}, ("required", "reference")),
        ({"currency": "eur"}, ("invalid", "currency")),
        ({"total": 12.5}, ("invalid", "total")),
        ({"total": "12.505"}, ("too_precise", "total")),
        ({"currency": "JPY", "total": "12.5"}, ("too_precise", "total")),
        ({"placed_at": "2025-11-20T10:00:00"}, ("invalid", "placed_at")),
        ({"ship_to": None}, ("required", "ship_to")),
        ({"items": []}, ("required", "items")),
        ({"items": [{"sku": "NONE", "quantity": 1}]}, ("unknown_sku", "items.0.sku")),
        (
            {"items": [{"sku": "MUG", "quantity": 1}, {"sku": None, "quantity": 1}]},
            ("required", "items.1.sku"),
        ),
        ({"items": [{"sku": "MUG", "quantity": 0}]}, ("invalid", "items.0.quantity")),
        ({"items": [{"sku": "MUG", "quantity": True}]}, ("invalid", "items.0.quantity")),
        ({"items": [{"sku": "MUG", "quantity": "1"}]}, ("invalid", "items.0.quantity")),
        ({"ship_to": {**ADDRESS, "line2": "x" * 101}}, ("too_long", "ship_to.line2")),
        ({"ship_to": {**ADDRESS, "country": "Germany"}}, ("invalid", "ship_to.country")),
        ({"ship_to": {**ADDRESS, "phone": 49}}, ("invalid", "ship_to.phone")),
    ],
)
def test_what_is_wrong_is_told_by_field(
    sandbox: SandboxProcess, change: dict[str, Any], told: tuple[str, str]
) -> None:
    answer = sandbox.ask("POST", "/warehouse/orders", warehouse_order(**change))
    assert (answer.status, answer.codes) == (422, [told])
    assert sandbox.ask("GET", "/warehouse/orders").body["total"] == 0


@pytest.mark.parametrize("name", ["name", "line1", "city", "postal_code", "country"])
@pytest.mark.parametrize("value", [None, "", "  "])
def test_an_incomplete_address_is_refused(sandbox: SandboxProcess, name: str, value: str | None) -> None:
    order = warehouse_order()
    order["ship_to"][name] = value
    answer = sandbox.ask("POST", "/warehouse/orders", order)
    assert (answer.status, answer.codes) == (422, [("required", f"ship_to.{name}")])


def test_all_problems_are_told_at_once(sandbox: SandboxProcess) -> None:
    order = warehouse_order("1", ("NONE", 0), total="x")
    del order["ship_to"]["city"]
    assert sandbox.ask("POST", "/warehouse/orders", order).codes == [
        ("invalid", "total"),
        ("required", "ship_to.city"),
        ("unknown_sku", "items.0.sku"),
        ("invalid", "items.0.quantity"),
    ]


def test_three_decimal_places_are_right_for_dinars(sandbox: SandboxProcess) -> None:
    answer = sandbox.ask("POST", "/warehouse/orders", warehouse_order(currency="KWD", total="12.505"))
    assert (answer.status, answer.body["total"]) == (201, "12.505")
    assert answer.body["placed_at"] == "2025-11-20T09:00:00.000Z"


def test_an_edit_replaces_what_is_given_and_keeps_item_ids(sandbox: SandboxProcess) -> None:
    made = sandbox.ask("POST", "/warehouse/orders", warehouse_order("1", ("MUG", 2), ("BOWL", 1))).body
    items = [{"sku": "MUG", "quantity": 5, "reference": "1-1"}]
    answer = sandbox.ask("PUT", f"/warehouse/orders/{made['id']}", {"items": items, "total": "62.50"})
    assert answer.status == 200
    assert [(item["id"], item["quantity"], item["allocated"]) for item in answer.body["items"]] == [
        (made["items"][0]["id"], 5, 5)
    ]
    assert (answer.body["total"], answer.body["ship_to"]) == ("62.50", made["ship_to"])
    stock = sandbox.ask("GET", "/warehouse/stock").body["stock"]
    assert {row["sku"]: row["allocated"] for row in stock} == {"MUG": 5, "BOWL": 0}


def test_a_cancelled_order_gives_its_units_to_the_next_in_line(sandbox: SandboxProcess) -> None:
    first = sandbox.ask("POST", "/warehouse/orders", warehouse_order("1", ("BOWL", 1))).body
    second = sandbox.ask("POST", "/warehouse/orders", warehouse_order("2", ("BOWL", 1))).body
    assert (second["state"], second["items"][0]["backordered"]) == ("accepted", 1)
    cancelled = sandbox.ask("POST", f"/warehouse/orders/{first['id']}/cancel", {"reason": "customer"})
    assert (cancelled.status, cancelled.body["state"]) == (200, "cancelled")
    item = sandbox.ask("GET", f"/warehouse/orders/{second['id']}").body["items"][0]
    assert (item["allocated"], item["backordered"]) == (1, 0)


def test_cancelling_twice_changes_nothing(sandbox: SandboxProcess) -> None:
    made = sandbox.ask("POST", "/warehouse/orders", warehouse_order()).body
    first = sandbox.ask("POST", f"/warehouse/orders/{made['id']}/cancel", {})
    again = sandbox.ask("POST", f"/warehouse/orders/{made['id']}/cancel", {})
    assert (again.status, again.body) == (200, first.body)
    assert [effect for effect, _, _ in sandbox.effects("warehouse")][-2:] == [
        "order.created",
        "order.cancelled",
    ]
    told = sandbox.control("POST", f"/warehouse/orders/{made['id']}/ship", {}, expect=(409,))
    assert told["errors"][0]["code"] == "order_cancelled"


def test_what_has_shipped_is_neither_edited_nor_cancelled(sandbox: SandboxProcess) -> None:
    made = sandbox.ask("POST", "/warehouse/orders", warehouse_order("1", ("MUG", 2))).body
    sandbox.control("POST", "/warehouse/orders/1/ship", {"items": [{"sku": "MUG", "quantity": 1}]})
    for method, path in (("PUT", ""), ("POST", "/cancel")):
        answer = sandbox.ask(method, f"/warehouse/orders/{made['id']}{path}", {})
        assert (answer.status, answer.codes) == (409, [("already_shipped", "")])


def test_batches_answer_for_each_order(sandbox: SandboxProcess) -> None:
    orders = [
        {**warehouse_order("1"), "idempotency_key": "a"},
        {**warehouse_order("2", total="x"), "idempotency_key": "b"},
        {**warehouse_order("1"), "idempotency_key": "a"},
    ]
    answer = sandbox.ask("POST", "/warehouse/orders/batch", {"orders": orders})
    results = answer.body["results"]
    assert (answer.status, [result["status"] for result in results]) == (207, [201, 422, 200])
    assert results[1]["errors"][0]["field"] == "total"
    assert results[2]["order"]["replayed"] is True
    alone = sandbox.ask("POST", "/warehouse/orders", warehouse_order("1"), Idempotency_Key="a")
    assert alone.body["id"] == results[0]["order"]["id"]
    assert sandbox.ask("POST", "/warehouse/orders/batch", {"orders": orders[:1]}).status == 200
    too_many = {"orders": [warehouse_order()] * 101}
    assert sandbox.ask("POST", "/warehouse/orders/batch", too_many).codes == [("invalid", "orders")]


def test_one_key_sent_by_many_at_once_makes_one_order(sandbox: SandboxProcess) -> None:
    def send(_: int) -> tuple[int, str]:
        answer = sandbox.ask("POST", "/warehouse/orders", warehouse_order(), Idempotency_Key="k")
        return answer.status, answer.body["id"]

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(send, range(24)))
    assert sorted(answers) == [(200, "wo_000001")] * 23 + [(201, "wo_000001")]
    assert sandbox.ask("GET", "/warehouse/orders").body["total"] == 1


def test_a_warehouse_without_backorders_refuses_what_is_not_there(sandbox: SandboxProcess) -> None:
    sandbox.control("PUT", "/warehouse/settings", {"backorders": "refused"})
    sandbox.control("POST", "/warehouse/stock/MUG", {"on_hand": 0})
    refused = sandbox.ask("POST", "/warehouse/orders", warehouse_order("1"), Idempotency_Key="k")
    assert (refused.status, refused.codes) == (409, [("out_of_stock", "items.0.sku")])
    assert sandbox.ask("GET", "/warehouse/orders?reference=1").body["total"] == 0
    sandbox.control("POST", "/warehouse/stock/MUG", {"on_hand": 1})
    assert sandbox.ask("POST", "/warehouse/orders", warehouse_order("1"), Idempotency_Key="k").status == 201
