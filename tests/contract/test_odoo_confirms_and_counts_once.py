"""Orders are confirmed only at the shop's total, cancelled without a question and changed where that is right; stock is
counted and applied."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from integrations.connectors.base import Answer, Connector, WriteContext
from integrations.exceptions import Failure, Kind
from tests.contract.dialects.odoo import (
    CUSTOMER,
    DIALECT,
    NEEDED,
    ORDER,
    PLACE,
    asked_of,
    fault,
    line,
    partner,
    post,
    stands,
)
from tests.contract.vendor import Vendor
from tests.integrations.answering import LOOPBACK, Says


@pytest.fixture
def vendor() -> Iterator[Vendor]:
    made = DIALECT.vendor()
    for call, says in NEEDED.items():
        made.on(call, says)
    for method in ("write", "action_confirm", "action_cancel"):
        made.on(post("sale.order", method), Says(True))
    yield made
    made.close()


@pytest.fixture
def odoo(vendor: Vendor) -> Iterator[Connector]:
    made = DIALECT.connector(vendor)
    yield made
    made.close()


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


def confirmed(
    vendor: Vendor, connector: Connector, state: str, total: Any = "24.20", confirm: bool = True
) -> int:
    """How often it is confirmed in Odoo."""
    vendor.on(post("sale.order"), stands(state))
    write(connector, "create", {**ORDER, "total": total, "confirm": confirm}, step=1, given="77")
    told = asked_of(vendor, "sale.order", "action_confirm")
    assert all(body == {"ids": [77]} for body in told)
    return len(told)


def test_a_quotation_is_confirmed_once(vendor: Vendor, odoo: Connector) -> None:
    assert confirmed(vendor, odoo, "sale") == 0
    assert confirmed(vendor, odoo, "done") == 0
    assert confirmed(vendor, odoo, "draft") == 1


def test_what_is_not_paid_stays_a_quotation(vendor: Vendor, odoo: Connector) -> None:
    assert confirmed(vendor, odoo, "draft", confirm=False) == 0
    assert vendor.asked == []


def test_another_total_stays_a_quotation(vendor: Vendor, odoo: Connector) -> None:
    assert refused(lambda: confirmed(vendor, odoo, "draft", "24.19")) == (Kind.DATA, "other_total", "total")
    assert confirmed(vendor, odoo, "sale", "24.19") == 0
    assert confirmed(vendor, odoo, "draft", None) == 1


def test_a_window_that_asks_a_person_is_no_success(vendor: Vendor, odoo: Connector) -> None:
    window = {"type": "ir.actions.act_window", "name": "Cancel order", "res_model": "sale.order.cancel"}
    vendor.on(post("sale.order", "action_cancel"), Says(window))
    vendor.on(post("sale.order"), stands("sale"))
    with pytest.raises(Failure, match="Cancel order"):
        write(odoo, "cancel", {}, given="77")
    vendor.on(post("sale.order"), [stands("sale"), stands("cancel")])
    assert write(odoo, "cancel", {}, given="77").external_id == "77"


def test_an_order_is_cancelled_without_a_question(vendor: Vendor, odoo: Connector) -> None:
    vendor.on(post("sale.order"), stands("sale"))
    write(odoo, "cancel", {}, given="77")
    assert asked_of(vendor, "sale.order", "action_cancel") == [
        {"ids": [77], "context": {"disable_cancel_warning": True}}
    ]
    vendor.on(post("sale.order"), stands("cancel"))
    assert write(odoo, "cancel", {}, given="77").replayed
    assert len(asked_of(vendor, "sale.order", "action_cancel")) == 1


def test_a_locked_order_is_left_to_a_person(vendor: Vendor, odoo: Connector) -> None:
    vendor.on(post("sale.order"), stands("sale"))
    locked = "You cannot cancel a locked order. Please unlock it first."
    vendor.on(post("sale.order", "action_cancel"), fault("odoo.exceptions.UserError", locked, 422))
    with pytest.raises(Failure, match="unlock it first") as caught:
        write(odoo, "cancel", {}, given="77")
    assert (caught.value.kind, caught.value.in_doubt) == (Kind.DATA, False)


def test_an_order_that_is_gone_is_told(vendor: Vendor, odoo: Connector) -> None:
    vendor.on(post("sale.order"), Says([]))
    assert refused(lambda: write(odoo, "cancel", {}, given="77"))[1] == "not_found"


# Changing.


def test_a_quotation_gets_our_lines_in_place_of_its_own(vendor: Vendor, odoo: Connector) -> None:
    vendor.on(post("sale.order"), stands("sent"))
    write(odoo, "update", ORDER, given="77")
    (body,) = asked_of(vendor, "sale.order", "write")
    assert body["ids"] == [77]
    assert body["vals"]["order_line"][0] == [5, 0, 0]
    assert [command[0] for command in body["vals"]["order_line"]] == [5, 0]


def changed(
    vendor: Vendor, connector: Connector, there: list[dict[str, Any]], **more: Any
) -> list[dict[str, Any]]:
    vendor.on(post("sale.order"), stands("sale"))
    vendor.on(post("sale.order.line"), Says(there))
    vendor.on(post("res.partner"), Says([partner(51, city="Austin")]))
    write(connector, "update", {**ORDER, **more}, given="77")
    return asked_of(vendor, "sale.order", "write")


def test_a_confirmed_order_gets_its_new_address(vendor: Vendor, odoo: Connector) -> None:
    there = [
        line(1, 77, product_uom_qty=1.0),
        line(2, 77, product_uom_qty=1.0),
        line(3, 77, product_uom_qty=0.0),
    ]
    moved = changed(vendor, odoo, there, shipping=PLACE)
    # It went to another address before, and is to go to the buyer's own.
    assert moved == [{"ids": [77], "vals": {"partner_shipping_id": 51}}]


def test_a_confirmed_order_whose_lines_changed_is_told(vendor: Vendor, odoo: Connector) -> None:
    there = [line(1, 77, product_uom_qty=3.0)]
    assert refused(lambda: changed(vendor, odoo, there)) == (Kind.DATA, "order_confirmed", "lines")


def test_a_cancelled_order_is_not_changed(vendor: Vendor, odoo: Connector) -> None:
    vendor.on(post("sale.order"), stands("cancel"))
    assert refused(lambda: write(odoo, "update", ORDER, given="77"))[1] == "order_cancelled"


# Customers and stock.


def test_a_partner_is_written_with_its_country(vendor: Vendor, odoo: Connector) -> None:
    context = WriteContext("create", {**CUSTOMER, "phone": None})
    answer = odoo.send(odoo.prepare("customers", context, 0, "k"))
    assert answer.external_id == "51"
    assert asked_of(vendor, "res.partner", "create") == [
        {
            "vals_list": [
                {"name": "Test Buyer", "street": "Street 1", "country_id": 233, "email": "buyer@example.com"}
            ]
        }
    ]


def test_an_archived_partner_is_gone(vendor: Vendor, odoo: Connector) -> None:
    vendor.on(post("res.partner"), Says([partner(51, active=False)]))
    found = odoo.fetch("customers", "51")
    assert found is not None
    assert found.deleted
    (body,) = asked_of(vendor, "res.partner", "search_read")
    assert (body["domain"], body["context"]) == ([["id", "=", 51]], {"active_test": False})


def count(vendor: Vendor, connector: Connector, **body: Any) -> Any:
    vendor.on(post("stock.quant", "create"), Says([61]))
    context = WriteContext("upsert", {"default_code": "MUG-001", **body})
    answer = connector.send(connector.prepare("stock", context, 0, "k"))
    assert answer.external_id == "9"
    (made_of,) = asked_of(vendor, "stock.quant", "create")
    assert made_of["context"] == {"inventory_mode": True}
    assert asked_of(vendor, "stock.quant", "action_apply_inventory")[-1] == {
        "ids": [61], "context": {"inventory_mode": True}
    }  # fmt: skip
    return made_of["vals_list"]


@pytest.fixture
def counting(vendor: Vendor) -> Iterator[Connector]:
    vendor.on(post("stock.quant", "action_apply_inventory"), Says(raw=b"null"))
    made_of = type(DIALECT.connector(vendor))(
        {"base_url": vendor.base, "stock_location": "8"}, DIALECT.secrets, guard=LOOPBACK
    )
    yield made_of
    made_of.close()


@pytest.mark.parametrize(
    ("told", "counted"),
    [
        ({"on_hand": "7", "available": "1"}, 7),
        ({"on_hand": "0"}, 0),
        ({"on_hand": "2.5"}, 2.5),
        # 7 are on hand and 5 free, so 2 are taken by open orders.
        ({"available": "4"}, 6),
        ({"available": "0"}, 2),
    ],
)
def test_stock_is_counted(vendor: Vendor, counting: Connector, told: dict[str, Any], counted: Any) -> None:
    assert count(vendor, counting, **told) == [
        {"product_id": 9, "location_id": 8, "inventory_quantity": counted}
    ]
    (searched,) = asked_of(vendor, "product.product", "search_read")
    assert searched["context"] == {"location": 8}


def test_stock_that_tells_no_quantity_is_not_zero(vendor: Vendor, counting: Connector) -> None:
    assert refused(lambda: count(vendor, counting))[1] == "no_quantity"


def test_a_count_that_asks_for_lots_is_no_success(vendor: Vendor, counting: Connector) -> None:
    window = {"name": "Tracked Products", "res_model": "stock.track.confirmation"}
    vendor.on(post("stock.quant", "action_apply_inventory"), Says(window))
    assert refused(lambda: count(vendor, counting, on_hand="7"))[1] == "asks_a_person"


@pytest.mark.parametrize("locations", [[], [[8, "A"], [9, "B"]]])
def test_which_of_several_warehouses_is_not_guessed(
    vendor: Vendor, odoo: Connector, locations: list[Any]
) -> None:
    rows = [{"id": place, "lot_stock_id": one} for place, one in enumerate(locations)]
    vendor.on(post("stock.warehouse"), Says(rows))
    assert refused(lambda: count(vendor, odoo, on_hand="7")) == (
        Kind.CONFIG,
        "stock_location",
        "stock_location",
    )


def test_stock_is_read_at_the_location_that_is_meant(vendor: Vendor, counting: Connector) -> None:
    counting.read("stock", since=None, position=None)
    (body,) = asked_of(vendor, "product.product", "search_read")
    assert (body["domain"], body["context"]) == ([["is_storable", "=", True]], {"location": 8})
