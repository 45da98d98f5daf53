"""Swagger 2.0: what is wrong with a message is seen as by a document of the newer version."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.contract.openapi import OpenApi
from tests.contract.swagger import as_openapi
from tests.integrations.answering import Asked, Says

THING = {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}}}
DOCUMENT: dict[str, Any] = {
    "swagger": "2.0",
    "securityDefinitions": {"basicAuth": {"type": "basic"}},
    "security": [{"basicAuth": []}],
    "definitions": {"Thing": THING},
    "paths": {
        "/things": {
            "get": {
                "parameters": [{"name": "count", "in": "query", "type": "integer", "maximum": 10}],
                "responses": {"200": {"description": "", "schema": {"$ref": "#/definitions/Thing"}}},
            },
            "post": {
                "parameters": [
                    {"name": "it", "in": "body", "required": True, "schema": {"$ref": "#/definitions/Thing"}}
                ],
                "responses": {"204": {"description": ""}},
            },
        }
    },
}
JUDGE = OpenApi(as_openapi(DOCUMENT))
BASIC = {"authorization": "Basic eDp5", "content-type": "application/json"}


def asked(
    method: str, body: Any = None, query: dict[str, list[str]] | None = None, headers: dict[str, str] = BASIC
) -> Asked:
    return Asked(method, "/things", query or {}, headers, b"" if body is None else json.dumps(body).encode())


@pytest.mark.parametrize(
    ("message", "problem"),
    [
        (asked("GET", query={"count": ["3"]}), ""),
        (asked("GET", query={"count": ["11"]}), "11 is greater than the maximum of 10"),
        (asked("GET", query={"counts": ["3"]}), "the query has counts"),
        (asked("GET", headers={}), "who calls is not said"),
        (asked("POST", {"name": "Mug"}), ""),
        (asked("POST", {"name": 3}), "3 is not of type 'string'"),
        (asked("POST", {"name": "Mug", "nmae": ""}), "nmae is no field of the vendor's"),
        (asked("POST"), "the body is missing"),
        (asked("PUT"), "the vendor has no such call"),
    ],
)
def test_what_is_asked_is_judged(message: Asked, problem: str) -> None:
    told = JUDGE.request_problems(message)
    assert len(told) == bool(problem)
    assert problem in "".join(told)


def test_what_is_answered_is_judged() -> None:
    assert JUDGE.answer_problems(asked("GET"), Says({"name": "Mug"})) == []
    (problem,) = JUDGE.answer_problems(asked("GET"), Says({}))
    assert "'name' is a required property" in problem


def test_of_two_documents_the_first_counts() -> None:
    other = {**DOCUMENT, "paths": {"/things": {}, "/others": {"delete": {"responses": {}}}}}
    paths = as_openapi(DOCUMENT, other)["paths"]
    assert set(paths) == {"/things", "/others"}
    assert set(paths["/things"]) == {"parameters", "get", "post"}
