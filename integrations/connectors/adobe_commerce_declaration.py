"""What Adobe Commerce's (Magento 2's) REST API looks like: https://developer.adobe.com/commerce/webapi/rest/

Lists are searches: https://developer.adobe.com/commerce/webapi/rest/use-rest/performing-searches/. Groups of filters
are joined by AND. A page behind the last one shows the last one again, so a list ends by its total.
"""

from __future__ import annotations

from typing import Any

V1 = "/rest/{store_code}/V1"
SOURCE_ITEMS = f"{V1}/inventory/source-items"
# What a shop that limits its API gives and takes at most: 300 things a page, 20 in one call.
# https://developer.adobe.com/commerce/webapi/get-started/api-security/
MOST_AT_ONCE = 20

SIZE, PAGE = "searchCriteria[pageSize]", "searchCriteria[currentPage]"
FIRST_VALUE = "searchCriteria[filterGroups][0][filters][0][value]"


def where(field: str, value: str, how: str = "eq", group: int = 0) -> dict[str, str]:
    """One filter, as parameters."""
    at = f"searchCriteria[filterGroups][{group}][filters][0]"
    return {f"{at}[field]": field, f"{at}[value]": value, f"{at}[conditionType]": how}


def sorted_by(*fields: str) -> dict[str, str]:
    found = {}
    for place, field in enumerate(fields):
        found[f"searchCriteria[sortOrders][{place}][field]"] = field
        found[f"searchCriteria[sortOrders][{place}][direction]"] = "ASC"
    return found


def pages(size: int, order: str) -> dict[str, Any]:
    return {
        "style": "page",
        "param": PAGE,
        "size": size,
        "size_param": SIZE,
        # A shop may allow less: "Maximum SearchCriteria pageSize is %max".
        "size_refused": "contains(message || '', 'pageSize')",
        "total": "total_count",
        "order": order,
    }


# Times are UTC and have no zone. A call that pays may stay open for a while after its time was written down.
SINCE = {"param": FIRST_VALUE, "format": "%Y-%m-%d %H:%M:%S", "granularity": 1, "overlap": 60}
# Without a time to begin from there is no filter at all: one without a value is refused.
IS_SINCE = {
    "searchCriteria[filterGroups][0][filters][0][field]": "=since && 'updated_at'",
    "searchCriteria[filterGroups][0][filters][0][conditionType]": "=since && 'gteq'",
}


def by_change(path: str, identity: str, size: int = 100, **more: Any) -> dict[str, Any]:
    """A list from the oldest change to the newest; what changes meanwhile comes again at its end."""
    return {
        "path": path,
        "params": {**IS_SINCE, **sorted_by("updated_at", identity), **more.pop("params", {})},
        "records": "items",
        "paging": pages(size, "oldest_first"),
        "since": SINCE,
        **more,
    }


_CREDIT_MEMOS = {
    "path": f"{V1}/creditmemos",
    "params": where("order_id", "{external_id}"),
    "records": "items",
    "into": "refund_details",
    "when": "total_refunded > `0`",
}
_ORDERS: dict[str, Any] = {
    "id": "entity_id",
    "updated_at": {"at": "updated_at"},
    # An order is dear to the shop: its lines, addresses and payment are each loaded by themselves.
    "list": by_change(f"{V1}/orders", "entity_id", size=50, details=[_CREDIT_MEMOS]),
    "fetch": {"path": V1 + "/orders/{external_id}", "details": [_CREDIT_MEMOS]},
    "actions": {
        # One that cannot be cancelled is answered with false; the connector looks why.
        "cancel": {
            "when": "record.status == 'cancelled' && written.status != 'cancelled'",
            "method": "POST",
            "path": V1 + "/orders/{external_id}/cancel",
            "repeatable": True,
        },
    },
}

_CUSTOMERS: dict[str, Any] = {
    "updated_at": {"at": "updated_at"},
    "natural_key": "email",
    "required": ["email", "firstname", "lastname"],
    "list": by_change(f"{V1}/customers/search", "entity_id"),
    "fetch": {"path": V1 + "/customers/{external_id}"},
    "lookup": {
        "path": f"{V1}/customers/search",
        "params": where("email", "{natural_key}"),
        "record": "items",
        "match": "email",
    },
    # An e-mail address can be there once in a website, so a second one is refused.
    "create": {"path": f"{V1}/customers", "wrap": "customer"},
    # What else the shop insists on is added when it is sent.
    "update": {
        "method": "PUT",
        "path": V1 + "/customers/{external_id}",
        "wrap": "customer",
        "repeatable": True,
    },
}

# Sold as what is chosen of them: these are products of their own.
MADE_OF_OTHERS = ("configurable", "bundle", "grouped")
_VARIANTS: dict[str, Any] = {
    "updated_at": {"at": "updated_at"},
    "list": by_change(
        f"{V1}/products",
        "entity_id",
        params=where("type_id", ",".join(MADE_OF_OTHERS), "nin", group=1),
    ),
    # Their address goes by the SKU, which may change; the number does not.
    "fetch": {
        "path": f"{V1}/products",
        "params": where("entity_id", "{external_id}"),
        "record": "items",
    },
}

# Nothing tells when stock changed, so it is read whole. A source item has no number: it is of a source and a SKU.
_STOCK: dict[str, Any] = {
    "id": "join('/', [source_code, sku])",
    "natural_key": "sku",
    "list": {
        "path": SOURCE_ITEMS,
        "params": {
            "searchCriteria[filterGroups][0][filters][0][field]": "=settings.source_code && 'source_code'",
            "searchCriteria[filterGroups][0][filters][0][value]": "{source_code}",
            "searchCriteria[filterGroups][0][filters][0][conditionType]": "=settings.source_code && 'eq'",
            **sorted_by("source_item_id"),
        },
        "records": "items",
        "paging": pages(100, "stable"),
    },
    # How these two really ask is in the connector: they need the parts of the id.
    "fetch": {"path": SOURCE_ITEMS, "params": where("sku", "{external_id}"), "record": "items"},
    "lookup": {
        "path": SOURCE_ITEMS,
        "params": where("sku", "{natural_key}"),
        "record": "items",
        "match": "sku",
    },
    # https://developer.adobe.com/commerce/webapi/rest/inventory/manage-source-items/: what is there is overwritten.
    "upsert": {
        "path": SOURCE_ITEMS,
        "body": {"sku": "=body.sku", "quantity": "=body.available"},
        "repeatable": True,
        "required": ["sku", "available"],
    },
    "batch": {
        "operation": "upsert",
        "path": SOURCE_ITEMS,
        "size": MOST_AT_ONCE,
        "items": "sourceItems",
        "results": "@",
    },
}

_NUMBER_OF_ORDER = {
    "path": V1 + "/orders/{record.order_id}",
    "params": {"fields": "entity_id,increment_id"},
    "into": "order",
}
_REFUNDS: dict[str, Any] = {
    "id": "entity_id",
    "updated_at": {"at": "updated_at"},
    "natural_key": "join('/', [order_id, reference])",
    "list": by_change(f"{V1}/creditmemos", "entity_id", details=[_NUMBER_OF_ORDER]),
    "fetch": {"path": V1 + "/creditmemo/{external_id}", "details": [_NUMBER_OF_ORDER]},
    # How it is really looked up is in the connector: credit memos are found by their order.
    "lookup": {"path": f"{V1}/creditmemos", "params": where("order_id", "{natural_key}"), "record": "items"},
    # https://developer.adobe.com/commerce/webapi/rest/tutorials/orders/order-issue-refund/: what is made of it, and
    # whether it is all that is left, is found out when it is sent.
    "create": {
        "path": V1 + "/order/{ids.order}/refund",
        "required": ["order_id", "reference", "amount", "currency"],
        "body": {
            "reference": "=body.reference",
            "amount": "=body.amount",
            "currency": "=body.currency",
            "reason": "=body.reason",
        },
    },
}

# https://developer.adobe.com/commerce/webapi/rest/tutorials/inventory/create-shipment/
_SHIPMENTS: dict[str, Any] = {
    "id": "entity_id",
    "updated_at": {"at": "updated_at"},
    "natural_key": "join('/', [order_id, tracking_number])",
    # How it is really looked up is in the connector: tracking numbers cannot be searched.
    "lookup": {"path": f"{V1}/shipments", "params": where("order_id", "{natural_key}"), "record": "items"},
    # Which of the order's lines are meant, and from which source, is found out when it is sent.
    "create": {
        "path": V1 + "/order/{ids.order}/ship",
        "required": ["order_id", "tracking_number", "items"],
        "body": {
            "items": "=body.items",
            "notify": "=settings.tell_customer",
            "tracks": [
                {
                    "track_number": "=body.tracking_number",
                    "title": "=body.title",
                    "carrier_code": "=body.carrier_code",
                }
            ],
        },
    },
}

_ERRORS: list[dict[str, Any]] = [
    {
        "status": 401,
        "when": "contains(message, 'authorized to access')",
        "kind": "config",
        "code": "forbidden",
        "sentence": "=join('', ['The shop does not let the integration do this. It wants the right “', "
        "(parameters.resources || parameters[0].resources || parameters[0] || '?') | to_string(@), "
        "'”: give it under System → Integrations → API, save and press Reauthorize. Where only the access token "
        "is used, the shop must also "
        "allow that: Stores → Configuration → Services → OAuth → Consumer Settings.'])",
    },
    {
        "status": 401,
        "kind": "config",
        "code": "unauthorized",
        "sentence": "=join('', ['The shop does not accept the keys. It says: “', message || '', '” Copy all four "
        "values of the integration anew (System → Integrations), and write the address as the shop itself has it under "
        "Base URLs: it is a part of what is signed.'])",
    },
    {
        "status": 404,
        "when": "contains(message, 'not match any route')",
        "kind": "config",
        "code": "no_such_call",
        "sentence": "The shop has no such call. Check the address (without /rest) and the code of the store view; "
        "stock by source needs the Inventory Management modules.",
    },
]

DECLARATION: dict[str, Any] = {
    "label": "Adobe Commerce",
    "base_url": "{base_url}",
    "variables": {
        "base_url": {"label": "Address of the shop"},
        "store_code": {"default": "default"},
        "source_code": {"required": False},
        "sign_in": {"default": "", "required": False},
        "tell_customer": {"default": False, "required": False},
    },
    # The secret of the access token stands where other platforms have a password.
    "auth": {"kind": "oauth1", "token": "{token}", "token_secret": "{password}"},
    # The shop itself has no limit, but its server has.
    "limits": {"concurrent": 4},
    # Three calls may make one write.
    "timeouts": {"connect": 4, "read": 9, "total": 10, "calls": 3},
    "test": {
        "path": f"{V1}/orders",
        "params": {SIZE: "1", "fields": "total_count"},
        "expect": "type(total_count) == 'number'",
    },
    "errors": _ERRORS,
    "resources": {
        "orders": _ORDERS,
        "customers": _CUSTOMERS,
        "variants": _VARIANTS,
        "stock": _STOCK,
        "refunds": _REFUNDS,
        "shipments": _SHIPMENTS,
    },
}
