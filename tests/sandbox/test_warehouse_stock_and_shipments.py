from urllib.parse import quote

from .running import SandboxProcess, warehouse_order


def test_stock_tells_on_hand_and_allocated_in_pages(sandbox: SandboxProcess) -> None:
    sandbox.ask("POST", "/warehouse/orders", warehouse_order("1", ("MUG", 4)))
    page = sandbox.ask("GET", "/warehouse/stock?page=2&per_page=1").body
    assert (page["page"], page["per_page"], page["total"]) == (2, 1, 2)
    row = page["stock"][0]
    assert (row["sku"], row["location"], row["on_hand"], row["allocated"]) == ("MUG", "MAIN", 10, 4)
    assert row["updated_at"].endswith("Z")


def test_updated_since_leaves_out_what_stood_still(sandbox: SandboxProcess) -> None:
    before = sandbox.ask("GET", "/warehouse/stock").body["stock"]
    sandbox.control("POST", "/warehouse/stock/MUG", {"on_hand": 3})
    since = quote(max(row["updated_at"] for row in before))
    rows = sandbox.ask("GET", f"/warehouse/stock?updated_since={since}").body["stock"]
    assert [(row["sku"], row["on_hand"]) for row in rows] == [("BOWL", 1), ("MUG", 3)]


def test_a_shipment_names_the_order_and_its_lines(sandbox: SandboxProcess) -> None:
    order = sandbox.ask("POST", "/warehouse/orders", warehouse_order("1001", ("MUG", 3))).body
    asked = {"items": [{"sku": "MUG", "quantity": 2}], "carrier": "UPS", "tracking_number": "1Z9"}
    sandbox.control("POST", "/warehouse/orders/1001/ship", asked)
    listed = sandbox.ask("GET", "/warehouse/shipments").body
    shipment = listed["shipments"][0]
    assert listed["total"] == 1
    assert (shipment["order_id"], shipment["order_reference"]) == (order["id"], "1001")
    assert (shipment["carrier"], shipment["tracking_number"]) == ("UPS", "1Z9")
    item = {"order_item_id": order["items"][0]["id"], "sku": "MUG", "quantity": 2, "reference": "1001-1"}
    assert shipment["items"] == [item]
    kept = sandbox.ask("GET", f"/warehouse/orders/{order['id']}").body
    assert (kept["state"], kept["items"][0]["shipped_quantity"]) == ("partially_shipped", 2)
    sandbox.control("POST", "/warehouse/orders/1001/ship", {})
    assert sandbox.ask("GET", f"/warehouse/orders/{order['id']}").body["state"] == "shipped"
    stock = sandbox.ask("GET", "/warehouse/stock").body["stock"]
    assert {row["sku"]: (row["on_hand"], row["allocated"]) for row in stock}["MUG"] == (7, 0)


def test_what_is_on_backorder_cannot_ship_until_it_is_there(sandbox: SandboxProcess) -> None:
    sandbox.ask("POST", "/warehouse/orders", warehouse_order("1", ("BOWL", 3)))
    asked = {"items": [{"sku": "BOWL", "quantity": 2}]}
    sandbox.control("POST", "/warehouse/orders/1/ship", asked, expect=(409,))
    sandbox.control("POST", "/warehouse/stock/BOWL", {"on_hand": 2})
    sandbox.control("POST", "/warehouse/orders/1/ship", asked)
    sandbox.control("POST", "/warehouse/orders/1/ship", {}, expect=(409,))


def test_the_parcel_is_followed_by_the_carrier(sandbox: SandboxProcess) -> None:
    sandbox.ask("POST", "/warehouse/orders", warehouse_order("1"))
    sandbox.control("POST", "/warehouse/orders/1/ship", {"tracking_number": "JD5"})
    sandbox.control("POST", "/carrier/tracking/JD5", {"state": "delivered"})
    parcel = sandbox.ask("GET", "/carrier/tracking/JD5").body
    assert (parcel["state"], parcel["reference"]) == ("delivered", "1")
    assert [event["state"] for event in parcel["events"]] == ["pre_transit", "delivered"]
