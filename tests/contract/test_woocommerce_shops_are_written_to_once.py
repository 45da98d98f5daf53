"""What WooCommerce has no word for: finding what was written, setting stock by SKU, telling what was shipped."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from integrations.connectors.base import Answer, Call, WriteContext
from integrations.connectors.woocommerce import WooCommerce
from integrations.exceptions import Failure, Kind
from mappings.expressions import condition
from tests.contract.dialects.woocommerce import BASE, DIALECT, ORDER, SHIPMENT, refused
from tests.contract.samples import sample
from tests.contract.vendor import Vendor
from tests.integrations.answering import Asked, Says


@pytest.fixture
def shop() -> Iterator[Vendor]:
    made = DIALECT.vendor()
    yield made
    made.close()


@pytest.fixture
def connector(shop: Vendor) -> Iterator[WooCommerce]:
    made = DIALECT.connector(shop)
    assert isinstance(made, WooCommerce)
    yield made
    made.close()


def product(number: int, sku: str, **more: Any) -> dict[str, Any]:
    return {"id": number, "parent_id": 0, "type": "simple", "sku": sku, "manage_stock": True, **more}


def variation(number: int, sku: str, parent: int, **more: Any) -> dict[str, Any]:
    return product(number, sku, type="variation", parent_id=parent, **more)


def setting(connector: WooCommerce, sku: str, available: int = 5) -> Call:
    context = WriteContext("upsert", {"sku": sku, "available": available})
    return connector.prepare("stock", context, 0, "")


def told(asked: Asked) -> tuple[str, str, Any]:
    return asked.method, asked.path.removeprefix(BASE), asked.json if asked.raw else asked.params


# Stock.


def test_a_variations_stock_is_set_below_its_product(connector: WooCommerce, shop: Vendor) -> None:
    found = variation(25, "TS-S", 20)
    shop.on(f"GET {BASE}/products", Says([product(9, "ts-s"), found]))
    shop.on(f"PUT {BASE}/products/20/variations/25", Says({**found, "stock_quantity": 5}))
    assert connector.send(setting(connector, "TS-S")).external_id == "25"
    asked = {"sku": "TS-S", "per_page": "100", "_fields": "id,parent_id,type,sku,manage_stock"}
    assert [told(one) for one in shop.asked] == [
        ("GET", "/products", asked),
        ("PUT", "/products/20/variations/25", {"manage_stock": True, "stock_quantity": 5}),
    ]


@pytest.mark.parametrize(
    ("found", "code"),
    [
        ([], "unknown_sku"),
        ([product(1, "other")], "unknown_sku"),
        ([product(1, "TS-S"), product(2, "TS-S")], "unknown_sku"),
        ([variation(25, "TS-S", 20, manage_stock="parent")], "stock_of_parent"),
    ],
)
def test_what_cannot_be_set_is_the_records_error_and_nothing_is_sent(
    connector: WooCommerce, shop: Vendor, found: list[dict[str, Any]], code: str
) -> None:
    shop.on(f"GET {BASE}/products", Says(found))
    with pytest.raises(Failure) as caught:
        connector.send(setting(connector, "TS-S"))
    assert (caught.value.kind, caught.value.code, caught.value.field) == (Kind.DATA, code, "sku")
    assert len(shop.asked) == 1


def test_a_shop_that_does_not_manage_stock_says_so_although_it_answers_well(
    connector: WooCommerce, shop: Vendor
) -> None:
    shop.on(f"GET {BASE}/products", Says([product(7, "MUG")]))
    shop.on(f"PUT {BASE}/products/7", Says(product(7, "MUG", manage_stock=False, stock_quantity=None)))
    with pytest.raises(Failure) as caught:
        connector.send(setting(connector, "MUG"))
    assert (caught.value.code, caught.value.connection_wide) == ("stock_not_managed", True)


def test_many_are_set_with_few_calls_and_each_has_its_own_result(
    connector: WooCommerce, shop: Vendor
) -> None:
    found = {
        "A,B": [product(1, "A"), product(3, "C"), variation(21, "S", 20), variation(22, "M", 20)],
        "X,Y": [product(5, "X,Y")],
    }
    shop.on(
        f"GET {BASE}/products",
        lambda asked: Says(found["X,Y" if asked.params["sku"] == "X,Y" else "A,B"]),
    )
    no = {"code": "woocommerce_rest_product_invalid_id", "message": "No.", "data": {"status": 400}}
    shop.on(
        f"POST {BASE}/products/batch",
        Says({"update": [product(5, "X,Y"), {"id": 3, "error": no}, product(1, "A")]}),
    )
    shop.on(
        f"POST {BASE}/products/20/variations/batch",
        Says({"update": [variation(21, "S", 20), variation(22, "M", 20)]}),
    )
    skus = ("A", "B", "C", "S", "X,Y", "M")
    calls = [setting(connector, sku, place) for place, sku in enumerate(skus)]
    results = connector.send_batch(calls)
    outcome = [one.external_id if isinstance(one, Answer) else one.code for one in results]
    assert outcome == ["1", "unknown_sku", "not_found", "21", "5", "22"]
    assert not any(isinstance(one, Failure) and one.in_doubt for one in results)
    assert [told(one)[:2] for one in shop.asked] == [
        ("GET", "/products"),
        ("GET", "/products"),
        ("POST", "/products/batch"),
        ("POST", "/products/20/variations/batch"),
    ]
    assert shop.asked[0].params["sku"] == "A,B,C,S,M"
    assert shop.asked[2].json == {
        "update": [
            {"id": 1, "manage_stock": True, "stock_quantity": 0},
            {"id": 3, "manage_stock": True, "stock_quantity": 2},
            {"id": 5, "manage_stock": True, "stock_quantity": 4},
        ]
    }


def test_what_became_of_a_part_of_many_is_told_apart(connector: WooCommerce, shop: Vendor) -> None:
    """The answer of one call is lost, that of another came."""
    shop.on(f"GET {BASE}/products", Says([product(1, "A"), variation(21, "S", 20)]))
    shop.on(f"POST {BASE}/products/batch", Says(silent=True))
    shop.on(f"POST {BASE}/products/20/variations/batch", Says({"update": [variation(21, "S", 20)]}))
    lost, answered = connector.send_batch([setting(connector, "A"), setting(connector, "S")])
    assert isinstance(lost, Failure)
    assert lost.in_doubt
    assert isinstance(answered, Answer)


def test_a_slow_shop_is_not_asked_for_longer_than_a_worker_may_wait(
    connector: WooCommerce, shop: Vendor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("integrations.connectors.woocommerce.LONGEST_SEARCH", -1.0)
    shop.on(f"GET {BASE}/products", Says([product(1, "A"), variation(21, "S", 20)]))
    late = connector.send_batch([setting(connector, "A"), setting(connector, "S")])
    assert [(one.code, one.kind, one.in_doubt) for one in late if isinstance(one, Failure)] == [
        ("not_sent", Kind.TRANSIENT, False)
    ] * 2
    assert len(shop.asked) == 1


# Orders.


def made(number: int, reference: str = "") -> dict[str, Any]:
    metas = [{"id": 1, "key": "_crossdock_reference", "value": reference}] if reference else []
    return {"id": number, "meta_data": metas}


def key_of(connector: WooCommerce) -> str:
    return connector.prepare("orders", WriteContext("create", ORDER), 0, "").natural_key


def test_an_order_whose_answer_was_lost_is_found_among_those_made_since_it_was_placed(
    connector: WooCommerce, shop: Vendor
) -> None:
    pages = {"1": [made(9, "1043"), made(8)], "2": [made(7, "1042")]}
    shop.on(f"GET {BASE}/orders", lambda asked: Says(pages.get(asked.params["page"], [])))
    shop.on(f"GET {BASE}/orders/7", Says({**sample("woocommerce/order_processing.json"), "id": 7}))
    found = connector.lookup("orders", key_of(connector))
    assert found is not None
    assert (found.external_id, found.payload["number"]) == ("7", "727")
    first = shop.asked[0].params
    assert (first["after"], first["dates_are_gmt"], first["status"]) == ("2026-11-20T09:00:00", "true", "any")


def test_an_order_is_missing_only_where_all_were_looked_through(connector: WooCommerce, shop: Vendor) -> None:
    pages = {"1": [made(9, "1043")], "2": [made(8, "104")]}
    shop.on(f"GET {BASE}/orders", lambda asked: Says(pages.get(asked.params["page"], [])))
    assert connector.lookup("orders", key_of(connector)) is None
    assert [one.params["page"] for one in shop.asked] == ["1", "2", "3"]


def test_where_there_are_too_many_orders_a_person_is_asked(connector: WooCommerce, shop: Vendor) -> None:
    shop.on(f"GET {BASE}/orders", Says([made(9, "1043")]))
    with pytest.raises(Failure) as caught:
        connector.lookup("orders", key_of(connector))
    assert (caught.value.code, caught.value.in_doubt) == ("not_settled", True)
    assert len(shop.asked) == 20


def test_some_of_several_orders_fail_inside_an_answer_that_is_well(
    connector: WooCommerce, shop: Vendor
) -> None:
    lines = [{"id": 900, "meta_data": [{"id": 1, "key": "_crossdock_line", "value": "L1"}]}]
    no = {"code": "woocommerce_rest_invalid_coupon", "message": "Coupon!", "data": {"status": 400}}
    shop.on(
        f"POST {BASE}/orders/batch",
        Says({"create": [{"id": 0, "error": no}, {"id": 730, "line_items": lines}]}),
    )
    calls = [connector.prepare("orders", WriteContext("create", ORDER), 0, "") for _ in range(2)]
    failed, answered = connector.send_batch(calls)
    assert isinstance(failed, Failure)
    assert (failed.kind, failed.in_doubt, "Coupon!" in failed.sentence) == (Kind.DATA, False, True)
    assert isinstance(answered, Answer)
    assert (answered.external_id, answered.line_ids) == ("730", {"L1": "900"})
    assert shop.asked[-1].json == {"create": [ORDER, ORDER]}


def test_lines_of_an_order_that_is_updated_are_not_sent_again(connector: WooCommerce, shop: Vendor) -> None:
    call = connector.prepare("orders", WriteContext("update", {**ORDER, "customer_note": "Ring"}, "7"), 0, "")
    assert call.body == {"customer_note": "Ring"}


@pytest.mark.parametrize(
    ("record", "written", "due"),
    [
        ({"status": "cancelled"}, {"status": "open"}, ["cancel"]),
        ({"status": "cancelled"}, {"status": "cancelled"}, []),
        ({"fulfillment_status": "fulfilled"}, {"fulfillment_status": "partial"}, ["complete"]),
        ({"fulfillment_status": "fulfilled"}, {"fulfillment_status": "fulfilled"}, []),
        ({"fulfillment_status": "partial"}, {}, []),
    ],
)
def test_when_an_order_is_cancelled_and_when_completed(
    connector: WooCommerce, record: dict[str, Any], written: dict[str, Any], due: list[str]
) -> None:
    data = {"record": record, "written": written}
    assert [one.name for one in connector.actions("orders") if condition(one.when)(data)] == due


# Shipments.


def shipped(connector: WooCommerce, shop: Vendor, order: dict[str, Any], body: dict[str, Any]) -> Any:
    """What is written into the order with a shipment."""
    shop.on(f"{BASE}/orders/727", Says({**sample("woocommerce/order_processing.json"), **order}))
    context = WriteContext("create", body, "281", ids={"order": "727", "steps": ["281"]})
    connector.send(connector.prepare("fulfillments", context, 1, ""))
    assert [one.method for one in shop.asked] == ["GET", "PUT"]
    return shop.asked[-1].json


def kept(lines: dict[str, str] | list[Any], number: str = "T0") -> dict[str, Any]:
    return {"meta_data": [{"id": 1, "key": f"_crossdock_shipment_{number}", "value": {"lines": lines}}]}


PART = {**SHIPMENT, "lines": [{"line_id": "315", "quantity": 1}]}
REST = {**SHIPMENT, "lines": [{"line_id": "315", "quantity": 1}, {"line_id": "316", "quantity": 1}]}


@pytest.mark.parametrize(
    ("order", "body", "status"),
    [
        ({}, SHIPMENT, "completed"),
        ({}, PART, None),
        (kept({"315": "1"}), REST, "completed"),
        (kept({"315": "1"}, "T1"), REST, None),
        (kept([]), REST, None),
        ({}, {**SHIPMENT, "lines": []}, "completed"),
        ({"status": "cancelled"}, SHIPMENT, None),
        ({"status": "completed"}, SHIPMENT, None),
    ],
)
def test_an_order_is_completed_with_the_last_of_its_lines(
    connector: WooCommerce, shop: Vendor, order: dict[str, Any], body: dict[str, Any], status: str | None
) -> None:
    sent = shipped(connector, shop, order, body)
    assert sent.get("status") == status
    lines = {line["line_id"]: str(line["quantity"]) for line in body["lines"]}
    assert sent["meta_data"] == [
        {"key": "_crossdock_shipment_T1", "value": {"carrier": "DHL", "lines": lines}}
    ]


@pytest.mark.parametrize("is_told", [True, False])
def test_a_note_tells_carrier_number_and_link_and_the_customer_only_where_wanted(
    shop: Vendor, is_told: bool
) -> None:
    settings = {"base_url": shop.base + BASE, "tell_customer": is_told}
    connector = WooCommerce(settings, DIALECT.secrets)
    body = {**SHIPMENT, "tracking_url": "https://track.example.com/T1"}
    prepared = connector.prepare("fulfillments", WriteContext("create", body, ids={"order": "727"}), 0, "")
    assert prepared.body == {"note": "DHL T1 https://track.example.com/T1", "customer_note": is_told}
    plain = {"order_id": "727", "tracking_number": "T1"}
    context = WriteContext("create", plain, ids={"order": "727"})
    assert connector.prepare("fulfillments", context, 0, "").body["note"] == "T1"
    connector.close()


@pytest.mark.parametrize(("number", "found"), [("T1", "281"), ("T12", "282"), ("T", None), ("DH", None)])
def test_a_shipment_whose_answer_was_lost_is_found_by_its_very_number(
    connector: WooCommerce, shop: Vendor, number: str, found: str | None
) -> None:
    notes = [
        {"id": 282, "note": "DHL T12"},
        {"id": 281, "note": "DHL T1 https://track.example.com/T1"},
        {"id": 280, "note": None},
    ]
    shop.on(f"GET {BASE}/orders/727/notes", Says(notes))
    item = connector.lookup("fulfillments", f"727/{number}")
    assert (item.external_id if item else None) == found


def test_a_note_of_an_order_that_is_gone_is_no_missing_note(connector: WooCommerce, shop: Vendor) -> None:
    shop.on(f"GET {BASE}/orders/727/notes", refused(404, "woocommerce_rest_order_invalid_id"))
    with pytest.raises(Failure) as caught:
        connector.lookup("fulfillments", "727/T1")
    assert caught.value.kind == Kind.DATA


# Reading one by one.


def test_a_variation_looks_the_same_alone_and_in_the_list(connector: WooCommerce, shop: Vendor) -> None:
    parent = {"id": 101, "type": "variable", "name": "T-Shirt", "date_modified_gmt": "2026-11-20T10:00:00"}
    shop.on(f"GET {BASE}/products", lambda asked: Says([parent] if asked.params["page"] == "1" else []))
    page = connector.read("variants", since=None, position=None)
    listed = page.items[0]
    alone = {**listed.payload, "name": "T-Shirt - Black"}
    del alone["parent"]
    shop.on(f"GET {BASE}/products/1011", Says(alone))
    shop.on(f"GET {BASE}/products/101", Says({"id": 101, "name": "T-Shirt"}))
    fetched = connector.fetch("variants", "1011")
    assert fetched is not None
    assert (fetched.external_id, fetched.version) == (listed.external_id, listed.version)
    assert fetched.payload["parent"] == listed.payload["parent"] == {"id": 101, "name": "T-Shirt"}


@pytest.mark.parametrize("resource", ["orders", "variants"])
def test_what_is_in_the_trash_is_gone(connector: WooCommerce, shop: Vendor, resource: str) -> None:
    path = "orders" if resource == "orders" else "products"
    shop.on(f"GET {BASE}/{path}/7", Says({"id": 7, "status": "trash", "type": "simple"}))
    shop.on(f"GET {BASE}/{path}/8", refused(404, "woocommerce_rest_shop_order_invalid_id"))
    trashed = connector.fetch(resource, "7")
    assert trashed is not None
    assert trashed.deleted
    assert connector.fetch(resource, "8") is None


def test_a_checkout_that_is_under_way_is_no_order(connector: WooCommerce, shop: Vendor) -> None:
    rows = [{"id": 1, "status": "checkout-draft"}, {"id": 2, "status": "pending"}]
    shop.on(f"GET {BASE}/orders", lambda asked: Says(rows if asked.params["page"] == "1" else []))
    page = connector.read("orders", since=None, position=None)
    assert [item.external_id for item in page.items] == ["2"]


def test_a_value_that_the_shop_refuses_is_named(connector: WooCommerce, shop: Vendor) -> None:
    said = {"billing": "billing[email] is not a valid email address."}
    shop.on(f"POST {BASE}/orders", refused(400, "rest_invalid_param", params=said))
    with pytest.raises(Failure) as caught:
        connector.send(connector.prepare("orders", WriteContext("create", ORDER), 0, ""))
    assert (caught.value.code, caught.value.field, caught.value.in_doubt) == (
        "invalid_param",
        "billing",
        False,
    )
    assert "is not a valid" in json.dumps(caught.value.sentence)
