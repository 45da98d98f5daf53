"""https://docs.frappe.io/framework/user/en/api/rest: there is no document by the vendor, so nothing judges this."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from integrations.exceptions import Kind
from tests.contract.dialect import Dialect, Hook, Reading, Refusal, Writing
from tests.contract.vendor import Vendor
from tests.integrations.answering import Asked, Says

# Of the site's clock, which is an hour before UTC in November.
ZONE = "Europe/Berlin"
MOMENT = "2026-11-20 10:00:00.123456"
LATER = "2026-11-20 11:00:00"
SINCE = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
SECRET = "a-secret-of-our-own"
KEYS = {"client_id": "0123456789abcde", "client_secret": "fedcba987654321"}
WAREHOUSE = "Stores - A"


def api(doctype: str, name: str = "") -> str:
    """As it stands in the address."""
    return f"/api/resource/{doctype.replace(' ', '%20')}" + (f"/{name}" if name else "")


def told(vendor: Vendor, method: str, path: str) -> list[Any]:
    """The bodies of these calls, of calls without one the parameters."""
    asked = (one for one in vendor.asked if (one.method, one.path) == (method, path))
    return [one.json if one.raw else one.params for one in asked]


def order(number: int, changed: str = MOMENT, **more: Any) -> dict[str, Any]:
    told: dict[str, Any] = {
        "name": f"SO-{number:05}",
        "docstatus": 1,
        "status": "To Deliver and Bill",
        "customer": "Test Buyer",
    }
    told |= {"creation": MOMENT, "modified": changed, "transaction_date": "2026-11-20", "currency": "EUR"}
    told |= {"delivery_date": "2026-11-20", "po_no": f"#{number}", "amended_from": None}
    told |= {"customer_name": "Test Buyer", "contact_email": "Buyer@example.com", "contact_mobile": None}
    told |= {"customer_address": "Test Buyer-Billing", "shipping_address_name": "Test Buyer-Shipping"}
    told |= {"grand_total": 24.2, "rounded_total": 24.0, "net_total": 20.0, "total_taxes_and_charges": 4.2}
    told |= {"discount_amount": 0.0, "advance_paid": 0.0, "per_delivered": 0.0, "per_billed": 0.0}
    return {**told, "delivery_status": "Not Delivered", "billing_status": "Not Billed", **more}


def line(of: int, place: int = 1, **more: Any) -> dict[str, Any]:
    told: dict[str, Any] = {
        "name": f"row{place}",
        "parent": f"SO-{of:05}",
        "idx": place,
        "item_code": "MUG-001",
        "item_name": "Mug",
    }
    told |= {"qty": 2.0, "delivered_qty": 0.0, "rate": 10.0, "amount": 20.0, "net_amount": 20.0}
    return {**told, "warehouse": WAREHOUSE, **more}


def customer(number: int, changed: str = MOMENT, **more: Any) -> dict[str, Any]:
    told: dict[str, Any] = {
        "name": f"CUST-{number:05}",
        "customer_name": "Test Buyer",
        "customer_type": "Individual",
    }
    told |= {"email_id": "Buyer@example.com", "mobile_no": "+1 512 555 0100", "customer_group": "Individual"}
    told |= {"territory": "All Territories", "tax_id": None, "customer_primary_address": "Test Buyer-Billing"}
    return {**told, "disabled": 0, "creation": MOMENT, "modified": changed, **more}


def address(name: str, **more: Any) -> dict[str, Any]:
    told: dict[str, Any] = {
        "name": name,
        "address_title": "Test Buyer",
        "address_line1": "Street 1",
        "address_line2": None,
    }
    told |= {"city": "Austin", "state": "TX", "pincode": "78701", "country": "United States", "phone": None}
    return {**told, "email_id": None, **more}


def item(number: int, changed: str = MOMENT, **more: Any) -> dict[str, Any]:
    told: dict[str, Any] = {
        "name": f"MUG-{number:03}",
        "item_code": f"MUG-{number:03}",
        "item_name": "Mug",
        "item_group": "Cups",
    }
    told |= {"weight_per_unit": 0.35, "weight_uom": "Kg", "has_variants": 0, "disabled": 0}
    return {**told, "creation": MOMENT, "modified": changed, **more}


def stock(number: int, changed: str = MOMENT, **more: Any) -> dict[str, Any]:
    told: dict[str, Any] = {
        "name": f"bin{number:05}",
        "item_code": "MUG-001",
        "warehouse": WAREHOUSE,
        "actual_qty": 7.0,
    }
    return {
        **told,
        "reserved_qty": 2.0,
        "projected_qty": 5.0,
        "creation": MOMENT,
        "modified": changed,
        **more,
    }


def invoice(number: int, changed: str = MOMENT, **more: Any) -> dict[str, Any]:
    told: dict[str, Any] = {
        "name": f"INV-{number:05}",
        "docstatus": 1,
        "status": "Paid",
        "is_return": 0,
        "return_against": None,
    }
    told |= {"grand_total": 24.2, "outstanding_amount": 0.0, "currency": "EUR", "remarks": "No Remarks"}
    return {**told, "creation": MOMENT, "modified": changed, **more}


def returned(number: int, changed: str = MOMENT, **more: Any) -> dict[str, Any]:
    told: dict[str, Any] = {
        "status": "Return",
        "is_return": 1,
        "grand_total": -24.2,
        "return_against": "INV-00001",
    }
    return invoice(number, changed, **{**told, **more})


BESIDE: dict[str, list[dict[str, Any]]] = {
    "Sales Order Item": [line(1)],
    "Address": [
        address("Test Buyer-Billing"),
        address("Test Buyer-Shipping", address_line1="Street 2", state=None),
    ],
    "Country": [{"name": "United States", "code": "us"}],
    "Sales Invoice Item": [{"parent": "INV-00001", "sales_order": "SO-00001"}],
    "Sales Invoice": [invoice(1)],
    "Item Barcode": [{"parent": "MUG-001", "barcode": "4006381333931"}],
    "Item Price": [
        {"item_code": "MUG-001", "price_list_rate": 10.0, "currency": "EUR", "valid_from": "2026-01-01"}
    ],
}
# Lines are of a kind of document that must be named with them.
OF = {"Sales Order Item": "Sales Order", "Sales Invoice Item": "Sales Invoice", "Item Barcode": "Item"}


def beside(asked: Asked) -> Says | None:
    """What belongs to a document and is looked up for a whole page; None for all else."""
    doctype = asked.path.removeprefix("/api/resource/").replace("%20", " ")
    first = json.loads(asked.params.get("filters", "[]"))[:1]
    if asked.method != "GET" or doctype not in BESIDE or not first or first[0][1] != "in":
        return None
    assert asked.params.get("parent") == OF.get(doctype)
    assert asked.params["limit_page_length"] == "0"
    return Says({"data": BESIDE[doctype]})


def listed(
    make: Callable[..., dict[str, Any]], by: str = "modified asc, name asc"
) -> Callable[[Asked], Says]:
    """52 documents, of which 49 changed at ten and 3 at eleven, sorted and narrowed as it is asked for."""
    rows = [make(number, MOMENT if number < 50 else LATER) for number in range(1, 53)]

    def page(asked: Asked) -> Says:
        assert asked.headers["authorization"] == f"token {KEYS['client_id']}:{KEYS['client_secret']}"
        told = asked.params
        assert (told["order_by"], told["limit_page_length"], told["fields"]) == (by, "50", '["*"]')
        filters = json.loads(told["filters"])
        since = next((leaf[2] for leaf in filters if leaf[0] == "modified"), "")
        young = [row for row in rows if row["modified"] >= since]
        start = int(told["limit_start"])
        return Says({"data": young[start : start + 50]})

    return page


def fault(status: int, kind: str, message: str) -> Says:
    """https://github.com/frappe/frappe/blob/develop/frappe/utils/response.py"""
    inner = json.dumps({"message": message, "title": "Message", "indicator": "red", "raise_exception": 1})
    told: dict[str, Any] = {"exception": f"frappe.exceptions.{kind}: {message}", "exc_type": kind}
    return Says(
        {**told, "exc": '["Traceback (most recent call last)…"]', "_server_messages": json.dumps([inner])},
        status,
    )


def sign(raw: bytes, secret: str = SECRET) -> dict[str, str]:
    digest = hmac.new(secret.encode(), raw, hashlib.sha256).digest()
    return {"X-Frappe-Webhook-Signature": base64.b64encode(digest).decode()}


def hook(doctype: str, name: str, events: tuple[tuple[str, str, str], ...], is_return: int = 0) -> Hook:
    raw = json.dumps({"doctype": doctype, "name": name, "is_return": is_return}).encode()
    return Hook(
        f"{doctype}-{is_return}".lower().replace(" ", "-"),
        sign(raw),
        raw,
        SECRET,
        datetime(2026, 11, 20, 9, tzinfo=UTC),
        events,
        signed_by=("X-Frappe-Webhook-Signature",),
    )


def names(start: str, width: int = 5) -> tuple[str, ...]:
    return tuple(f"{start}{number:0{width}}" for number in range(1, 53))


PLACE = {
    "address_title": "Test Buyer",
    "address_line1": "Street 1",
    "city": "Austin",
    "state": "TX",
    "pincode": "78701",
    "country_code": "US",
}
ORDER: dict[str, Any] = {
    "po_no": "#1042",
    # Half past eleven in the evening of the twentieth, which is the next day in Berlin.
    "placed_at": "2026-11-20T23:30:00Z",
    "currency": "EUR",
    "total": "24.20",
    "email": "buyer@example.com",
    "name": "Test Buyer",
    "billing": PLACE,
    "shipping": {**PLACE, "address_line1": "Street 2"},
    "items": [{"item_code": "MUG-001", "item_name": "Mug", "qty": "2", "ordered": "2", "total": "20.00"}],
    "confirm": True,
}
CUSTOMER = {"customer_name": "Test Buyer", "email_id": "buyer@example.com", "mobile_no": "+1 512 555 0100"}
STOCK = {"item_code": "MUG-001", "on_hand": "7", "available": "5"}
NEEDED: dict[str, Says | Callable[[Asked], Says]] = {
    f"GET {api('Customer')}": Says({"data": []}),
    f"POST {api('Customer')}": Says({"data": customer(51)}),
    f"GET {api('Address')}": Says({"data": []}),
    f"POST {api('Address')}": Says({"data": address("Test Buyer-Shipping")}),
    f"GET {api('Country')}": Says({"data": BESIDE["Country"]}),
}
NAME = "SO-00077"


def stands(docstatus: int, **more: Any) -> Says:
    return Says({"data": order(77, docstatus=docstatus, **more)})


DIALECT = Dialect(
    platform="erpnext",
    secrets={**KEYS, "webhook_secret": SECRET},
    settings={"time_zone": ZONE, "warehouse": WAREHOUSE, "company": "Company A"},
    session=beside,
    readings=(
        Reading("orders", api("Sales Order"), listed(order), names("SO-")),
        Reading("orders", api("Sales Order"), listed(order), names("SO-"), since=SINCE),
        Reading(
            "orders", api("Sales Order"), listed(order, "name asc"), names("SO-"), since=SINCE, not_final=True
        ),
        Reading("customers", api("Customer"), listed(customer), names("CUST-"), since=SINCE),
        Reading("variants", api("Item"), listed(item), names("MUG-", 3), since=SINCE),
        Reading("stock", api("Bin"), listed(stock), names("bin"), since=SINCE),
        Reading("invoices", api("Sales Invoice"), listed(invoice), names("INV-"), since=SINCE),
        Reading(
            "invoices",
            api("Sales Invoice"),
            listed(invoice, "name asc"),
            names("INV-"),
            since=SINCE,
            not_final=True,
        ),
        Reading("refunds", api("Sales Invoice"), listed(returned), names("INV-"), since=SINCE),
    ),
    writings=(
        Writing(
            "orders",
            "create",
            ORDER,
            {
                **NEEDED,
                f"POST {api('Sales Order')}": stands(0),
                f"GET {api('Sales Order', NAME)}": stands(0),
                f"PUT {api('Sales Order', NAME)}": stands(1),
            },
            NAME,
        ),
        Writing(
            "orders",
            "update",
            ORDER,
            {
                **NEEDED,
                f"GET {api('Sales Order', NAME)}": stands(0),
                f"PUT {api('Sales Order', NAME)}": stands(0),
            },
            NAME,
            given=NAME,
        ),
        Writing(
            "orders",
            "submit",
            ORDER,
            {f"GET {api('Sales Order', NAME)}": stands(0), f"PUT {api('Sales Order', NAME)}": stands(1)},
            NAME,
            given=NAME,
        ),
        Writing(
            "orders",
            "cancel",
            {},
            {f"GET {api('Sales Order', NAME)}": stands(1), f"PUT {api('Sales Order', NAME)}": stands(2)},
            NAME,
            given=NAME,
        ),
        Writing(
            "customers",
            "create",
            CUSTOMER,
            {f"POST {api('Customer')}": Says({"data": customer(51)})},
            "CUST-00051",
        ),
        Writing(
            "customers",
            "update",
            CUSTOMER,
            {f"PUT {api('Customer', 'CUST-00051')}": Says({"data": customer(51)})},
            "CUST-00051",
            given="CUST-00051",
        ),
        Writing(
            "stock",
            "upsert",
            STOCK,
            {
                f"GET {api('Bin')}": Says({"data": [stock(9)]}),
                f"POST {api('Stock Reconciliation')}": Says(
                    {"data": {"name": "MAT-RECO-00001", "docstatus": 1}}
                ),
            },
            "bin00009",
        ),
    ),
    hooks=(
        hook("Sales Order", "SO-00007", (("Sales Order", "orders", "SO-00007"),)),
        hook("Customer", 'Test "Buyer"', (("Customer", "customers", 'Test "Buyer"'),)),
        hook("Item", "MUG-001", (("Item", "variants", "MUG-001"),)),
        hook("Sales Invoice", "INV-00007", (("Sales Invoice", "invoices", "INV-00007"),)),
        hook("Sales Invoice", "INV-00008", (("Return", "refunds", "INV-00008"),), is_return=1),
        hook("Quotation", "QTN-00001", ()),
    ),
    refusals=(
        Refusal("wrong-key", fault(401, "AuthenticationError", "Invalid token"), Kind.CONFIG, "unauthorized"),
        Refusal("no-right", fault(403, "PermissionError", "Not permitted"), Kind.CONFIG, "forbidden"),
        Refusal("no-site", Says(raw=b"<html>Not Found</html>", status=404), Kind.CONFIG, "no_such_call"),
        Refusal(
            "no-app",
            fault(404, "DoesNotExistError", "DocType Sales Order not found"),
            Kind.CONFIG,
            "no_such_call",
        ),
        Refusal("not-so", fault(417, "ValidationError", "It is not valid"), Kind.DATA, "refused"),
        Refusal("there-already", fault(409, "DuplicateEntryError", "It exists"), Kind.DATA, "conflict"),
        Refusal("in-use", fault(508, "QueryDeadlockError", "Deadlock Occurred"), Kind.TRANSIENT, "in_use"),
        Refusal(
            "just-changed",
            fault(417, "TimestampMismatchError", "Document has been modified after you have opened it"),
            Kind.TRANSIENT,
            "in_use",
        ),
        Refusal(
            "wrong-field",
            fault(500, "OperationalError", "(1054, \"Unknown column 'x' in 'field list'\")"),
            Kind.CONFIG,
            "call_refused",
        ),
        Refusal("broken", fault(500, "TypeError", "'NoneType' object"), Kind.CONFIG, "call_refused"),
        Refusal(
            "lost-database",
            fault(500, "OperationalError", "(2006, 'Server has gone away')"),
            Kind.TRANSIENT,
            "server_error",
        ),
        Refusal(
            "too-fast",
            Says({"exc_type": "TooManyRequestsError"}, 429, {"Retry-After": "7"}),
            Kind.TRANSIENT,
            "rate_limited",
            retry_after=7,
        ),
        Refusal("down", Says(raw=b"<html>Bad Gateway</html>", status=502), Kind.TRANSIENT, "server_error"),
    ),
)
