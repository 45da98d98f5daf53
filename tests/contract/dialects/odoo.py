"""https://www.odoo.com/documentation/19.0/developer/reference/external_api.html: Odoo publishes no document, so nothing
judges this."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from integrations.exceptions import Kind
from tests.contract.dialect import Dialect, Reading, Refusal, Writing
from tests.contract.vendor import Vendor
from tests.integrations.answering import Asked, Says

MOMENT = "2026-11-20 10:00:00"
LATER = "2026-11-20 11:00:00"
SINCE = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
KEY = "0123456789abcdef0123456789abcdef01234567"
EUR = [1, "EUR"]
# Where records that belong to others are looked up: by lists of ids.
BESIDE = ("id", "order_id", "order_line.invoice_lines.move_id")


def api(model: str, method: str = "search_read") -> str:
    return f"/json/2/{model}/{method}"


def post(model: str, method: str = "search_read") -> str:
    return f"POST {api(model, method)}"


def asked_of(vendor: Vendor, model: str, method: str = "search_read") -> list[dict[str, Any]]:
    """The bodies of these calls."""
    return [one.json for one in vendor.asked if one.path == api(model, method)]


def order(number: int, changed: str = MOMENT, **more: Any) -> dict[str, Any]:
    told: dict[str, Any] = {
        "id": number,
        "name": f"S{number:05}",
        "client_order_ref": f"#{number}",
        "origin": False,
    }
    told |= {"date_order": MOMENT, "create_date": MOMENT, "write_date": changed, "state": "sale"}
    told |= {"commitment_date": False}
    told |= {"partner_id": [51, "Test Buyer"], "partner_invoice_id": [51, "Test Buyer"]}
    told |= {"partner_shipping_id": [52, "Test Buyer, Door 2"], "currency_id": EUR, "order_line": [7]}
    told |= {"amount_untaxed": 20.0, "amount_tax": 4.2, "amount_total": 24.2}
    return {**told, "invoice_ids": [], "invoice_status": "to invoice", **more}


def line(number: int, of: int, **more: Any) -> dict[str, Any]:
    told: dict[str, Any] = {
        "id": number,
        "order_id": [of, f"S{of:05}"],
        "name": "[MUG-001] Mug",
        "product_id": [9, "Mug"],
    }
    told |= {
        "product_uom_qty": 2.0,
        "qty_delivered": 0.0,
        "qty_invoiced": 0.0,
        "price_unit": 10.0,
        "discount": 0.0,
    }
    told |= {"price_subtotal": 20.0, "price_tax": 4.2, "price_total": 24.2}
    return {**told, "display_type": False, "is_downpayment": False, **more}


def partner(number: int, changed: str = MOMENT, **more: Any) -> dict[str, Any]:
    told: dict[str, Any] = {
        "id": number,
        "name": "Test Buyer",
        "email": "Buyer@example.com",
        "ref": False,
        "lang": "en_US",
    }
    told |= {"email_normalized": "buyer@example.com", "phone": "+1 512 555 0100", "is_company": False}
    told |= {"parent_id": False, "commercial_company_name": False, "street": "Street 1", "street2": False}
    told |= {
        "city": "Austin",
        "zip": "78701",
        "state_id": [44, "Texas (US)"],
        "country_id": [233, "United States"],
    }
    told |= {"type": "contact", "active": True, "create_date": MOMENT, "write_date": changed}
    return {**told, **more}


def product(number: int, changed: str = MOMENT, **more: Any) -> dict[str, Any]:
    told: dict[str, Any] = {
        "id": number,
        "name": "Mug",
        "display_name": "[MUG-001] Mug (Red)",
        "default_code": "MUG-001",
    }
    told |= {"barcode": False, "lst_price": 10.0, "currency_id": EUR, "weight": 0.35, "weight_uom_name": "kg"}
    told |= {"type": "consu", "active": True, "create_date": MOMENT, "write_date": changed}
    told |= {"qty_available": 7.0, "free_qty": 5.0, "virtual_available": 6.0}
    return {**told, **more}


def move(number: int, changed: str = MOMENT, **more: Any) -> dict[str, Any]:
    told: dict[str, Any] = {
        "id": number,
        "name": f"INV/2026/{number:05}",
        "ref": False,
        "move_type": "out_invoice",
    }
    told |= {"state": "posted", "payment_state": "paid", "partner_id": [51, "Test Buyer"], "currency_id": EUR}
    told |= {"amount_untaxed": 20.0, "amount_tax": 4.2, "amount_total": 24.2, "amount_residual": 0.0}
    told |= {"invoice_date": "2026-11-20", "invoice_origin": "S00001", "payment_reference": False}
    return {**told, "create_date": MOMENT, "write_date": changed, **more}


BESIDE_ORDERS: dict[str, list[dict[str, Any]]] = {
    "sale.order.line": [line(7, 1)],
    "product.product": [product(9)],
    "res.partner": [partner(51), partner(52, name="Test Buyer, Door 2", type="delivery", state_id=False)],
    "res.country": [{"id": 233, "code": "US"}],
    "res.country.state": [{"id": 44, "code": "TX"}],
    "account.move": [move(31)],
    "sale.order": [{"id": 1, "name": "S00001", "client_order_ref": "#1", "invoice_ids": [1, 31]}],
}


def beside(asked: Asked) -> Says | None:
    """What belongs to a record and is looked up for a whole page; None for all else."""
    parts = asked.path.split("/")
    body = asked.json if asked.raw else {}
    first = (body.get("domain") or [[""]])[0]
    if parts[-1] != "search_read" or first[0] not in BESIDE or first[1] != "in":
        return None
    assert body["context"] == {"active_test": False}
    return Says(BESIDE_ORDERS[parts[3]])


def listed(make: Callable[..., dict[str, Any]], by: str = "write_date, id") -> Callable[[Asked], Says]:
    """102 records, of which 99 changed at ten and 3 at eleven, sorted and narrowed as it is asked for."""
    rows = [make(number, MOMENT if number < 100 else LATER) for number in range(1, 103)]

    def page(asked: Asked) -> Says:
        assert asked.headers["authorization"] == f"bearer {KEY}"
        body = asked.json
        assert (body["order"], body["limit"]) == (by, 100)
        since = next((leaf[2] for leaf in body["domain"] if leaf[0] == "write_date"), "")
        young = [row for row in rows if str(row["write_date"]) >= since]
        return Says(young[body["offset"] : body["offset"] + 100])

    return page


def fault(name: str, message: str, status: int) -> Says:
    told: dict[str, Any] = {"name": name, "message": message, "arguments": [message], "context": {}}
    return Says({**told, "debug": f"Traceback (most recent call last): {message}"}, status)


def refund(number: int, changed: str = MOMENT) -> dict[str, Any]:
    return move(number, changed, move_type="out_refund")


IDS = tuple(str(number) for number in range(1, 103))
PLACE = {"name": "Test Buyer", "street": "Street 1", "zip": "78701", "city": "Austin", "country_code": "US"}
ORDER: dict[str, Any] = {
    "client_order_ref": "#1042",
    "date_order": MOMENT,
    "currency": "EUR",
    "total": "24.20",
    "email": "buyer@example.com",
    "name": "Test Buyer",
    "billing": PLACE,
    "shipping": {**PLACE, "street": "Street 2"},
    "lines": [
        {
            "sku": "MUG-001",
            "title": "Mug",
            "quantity": "2",
            "ordered": "2",
            "price": "10.00",
            "total": "20.00",
        }
    ],
    "confirm": True,
}
CUSTOMER = {"name": "Test Buyer", "email": "buyer@example.com", "street": "Street 1", "country_code": "US"}
STOCK = {"default_code": "MUG-001", "on_hand": "7", "available": "5"}
NEEDED: dict[str, Says | Callable[[Asked], Says]] = {
    post("product.product"): Says([product(9)]),
    post("product.pricelist"): Says([{"id": 3, "currency_id": EUR}]),
    post("res.partner"): Says([]),
    post("res.country"): Says([{"id": 233, "code": "US"}]),
    post("res.partner", "create"): Says([51]),
}


def stands(state: str, **more: Any) -> Says:
    return Says([order(77, state=state, **more)])


DIALECT = Dialect(
    platform="odoo",
    secrets={"token": KEY},
    session=beside,
    readings=(
        Reading("orders", api("sale.order"), listed(order), IDS),
        Reading("orders", api("sale.order"), listed(order), IDS, since=SINCE),
        Reading("orders", api("sale.order"), listed(order, "id"), IDS, since=SINCE, not_final=True),
        Reading("customers", api("res.partner"), listed(partner), IDS),
        Reading("customers", api("res.partner"), listed(partner), IDS, since=SINCE),
        Reading("variants", api("product.product"), listed(product), IDS, since=SINCE),
        Reading("stock", api("product.product"), listed(product, "id"), IDS),
        Reading("invoices", api("account.move"), listed(move), IDS, since=SINCE),
        Reading("invoices", api("account.move"), listed(move, "id"), IDS, since=SINCE, not_final=True),
        Reading("refunds", api("account.move"), listed(refund), IDS, since=SINCE),
    ),
    writings=(
        Writing(
            "orders",
            "create",
            ORDER,
            {
                **NEEDED,
                post("sale.order", "create"): Says([77]),
                post("sale.order"): stands("draft"),
                post("sale.order", "action_confirm"): Says(True),
            },
            "77",
        ),
        Writing(
            "orders",
            "update",
            ORDER,
            {
                **NEEDED,
                post("sale.order"): stands("draft"),
                post("sale.order", "write"): Says(True),
            },
            "77",
            given="77",
        ),
        Writing(
            "orders",
            "confirm",
            ORDER,
            {
                post("sale.order"): stands("sent"),
                post("sale.order", "action_confirm"): Says(True),
            },
            "77",
            given="77",
        ),
        Writing(
            "orders",
            "cancel",
            {},
            {
                post("sale.order"): stands("sale"),
                post("sale.order", "action_cancel"): Says(True),
            },
            "77",
            given="77",
        ),
        Writing(
            "customers",
            "create",
            CUSTOMER,
            {**NEEDED, post("res.partner", "create"): Says([51])},
            "51",
        ),
        Writing(
            "customers",
            "update",
            CUSTOMER,
            {**NEEDED, post("res.partner", "write"): Says(True)},
            "51",
            given="51",
        ),
        Writing(
            "stock",
            "upsert",
            STOCK,
            {
                post("stock.warehouse"): Says([{"id": 1, "lot_stock_id": [8, "WH/Stock"]}]),
                post("product.product"): Says([product(9)]),
                post("stock.quant", "create"): Says([61]),
                post("stock.quant", "action_apply_inventory"): Says(raw=b"null"),
            },
            "9",
        ),
    ),
    refusals=(
        Refusal(
            "wrong-key",
            fault("werkzeug.exceptions.Unauthorized", "Invalid apikey", 401),
            Kind.CONFIG,
            "unauthorized",
        ),
        Refusal(
            "no-login",
            fault("odoo.exceptions.AccessDenied", "Access Denied", 403),
            Kind.CONFIG,
            "unauthorized",
        ),
        Refusal(
            "no-right",
            fault("odoo.exceptions.AccessError", "You are not allowed to access 'Sales Order'", 403),
            Kind.CONFIG,
            "forbidden",
        ),
        Refusal(
            "no-app",
            fault("werkzeug.exceptions.NotFound", "the model 'sale.order' does not exist", 404),
            Kind.CONFIG,
            "no_such_call",
        ),
        Refusal("no-odoo", Says(raw=b"<html>Not Found</html>", status=404), Kind.CONFIG, "no_such_call"),
        Refusal(
            "wrong-field",
            fault("builtins.ValueError", "Invalid field 'x' on model 'sale.order'", 500),
            Kind.CONFIG,
            "call_refused",
        ),
        Refusal(
            "wrong-argument",
            fault("werkzeug.exceptions.UnprocessableEntity", "missing a required argument", 422),
            Kind.CONFIG,
            "call_refused",
        ),
        Refusal("not-so", fault("odoo.exceptions.UserError", "It cannot be done", 422), Kind.DATA, "refused"),
        Refusal(
            "in-use",
            fault("psycopg2.errors.SerializationFailure", "could not serialize access", 500),
            Kind.TRANSIENT,
            "in_use",
        ),
        Refusal(
            "too-fast",
            Says(raw=b"<html>Too Many Requests</html>", status=429, headers={"Retry-After": "7"}),
            Kind.TRANSIENT,
            "rate_limited",
            retry_after=7,
        ),
        Refusal("down", Says(raw=b"<html>Bad Gateway</html>", status=502), Kind.TRANSIENT, "server_error"),
    ),
)
