"""What ERPNext looks like by Frappe's REST API: https://docs.frappe.io/framework/user/en/api/rest

Every kind of document has the same calls. All fields are asked for ("*"): one that a version does not have would be an
error for the whole call. Times are those of the site's own clock, so the declaration is made for a time zone."""

from __future__ import annotations

from typing import Any

from integrations.connectors.facts import Facts, Group, Verified
from integrations.connectors.native import native_of

API = "/api/resource"
ORDER, CUSTOMER, ITEM, BIN, INVOICE = "Sales Order", "Customer", "Item", "Bin", "Sales Invoice"
COUNT = "Stock Reconciliation"
DRAFT, SUBMITTED, CANCELLED = 0, 1, 2

SIZE = 50
DAY = 86_400.0
# What is paid does not move an order's own time of change, so those of this time are read again.
STILL_MOVING = 30 * DAY
STILL_PAID = 60 * DAY
CLOCK = "%Y-%m-%d %H:%M:%S"
EVER = "since || '2000-01-01 00:00:00'"
EQUALS = "=="

# Which documents tell of changes, and on which events. An insert is no change to Frappe:
# https://github.com/frappe/frappe/blob/develop/frappe/integrations/doctype/webhook/__init__.py
HEARD = (ORDER, CUSTOMER, ITEM, INVOICE)
EVENTS = ("after_insert", "on_change")
# A template of Frappe's: a name with quotation marks stays one name, and a return is an invoice too.
TELLS = (
    '{"doctype": {{ doc.doctype | tojson }}, "name": {{ doc.name | tojson }}, '
    '"is_return": {{ doc.get("is_return") or 0 }}}'
)
NO_DRAFTS = "doc.docstatus > 0"


def path(doctype: str) -> str:
    return f"{API}/{doctype.replace(' ', '%20')}"


def _asked(order: str, *filters: Any) -> dict[str, Any]:
    return {"fields": {"json": ["*"]}, "filters": {"json": list(filters)}, "order_by": order}


def _pages(order: str) -> dict[str, Any]:
    return {
        "style": "offset",
        "param": "limit_start",
        "size": SIZE,
        "size_param": "limit_page_length",
        "order": order,
        "more": f"length(data) == `{SIZE}`",
        "past_end": "`false`",
    }


def _listed(doctype: str, zone: str, *filters: Any) -> dict[str, Any]:
    return {
        "path": path(doctype),
        "params": _asked("modified asc, name asc", *filters, ["modified", ">=", f"={EVER}"]),
        "records": "data",
        "paging": _pages("oldest_first"),
        "since": {"format": CLOCK, "zone": zone, "granularity": 1, "overlap": 60},
    }


def _again(doctype: str, zone: str, seconds: float, *filters: Any) -> dict[str, Any]:
    return {
        "path": path(doctype),
        "params": _asked("name asc", *filters, ["creation", ">=", "{since}"]),
        "records": "data",
        "paging": _pages("stable"),
        "since": {"format": CLOCK, "zone": zone, "granularity": 1, "window": seconds},
    }


def _fetched(doctype: str) -> dict[str, Any]:
    return {"path": f"{path(doctype)}/{{external_id}}", "record": "data"}


def _found(doctype: str, order: str, *filters: Any) -> dict[str, Any]:
    params = {**_asked(order, *filters), "limit_page_length": 2}
    return {"path": path(doctype), "params": params, "record": "data"}


def _put(doctype: str, **more: Any) -> dict[str, Any]:
    return {
        "method": "PUT",
        "path": f"{path(doctype)}/{{external_id}}",
        "answer": "data",
        "repeatable": True,
        **more,
    }


def _orders(zone: str, moved: dict[str, Any]) -> dict[str, Any]:
    paid = "contains(['paid', 'authorized', 'partially_refunded'], {0}.payment_status || '')"
    return {
        "id": "name",
        "updated_at": moved,
        "page": "{base_url}/app/sales-order/{external_id}",
        "natural_key": "po_no",
        "required": ["po_no", "currency", "items"],
        # Drafts are no orders yet.
        "list": _listed(ORDER, zone, ["docstatus", "!=", DRAFT]),
        "not_final": _again(ORDER, zone, STILL_MOVING, ["docstatus", EQUALS, SUBMITTED]),
        "fetch": _fetched(ORDER),
        # One that was cancelled is taken only where there is no other: it may have been made anew.
        "lookup": {
            **_found(ORDER, "docstatus asc, creation asc", ["po_no", EQUALS, "{natural_key}"]),
            "match": "po_no",
        },
        # Which customer and addresses are meant is found out when it is sent.
        "create": {
            "path": path(ORDER),
            "answer": "data",
            "id": "name",
            "then": [_put(ORDER, body={"confirm": "=body.confirm", "total": "=body.total"})],
        },
        "update": _put(ORDER),
        "actions": {
            "submit": _put(
                ORDER,
                body={"confirm": True, "total": "=body.total"},
                when=f"{paid.format('record')} && record.status != 'cancelled' && written.status "
                f"&& !{paid.format('written')}",
            ),
            "cancel": _put(
                ORDER,
                body={"docstatus": CANCELLED},
                when="record.status == 'cancelled' && written.status != 'cancelled'",
            ),
        },
    }


def _customers(zone: str, moved: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": "name",
        "updated_at": moved,
        "deleted": "disabled == `1`",
        "natural_key": "email_id",
        "required": ["customer_name", "email_id"],
        "list": _listed(CUSTOMER, zone),
        "fetch": _fetched(CUSTOMER),
        "lookup": _found(CUSTOMER, "creation asc", ["email_id", EQUALS, "{natural_key}"]),
        "create": {"path": path(CUSTOMER), "answer": "data", "id": "name"},
        # Telephone and address stand in documents of their own, which are made with the customer.
        "update": _put(CUSTOMER, body={"customer_name": "=body.customer_name", "tax_id": "=body.tax_id"}),
    }


def _stock(zone: str, moved: dict[str, Any]) -> dict[str, Any]:
    here = "=settings.warehouse && ['warehouse', '=', settings.warehouse] || ['warehouse', '!=', '']"
    return {
        "id": "name",
        "updated_at": moved,
        "natural_key": "item_code",
        "required": ["item_code"],
        "list": _listed(BIN, zone, here),
        "fetch": _fetched(BIN),
        "lookup": _found(BIN, "name asc", ["item_code", EQUALS, "{natural_key}"], here),
        # How many are reserved, and in which warehouse, is found out when it is sent.
        "upsert": {"path": path(COUNT), "answer": "data", "id": "name", "repeatable": True},
    }


def _invoices(zone: str, moved: dict[str, Any], is_return: int) -> dict[str, Any]:
    kind = ["is_return", EQUALS, is_return]
    return {
        "id": "name",
        "updated_at": moved,
        "deleted": f"docstatus == `{CANCELLED}`",
        "list": _listed(INVOICE, zone, kind, ["docstatus", "!=", DRAFT]),
        "not_final": _again(INVOICE, zone, STILL_PAID, kind, ["docstatus", EQUALS, SUBMITTED]),
        "fetch": _fetched(INVOICE),
    }


_IN_USE = (
    "QueryDeadlockError",
    "QueryTimeoutError",
    "TimestampMismatchError",
    "DocumentLockedError",
    "SessionStopped",
    "InReadOnlyMode",
)

# An error that Frappe tells itself has undone all that the call did: nothing of it is in doubt.
_ERRORS: list[dict[str, Any]] = [
    {
        "when": " || ".join(f"exc_type == '{name}'" for name in _IN_USE),
        "kind": "transient",
        "code": "in_use",
        "in_doubt": False,
    },
    # https://github.com/frappe/frappe/blob/develop/frappe/app.py: another call had the same rows.
    {"status": 508, "kind": "transient", "code": "in_use", "in_doubt": False},
    {
        "when": "exc_type == 'DoesNotExistError' && contains(message || '', 'DocType')",
        "kind": "config",
        "code": "no_such_call",
        "sentence": "This site does not know such documents. Look whether the app ERPNext is installed there.",
    },
    {
        "status": 500,
        "when": "exc_type && !(exc_type == 'OperationalError' && !contains(message || '', 'Unknown column'))",
        "kind": "config",
        "code": "call_refused",
        "in_doubt": False,
        "connection_wide": False,
        "sentence": "=join('', ['ERPNext cannot carry out the call. It says: “', message || exc_type, '” Look at the "
        "Error Log of the site.'])",
    },
]


def _hooks() -> dict[str, Any]:
    doctype = " || ".join(f"(starts_with(topic, '{name}/') && '{name}')" for name in HEARD)
    happens = " || ".join(f"(ends_with(topic, '/{name}') && '{name}')" for name in EVENTS)
    return {
        # https://github.com/frappe/frappe/blob/develop/frappe/integrations/doctype/webhook/webhook.py
        "signature": {"header": "X-Frappe-Webhook-Signature", "encoding": "base64"},
        "topic": "(is_return == `1` && 'Return') || doctype",
        "topics": {
            ORDER: {"resource": "orders", "id": "name"},
            CUSTOMER: {"resource": "customers", "id": "name"},
            ITEM: {"resource": "variants", "id": "name"},
            INVOICE: {"resource": "invoices", "id": "name"},
            "Return": {"resource": "refunds", "id": "name"},
        },
        "subscriptions": {
            "topics": [f"{name}/{event}" for name in HEARD for event in EVENTS],
            "each": True,
            "list": {
                "path": path("Webhook"),
                "params": {"fields": {"json": ["*"]}, "limit_page_length": 0},
                "records": "data",
            },
            "id": "name",
            "address": "request_url",
            "topics_at": "join('/', [webhook_doctype, webhook_docevent])",
            "active": "enabled == `1` && enable_security == `1`",
            "create": {
                "path": path("Webhook"),
                "body": {
                    "webhook_doctype": f"={doctype}",
                    "webhook_docevent": f"={happens}",
                    "condition": f"=(starts_with(topic, 'Sales ') && '{NO_DRAFTS}') || ''",
                    "request_url": "{address}",
                    "request_method": "POST",
                    "request_structure": "JSON",
                    "webhook_json": TELLS.replace("{", "{{").replace("}", "}}"),
                    "enable_security": 1,
                    "webhook_secret": "{secret}",
                    "enabled": 1,
                },
            },
            "delete": {"path": f"{path('Webhook')}/{{id}}"},
        },
    }


def declared(zone: str) -> dict[str, Any]:
    """The declaration of a site whose clock stands in this time zone."""
    moved = {"at": "modified", "zone": zone}
    return {
        "label": "ERPNext",
        "base_url": "{base_url}",
        "variables": {
            "base_url": {"label": "Address"},
            "time_zone": {"default": "UTC"},
            "company": {"required": False},
            "warehouse": {"required": False},
            "price_list": {"default": "Standard Selling", "required": False},
            "shipping_account": {"required": False},
        },
        "auth": {"kind": "headers", "headers": {"Authorization": "token {client_id}:{client_secret}"}},
        "limits": {"requests_per_second": 5, "burst": 10, "concurrent": 3},
        # An order may take some calls: who buys, where to, and the order itself.
        "timeouts": {"connect": 3, "read": 6, "total": 7, "calls": 4},
        "max_megabytes": 50,
        "test": {
            "path": path(ORDER),
            "params": {"limit_page_length": 1},
            "expect": "type(data) == 'array'",
        },
        "errors": _ERRORS,
        "resources": {
            "orders": _orders(zone, moved),
            "customers": _customers(zone, moved),
            "variants": {
                "id": "name",
                "updated_at": moved,
                "deleted": "disabled == `1`",
                # Templates are sold as their variants.
                "list": _listed(ITEM, zone, ["has_variants", EQUALS, 0]),
                "fetch": _fetched(ITEM),
            },
            "stock": _stock(zone, moved),
            "invoices": _invoices(zone, moved, 0),
            "refunds": _invoices(zone, moved, 1),
        },
        "webhook": _hooks(),
    }


FACTS = Facts(
    native_integrations=native_of("erpnext"),
    group=Group.ERP,
    documentation="https://docs.frappe.io/framework/user/en/api/rest",
    credentials=(
        "In ERPNext open the User list and add a user for Crossdock.",
        "Give it the roles Sales User, Sales Manager, Stock User, Stock Manager, Accounts User and Item Manager.",
        "To have webhooks ordered by the button, give it System Manager too.",
        "Open the user's tab Settings → API Access and click “Generate Keys”.",
        "Copy the API secret, which is shown once, and the API key beside it into this form.",
        "Enter the time zone as it stands in System Settings.",
        "To try it first, restore a backup as a second site and connect that one's address.",
    ),
    verified=Verified.UNVERIFIED,
    verified_against="Frappe's guide to its REST API, and the parts of the source code of Frappe and ERPNext that "
    "answer these calls; neither publishes a description of its API, and no running site was tried",
    limits="A site may have a limit of its own, and plans of Frappe Cloud have one: Crossdock makes up to 5 calls a "
    "second, 3 at a time.",
    traps=(
        "ERPNext tells times of the site's own clock: a wrong time zone at the connection makes changes be missed.",
        "An order is submitted only where ERPNext comes to the shop's total; else it stays a draft for a person.",
        "A draft that is cancelled in the shop is deleted in ERPNext, since only what was submitted can be cancelled.",
        "An order that is amended gets a new name in ERPNext, and is another order there.",
        "An order is known by its purchase order number: do not send orders of two shops with the same numbers.",
        "Shipping costs need an account: enter its whole name at the connection.",
        "An order in another currency needs an exchange rate in ERPNext.",
        "Payments of invoices do not move an order's time of change: orders of the last 30 days are read again.",
        "Stock is set by a Stock Reconciliation for each item, which is booked.",
        "A new price does not move its item's time of change.",
    ),
    lacks=(
        "Delivery notes are neither read nor made: orders and their lines tell what was delivered.",
        "Invoices and returns are read, not made.",
        "Items with serial numbers or batches are counted in ERPNext.",
        "A submitted order is not changed here.",
        "Which stock changed is told by no webhook, so it is read in intervals.",
    ),
    webhooks="Press “Order webhooks”. Or by hand: Webhook → Add, one for each of the documents Sales Order, Customer, "
    "Item and Sales Invoice and each of the events after_insert and on_change, with this connection's webhook address, "
    f"Request Structure JSON, the body {TELLS}, Enable Security, and a secret of your own, which you enter here. "
    f"Sales Order and Sales Invoice also need the condition {NO_DRAFTS}.",
)
