"""How Mailchimp is called: https://mailchimp.com/developer/marketing/api/"""

from __future__ import annotations

from typing import Any

API = "/3.0"
STORE = f"{API}/ecommerce/stores/{{store_id}}"
MEMBER = f"{API}/lists/{{list_id}}/members/{{body.hash}}"
HOOKS = f"{API}/lists/{{list_id}}/webhooks"
TOPICS = ["subscribe", "unsubscribe", "profile", "cleaned", "upemail"]
TITLE = "=body.title || body.id"
_ADDRESS = ("address1", "address2", "city", "province", "postal_code", "country", "country_code")
_TOLD = [f"events.{topic} && '{topic}'" for topic in TOPICS]


def _pages(of: str, order: str = "changing") -> dict[str, Any]:
    # https://mailchimp.com/developer/marketing/docs/methods-parameters/#pagination
    return {
        "records": of,
        "paging": {
            "style": "offset",
            "param": "offset",
            "size": 500,
            "size_param": "count",
            "total": "total_items",
            "order": order,
        },
    }


def _address(at: str, *more: str) -> dict[str, str]:
    return {name: f"=body.{at}.{name}" for name in (*_ADDRESS, *more)}


def _state() -> dict[str, Any]:
    """What of an order may change. Amounts are numbers."""
    amounts = ("order_total", "tax_total", "shipping_total", "discount_total")
    texts = (
        "currency_code",
        "financial_status",
        "fulfillment_status",
        "processed_at_foreign",
        "cancelled_at_foreign",
        "updated_at_foreign",
    )
    return {
        **{name: f"=to_number(body.{name})" for name in amounts},
        **{name: f"=body.{name}" for name in texts},
        "shipping_address": _address("shipping_address", "name", "company", "phone"),
        "billing_address": _address("billing_address", "name", "company", "phone"),
    }


def _variant() -> dict[str, Any]:
    return {"id": "=body.id", "title": TITLE, "sku": "=body.sku", "price": "=to_number(body.price)"}


DECLARATION: dict[str, Any] = {
    "label": "Mailchimp",
    "base_url": "{base_url}",
    "variables": {
        "base_url": {},
        "list_id": {},
        "store_id": {"default": "crossdock"},
        "store_currency": {"required": False},
    },
    "auth": {"kind": "basic", "username": "crossdock", "password": "{token}"},
    # https://mailchimp.com/developer/marketing/guides/access-user-data-oauth-2/: tokens do not end.
    "oauth": {
        "authorize_url": "https://login.mailchimp.com/oauth2/authorize",
        "token_url": "https://login.mailchimp.com/oauth2/token",
        "pkce": False,
        "keep_alive": 0,
    },
    "limits": {"requests_per_second": 10, "burst": 10, "concurrent": 6},
    # An order may ask for its store and its products first.
    "timeouts": {"connect": 3, "read": 9, "total": 10, "calls": 3},
    "request_id_header": "X-Request-Id",
    "test": {
        "path": f"{API}/lists/{{list_id}}/members",
        "params": {"count": 1},
        "expect": "type(members) == 'array'",
    },
    # https://mailchimp.com/developer/marketing/docs/errors/
    "errors": [
        # Of more than ten calls at once; where there are very many, a gate before the API answers without JSON.
        {"status": 429, "kind": "rate_limited", "retry_after": "`10`"},
        {"status": 403, "when": "!title", "kind": "rate_limited", "retry_after": "`60`"},
        {
            "status": 400,
            "when": "title == 'Member In Compliance State'",
            "kind": "data",
            "code": "unsubscribed",
            "sentence": "This person unsubscribed, or the address bounced, and Mailchimp lets only the person change "
            "that. Ignore it.",
        },
        {
            "status": 400,
            "when": "title == 'Forgotten Email Not Subscribed'",
            "kind": "data",
            "code": "forgotten",
            "sentence": "This person was deleted from Mailchimp for good, and can only come back by signing up. "
            "Ignore it.",
        },
        {
            "status": 400,
            "when": "errors",
            "kind": "data",
            "code": "refused",
            "field": "=errors[0].field",
            "said": "errors[0].message || detail",
        },
    ],
    "resources": {
        "members": {
            "updated_at": {"at": "last_changed"},
            "deleted": "status == 'archived'",
            "natural_key": "email_address",
            "required": ["email_address", "status_if_new"],
            "list": {
                "path": f"{API}/lists/{{list_id}}/members",
                "params": {"sort_field": "last_changed", "sort_dir": "ASC"},
                **_pages("members", "oldest_first"),
                "since": {"param": "since_last_changed", "granularity": 1, "strict": True, "overlap": 60},
            },
            "fetch": {"path": f"{API}/lists/{{list_id}}/members/{{external_id}}"},
            # Merge fields that the audience wants filled in do not hinder what the shop does not know.
            "upsert": {
                "method": "PUT",
                "path": MEMBER,
                "params": {"skip_merge_validation": "true"},
                "body": {
                    name: f"=body.{name}"
                    for name in ("email_address", "status_if_new", "merge_fields", "language")
                },
                "repeatable": True,
            },
        },
        "events": {
            "required": ["email_address", "name"],
            "upsert": {
                "path": f"{MEMBER}/events",
                "body": {
                    "name": "=body.name",
                    "occurred_at": "=body.occurred_at",
                    "properties": "=body.properties",
                },
            },
        },
        "customers": {
            "updated_at": {"at": "updated_at"},
            "natural_key": "id",
            "required": ["id", "email_address"],
            "list": {"path": f"{STORE}/customers", **_pages("customers")},
            "fetch": {"path": f"{STORE}/customers/{{external_id}}"},
            "lookup": {"path": f"{STORE}/customers/{{natural_key}}"},
            "upsert": {
                "method": "PUT",
                "path": f"{STORE}/customers/{{body.id}}",
                "body": {
                    **{
                        name: f"=body.{name}"
                        for name in ("id", "email_address", "company", "first_name", "last_name")
                    },
                    "opt_in_status": "=body.opt_in_status || `false`",
                    "address": _address("address"),
                },
                "repeatable": True,
            },
        },
        "products": {
            "natural_key": "id",
            "required": ["id"],
            "list": {"path": f"{STORE}/products", **_pages("products")},
            "fetch": {"path": f"{STORE}/products/{{external_id}}"},
            "lookup": {"path": f"{STORE}/products/{{natural_key}}"},
            "create": {
                "path": f"{STORE}/products",
                "body": {"id": "=body.id", "title": TITLE, "variants": [_variant()]},
            },
            "update": {
                "method": "PATCH",
                "path": f"{STORE}/products/{{external_id}}",
                "body": {"title": TITLE},
                "repeatable": True,
                "then": [
                    {
                        "method": "PUT",
                        "path": f"{STORE}/products/{{external_id}}/variants/{{external_id}}",
                        "body": _variant(),
                        "repeatable": True,
                    }
                ],
            },
        },
        "orders": {
            "updated_at": {"at": "updated_at_foreign"},
            "natural_key": "id",
            "required": ["id", "customer.id", "customer.email_address", "currency_code", "lines[].id"],
            "list": {"path": f"{STORE}/orders", **_pages("orders")},
            "fetch": {"path": f"{STORE}/orders/{{external_id}}"},
            "lookup": {"path": f"{STORE}/orders/{{natural_key}}"},
            "create": {
                "path": f"{STORE}/orders",
                "body": {
                    "id": "=body.id",
                    "customer": {
                        **{
                            name: f"=body.customer.{name}"
                            for name in ("id", "email_address", "first_name", "last_name")
                        },
                        "opt_in_status": "=body.customer.opt_in_status || `false`",
                    },
                    # The title is for the product, if that has to be made.
                    "lines": "=body.lines[].{id: id, product_id: product_id, product_variant_id: product_id, "
                    "quantity: quantity, price: to_number(price || '0'), discount: to_number(discount || '0'), "
                    "title: title || product_id}",
                    **_state(),
                },
            },
            "update": {
                "method": "PATCH",
                "path": f"{STORE}/orders/{{external_id}}",
                "body": _state(),
                "repeatable": True,
            },
        },
    },
    "webhook": {
        # Nothing is signed: see verify_webhook.
        "signature": {"header": "X-Never-Sent", "algorithm": "plain"},
        "topic": "type",
        "topics": {topic: {"resource": "members"} for topic in TOPICS},
        # https://mailchimp.com/developer/marketing/api/list-webhooks/
        "subscriptions": {
            "topics": TOPICS,
            "list": {"path": HOOKS, **_pages("webhooks")},
            "address": "url",
            "topics_at": f"[{', '.join(_TOLD)}][?@]",
            "create": {
                "path": HOOKS,
                "body": {
                    "url": "{address}?secret={secret}",
                    # There is one hook per address, so it is ordered whole.
                    "events": dict.fromkeys(TOPICS, True),
                    "sources": {"user": True, "admin": True, "api": False},
                },
            },
            "delete": {"path": f"{HOOKS}/{{id}}"},
        },
    },
}
