from typing import Any

from .running import SandboxProcess


def place(sandbox: SandboxProcess, sku: str, quantity: int, channel: str = "shop") -> dict[str, Any]:
    order: dict[str, Any] = sandbox.control(
        "POST", f"/{channel}/orders", {"lines": [{"sku": sku, "quantity": quantity}]}
    )
    return order


def test_a_sale_takes_the_unit_from_its_own_channel_at_once(sandbox: SandboxProcess) -> None:
    place(sandbox, "BOWL", 1)
    assert sandbox.ask("GET", "/shop/stock/BOWL").body["available"] == 0
    assert sandbox.ask("GET", "/shop2/stock/BOWL").body["available"] == 1
    sandbox.control("POST", "/shop/orders", {"lines": [{"sku": "BOWL", "quantity": 1}]}, expect=(409,))
    assert place(sandbox, "BOWL", 1, "shop2")["id"] == "7400005001"


def test_stock_is_set_and_the_books_know_from_what_to_what(sandbox: SandboxProcess) -> None:
    answer = sandbox.ask("PUT", "/shop/stock/MUG", {"available": 4})
    assert (answer.status, answer.body["available"]) == (200, 4)
    effect = sandbox.control("GET", "/effects")["effects"][-1]
    assert (effect["effect"], effect["detail"]) == ("stock.set", {"before": 10, "available": 4})


def test_stock_that_changed_meanwhile_is_not_overwritten_when_asked_so(sandbox: SandboxProcess) -> None:
    place(sandbox, "MUG", 1)
    answer = sandbox.ask("PUT", "/shop/stock/MUG", {"available": 10, "expected": 10})
    assert (answer.status, answer.codes) == (409, [("changed_meanwhile", "expected")])
    assert sandbox.ask("GET", "/shop/stock/MUG").body["available"] == 9


def test_stock_must_be_a_whole_number(sandbox: SandboxProcess) -> None:
    for wrong in (-1, "3", 1.5, True, None):
        answer = sandbox.ask("PUT", "/shop/stock/MUG", {"available": wrong})
        assert (answer.status, answer.codes) == (422, [("invalid", "available")])
    assert sandbox.ask("PUT", "/shop/stock/NONE", {"available": 1}).status == 404


def test_a_fulfilment_is_made_once_per_key(sandbox: SandboxProcess) -> None:
    order = place(sandbox, "MUG", 3)
    path = f"/shop/orders/{order['id']}/fulfillments"
    body = {
        "lines": [{"line_id": order["lines"][0]["id"], "quantity": 2}],
        "tracking_number": "JD1",
        "carrier": "DHL",
    }
    first = sandbox.ask("POST", path, {**body, "reference": "sh_1"}, Idempotency_Key="k1")
    again = sandbox.ask("POST", path, {**body, "reference": "sh_1"}, Idempotency_Key="k1")
    assert (first.status, again.status) == (201, 200)
    assert again.body == {**first.body, "replayed": True}
    kept = sandbox.ask("GET", f"/shop/orders/{order['id']}").body
    assert kept["fulfillment_status"] == "partial"
    assert [made["tracking_number"] for made in kept["fulfillments"]] == ["JD1"]
    assert kept["updated_at"] > order["updated_at"]
    found = sandbox.ask("GET", "/shop/fulfillments?reference=sh_1").body["fulfillments"]
    assert [(made["id"], made["order_id"]) for made in found] == [(first.body["id"], order["id"])]
    assert sandbox.effects("shop")[-2:] == [
        ("fulfillment.created", "1001", False),
        ("fulfillment.created", "1001", True),
    ]


def test_more_than_was_ordered_cannot_be_fulfilled(sandbox: SandboxProcess) -> None:
    order = place(sandbox, "MUG", 1)
    path = f"/shop/orders/{order['id']}/fulfillments"
    answer = sandbox.ask("POST", path, {"lines": [{"line_id": order["lines"][0]["id"], "quantity": 2}]})
    assert (answer.status, answer.codes) == (422, [("exceeds_remaining", "lines.0.quantity")])
    sandbox.control("POST", "/shop/orders/1001/cancel", {})
    answer = sandbox.ask("POST", path, {"lines": [{"line_id": order["lines"][0]["id"], "quantity": 1}]})
    assert (answer.status, answer.codes) == (409, [("order_cancelled", "")])


def test_the_books_tell_every_change_of_what_a_channel_offers(sandbox: SandboxProcess) -> None:
    place(sandbox, "MUG", 3)
    sandbox.ask("PUT", "/shop/stock/MUG", {"available": 5})
    sandbox.control("POST", "/shop/orders/1001/cancel", {})
    told = [
        (effect["effect"], effect["detail"]["before"], effect["detail"]["available"])
        for effect in sandbox.control("GET", "/effects")["effects"]
        if effect["system"] == "shop" and effect["effect"].startswith("stock.")
    ]
    assert told == [("stock.sold", 10, 7), ("stock.set", 7, 5), ("stock.returned", 5, 8)]
