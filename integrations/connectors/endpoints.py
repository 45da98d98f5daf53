"""One declared call, compiled: from a scope of values to a request."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

import orjson

from integrations.connectors.templates import (
    MISSING,
    Filler,
    Names,
    Scope,
    UnfitValue,
    as_text,
    check_header_name,
    path_template,
    template,
    text_template,
)
from integrations.connectors.words import Endpoint
from integrations.exceptions import DeclarationError, Failure
from integrations.http.client import Request

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


class EndpointPlan:
    """`read_only`: it changes nothing there, whatever its method is."""

    def __init__(
        self, word: Endpoint, names: Names, field: str, *, read_only: bool, graphql_path: str = ""
    ) -> None:
        self.read_only = read_only
        self.is_graphql = bool(word.document)
        self.encoding = word.encoding
        self.method = word.method.upper() or ("POST" if self.is_graphql or not read_only else "GET")
        if self.method not in METHODS:
            raise DeclarationError(f"{field}.method", f"{word.method!r} is none of {', '.join(METHODS)}.")
        if self.is_graphql and (word.body is not None or word.encoding != "json"):
            raise DeclarationError(
                f"{field}.document", "A GraphQL document goes with variables, not with a body."
            )
        if word.variables and not self.is_graphql:
            raise DeclarationError(
                f"{field}.variables", "Variables need a document. For a path use params or body."
            )
        if self.method == "GET" and word.body is not None:
            raise DeclarationError(f"{field}.body", "A GET has no body. Use params, or method: POST.")
        if not word.path and not self.is_graphql and not graphql_path:
            raise DeclarationError(f"{field}.path", "The path of the call is missing.")
        for name in word.headers:
            check_header_name(name, f"{field}.headers")
        self.path = path_template(word.path or graphql_path, names, f"{field}.path")
        self.params = [
            (name, _param(value, names, f"{field}.params.{name}")) for name, value in word.params.items()
        ]
        self.headers = [
            (name, text_template(value, names, f"{field}.headers.{name}"))
            for name, value in word.headers.items()
        ]
        self.has_body = word.body is not None
        if self.is_graphql:
            fill = template(word.variables, names, f"{field}.variables")
            document = word.document
            self.body: Filler = lambda scope: {"query": document, "variables": _or_empty(fill(scope))}
        elif self.has_body:
            self.body = template(word.body, names, f"{field}.body")
        else:
            self.body = lambda scope: MISSING

    def request(self, scope: Scope) -> Request:
        """Raises Failure (data) with the field, where the path needs a value that is not there."""
        body = self.body(scope)
        return Request(
            self.method,
            self.filled_path(scope),
            self.filled_params(scope),
            self.filled_headers(scope),
            None if body is MISSING else body,
            self.encoding,
            writes=not self.read_only,
        )

    def filled_path(self, scope: Scope) -> str:
        try:
            return self.path(scope)
        except UnfitValue as unfit:
            raise Failure.data(
                "missing_value",
                f"The address of the call needs {unfit.name}; it {unfit.why}. Look at the mapping of this field.",
                field=unfit.name,
            ) from unfit

    def filled_params(self, scope: Scope) -> list[tuple[str, str]]:
        filled: list[tuple[str, str]] = []
        for name, fill in self.params:
            value = fill(scope)
            if value is MISSING or value is None:
                continue
            if isinstance(value, list):
                filled += [(name, as_text(part)) for part in value]
            else:
                filled.append((name, as_text(value)))
        return filled

    def filled_headers(self, scope: Scope) -> dict[str, str]:
        return {name: value for name, fill in self.headers if (value := fill(scope))}


def _or_empty(value: Any) -> Any:
    return {} if value is MISSING else value


def _param(value: Any, names: Names, field: str) -> Filler:
    """A text, a number, a list (the parameter several times), {json: …} or {base64_json: …}."""
    if not isinstance(value, dict):
        return template(value, names, field)
    if len(value) != 1 or next(iter(value)) not in ("json", "base64_json"):
        raise DeclarationError(
            field, "A parameter is a text, a number, a list, {json: …} or {base64_json: …}."
        )
    (kind, inner), *_ = value.items()
    fill = template(inner, names, f"{field}.{kind}")
    return _packed(fill, kind == "base64_json")


def _packed(fill: Filler, in_base64: bool) -> Callable[[Scope], str]:
    def pack(scope: Scope) -> str:
        content = orjson.dumps(_or_empty(fill(scope)))
        return base64.b64encode(content).decode() if in_base64 else content.decode()

    return pack
