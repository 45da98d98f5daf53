"""Any GraphQL API, described by the connection's own settings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from integrations.connectors.plan import Plan
from integrations.connectors.rest import RestConnector
from integrations.exceptions import DeclarationError


class GraphQLConnector(RestConnector):
    platform = "graphql"
    label = "Any GraphQL API"

    @classmethod
    def plan_for(cls, settings: Mapping[str, Any]) -> Plan:
        plan = super().plan_for(settings)
        for name, resource in plan.resources.items():
            listing = resource.word.listing
            if listing is not None and not listing.document:
                raise DeclarationError(
                    f"resources.{name}.list.document",
                    "A GraphQL API is read with a document. For paths and parameters use the REST connector.",
                )
        return plan
