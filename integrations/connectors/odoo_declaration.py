"""What Odoo looks like by its JSON-2 API: https://www.odoo.com/documentation/19.0/developer/reference/external_api.html

`odoo_rpc.py` makes the same calls of older versions. Fields are only those that Odoo is known to have under the same
name since version 15: a field that is not there is an error for the whole call.
"""

from __future__ import annotations

from typing import Any

ORDER = "sale.order"
LINE = "sale.order.line"
PARTNER = "res.partner"
PRODUCT = "product.product"
QUANT = "stock.quant"
MOVE = "account.move"

DAY = 86_400.0
# What is paid, delivered or refunded does not move an order's own time of change, so those of this time are read again.
STILL_MOVING = 30 * DAY
STILL_PAID = 60 * DAY

TIMES = {"format": "%Y-%m-%d %H:%M:%S"}
# Cut to seconds in answers, and kept with more: what is asked for is not older than the second that was seen.
SINCE = {**TIMES, "granularity": 1, "overlap": 60}
EVER = "since || '2000-01-01 00:00:00'"
EVEN_ARCHIVED = {"active_test": False}
# In a template this stands for the sign itself, since one alone begins an expression.
EQUALS = "=="

ORDER_FIELDS = [
    "name",
    "client_order_ref",
    "origin",
    "date_order",
    "commitment_date",
    "create_date",
    "write_date",
    "state",
    "partner_id",
    "partner_invoice_id",
    "partner_shipping_id",
    "currency_id",
    "amount_untaxed",
    "amount_tax",
    "amount_total",
    "order_line",
    "invoice_ids",
    "invoice_status",
]
LINE_FIELDS = [
    "order_id",
    "name",
    "product_id",
    "product_uom_qty",
    "qty_delivered",
    "qty_invoiced",
    "price_unit",
    "price_subtotal",
    "price_tax",
    "price_total",
    "discount",
    "display_type",
    "is_downpayment",
]
PARTNER_FIELDS = [
    "name",
    "email",
    "email_normalized",
    "phone",
    "ref",
    "is_company",
    "parent_id",
    "commercial_company_name",
    "street",
    "street2",
    "city",
    "zip",
    "state_id",
    "country_id",
    "lang",
    "type",
    "active",
    "create_date",
    "write_date",
]
PRODUCT_FIELDS = [
    "name",
    "display_name",
    "default_code",
    "barcode",
    "lst_price",
    "currency_id",
    "weight",
    "weight_uom_name",
    "type",
    "active",
    "create_date",
    "write_date",
]
STOCK_FIELDS = [
    "display_name",
    "default_code",
    "barcode",
    "qty_available",
    "free_qty",
    "virtual_available",
    "write_date",
]
MOVE_FIELDS = [
    "name",
    "ref",
    "move_type",
    "state",
    "payment_state",
    "partner_id",
    "currency_id",
    "amount_untaxed",
    "amount_tax",
    "amount_total",
    "amount_residual",
    "invoice_date",
    "invoice_origin",
    "payment_reference",
    "create_date",
    "write_date",
]
# Which of what is empty says "no", and does not say "nothing": Odoo tells both as false.
YES_OR_NO = frozenset(("active", "is_company", "is_downpayment"))

# Quotations are no orders yet.
_IS_ORDER = ["state", "not in", ["draft", "sent"]]
_CHANGED = ["write_date", ">=", f"={EVER}"]
_BY_CHANGE = {
    "style": "offset",
    "size": 100,
    "order": "oldest_first",
    "more": "length(@) == `100`",
    "past_end": "`false`",
}
_BY_ID = {**_BY_CHANGE, "order": "stable"}
_STORABLE = "(settings.version == '15' && ['type', '=', 'product']) || ['is_storable', '=', `true`]"
_AT_LOCATION = {"location": "=to_number(settings.stock_location)"}


def _call(model: str, method: str, **named: Any) -> dict[str, Any]:
    return {"method": "POST", "path": f"/json/2/{model}/{method}", "body": named}


def _listed(model: str, fields: list[str], *domain: Any, **named: Any) -> dict[str, Any]:
    asked = {"domain": [*domain, _CHANGED], "fields": fields, "order": "write_date, id", **named}
    return {
        **_call(model, "search_read", limit="{size}", offset="{offset}", **asked),
        "paging": _BY_CHANGE,
        "since": SINCE,
    }


def _again(model: str, fields: list[str], seconds: float, *domain: Any) -> dict[str, Any]:
    asked = {"domain": [*domain], "fields": fields, "order": "id"}
    return {
        **_call(model, "search_read", limit="{size}", offset="{offset}", **asked),
        "paging": _BY_ID,
        "since": {**TIMES, "granularity": 1, "window": seconds},
    }


def _one(model: str, fields: list[str], *domain: Any, **named: Any) -> dict[str, Any]:
    asked = {"domain": [*domain], "fields": fields, "order": "id", "limit": 2, **named}
    return _call(model, "search_read", **asked)


def _fetched(model: str, fields: list[str], **named: Any) -> dict[str, Any]:
    return _one(model, fields, ["id", EQUALS, "=to_number(external_id)"], context=EVEN_ARCHIVED, **named)


_ORDERS: dict[str, Any] = {
    "page": "{base_url}/web#id={external_id}&model=sale.order&view_type=form",
    "updated_at": {"at": "write_date", **TIMES},
    "natural_key": "client_order_ref",
    "required": ["client_order_ref", "currency", "lines"],
    "list": _listed(ORDER, ORDER_FIELDS, _IS_ORDER),
    "not_final": _again(
        ORDER,
        ORDER_FIELDS,
        STILL_MOVING,
        ["state", "in", ["sale", "done"]],
        ["date_order", ">=", "{since}"],
    ),
    "fetch": _fetched(ORDER, ORDER_FIELDS),
    "lookup": {
        **_one(ORDER, ORDER_FIELDS, ["client_order_ref", EQUALS, "{natural_key}"]),
        "match": "client_order_ref",
    },
    # Which partner and products are meant is found out when it is sent.
    "create": {
        "method": "POST",
        "path": f"/json/2/{ORDER}/create",
        "answer": "{id: [0]}",
        "then": [
            {
                "path": f"/json/2/{ORDER}/action_confirm",
                "body": {
                    "ids": ["=to_number(external_id)"],
                    "confirm": "=body.confirm",
                    "total": "=body.total",
                },
                "repeatable": True,
            }
        ],
    },
    "update": {"path": f"/json/2/{ORDER}/write", "repeatable": True},
    "actions": {
        "confirm": {
            "when": "contains(['paid', 'authorized', 'partially_refunded'], record.payment_status || '') "
            "&& record.status != 'cancelled' && written.status "
            "&& !contains(['paid', 'authorized', 'partially_refunded'], written.payment_status || '')",
            "path": f"/json/2/{ORDER}/action_confirm",
            "body": {"ids": ["=to_number(external_id)"], "confirm": True, "total": "=body.total"},
            "repeatable": True,
        },
        "cancel": {
            "when": "record.status == 'cancelled' && written.status != 'cancelled'",
            "path": f"/json/2/{ORDER}/action_cancel",
            "body": {
                "ids": ["=to_number(external_id)"],
                # Before version 17, without this a window would ask whether to write to the customer.
                "context": {"disable_cancel_warning": True},
            },
            "repeatable": True,
        },
    },
}

_CUSTOMERS: dict[str, Any] = {
    "updated_at": {"at": "write_date", **TIMES},
    "deleted": "active == `false`",
    "natural_key": "email",
    "required": ["name", "email"],
    # Addresses for invoices and deliveries are partners too, of another type.
    "list": _listed(PARTNER, PARTNER_FIELDS, ["type", EQUALS, "contact"], context=EVEN_ARCHIVED),
    "fetch": _fetched(PARTNER, PARTNER_FIELDS),
    "lookup": {
        **_one(
            PARTNER,
            PARTNER_FIELDS,
            ["email_normalized", EQUALS, "{natural_key}"],
            ["type", EQUALS, "contact"],
        ),
        "match": "email_normalized",
    },
    "create": {"path": f"/json/2/{PARTNER}/create", "answer": "{id: [0]}"},
    "update": {"path": f"/json/2/{PARTNER}/write", "repeatable": True},
}

_STOCK: dict[str, Any] = {
    "natural_key": "default_code",
    "required": ["default_code"],
    # What is on hand is summed up when it is asked for, and moves no time of change.
    "list": {
        **_call(
            PRODUCT,
            "search_read",
            domain=[f"={_STORABLE}"],
            fields=STOCK_FIELDS,
            order="id",
            limit="{size}",
            offset="{offset}",
            context=_AT_LOCATION,
        ),
        "paging": _BY_ID,
    },
    "fetch": _one(PRODUCT, STOCK_FIELDS, ["id", EQUALS, "=to_number(external_id)"], context=_AT_LOCATION),
    "lookup": {
        **_one(PRODUCT, STOCK_FIELDS, ["default_code", EQUALS, "{natural_key}"], context=_AT_LOCATION),
        "match": "default_code",
    },
    "upsert": {"path": f"/json/2/{QUANT}/create", "repeatable": True},
}


def _invoices(kind: str) -> dict[str, Any]:
    told = [["move_type", EQUALS, kind], ["state", EQUALS, "posted"]]
    # An invoice that is set back to a draft or cancelled was told as posted before.
    changed = [["move_type", EQUALS, kind], ["state", "!=", "draft"]]
    return {
        "updated_at": {"at": "write_date", **TIMES},
        "deleted": "state == 'cancel'",
        "list": _listed(MOVE, MOVE_FIELDS, *changed),
        "not_final": _again(MOVE, MOVE_FIELDS, STILL_PAID, *told, ["create_date", ">=", "{since}"]),
        "fetch": _fetched(MOVE, MOVE_FIELDS),
    }


_IN_USE = " || ".join(
    f"name == '{name}'"
    for name in (
        "psycopg2.errors.SerializationFailure",
        "psycopg2.errors.LockNotAvailable",
        "psycopg2.errors.DeadlockDetected",
        "psycopg2.errors.QueryCanceled",
        "psycopg2.OperationalError",
        "psycopg2.pool.PoolError",
        "odoo.exceptions.LockError",
        "odoo.exceptions.ConcurrencyError",
    )
)

# An error that Odoo tells itself has undone all that the call did: nothing of it is in doubt.
_ERRORS: list[dict[str, Any]] = [
    {
        "when": "name == 'odoo.exceptions.AccessDenied'",
        "kind": "config",
        "code": "unauthorized",
        "connection_wide": True,
        "sentence": "Odoo does not accept the API key. It may be older than it was made to last: make a new one there "
        "(Preferences → Security) and enter it at the connection.",
    },
    {"when": _IN_USE, "kind": "transient", "code": "in_use", "in_doubt": False},
    {
        "when": "name == 'odoo.exceptions.RedirectWarning'",
        "kind": "data",
        "said": "message",
    },
    {
        "status": [422, 500],
        "when": "name && !starts_with(name, 'odoo.exceptions.')",
        "kind": "config",
        "code": "call_refused",
        "in_doubt": False,
        "connection_wide": False,
        "sentence": "=join('', ['Odoo cannot carry out the call. It says: “', message || name, '” Look whether the "
        "version at the connection is right; else a module of this Odoo stands in the way, and who looks after it "
        "finds more in its log.'])",
    },
]

DECLARATION: dict[str, Any] = {
    "label": "Odoo",
    "base_url": "{base_url}",
    "variables": {
        "base_url": {"label": "Address"},
        "version": {"default": "19", "required": False},
        "database": {"required": False},
        "stock_location": {"required": False},
        "shipping_sku": {"required": False},
    },
    "headers": {"X-Odoo-Database": "{database}"},
    "auth": {"kind": "bearer", "prefix": "bearer "},
    "limits": {"requests_per_second": 4, "burst": 8, "concurrent": 2},
    # An order may take some calls: who buys, where to, what, and the order itself.
    "timeouts": {"connect": 3, "read": 6, "total": 7, "calls": 4},
    "max_megabytes": 50,
    "test": {**_call(ORDER, "search_count", domain=[]), "expect": "type(@) == 'number'"},
    "errors": _ERRORS,
    "resources": {
        "orders": _ORDERS,
        "customers": _CUSTOMERS,
        "variants": {
            "updated_at": {"at": "write_date", **TIMES},
            "deleted": "active == `false`",
            "list": _listed(PRODUCT, PRODUCT_FIELDS, context=EVEN_ARCHIVED),
            "fetch": _fetched(PRODUCT, PRODUCT_FIELDS),
        },
        "stock": _STOCK,
        "invoices": _invoices("out_invoice"),
        "refunds": _invoices("out_refund"),
    },
}
