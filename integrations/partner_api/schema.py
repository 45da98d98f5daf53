"""Describes the views to drf-spectacular: the key, and the one shape of every refusal."""

from __future__ import annotations

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema

from .problems import MEDIA_TYPE, ProblemSerializer


class BearerKeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "integrations.partner_api.auth.BearerKey"
    name = "partnerKey"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "description": "The key that the store gave you."}


class PartnerSchema(AutoSchema):
    def get_description(self) -> str:  # type: ignore[override]  # as drf-spectacular has it
        """Only what `extend_schema` says: the docstrings of our classes are for us."""
        return ""

    def get_operation(self, *args: Any, **kwargs: Any) -> dict[str, Any] | None:
        operation: dict[str, Any] | None = super().get_operation(*args, **kwargs)
        if operation is not None:
            problem = self.resolve_serializer(ProblemSerializer, "response")
            operation["responses"]["default"] = {
                "description": "Refused: `code` says why for programs, `detail` for people.",
                "content": {MEDIA_TYPE: {"schema": problem.ref}},
            }
        return operation
