"""The CRM of the sandbox. Its address is in the docstring of integrations/sandbox/crm.py."""

from __future__ import annotations

from typing import Any

from integrations.connectors.base import SettingField
from integrations.connectors.facts import Facts, Group, Verified
from integrations.connectors.http import BASE_URL, DeclaredConnector

SETTINGS = (BASE_URL, SettingField("token", "Access token", secret=True))
CREDENTIALS = ("“python -m integrations.sandbox” prints the address and the token when it starts.",)
LIST: dict[str, Any] = {
    "since": {"param": "updated_since", "overlap": 5},
    "paging": {"style": "page", "param": "page", "size": 100, "size_param": "per_page", "total": "total"},
}
KEY: dict[str, Any] = {"key": {"header": "Idempotency-Key", "lifetime": 86400}, "replayed": "replayed"}


def people(part: str) -> dict[str, Any]:
    """A table of people: known by their e-mail address, and by their phone where they have none."""
    return {
        "updated_at": {"at": "updated_at"},
        "natural_key": "email || phone",
        "list": {"path": f"/{part}", "records": part, **LIST},
        "fetch": {"path": f"/{part}/{{external_id}}"},
        "lookup": {
            "path": f"/{part}/search",
            "params": {
                "email": "=contains(natural_key, '@') && natural_key || `null`",
                "phone": "=contains(natural_key, '@') && `null` || natural_key",
            },
            "record": f"{part}[0]",
        },
        "create": {"path": f"/{part}", **KEY},
        "update": {
            "method": "PATCH",
            "path": f"/{part}/{{external_id}}",
            "repeatable": True,
            **KEY,
        },
    }


class SandboxCrm(DeclaredConnector):
    platform = "sandbox_crm"
    label = "Sandbox CRM"
    settings_fields = SETTINGS
    facts = Facts(
        group=Group.CRM,
        documentation="",
        credentials=CREDENTIALS,
        verified=Verified.REAL,
        verified_against="the sandbox of this portal",
        limits="16 calls at the same time.",
        traps=("It takes a second contact with the same address, as many CRMs do.",),
    )
    declaration = {
        "label": "Sandbox CRM",
        "base_url": "{base_url}",
        "variables": {"base_url": {"label": "Address"}},
        "auth": {"kind": "bearer"},
        "limits": {"concurrent": 16},
        "timeouts": {"connect": 2, "read": 4, "total": 5},
        "errors": [{"status": 401, "when": "errors[?code == 'token_expired']", "kind": "expired"}],
        "resources": {"contacts": people("contacts")},
    }
