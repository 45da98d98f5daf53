"""A vendor's GraphQL schema as a judge of documents, variables and answers."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

from graphql import (
    GraphQLError,
    GraphQLResolveInfo,
    GraphQLSchema,
    OperationDefinitionNode,
    build_schema,
    execute_sync,
    parse,
    validate,
)
from graphql.execution.values import get_variable_values

from tests.integrations.answering import Asked, Says


class GraphQL:
    """`path` is where on our server the vendor's address is; calls to elsewhere are refused."""

    def __init__(self, schema: GraphQLSchema, path: str) -> None:
        self.schema = schema
        self.path = path

    @classmethod
    def of(cls, file: Path, path: str) -> GraphQL:
        return GraphQL(_built(file), path)

    def request_problems(self, asked: Asked) -> list[str]:
        if (asked.method, asked.path) != ("POST", self.path):
            return [f"{asked.method} {asked.path}: the vendor is asked by POST {self.path}"]
        body = asked.json
        if set(body) - {"query", "variables", "operationName"}:
            return [f"the body has {sorted(body)}"]
        try:
            document = parse(body["query"])
        except GraphQLError as error:
            return [str(error)]
        problems = [str(error) for error in validate(self.schema, document)]
        for operation in document.definitions:
            if isinstance(operation, OperationDefinitionNode):
                values = get_variable_values(
                    self.schema, operation.variable_definitions or (), body.get("variables") or {}
                )
                problems += [str(error) for error in values] if isinstance(values, list) else []
                known = {variable.variable.name.value for variable in operation.variable_definitions or ()}
                problems += [
                    f"the operation has no variable ${name}"
                    for name in sorted(set(body.get("variables") or {}) - known)
                ]
        return problems

    def answer_problems(self, asked: Asked, says: Says) -> list[str]:
        """What has no data says in its own way why; what has data has just what was asked for, in its types."""
        answer = json.loads(says.content())
        data = answer.get("data")
        if says.status != 200 or data is None or answer.get("errors"):
            return []
        body = asked.json
        result = execute_sync(
            self.schema,
            parse(body["query"]),
            root_value=data,
            variable_values=body.get("variables") or {},
            field_resolver=_as_answered,
            type_resolver=_as_named,
        )
        problems = [str(error) for error in result.errors or ()]
        if not problems and result.data != data:
            problems = [f"the answer has other fields than were asked for: {_difference(data, result.data)}"]
        return problems


def _as_answered(source: Any, info: GraphQLResolveInfo[Any], **arguments: Any) -> Any:
    name = info.path.key
    if not isinstance(source, dict) or name not in source:
        raise GraphQLError(f"{name} was asked for and is not in the answer")
    return source[name]


def _as_named(value: Any, info: GraphQLResolveInfo[Any], kind: Any) -> str:
    """Where several types are possible the answer must say which, as the vendor's does when it is asked to."""
    if "__typename" in value:
        return str(value["__typename"])
    raise GraphQLError(f"{info.path.as_list()}: __typename tells the type, and is not in the answer")


def _difference(one: Any, other: Any, at: str = "") -> str:
    if isinstance(one, dict) and isinstance(other, dict):
        for key in sorted({*one, *other}):
            if one.get(key) != other.get(key) or (key in one) != (key in other):
                return _difference(one.get(key), other.get(key), f"{at}.{key}".lstrip("."))
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for number, (mine, theirs) in enumerate(zip(one, other, strict=True)):
            if mine != theirs:
                return _difference(mine, theirs, f"{at}[{number}]")
    return f"{at}: {one!r} and {other!r}"[:300]


@lru_cache(maxsize=8)
def _built(file: Path) -> GraphQLSchema:
    return build_schema(file.read_text(), assume_valid=True)
