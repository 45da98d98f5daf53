"""A judge that lets everything pass would make every connector look right."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qs

import pytest
from graphql import build_schema

from tests.contract.graphql_schema import GraphQL
from tests.contract.openapi import OpenApi
from tests.integrations.answering import Asked, Says

DOCUMENT = {
    "openapi": "3.0.3",
    "security": [{"key": []}],
    "components": {
        "securitySchemes": {"key": {"type": "apiKey", "in": "header", "name": "X-Key"}},
        "schemas": {
            "Line": {
                "type": "object",
                "required": ["sku"],
                "properties": {"sku": {"type": "string", "readOnly": False}},
            },
            "Order": {
                "type": "object",
                "required": ["id"],
                "properties": {
                    "id": {"type": "integer"},
                    "lines": {"type": "array", "items": {"$ref": "#/components/schemas/Line"}},
                    "note": {"$ref": "#/components/schemas/Gone"},
                    "customer": {"nullable": True, "anyOf": [{"$ref": "#/components/schemas/Line"}]},
                },
            },
        },
    },
    "paths": {
        "/orders/{id}": {
            "parameters": [{"in": "path", "name": "id", "required": True, "schema": {"type": "integer"}}],
            "get": {
                "parameters": [
                    {"in": "query", "name": "limit", "schema": {"type": "integer", "maximum": 50}},
                    {
                        "in": "query",
                        "name": "created",
                        "style": "deepObject",
                        "schema": {"type": "object", "properties": {"gte": {"type": "integer"}}},
                    },
                ],
                "responses": {
                    "200": {
                        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Order"}}}
                    },
                    "204": {"content": {"application/json": {"schema": {"type": "object"}}}},
                },
            },
        },
        "/orders": {
            "post": {
                "parameters": [{"in": "header", "name": "X-Channel", "required": True}],
                "requestBody": {
                    "required": True,
                    "content": {
                        kind: {"schema": {"$ref": "#/components/schemas/Order"}}
                        for kind in ("application/json", "application/x-www-form-urlencoded")
                    },
                },
                "responses": {"201": {}},
            }
        },
    },
}
KEY = {"x-key": "k", "x-channel": "1", "content-type": "application/json"}


def asked(method: str, path: str, body: Any = None, *, without: str = "", **headers: str) -> Asked:
    path, _, query = path.partition("?")
    told = {name: value for name, value in {**KEY, **headers}.items() if name != without}
    raw = body.encode() if isinstance(body, str) else b"" if body is None else json.dumps(body).encode()
    return Asked(method, path, parse_qs(query), told, raw)


FORM = {"content-type": "application/x-www-form-urlencoded"}


@pytest.mark.parametrize(
    "right",
    [
        asked("GET", "/v1/orders/7?limit=50&created[gte]=1"),
        asked(
            "POST",
            "/v1/orders",
            {"id": 1, "lines": [{"sku": "A"}], "note": {"any": "thing"}, "customer": None},
        ),
        asked(
            "POST",
            "/v1/orders",
            "id=1&lines[0][sku]=A&lines[1][sku]=B",
            **{"content-type": FORM["content-type"]},
        ),
    ],
)
def test_what_the_document_allows_passes(right: Asked) -> None:
    assert OpenApi(DOCUMENT, "/v1").request_problems(right) == []


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (asked("GET", "/v1/order/7"), "no such call"),
        (asked("GET", "/orders/7"), "no such call"),
        (asked("PUT", "/v1/orders/7", {"id": 1}), "no such call"),
        (asked("GET", "/v1/orders/seven"), "path id"),
        (asked("GET", "/v1/orders/7?limit=51"), "query limit"),
        (asked("GET", "/v1/orders/7?created[gte]=today"), "query created"),
        (asked("GET", "/v1/orders/7?since=1"), "the query has since"),
        (asked("GET", "/v1/orders/7", without="x-key"), "who calls"),
        (asked("GET", "/v1/orders/7", {"a": 1}), "no body"),
        (asked("POST", "/v1/orders", {"id": 1}, without="x-channel"), "header X-Channel is required"),
        (asked("POST", "/v1/orders"), "the body is missing"),
        (asked("POST", "/v1/orders", {"id": "1"}), "body id"),
        (asked("POST", "/v1/orders", {"lines": []}), "'id' is a required property"),
        (asked("POST", "/v1/orders", {"id": 1, "lines": [{}]}), "body lines.0"),
        (
            asked("POST", "/v1/orders", {"id": 1, "lines": [{"sku": "A", "skew": 1}]}),
            "lines[0].skew is no field",
        ),
        (asked("POST", "/v1/orders", "id=one", **{"content-type": FORM["content-type"]}), "body id"),
        (asked("POST", "/v1/orders", "<a/>", **{"content-type": "text/xml"}), "the body is text/xml"),
    ],
)
def test_what_the_document_does_not_allow_is_told(wrong: Asked, said: str) -> None:
    told = OpenApi(DOCUMENT, "/v1").request_problems(wrong)
    assert len(told) >= 1
    assert any(said in problem for problem in told), told


@pytest.mark.parametrize(
    ("says", "is_right"),
    [
        (Says({"id": 7, "customer": None, "more": 1}), True),
        (Says({"id": "7"}), False),
        (Says({"lines": []}), False),
        (Says({"id": 7}, 201), False),
        (Says(status=204), True),
        (Says({"anything": 1}, 404), True),
    ],
)
def test_an_answer_is_one_that_the_vendor_could_give(says: Says, is_right: bool) -> None:
    told = OpenApi(DOCUMENT, "/v1").answer_problems(asked("GET", "/v1/orders/7"), says)
    assert (told == []) is is_right


CLOSED: dict[str, Any] = {"type": "object", "additionalProperties": False}
KIN = {
    "openapi": "3.0.0",
    "components": {
        "schemas": {
            "Base": {**CLOSED, "required": ["id"], "properties": {"id": {"type": "integer"}}},
            "Derived": {
                **CLOSED,
                "allOf": [{"$ref": "#/components/schemas/Base"}],
                "properties": {"sku": {"type": "string"}},
            },
            "Other": {**CLOSED, "required": ["name"], "properties": {"name": {"type": "string"}}},
        }
    },
    "paths": {
        f"/{name}": {
            "get": {
                "responses": {
                    "200": {
                        "content": {
                            "application/json": {
                                "schema": {
                                    "additionalProperties": False,
                                    "oneOf": [{"$ref": f"#/components/schemas/{kind}"} for kind in kinds],
                                }
                            }
                        }
                    }
                }
            }
        }
        for name, kinds in (("kin", ("Base", "Derived")), ("strangers", ("Base", "Other")))
    },
}


@pytest.mark.parametrize(
    ("path", "body", "is_right"),
    [
        ("/kin", {"id": 1}, True),
        ("/kin", {"id": 1, "sku": "A"}, True),
        ("/kin", {"sku": "A"}, False),
        ("/kin", {"id": 1, "skew": "A"}, False),
        ("/kin", {"id": 1, "sku": 7}, False),
        ("/strangers", {"name": "A"}, True),
        ("/strangers", {"id": 1, "name": "A"}, False),
    ],
)
def test_what_is_derived_from_a_kind_is_closed_as_a_whole(path: str, body: Any, is_right: bool) -> None:
    told = OpenApi(KIN).answer_problems(asked("GET", path), Says(body))
    assert (told == []) is is_right


SCHEMA = """
type Query { order(id: ID!, first: Int): Order }
type Order { id: ID! number: Int lines: [Line!]! customer: Customer }
type Line { sku: String! }
union Customer = Person | Company
type Person { name: String }
type Company { title: String }
"""
ORDER = (
    "query($id: ID!) { order(id: $id) { id lines { sku } customer { __typename ... on Person { name } } } }"
)
PERSON = {"__typename": "Person", "name": "Ada"}


def graphql(document: str, **variables: Any) -> Asked:
    return asked("POST", "/graphql", {"query": document, "variables": variables})


def judge() -> GraphQL:
    return GraphQL(build_schema(SCHEMA), "/graphql")


@pytest.mark.parametrize(
    ("document", "variables", "said"),
    [
        (ORDER, {"id": "1"}, ""),
        (ORDER, {}, "$id"),
        (ORDER, {"id": {"a": 1}}, "$id"),
        ("query { order(id: 1) { id total } }", {}, "Cannot query field 'total'"),
        ("query { order { id } }", {}, "is required"),
        ("query { order(id: 1 { id } }", {}, "Syntax Error"),
        (ORDER, {"id": "1", "frist": 1}, "no variable $frist"),
    ],
)
def test_a_document_is_judged_by_the_schema(document: str, variables: dict[str, Any], said: str) -> None:
    told = judge().request_problems(graphql(document, **variables))
    assert (told == []) is (said == "")
    assert said in " ".join(told)


def test_another_address_is_not_the_vendors() -> None:
    assert judge().request_problems(asked("POST", "/graph", {"query": ORDER, "variables": {"id": "1"}}))


@pytest.mark.parametrize(
    ("order", "said"),
    [
        ({"id": "1", "lines": [{"sku": "A"}], "customer": PERSON}, ""),
        (None, ""),
        ({"id": "1", "lines": [{"sku": "A"}]}, "customer was asked for"),
        ({"id": "1", "lines": [{"sku": None}], "customer": PERSON}, "non-nullable"),
        ({"id": "1", "lines": [], "customer": {"name": "Ada"}}, "__typename"),
        ({"id": "1", "lines": [], "customer": PERSON, "total": 1}, "total"),
    ],
)
def test_an_answer_has_what_was_asked_for(order: Any, said: str) -> None:
    told = judge().answer_problems(graphql(ORDER, id="1"), Says({"data": {"order": order}}))
    assert (told == []) is (said == "")
    assert said in " ".join(told)
