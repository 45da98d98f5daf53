"""An order brings its customer, addresses and prices with it, and is made once."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from integrations.connectors import registry
from integrations.connectors.base import Answer, Connector, WriteContext
from integrations.connectors.erpnext_orders import Making
from integrations.exceptions import Failure, Kind
from tests.contract.dialects.erpnext import (
    DIALECT,
    NAME,
    NEEDED,
    ORDER,
    PLACE,
    WAREHOUSE,
    address,
    api,
    customer,
    fault,
    order,
    stands,
    told,
)
from tests.contract.vendor import Vendor
from tests.integrations.answering import LOOPBACK, Says


@pytest.fixture
def vendor() -> Iterator[Vendor]:
    made = DIALECT.vendor()
    for call, says in NEEDED.items():
        made.on(call, says)
    made.on(f"POST {api('Sales Order')}", stands(0))
    yield made
    made.close()


@pytest.fixture
def site(vendor: Vendor) -> Iterator[Connector]:
    made = DIALECT.connector(vendor)
    yield made
    made.close()


def with_settings(vendor: Vendor, **settings: Any) -> Connector:
    kind = registry.get("erpnext")
    return kind({"base_url": vendor.base, **DIALECT.settings, **settings}, DIALECT.secrets, guard=LOOPBACK)


def create(connector: Connector, body: dict[str, Any]) -> Answer:
    return connector.send(connector.prepare("orders", WriteContext("create", body), 0, "k"))


def made(vendor: Vendor) -> dict[str, Any]:
    (values,) = told(vendor, "POST", api("Sales Order"))
    found: dict[str, Any] = values
    return found


def refused(do: Callable[[], Any]) -> tuple[Kind, str, str]:
    with pytest.raises(Failure) as caught:
        do()
    assert not caught.value.in_doubt
    return caught.value.kind, caught.value.code, caught.value.field


def test_an_order_is_made_with_all_it_needs(vendor: Vendor, site: Connector) -> None:
    vendor.on(f"POST {api('Address')}", [Says({"data": address("B")}), Says({"data": address("S")})])
    assert create(site, ORDER).external_id == NAME
    assert told(vendor, "POST", api("Customer")) == [
        {"customer_name": "Test Buyer", "customer_type": "Individual", "email_id": "buyer@example.com"}
    ]
    billing, shipping = told(vendor, "POST", api("Address"))
    assert billing == {
        "address_title": "Test Buyer",
        "address_line1": "Street 1",
        "city": "Austin",
        "state": "TX",
        "pincode": "78701",
        "country": "United States",
        "address_type": "Billing",
        "links": [{"link_doctype": "Customer", "link_name": "CUST-00051"}],
    }
    assert (shipping["address_line1"], shipping["address_type"]) == ("Street 2", "Shipping")
    assert made(vendor) == {
        "customer": "CUST-00051",
        "company": "Company A",
        "order_type": "Sales",
        "po_no": "#1042",
        # In Berlin it is the twenty-first already.
        "po_date": "2026-11-21",
        "transaction_date": "2026-11-21",
        "delivery_date": "2026-11-21",
        "currency": "EUR",
        "ignore_pricing_rule": 1,
        "set_warehouse": WAREHOUSE,
        "customer_address": "B",
        "shipping_address_name": "S",
        "items": [
            {
                "item_code": "MUG-001",
                "item_name": "Mug",
                "delivery_date": "2026-11-21",
                "warehouse": WAREHOUSE,
                "qty": 2,
                "rate": 10,
            }
        ],
    }


def test_customers_and_addresses_that_are_there_are_taken(vendor: Vendor, site: Connector) -> None:
    vendor.on(f"GET {api('Customer')}", Says({"data": [customer(7)]}))
    vendor.on(f"GET {api('Address')}", Says({"data": [address("There")]}))
    create(site, {**ORDER, "shipping": {**PLACE, "pincode": None}})
    assert told(vendor, "POST", api("Customer")) == told(vendor, "POST", api("Address")) == []
    values = made(vendor)
    assert (values["customer"], values["customer_address"], values["shipping_address_name"]) == (
        "CUST-00007",
        "There",
        "There",
    )
    (asked,) = told(vendor, "GET", api("Customer"))
    assert json.loads(asked["filters"]) == [["email_id", "=", "buyer@example.com"], ["disabled", "=", 0]]
    billing, shipping = (json.loads(one["filters"]) for one in told(vendor, "GET", api("Address")))
    assert billing == [
        ["Dynamic Link", "link_doctype", "=", "Customer"],
        ["Dynamic Link", "link_name", "=", "CUST-00007"],
        ["Address", "disabled", "=", 0],
        ["Address", "address_line1", "=", "Street 1"],
        ["Address", "city", "=", "Austin"],
        ["Address", "pincode", "=", "78701"],
    ]
    assert shipping[-1] == ["Address", "pincode", "is", "not set"]


def test_a_guest_without_an_address_is_known_by_the_order(vendor: Vendor, site: Connector) -> None:
    guest = {**ORDER, "email": None, "name": "Gast 😀", "billing": None, "shipping": {"city": "Austin"}}
    create(site, guest)
    (asked,) = told(vendor, "GET", api("Customer"))
    assert json.loads(asked["filters"])[0] == ["customer_name", "=", "Gast 😀 (#1042)"]
    assert told(vendor, "POST", api("Customer")) == [
        {"customer_name": "Gast 😀 (#1042)", "customer_type": "Individual"}
    ]
    assert "customer_address" not in made(vendor)
    assert "shipping_address_name" not in made(vendor)


def test_prices_add_up_to_the_total_and_what_is_free_stays_free(vendor: Vendor, site: Connector) -> None:
    lines = [
        {"item_code": "MUG-001", "qty": "2", "ordered": "3", "total": "24.20"},
        {"item_code": "CAP-001", "qty": "1", "rate": "12.10"},
        {"item_code": "GIFT", "qty": "1", "ordered": "1", "total": "0"},
        {"item_code": "CAP-002", "qty": "1"},
        {"item_code": "GONE", "qty": "0"},
    ]
    create(site, {**ORDER, "items": lines})
    told_of = [
        (one["item_code"], one["qty"], one.get("rate"), one.get("discount_percentage"))
        for one in made(vendor)["items"]
    ]
    assert told_of == [
        ("MUG-001", 1, 8.06, None),
        ("MUG-001", 1, 8.07, None),
        ("CAP-001", 1, 12.1, None),
        ("GIFT", 1, 0, 100),
        ("CAP-002", 1, None, None),
    ]


def test_shipping_costs_are_booked_on_an_account(vendor: Vendor) -> None:
    connector = with_settings(vendor, shipping_account="Freight - A")
    create(connector, {**ORDER, "shipping_total": "4.90"})
    assert made(vendor)["taxes"] == [
        {"charge_type": "Actual", "account_head": "Freight - A", "description": "Shipping", "tax_amount": 4.9}
    ]
    connector.close()


@pytest.mark.parametrize(
    ("more", "kind", "code", "field"),
    [
        ({"shipping_total": "4.90"}, Kind.CONFIG, "shipping_account", "shipping_account"),
        ({"currency": None}, Kind.DATA, "no_currency", "currency"),
        ({"placed_at": None}, Kind.DATA, "no_time", "placed_at"),
        ({"items": []}, Kind.DATA, "no_lines", "items"),
        ({"items": [{"qty": "1"}]}, Kind.DATA, "no_sku", "items[].item_code"),
        ({"items": [{"item_code": "CAP", "qty": "a few"}]}, Kind.DATA, "no_number", "items[].qty"),
    ],
)
def test_an_order_that_cannot_be_made_makes_nothing(
    vendor: Vendor, site: Connector, more: dict[str, Any], kind: Kind, code: str, field: str
) -> None:
    assert refused(lambda: create(site, {**ORDER, **more})) == (kind, code, field)
    assert vendor.asked == []


def test_who_is_slow_in_telling_what_is_needed_is_asked_again(site: Connector) -> None:
    moments = iter([0.0, 14.5])
    making = Making(site, ORDER, clock=lambda: next(moments))  # type: ignore[arg-type]  # it is the one
    assert refused(making.values)[:2] == (Kind.TRANSIENT, "not_sent")


def test_an_item_that_is_not_there_is_told(vendor: Vendor, site: Connector) -> None:
    words = "Could not find Row #1: Item Code: <strong>MUG-001</strong>"
    vendor.on(f"POST {api('Sales Order')}", fault(417, "LinkValidationError", words))
    with pytest.raises(Failure, match="Item Code: MUG-001") as caught:
        create(site, ORDER)
    assert (caught.value.kind, caught.value.in_doubt) == (Kind.DATA, False)
    assert "Traceback" not in json.dumps(caught.value.evidence)


def test_an_order_whose_answer_was_lost_is_found_by_its_number(vendor: Vendor, site: Connector) -> None:
    vendor.on(f"POST {api('Sales Order')}", Says(silent=True))
    with pytest.raises(Failure) as caught:
        create(site, ORDER)
    assert caught.value.in_doubt
    both = [order(77, docstatus=0, po_no="#1042"), order(70, docstatus=2, po_no="#1042")]
    vendor.on(f"GET {api('Sales Order')}", Says({"data": both}))
    found = site.lookup("orders", "#1042")
    assert found is not None
    assert (found.external_id, found.version) == (NAME, "2026-11-20T09:00:00.123456Z")
    asked = told(vendor, "GET", api("Sales Order"))[-1]
    assert json.loads(asked["filters"]) == [["po_no", "=", "#1042"]]
    # Drafts and what is submitted go before what was cancelled.
    assert asked["order_by"] == "docstatus asc, creation asc"
