"""The shop of the sandbox. Its address is in the docstring of integrations/sandbox/shop.py."""

from __future__ import annotations

from integrations.connectors.base import SettingField
from integrations.connectors.facts import Facts, Group, Verified
from integrations.connectors.http import BASE_URL, DeclaredConnector


class SandboxShop(DeclaredConnector):
    platform = "sandbox_shop"
    label = "Sandbox shop"
    settings_fields = (
        BASE_URL,
        SettingField("token", "Access token", secret=True),
        SettingField(
            "webhook_secret",
            "Webhook secret",
            required=False,
            secret=True,
            help_text="With it the shop signs what it sends to us.",
        ),
    )
    facts = Facts(
        group=Group.SHOP,
        documentation="",
        credentials=("“python -m integrations.sandbox” prints the address and the token when it starts.",),
        verified=Verified.REAL,
        verified_against="the sandbox of this portal",
        limits="16 calls at the same time.",
        webhooks="The sandbox is told the webhook address by the demo.",
    )
    declaration = {
        "label": "Sandbox shop",
        "base_url": "{base_url}",
        "variables": {"base_url": {"label": "Address"}},
        "auth": {"kind": "bearer"},
        "limits": {"concurrent": 16},
        "errors": [
            {"status": 401, "when": "errors[?code == 'token_expired']", "kind": "expired"},
        ],
        "resources": {
            "orders": {
                "updated_at": {"at": "updated_at"},
                "list": {
                    "path": "/orders",
                    "records": "orders",
                    "paging": {
                        "style": "cursor",
                        "param": "cursor",
                        "next": "next_cursor",
                        "size_param": "limit",
                        "size": 250,
                        "alone": True,
                    },
                    "since": {"param": "updated_since"},
                },
                "fetch": {"path": "/orders/{external_id}"},
            },
            "stock": {
                "id": "sku",
                "updated_at": {"at": "updated_at"},
                "natural_key": "sku",
                "required": ["sku"],
                "list": {
                    "path": "/stock",
                    "records": "stock",
                    "paging": {"style": "link", "size_param": "limit", "size": 250},
                    "since": {"param": "updated_since"},
                },
                "fetch": {"path": "/stock/{external_id}"},
                "lookup": {"path": "/stock/{natural_key}"},
                "upsert": {
                    "method": "PUT",
                    "path": "/stock/{body.sku}",
                    "body": {"available": "=body.available", "expected": "=body.expected"},
                    "key": {"header": "Idempotency-Key"},
                    "replayed": "replayed",
                    "repeatable": True,
                    "required": ["available"],
                },
            },
            "products": {
                "updated_at": {"at": "updated_at"},
                "natural_key": "sku",
                "required": ["sku", "price"],
                "list": {
                    "path": "/products",
                    "records": "products",
                    "paging": {"style": "link", "size_param": "limit", "size": 250},
                    "since": {"param": "updated_since"},
                },
                "upsert": {
                    "method": "PUT",
                    "path": "/products/{body.sku}",
                    "key": {"header": "Idempotency-Key"},
                    "replayed": "replayed",
                    "repeatable": True,
                },
            },
            "customers": {
                "updated_at": {"at": "updated_at"},
                "deleted": "erased_at",
                "list": {
                    "path": "/customers",
                    "records": "customers",
                    "paging": {"style": "link", "size_param": "limit", "size": 250},
                    "since": {"param": "updated_since"},
                },
                "fetch": {"path": "/customers/{external_id}"},
            },
            "fulfillments": {
                "natural_key": "reference",
                "required": ["reference", "lines"],
                "lookup": {
                    "path": "/fulfillments",
                    "params": {"reference": "{natural_key}"},
                    "record": "fulfillments",
                    "match": "reference",
                },
                "create": {
                    "path": "/orders/{ids.order}/fulfillments",
                    "key": {"header": "Idempotency-Key"},
                    "replayed": "replayed",
                },
                "update": {
                    "method": "PUT",
                    "path": "/fulfillments/{external_id}",
                    "key": {"header": "Idempotency-Key"},
                    "replayed": "replayed",
                    "repeatable": True,
                },
            },
        },
        "webhook": {
            "signature": {"header": "X-Sandbox-Signature", "encoding": "base64"},
            "topic_header": "X-Sandbox-Topic",
            "delivery_id_header": "X-Sandbox-Event-Id",
            "occurred": {"at": "occurred_at"},
            "subscriptions": {
                "topics": ["orders/updated", "stock/updated", "customers/updated"],
                "list": {"path": "/webhooks", "records": "webhooks"},
                "create": {
                    "path": "/webhooks",
                    "body": {"address": "{address}", "topics": "{topics}", "secret": "{secret}"},
                },
                "delete": {"path": "/webhooks/{id}"},
            },
            "topics": {
                "stock/updated": {"resource": "stock", "id": "data.sku", "payload": "data"},
                "customers/updated": {"resource": "customers", "id": "data.id", "payload": "data"},
                "orders/updated": {"resource": "orders", "id": "data.id", "payload": "data"},
                "*": {"resource": "orders", "id": "data.id", "payload": "data"},
            },
        },
    }
