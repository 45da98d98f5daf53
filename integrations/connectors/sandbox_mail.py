"""The mailing tool of the sandbox. Its address is in the docstring of integrations/sandbox/mail.py."""

from __future__ import annotations

from typing import Any

from integrations.connectors.facts import Facts, Group, Verified
from integrations.connectors.http import DeclaredConnector
from integrations.connectors.sandbox_crm import CREDENTIALS, KEY, LIST, SETTINGS

# An event is known by the id that we give it.
EVENT: dict[str, Any] = {
    "natural_key": "unique_id",
    "required": ["unique_id", "event", "email"],
    "lookup": {
        "path": "/events",
        "params": {"unique_id": "{natural_key}"},
        "record": "events",
        "match": "unique_id",
    },
}
TAKEN: dict[str, Any] = {"method": "POST", "path": "/events", **KEY}


class SandboxMail(DeclaredConnector):
    platform = "sandbox_mail"
    label = "Sandbox mailing tool"
    settings_fields = SETTINGS
    facts = Facts(
        group=Group.MARKETING,
        documentation="",
        credentials=CREDENTIALS,
        verified=Verified.REAL,
        verified_against="the sandbox of this portal",
        limits="16 calls at the same time.",
        traps=("An event for somebody who did not consent is refused.",),
    )
    declaration = {
        "label": "Sandbox mailing tool",
        "base_url": "{base_url}",
        "variables": {"base_url": {"label": "Address"}},
        "auth": {"kind": "bearer"},
        "limits": {"concurrent": 16},
        "timeouts": {"connect": 2, "read": 4, "total": 5},
        "errors": [{"status": 401, "when": "errors[?code == 'token_expired']", "kind": "expired"}],
        "resources": {
            "profiles": {
                "updated_at": {"at": "updated_at"},
                "natural_key": "email",
                "required": ["email"],
                "list": {"path": "/profiles", "records": "profiles", **LIST},
                "fetch": {"path": "/profiles/{external_id}"},
                "lookup": {"path": "/profiles/{natural_key}"},
                "upsert": {
                    "method": "PUT",
                    "path": "/profiles/{body.email}",
                    "body": {
                        name: f"=body.{name}" for name in ("consent", "first_name", "last_name", "segments")
                    },
                    "repeatable": True,
                    **KEY,
                },
            },
            # Anew for each thing that there is to hear of a parcel, and for each refund; none is ever changed.
            "events": {**EVENT, "upsert": TAKEN},
            "refunds": {**EVENT, "upsert": TAKEN},
            # Once for an order.
            "purchases": {**EVENT, "create": TAKEN},
        },
    }
