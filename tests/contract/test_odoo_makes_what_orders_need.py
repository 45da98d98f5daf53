"""An order brings its partner, addresses, products and prices with it, and is made once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest

from integrations.connectors.base import Answer, Connector, WriteContext
from integrations.connectors.odoo_orders import Making
from integrations.connectors.unit_prices import in_units, left_of
from integrations.exceptions import Failure, Kind
from tests.contract.dialects.odoo import (
    DIALECT,
    EUR,
    NEEDED,
    ORDER,
    PLACE,
    asked_of,
    order,
    partner,
    post,
    product,
)
from tests.contract.vendor import Vendor
from tests.integrations.answering import LOOPBACK, Asked, Says

D = Decimal


@pytest.fixture
def vendor() -> Iterator[Vendor]:
    made = DIALECT.vendor()
    for call, says in NEEDED.items():
        made.on(call, says)
    made.on(post("sale.order", "create"), Says([77]))
    yield made
    made.close()


@pytest.fixture
def odoo(vendor: Vendor) -> Iterator[Connector]:
    made = DIALECT.connector(vendor)
    yield made
    made.close()


def with_settings(vendor: Vendor, **settings: Any) -> Connector:
    kind = type(DIALECT.connector(vendor))
    return kind({"base_url": vendor.base, **settings}, DIALECT.secrets, guard=LOOPBACK)


def create(connector: Connector, body: dict[str, Any]) -> Answer:
    return connector.send(connector.prepare("orders", WriteContext("create", body), 0, "k"))


def made(vendor: Vendor) -> dict[str, Any]:
    (body,) = asked_of(vendor, "sale.order", "create")
    (values,) = body["vals_list"]
    found: dict[str, Any] = values
    return found


def lines_of(vendor: Vendor) -> list[tuple[Any, Any, Any]]:
    told = [(command, values) for *command, values in made(vendor)["order_line"]]
    assert all(command == [0, 0] for command, _ in told)
    return [(values["product_id"], values["product_uom_qty"], values.get("price_unit")) for _, values in told]


def test_an_order_is_made_with_all_it_needs(vendor: Vendor, odoo: Connector) -> None:
    vendor.on(post("res.partner", "create"), [Says([51]), Says([52])])
    assert create(odoo, ORDER).external_id == "77"
    buyer, delivery = (body["vals_list"][0] for body in asked_of(vendor, "res.partner", "create"))
    assert buyer == {
        "name": "Test Buyer",
        "email": "buyer@example.com",
        "street": "Street 1",
        "city": "Austin",
        "zip": "78701",
        "country_id": 233,
    }
    assert delivery == {
        "name": "Test Buyer",
        "street": "Street 2",
        "city": "Austin",
        "zip": "78701",
        "country_id": 233,
        "parent_id": 51,
        "type": "delivery",
    }
    assert made(vendor) == {
        "partner_id": 51,
        "partner_invoice_id": 51,
        "partner_shipping_id": 52,
        "client_order_ref": "#1042",
        "date_order": "2026-11-20 10:00:00",
        "pricelist_id": 3,
        "order_line": [[0, 0, {"product_id": 9, "product_uom_qty": 2, "price_unit": 10, "name": "Mug"}]],
    }


def test_partners_and_addresses_that_are_there_are_taken(vendor: Vendor, odoo: Connector) -> None:
    def found(one: Asked) -> Says:
        leaves = {leaf[0]: leaf[2] for leaf in one.json["domain"]}
        if "parent_id" in leaves:
            assert leaves == {
                "parent_id": 51,
                "type": "delivery",
                "name": "Test Buyer",
                "street": "Street 2",
                "zip": "78701",
                "city": "Austin",
            }
            return Says([{"id": 52, "name": "Test Buyer"}])
        assert leaves == {"email_normalized": "buyer@example.com", "type": "contact"}
        return Says([partner(51)])

    vendor.on(post("res.partner"), found)
    create(odoo, {**ORDER, "email": "Buyer@Example.com"})
    assert asked_of(vendor, "res.partner", "create") == []
    values = made(vendor)
    assert (values["partner_id"], values["partner_invoice_id"], values["partner_shipping_id"]) == (51, 51, 52)


def test_a_guest_without_an_address_is_known_by_the_order(vendor: Vendor, odoo: Connector) -> None:
    guest = {**ORDER, "email": None, "name": "Gast 😀", "billing": None, "shipping": None}
    create(odoo, guest)
    (searched,) = asked_of(vendor, "res.partner", "search_read")
    assert searched["domain"][0] == ["ref", "=", "#1042"]
    assert asked_of(vendor, "res.partner", "create") == [{"vals_list": [{"name": "Gast 😀", "ref": "#1042"}]}]
    assert "partner_shipping_id" not in made(vendor)


def test_a_country_or_state_that_odoo_does_not_know_is_left_out(vendor: Vendor, odoo: Connector) -> None:
    vendor.on(post("res.country.state"), Says([]))
    place = {**PLACE, "state": "Nowhere"}
    create(odoo, {**ORDER, "billing": place, "shipping": place})
    (buyer,) = asked_of(vendor, "res.partner", "create")
    assert buyer["vals_list"][0]["country_id"] == 233
    assert "state_id" not in buyer["vals_list"][0]
    (searched,) = asked_of(vendor, "res.country.state", "search_read")
    assert searched["domain"] == [
        ["country_id", "=", 233], "|", ["code", "=", "Nowhere"], ["name", "=", "Nowhere"]
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("total", "quantity", "currency", "parts"),
    [
        ("20.00", "2", "EUR", [("2", "10.00")]),
        ("10.00", "3", "EUR", [("2", "3.33"), ("1", "3.34")]),
        ("20.00", "3", "EUR", [("1", "6.66"), ("2", "6.67")]),
        ("1000", "3", "JPY", [("2", "333"), ("1", "334")]),
        ("12.125", "1", "KWD", [("1", "12.125")]),
        ("10.000", "3", "KWD", [("2", "3.333"), ("1", "3.334")]),
        ("0", "3", "EUR", [("3", "0")]),
        ("5.00", "2.5", "EUR", [("2.5", "2.00")]),
    ],
)
def test_prices_add_up_to_the_total(
    total: str, quantity: str, currency: str, parts: list[tuple[str, str]]
) -> None:
    found = in_units(D(total), D(quantity), currency)
    assert found == [(D(count), D(price)) for count, price in parts]
    assert sum((count * price for count, price in found), D(0)) == D(total)


def test_what_cannot_be_parted_keeps_one_price() -> None:
    assert in_units(D("10.00"), D("1.5"), "EUR") == [(D("1.5"), D("10.00") / D("1.5"))]
    assert in_units(D("10.005"), D(2), "EUR") == [(D(2), D("5.0025"))]


def test_of_a_line_only_what_is_left_is_paid_for() -> None:
    assert left_of(D("24.20"), D(3), D(2), "EUR") == D("16.13")
    assert left_of(D("24.20"), D(3), D(3), "EUR") == D("24.20")
    assert left_of(D("1000"), D(3), D(1), "JPY") == D("333")


def test_a_line_is_parted_where_its_total_cannot_be(vendor: Vendor, odoo: Connector) -> None:
    one = {"sku": "MUG-001", "quantity": "2", "ordered": "3", "price": "8.07", "total": "24.20"}
    create(odoo, {**ORDER, "lines": [one]})
    assert lines_of(vendor) == [(9, 1, 8.06), (9, 1, 8.07)]


def test_a_line_without_a_total_has_its_price_or_that_of_odoo(vendor: Vendor, odoo: Connector) -> None:
    one = {"sku": "MUG-001", "quantity": "2"}
    create(odoo, {**ORDER, "lines": [{**one, "price": "12.10"}, one, {**one, "quantity": "0"}]})
    assert lines_of(vendor) == [(9, 2, 12.1), (9, 2, None)]


def test_shipping_costs_are_a_product(vendor: Vendor) -> None:
    vendor.on(post("product.product"), Says([product(9), product(10, default_code="SHIP")]))
    connector = with_settings(vendor, shipping_sku="SHIP")
    create(connector, {**ORDER, "shipping_total": "4.90"})
    assert lines_of(vendor) == [(9, 2, 10), (10, 1, 4.9)]
    connector.close()


def refused(do: Callable[[], Any]) -> tuple[Kind, str, str]:
    with pytest.raises(Failure) as caught:
        do()
    assert not caught.value.in_doubt
    return caught.value.kind, caught.value.code, caught.value.field


@pytest.mark.parametrize(
    ("more", "kind", "code", "field"),
    [
        ({"shipping_total": "4.90"}, Kind.CONFIG, "shipping_product", "shipping_sku"),
        ({"currency": None}, Kind.DATA, "no_currency", "currency"),
        ({"lines": []}, Kind.DATA, "no_lines", "lines"),
        ({"lines": [{"quantity": "1"}]}, Kind.DATA, "no_sku", "lines[].sku"),
        ({"lines": [{"sku": "CAP", "quantity": "1"}]}, Kind.DATA, "unknown_sku", "lines[].sku"),
        ({"lines": [{"sku": "CAP", "quantity": "a few"}]}, Kind.DATA, "no_number", "lines[].quantity"),
    ],
)
def test_an_order_that_cannot_be_made_makes_nothing(
    vendor: Vendor, odoo: Connector, more: dict[str, Any], kind: Kind, code: str, field: str
) -> None:
    assert refused(lambda: create(odoo, {**ORDER, **more})) == (kind, code, field)
    assert asked_of(vendor, "res.partner", "create") == asked_of(vendor, "sale.order", "create") == []


def test_a_sku_of_two_products_is_not_guessed(vendor: Vendor, odoo: Connector) -> None:
    vendor.on(post("product.product"), Says([product(9), product(10)]))
    assert refused(lambda: create(odoo, ORDER))[1] == "unknown_sku"


@pytest.mark.parametrize(
    ("companies", "code"),
    [([EUR], ""), ([[2, "USD"]], "no_price_list"), ([EUR, [2, "USD"]], "no_price_list")],
)
def test_a_currency_without_a_price_list_is_that_of_the_company(
    vendor: Vendor, odoo: Connector, companies: list[Any], code: str
) -> None:
    vendor.on(post("product.pricelist"), Says([]))
    vendor.on(post("res.company"), Says([{"id": 1, "currency_id": one} for one in companies]))
    if code:
        assert refused(lambda: create(odoo, ORDER))[1] == code
        return
    create(odoo, ORDER)
    assert "pricelist_id" not in made(vendor)


def test_who_is_slow_in_telling_what_is_needed_is_asked_again(odoo: Connector) -> None:
    moments = iter([0.0, 14.5])
    making = Making(odoo, ORDER, clock=lambda: next(moments))  # type: ignore[arg-type]  # it is the one
    assert refused(making.values)[:2] == (Kind.TRANSIENT, "not_sent")


def test_an_order_whose_answer_was_lost_is_found_by_its_reference(vendor: Vendor, odoo: Connector) -> None:
    vendor.on(post("sale.order", "create"), Says(silent=True))
    with pytest.raises(Failure) as caught:
        create(odoo, ORDER)
    assert caught.value.in_doubt
    vendor.on(post("sale.order"), Says([order(77, client_order_ref="#1042")]))
    found = odoo.lookup("orders", "#1042")
    assert found is not None
    assert (found.external_id, found.version) == ("77", "2026-11-20T10:00:00.000000Z")
    assert asked_of(vendor, "sale.order", "search_read")[-1]["domain"] == [["client_order_ref", "=", "#1042"]]
