from typing import Any
from urllib.parse import quote

from .running import SandboxProcess


def place(sandbox: SandboxProcess, **changes: Any) -> dict[str, Any]:
    asked = {"lines": [{"sku": "MUG", "quantity": 1}], "email": "ada@example.com", **changes}
    order: dict[str, Any] = sandbox.control("POST", "/shop/orders", asked)
    return order


def numbers(sandbox: SandboxProcess, query: str) -> list[str]:
    return [order["number"] for order in sandbox.ask("GET", f"/shop/orders?{query}").body["orders"]]


def test_an_order_has_what_a_shop_tells(sandbox: SandboxProcess) -> None:
    order = place(sandbox, shipping="4.90", shipping_address={"name": "Ada", "country": "DE"})
    assert order["number"] == "1001"
    assert order["name"] == "#1001"
    assert order["id"] == "7300001001"
    assert (order["subtotal"], order["shipping_total"], order["total"]) == ("12.50", "4.90", "17.40")
    assert (order["status"], order["payment_status"], order["fulfillment_status"]) == (
        "open",
        "paid",
        "unfulfilled",
    )
    assert order["placed_at"].endswith("+01:00")
    assert order["updated_at"].endswith("+01:00")
    assert order["lines"] == [
        {
            "id": "730000100101",
            "sku": "MUG",
            "title": "MUG",
            "quantity": 1,
            "cancelled_quantity": 0,
            "current_quantity": 1,
            "fulfilled_quantity": 0,
            "refunded_quantity": 0,
            "price": "12.50",
            "requires_shipping": True,
        }
    ]
    assert sandbox.ask("GET", f"/shop/orders/{order['id']}").body == order


def test_pages_follow_the_cursor_and_the_link_header(sandbox: SandboxProcess) -> None:
    for _ in range(5):
        place(sandbox)
    first = sandbox.ask("GET", "/shop/orders?limit=2")
    assert [order["number"] for order in first.body["orders"]] == ["1001", "1002"]
    cursor = first.body["next_cursor"]
    target = f"http://127.0.0.1:{sandbox.port}/shop/orders?limit=2&cursor={cursor}"
    assert first.headers["link"] == f'<{target}>; rel="next"'
    second = sandbox.ask("GET", f"/shop/orders?limit=2&cursor={cursor}")
    assert [order["number"] for order in second.body["orders"]] == ["1003", "1004"]
    last = sandbox.ask("GET", f"/shop/orders?limit=2&cursor={second.body['next_cursor']}")
    assert [order["number"] for order in last.body["orders"]] == ["1005"]
    assert last.body["next_cursor"] is None
    assert "link" not in last.headers
    assert sandbox.ask("GET", "/shop/orders?limit=5").body["next_cursor"] is None


def test_an_order_that_changes_between_pages_comes_again_at_the_end(sandbox: SandboxProcess) -> None:
    for _ in range(3):
        place(sandbox)
    cursor = sandbox.ask("GET", "/shop/orders?limit=2").body["next_cursor"]
    sandbox.control("POST", "/shop/orders/1001/touch")
    assert numbers(sandbox, f"cursor={cursor}") == ["1003", "1001"]


def test_updated_since_is_inclusive_and_compares_instants(sandbox: SandboxProcess) -> None:
    place(sandbox, placed_at="2025-10-26T02:30:00+02:00")
    later = place(sandbox, placed_at="2025-10-26T02:30:00+01:00")
    assert numbers(sandbox, f"updated_since={quote(later['updated_at'])}") == ["1002"]
    assert numbers(sandbox, "updated_since=2025-10-26T00:30:00Z") == ["1001", "1002"]
    assert numbers(sandbox, "updated_since=2025-10-26T01:30:00.001Z") == []


def test_parameters_that_make_no_sense_are_refused_by_name(sandbox: SandboxProcess) -> None:
    for query, field in (
        ("limit=251", "limit"),
        ("limit=x", "limit"),
        ("updated_since=2025-01-01", "updated_since"),
    ):
        answer = sandbox.ask("GET", f"/shop/orders?{query}")
        assert (answer.status, answer.codes) == (400, [("invalid_parameter", field)])
    assert sandbox.ask("GET", "/shop/orders?cursor=nonsense").codes == [("invalid_cursor", "cursor")]


def test_money_has_the_places_of_its_currency(sandbox: SandboxProcess) -> None:
    yen = place(sandbox, currency="JPY", lines=[{"sku": "MUG", "quantity": 2, "price": "1250"}])
    dinar = place(sandbox, currency="KWD", lines=[{"sku": "MUG", "quantity": 1, "price": "4.125"}])
    assert (yen["total"], dinar["total"]) == ("2500", "4.125")


def test_an_edit_keeps_what_was_ordered_and_tells_what_stands(sandbox: SandboxProcess) -> None:
    place(sandbox, lines=[{"sku": "MUG", "quantity": 3}])
    asked = {"lines": [{"sku": "MUG", "quantity": 1}, {"sku": "BOWL", "quantity": 1, "price": "30"}]}
    order = sandbox.control("POST", "/shop/orders/1001/edit", {**asked, "shipping_address": {"city": "Bonn"}})
    quantities = [
        (line["sku"], line["quantity"], line["cancelled_quantity"], line["current_quantity"])
        for line in order["lines"]
    ]
    assert quantities == [("MUG", 3, 2, 1), ("BOWL", 1, 0, 1)]
    assert (order["total"], order["shipping_address"]["city"]) == ("42.50", "Bonn")
    assert sandbox.ask("GET", "/shop/stock/MUG").body["available"] == 9


def test_what_has_left_cannot_be_edited_away(sandbox: SandboxProcess) -> None:
    order = place(sandbox, lines=[{"sku": "MUG", "quantity": 2}])
    sandbox.ask(
        "POST", f"/shop/orders/{order['id']}/fulfillments", {"lines": [{"sku": "MUG", "quantity": 2}]}
    )
    kept = sandbox.ask("GET", f"/shop/orders/{order['id']}").body
    sandbox.control(
        "POST", "/shop/orders/1001/edit", {"lines": [{"sku": "MUG", "quantity": 1}]}, expect=(409,)
    )
    assert sandbox.ask("GET", f"/shop/orders/{order['id']}").body == kept


def test_a_refused_order_leaves_no_trace(sandbox: SandboxProcess) -> None:
    before = sandbox.control("GET", "/books")
    lines = [{"sku": "MUG", "quantity": 1}, {"sku": "BOWL", "quantity": 2}]
    sandbox.control("POST", "/shop/orders", {"lines": lines}, expect=(409,))
    after = sandbox.control("GET", "/books")
    assert (after["systems"], after["effects"]) == (before["systems"], before["effects"])
    assert place(sandbox)["number"] == "1001"


def test_a_cancellation_refunds_and_puts_the_units_back(sandbox: SandboxProcess) -> None:
    place(sandbox, lines=[{"sku": "MUG", "quantity": 3}])
    order = sandbox.control("POST", "/shop/orders/1001/cancel", {"reason": "customer"})
    assert (order["status"], order["payment_status"], order["refunded_total"]) == (
        "cancelled",
        "refunded",
        "37.50",
    )
    assert order["lines"][0]["current_quantity"] == 0
    assert sandbox.ask("GET", "/shop/stock/MUG").body["available"] == 10
    sandbox.control("POST", "/shop/orders/1001/cancel", {}, expect=(409,))


def test_a_refund_is_told_beside_the_total(sandbox: SandboxProcess) -> None:
    place(sandbox, lines=[{"sku": "MUG", "quantity": 2}])
    asked = {"lines": [{"sku": "MUG", "quantity": 1}], "restock": True}
    order = sandbox.control("POST", "/shop/orders/1001/refund", asked)
    line = order["lines"][0]
    assert (order["total"], order["refunded_total"], order["payment_status"]) == (
        "25.00",
        "12.50",
        "partially_refunded",
    )
    assert (line["refunded_quantity"], line["current_quantity"]) == (1, 1)
    sandbox.control("POST", "/shop/orders/1001/refund", {"amount": "12.51"}, expect=(422,))
    rest = sandbox.control("POST", "/shop/orders/1001/refund", {})
    assert (rest["refunded_total"], rest["payment_status"]) == ("25.00", "refunded")


def test_an_order_listed_twice_stands_twice_on_its_page(sandbox: SandboxProcess) -> None:
    sandbox.control("POST", "/reset", {"seed": "demo"})
    found: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        page = sandbox.ask("GET", f"/shop/orders?limit=250&cursor={cursor}").body
        found += [order["number"] for order in page["orders"]]
        cursor = page["next_cursor"]
    assert sorted(number for number in set(found) if found.count(number) == 2) == ["1007", "1118", "1260"]
    assert len(found) == 503
