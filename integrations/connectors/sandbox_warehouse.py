"""The warehouse of the sandbox. Its address is in the docstring of integrations/sandbox/warehouse.py."""

from __future__ import annotations

from typing import Any

from integrations.connectors.facts import Facts, Group, Verified
from integrations.connectors.http import DeclaredConnector
from integrations.connectors.sandbox_crm import CREDENTIALS, LIST, SETTINGS

KEY: dict[str, Any] = {"header": "Idempotency-Key", "lifetime": 86400}
LINES: dict[str, Any] = {"at": "items", "id": "id", "ref": "reference"}
OUT_OF_STOCK = (
    "= join('', ['the warehouse cannot take it now. ', errors[?code == 'out_of_stock'] | [0].message, "
    "' Have it stocked, then retry.'])"
)
SHIP_TO = ("name", "line1", "city", "postal_code", "country")


def refused(code: str, sentence: str) -> dict[str, Any]:
    return {
        "kind": "data",
        "status": 409,
        "when": f"errors[?code == '{code}']",
        "code": code,
        "sentence": sentence,
    }


class SandboxWarehouse(DeclaredConnector):
    platform = "sandbox_warehouse"
    label = "Sandbox warehouse"
    settings_fields = SETTINGS
    facts = Facts(
        group=Group.SHIPPING,
        documentation="",
        credentials=CREDENTIALS,
        verified=Verified.REAL,
        verified_against="the sandbox of this portal",
        limits="16 calls at the same time.",
        traps=(
            "It takes a second order of the same number under another idempotency key, as many warehouses do.",
            "What is being packed is not changed or cancelled any more.",
        ),
    )
    declaration = {
        "label": "Sandbox warehouse",
        "base_url": "{base_url}",
        "variables": {"base_url": {"label": "Address"}},
        "auth": {"kind": "bearer"},
        "limits": {"concurrent": 16},
        "timeouts": {"connect": 2, "read": 4, "total": 5},
        "errors": [
            {"status": 401, "when": "errors[?code == 'token_expired']", "kind": "expired"},
            refused("out_of_stock", OUT_OF_STOCK),
            {
                "kind": "data",
                "status": [400, 409, 422],
                "code": "= errors[0].code",
                "field": "= errors[0].field",
                "said": "errors[0].message",
            },
        ],
        "resources": {
            "orders": {
                "updated_at": {"at": "updated_at"},
                "natural_key": "reference",
                "required": [
                    "reference",
                    "currency",
                    "total",
                    *(f"ship_to.{name}" for name in SHIP_TO),
                    "items",
                    "items[].sku",
                ],
                "list": {"path": "/orders", "records": "orders", **LIST},
                "fetch": {"path": "/orders/{external_id}"},
                "lookup": {
                    "path": "/orders",
                    "params": {"reference": "{natural_key}"},
                    "record": "orders",
                    "match": "reference",
                },
                "create": {"path": "/orders", "lines": LINES, "key": KEY, "replayed": "replayed"},
                "update": {
                    "method": "PUT",
                    "path": "/orders/{external_id}",
                    "lines": LINES,
                    "key": KEY,
                    "replayed": "replayed",
                    "repeatable": True,
                },
                "actions": {
                    "cancel": {
                        "path": "/orders/{external_id}/cancel",
                        "body": {"reason": "Cancelled in the shop"},
                        "key": KEY,
                        "when": "record.status == 'cancelled' && written.status != 'cancelled'",
                        "repeatable": True,
                        "errors": [
                            refused(
                                "in_packing",
                                "it was cancelled while the warehouse packs it. Have the warehouse take it out of the "
                                "parcel: if it can, retry; if it has left, arrange a return and ignore this error.",
                            ),
                            refused(
                                "already_shipped",
                                "it was cancelled, but the warehouse has shipped it already. Ask the carrier to bring "
                                "it back, or arrange a return, then ignore this error.",
                            ),
                        ],
                    }
                },
            },
            "stock": {
                "updated_at": {"at": "updated_at"},
                "list": {"path": "/stock", "records": "stock", **LIST},
            },
            "shipments": {
                "updated_at": {"at": "updated_at"},
                "list": {"path": "/shipments", "records": "shipments", **LIST},
                "fetch": {"path": "/shipments/{external_id}"},
            },
            # A label that a carrier sold, put on the parcel of its order.
            "labels": {
                "required": ["tracking_number"],
                "upsert": {
                    "method": "PUT",
                    "path": "/orders/{ids.order}/label",
                    "key": KEY,
                    "repeatable": True,
                },
            },
        },
    }
