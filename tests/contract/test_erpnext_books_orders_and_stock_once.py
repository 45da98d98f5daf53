"""Orders are submitted only at the shop's total, drafts are deleted and what was submitted is cancelled, and stock is
counted by a booking."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from integrations.connectors import registry
from integrations.connectors.base import Answer, Connector, WriteContext
from integrations.exceptions import Failure, Kind
from tests.contract.dialects.erpnext import (
    CUSTOMER,
    DIALECT,
    NAME,
    NEEDED,
    ORDER,
    WAREHOUSE,
    api,
    customer,
    fault,
    line,
    stands,
    stock,
    told,
)
from tests.contract.vendor import Vendor
from tests.integrations.answering import LOOPBACK, Says

DOCUMENT = api("Sales Order", NAME)


@pytest.fixture
def vendor() -> Iterator[Vendor]:
    made = DIALECT.vendor()
    for call, says in NEEDED.items():
        made.on(call, says)
    made.on(f"POST {api('Sales Order')}", stands(0))
    made.on(f"PUT {DOCUMENT}", stands(1))
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


def write(
    connector: Connector, operation: str, body: dict[str, Any], step: int = 0, given: str = ""
) -> Answer:
    context = WriteContext(operation, body, given or None)
    return connector.send(connector.prepare("orders", context, step, "k"))


def refused(do: Callable[[], Any]) -> tuple[Kind, str, str]:
    with pytest.raises(Failure) as caught:
        do()
    assert not caught.value.in_doubt
    return caught.value.kind, caught.value.code, caught.value.field


def submitted(vendor: Vendor, connector: Connector, docstatus: int, **body: Any) -> int:
    """How often it is submitted."""
    vendor.on(f"GET {DOCUMENT}", stands(docstatus))
    write(connector, "create", {**ORDER, **body}, step=1, given=NAME)
    bodies = told(vendor, "PUT", DOCUMENT)
    assert all(one == {"docstatus": 1} for one in bodies)
    return len(bodies)


def test_a_draft_is_submitted_once(vendor: Vendor, site: Connector) -> None:
    assert submitted(vendor, site, 1) == 0
    assert submitted(vendor, site, 2) == 0
    assert submitted(vendor, site, 0) == 1


def test_what_is_not_paid_stays_a_draft(vendor: Vendor, site: Connector) -> None:
    assert submitted(vendor, site, 0, confirm=False) == 0
    assert vendor.asked == []


@pytest.mark.parametrize(("total", "times"), [("24.20", 1), ("24.00", 1), (None, 1)])
def test_the_total_may_be_rounded_to_a_coin(vendor: Vendor, site: Connector, total: Any, times: int) -> None:
    assert submitted(vendor, site, 0, total=total) == times


def test_another_total_stays_a_draft(vendor: Vendor, site: Connector) -> None:
    assert refused(lambda: submitted(vendor, site, 0, total="24.19")) == (Kind.DATA, "other_total", "total")
    assert told(vendor, "PUT", DOCUMENT) == []


def cancelled(vendor: Vendor, connector: Connector, docstatus: int) -> list[str]:
    vendor.on(f"GET {DOCUMENT}", stands(docstatus))
    vendor.on(f"DELETE {DOCUMENT}", Says({"data": "ok"}, 202))
    vendor.asked.clear()
    assert write(connector, "cancel", {}, given=NAME).external_id == NAME
    return [one.method for one in vendor.asked]


def test_what_was_submitted_is_cancelled_and_a_draft_is_deleted(vendor: Vendor, site: Connector) -> None:
    assert cancelled(vendor, site, 1) == ["GET", "PUT"]
    assert vendor.asked[-1].json == {"docstatus": 2}
    assert cancelled(vendor, site, 0) == ["GET", "DELETE"]
    assert cancelled(vendor, site, 2) == ["GET"]


def test_an_order_that_others_hang_on_is_not_cancelled(vendor: Vendor, site: Connector) -> None:
    vendor.on(f"GET {DOCUMENT}", stands(1))
    words = "Cannot cancel because submitted Delivery Note MAT-DN-00001 exists"
    vendor.on(f"PUT {DOCUMENT}", fault(417, "LinkExistsError", words))
    with pytest.raises(Failure, match="MAT-DN-00001") as caught:
        write(site, "cancel", {}, given=NAME)
    assert caught.value.kind == Kind.DATA


@pytest.mark.parametrize(("status", "kind"), [(508, "QueryDeadlockError"), (503, "InReadOnlyMode")])
def test_what_frappe_had_to_undo_is_sent_again_without_doubt(
    vendor: Vendor, site: Connector, status: int, kind: str
) -> None:
    vendor.on(f"GET {DOCUMENT}", stands(1))
    vendor.on(f"PUT {DOCUMENT}", fault(status, kind, "Try again"))
    assert refused(lambda: write(site, "cancel", {}, given=NAME))[:2] == (Kind.TRANSIENT, "in_use")


def test_a_draft_that_is_gone_is_cancelled_and_cannot_be_changed(vendor: Vendor, site: Connector) -> None:
    vendor.on(f"GET {DOCUMENT}", fault(404, "DoesNotExistError", f"Sales Order {NAME} not found"))
    assert write(site, "cancel", {}, given=NAME).replayed
    assert refused(lambda: write(site, "update", ORDER, given=NAME))[:2] == (Kind.DATA, "not_found")
    assert site.fetch("orders", NAME) is None
    vendor.on(f"GET {DOCUMENT}", fault(403, "PermissionError", "Not permitted"))
    assert refused(lambda: write(site, "cancel", {}, given=NAME))[:2] == (Kind.CONFIG, "forbidden")


# Changing.


def changed(vendor: Vendor, connector: Connector, docstatus: int, **more: Any) -> list[Any]:
    vendor.on(f"GET {DOCUMENT}", stands(docstatus, **more))
    write(connector, "update", ORDER, given=NAME)
    return told(vendor, "PUT", DOCUMENT)


def test_a_draft_is_written_anew(vendor: Vendor, site: Connector) -> None:
    (body,) = changed(vendor, site, 0)
    assert [one["qty"] for one in body["items"]] == [2]


def test_a_submitted_order_is_left_as_it_is(vendor: Vendor, site: Connector) -> None:
    there = [line(77, 1, qty=1.0), line(77, 2, qty=1.0)]
    assert changed(vendor, site, 1, items=there) == []


def test_a_submitted_order_whose_lines_changed_is_told(vendor: Vendor, site: Connector) -> None:
    there = [line(77, 1, qty=3.0)]
    assert refused(lambda: changed(vendor, site, 1, items=there)) == (Kind.DATA, "order_submitted", "items")


def test_a_cancelled_order_is_not_changed(vendor: Vendor, site: Connector) -> None:
    assert refused(lambda: changed(vendor, site, 2))[1] == "order_cancelled"


# Customers.


def test_a_customer_is_made_and_keeps_what_stands_elsewhere(vendor: Vendor, site: Connector) -> None:
    path = api("Customer", "CUST-00051")
    vendor.on(f"PUT {path}", Says({"data": customer(51)}))
    body = {**CUSTOMER, "tax_id": None}
    site.send(site.prepare("customers", WriteContext("create", body), 0, "k"))
    site.send(site.prepare("customers", WriteContext("update", body, "CUST-00051"), 0, "k"))
    assert told(vendor, "POST", api("Customer")) == [{**CUSTOMER, "customer_type": "Individual"}]
    assert told(vendor, "PUT", path) == [{"customer_name": "Test Buyer"}]


def test_two_customers_of_one_address_are_not_guessed(vendor: Vendor, site: Connector) -> None:
    vendor.on(f"GET {api('Customer')}", Says({"data": [customer(1), customer(2)]}))
    with pytest.raises(Failure) as caught:
        site.lookup("customers", "buyer@example.com")
    assert caught.value.code == "several_found"


def test_a_customer_that_was_put_away_is_gone(vendor: Vendor, site: Connector) -> None:
    vendor.on(f"GET {api('Customer', 'CUST-00051')}", Says({"data": customer(51, disabled=1)}))
    found = site.fetch("customers", "CUST-00051")
    assert found is not None
    assert found.deleted
    assert found.payload["time_zone"] == "Europe/Berlin"


# Stock.


def count(
    vendor: Vendor, connector: Connector, bins: list[Any] | None = None, **body: Any
) -> tuple[str | None, Any]:
    vendor.on(f"GET {api('Bin')}", Says({"data": [stock(9)] if bins is None else bins}))
    context = WriteContext("upsert", {"item_code": "MUG-001", **body})
    answer = connector.send(connector.prepare("stock", context, 0, "k"))
    (booked,) = told(vendor, "POST", api("Stock Reconciliation"))
    return answer.external_id, booked


@pytest.fixture
def booking(vendor: Vendor, site: Connector) -> Connector:
    vendor.on(
        f"POST {api('Stock Reconciliation')}", Says({"data": {"name": "MAT-RECO-00001", "docstatus": 1}})
    )
    return site


@pytest.mark.parametrize(
    ("body", "counted"),
    [
        ({"on_hand": "7", "available": "1"}, 7),
        ({"on_hand": "0"}, 0),
        ({"on_hand": "2.5"}, 2.5),
        # Two are reserved.
        ({"available": "4"}, 6),
    ],
)
def test_stock_is_booked_at_once(
    vendor: Vendor, booking: Connector, body: dict[str, Any], counted: Any
) -> None:
    name, booked = count(vendor, booking, **body)
    assert name == "bin00009"
    assert booked == {
        "purpose": "Stock Reconciliation",
        "company": "Company A",
        "items": [{"item_code": "MUG-001", "warehouse": WAREHOUSE, "qty": counted}],
        "docstatus": 1,
    }


def test_the_first_count_of_an_item_has_nothing_reserved(vendor: Vendor, booking: Connector) -> None:
    name, booked = count(vendor, booking, bins=[], available="4")
    assert (name, booked["items"][0]["qty"]) == (None, 4)


def test_stock_that_is_as_it_should_be_is_done(vendor: Vendor, booking: Connector) -> None:
    words = "None of the items have any change in quantity or value."
    vendor.on(f"POST {api('Stock Reconciliation')}", fault(417, "EmptyStockReconciliationItemsError", words))
    assert count(vendor, booking, on_hand="7")[0] == "bin00009"


def test_stock_that_is_refused_is_told(vendor: Vendor, booking: Connector) -> None:
    words = "Row # 1: Valuation Rate required for Item MUG-001"
    vendor.on(f"POST {api('Stock Reconciliation')}", fault(417, "ValidationError", words))
    with pytest.raises(Failure, match="Valuation Rate") as caught:
        count(vendor, booking, on_hand="7")
    assert caught.value.kind == Kind.DATA


def test_stock_without_a_warehouse_or_a_quantity_is_not_guessed(vendor: Vendor, booking: Connector) -> None:
    assert refused(lambda: count(vendor, booking))[1] == "no_quantity"
    connector = with_settings(vendor, warehouse="")
    assert refused(lambda: count(vendor, connector, on_hand="7")) == (Kind.CONFIG, "warehouse", "warehouse")
    connector.close()


@pytest.mark.parametrize(
    ("warehouse", "leaf"), [(WAREHOUSE, ["warehouse", "=", WAREHOUSE]), ("", ["warehouse", "!=", ""])]
)
def test_stock_is_read_where_it_is_meant(vendor: Vendor, warehouse: str, leaf: list[str]) -> None:
    vendor.on(f"GET {api('Bin')}", Says({"data": []}))
    connector = with_settings(vendor, warehouse=warehouse)
    connector.read("stock", since=None, position=None)
    connector.close()
    (asked,) = told(vendor, "GET", api("Bin"))
    assert json.loads(asked["filters"]) == [leaf, ["modified", ">=", "2000-01-01 00:00:00"]]
