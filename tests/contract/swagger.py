"""Swagger 2.0, as some vendors still publish it, in the words of OpenAPI 3.0, by which messages are judged."""

from __future__ import annotations

import json
from typing import Any

METHODS = ("get", "post", "put", "patch", "delete")
# What describes a value stands beside a parameter's name in the older version, and below `schema` in the newer.
OF_VALUES = (
    "type",
    "format",
    "items",
    "enum",
    "default",
    "minimum",
    "maximum",
    "minLength",
    "maxLength",
    "pattern",
)


def as_openapi(*documents: dict[str, Any]) -> dict[str, Any]:
    """Several documents of one vendor are joined; where two say something of the same path, the first counts."""
    made: dict[str, Any] = {
        "openapi": "3.0.3",
        "paths": {},
        "components": {"schemas": {}, "securitySchemes": {}},
    }
    for document in documents:
        moved = json.loads(json.dumps(document).replace('"#/definitions/', '"#/components/schemas/'))
        made["paths"] = {path: _path(item) for path, item in moved["paths"].items()} | made["paths"]
        made["components"]["schemas"] |= moved.get("definitions", {})
        made["components"]["securitySchemes"] |= {
            name: {"type": "http", "scheme": "basic"} if scheme["type"] == "basic" else scheme
            for name, scheme in moved.get("securityDefinitions", {}).items()
        }
        made.setdefault("security", moved.get("security", []))
    return made


def _path(item: dict[str, Any]) -> dict[str, Any]:
    calls = {method: _call(item[method]) for method in METHODS if method in item}
    return {"parameters": [_parameter(one) for one in item.get("parameters", [])], **calls}


def _call(call: dict[str, Any]) -> dict[str, Any]:
    told = call.get("parameters", [])
    made = {
        "parameters": [_parameter(one) for one in told if one["in"] != "body"],
        "responses": {status: _with_content(one) for status, one in call.get("responses", {}).items()},
    }
    for body in (one for one in told if one["in"] == "body"):
        made["requestBody"] = {"required": body.get("required", False), **_with_content(body)}
    return {**made, **({"security": call["security"]} if "security" in call else {})}


def _parameter(told: dict[str, Any]) -> dict[str, Any]:
    schema = {word: told[word] for word in OF_VALUES if word in told}
    return {"name": told["name"], "in": told["in"], "required": told.get("required", False), "schema": schema}


def _with_content(told: dict[str, Any]) -> dict[str, Any]:
    return {"content": {"application/json": {"schema": told["schema"]}}} if "schema" in told else {}
