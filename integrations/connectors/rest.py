"""Any JSON API over HTTP, described by the connection's own settings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from integrations.connectors.base import SettingField
from integrations.connectors.declaration import plan_of
from integrations.connectors.facts import Facts, Group, Verified
from integrations.connectors.http import DeclaredConnector
from integrations.connectors.plan import Plan
from integrations.exceptions import DeclarationError

DECLARATION = SettingField(
    "declaration",
    "Declaration",
    kind="yaml",
    help_text="How the API is called and understood. The guide “Connect any API” has complete examples to start from.",
)
SECRETS = (
    SettingField("token", "Token or API key", required=False, secret=True),
    SettingField("username", "User name", required=False, secret=True),
    SettingField("password", "Password", required=False, secret=True),
    SettingField("client_id", "Client id", required=False, secret=True),
    SettingField("client_secret", "Client secret", required=False, secret=True),
    SettingField(
        "webhook_secret",
        "Webhook secret",
        required=False,
        secret=True,
        help_text="With it the platform signs what it sends to us.",
    ),
)
VARIABLES = SettingField(
    "variables",
    "Variables",
    required=False,
    kind="yaml",
    help_text="Values for the variables of the declaration, one per line: name: value.",
)


class RestConnector(DeclaredConnector):
    platform = "rest"
    label = "Any JSON API (REST)"
    settings_fields = (DECLARATION, VARIABLES, *SECRETS)
    facts = Facts(
        group=Group.ANY,
        documentation="",
        credentials=(
            "Find in the system's API documentation how a caller identifies itself.",
            "Declare it under auth, and enter the token, key or password in the fields for secrets.",
        ),
        verified=Verified.UNVERIFIED,
        verified_against="It does what your declaration says. The test button and “Sample” show whether that is right",
        limits="Declare them under limits.",
        webhooks="Declare the signature and the topics under webhook.",
    )

    def __init__(self, settings: Mapping[str, Any], *args: Any, **more: Any) -> None:
        super().__init__(_with_variables(settings), *args, **more)

    @classmethod
    def page_for(cls, settings: Mapping[str, Any], resource: str, external_id: str) -> str:
        try:
            return super().page_for(_with_variables(settings), resource, external_id)
        except DeclarationError:
            return ""

    @classmethod
    def plan_for(cls, settings: Mapping[str, Any]) -> Plan:
        return plan_of(settings.get("declaration"))


def _with_variables(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Variables stand beside the declaration, or below `variables`."""
    variables = settings.get("variables") or {}
    if not isinstance(variables, Mapping):
        raise DeclarationError("variables", "Write one variable per line: name: value.")
    return {**settings, **variables}
