"""A payment provider of the sandbox. Its address is in the docstring of integrations/sandbox/payments.py."""

from __future__ import annotations

from typing import Any

from integrations.connectors.facts import Facts, Group, Verified
from integrations.connectors.http import DeclaredConnector
from integrations.connectors.sandbox_crm import CREDENTIALS, SETTINGS

STILL_CHANGING = 14 * 86_400.0


def _resource(part: str) -> dict[str, Any]:
    """Listed by creation alone; what is young may have changed and is read again."""
    listed: dict[str, Any] = {
        "path": f"/{part}",
        "records": "data",
        "newest_first": True,
        "paging": {
            "style": "cursor",
            "param": "starting_after",
            "next": "data[-1].id",
            "more": "has_more",
            "size": 100,
            "size_param": "limit",
        },
    }
    since = {"param": "created_since", "format": "unix"}
    return {
        "updated_at": {"at": "created", "format": "unix"},
        "list": {**listed, "since": {**since, "overlap": 60}},
        "not_final": {**listed, "newest_first": False, "since": {**since, "window": STILL_CHANGING}},
        "fetch": {"path": f"/{part}/{{external_id}}"},
    }


class SandboxPayments(DeclaredConnector):
    platform = "sandbox_payments"
    label = "Sandbox payments"
    settings_fields = SETTINGS
    facts = Facts(
        group=Group.PAYMENTS,
        documentation="",
        credentials=CREDENTIALS,
        verified=Verified.REAL,
        verified_against="the sandbox of this portal",
        limits="16 calls at the same time.",
        traps=("Amounts are in the smallest unit of the currency: 1250 are 12.50 EUR and 1250 JPY.",),
    )
    declaration = {
        "label": "Sandbox payments",
        "base_url": "{base_url}",
        "variables": {"base_url": {"label": "Address"}},
        "auth": {"kind": "bearer"},
        "limits": {"concurrent": 16},
        "timeouts": {"connect": 2, "read": 4, "total": 5},
        "errors": [{"status": 401, "when": "errors[?code == 'token_expired']", "kind": "expired"}],
        "resources": {part: _resource(part) for part in ("payments", "refunds", "disputes", "payouts")},
    }
