"""The help desk of the sandbox. Its address is in the docstring of integrations/sandbox/desk.py."""

from __future__ import annotations

from integrations.connectors.facts import Facts, Group, Verified
from integrations.connectors.http import DeclaredConnector
from integrations.connectors.sandbox_crm import CREDENTIALS, LIST, SETTINGS, people


class SandboxDesk(DeclaredConnector):
    platform = "sandbox_desk"
    label = "Sandbox help desk"
    settings_fields = SETTINGS
    facts = Facts(
        group=Group.HELP_DESK,
        documentation="",
        credentials=CREDENTIALS,
        verified=Verified.REAL,
        verified_against="the sandbox of this portal",
        limits="16 calls at the same time.",
        traps=("Whoever writes for the first time becomes a user: before the shop knows them, perhaps.",),
        lacks=("Tickets are read and not written.",),
    )
    declaration = {
        "label": "Sandbox help desk",
        "base_url": "{base_url}",
        "variables": {"base_url": {"label": "Address"}},
        "auth": {"kind": "bearer"},
        "limits": {"concurrent": 16},
        "timeouts": {"connect": 2, "read": 4, "total": 5},
        "errors": [{"status": 401, "when": "errors[?code == 'token_expired']", "kind": "expired"}],
        "resources": {
            "users": people("users"),
            "tickets": {
                "updated_at": {"at": "updated_at"},
                "list": {"path": "/tickets", "records": "tickets", **LIST},
                "fetch": {"path": "/tickets/{external_id}"},
            },
        },
    }
