"""Refused with the field and the reason, before anything runs."""

from __future__ import annotations

import copy
from enum import Enum
from typing import Any

import pytest

from integrations.connectors import registry
from integrations.connectors.declaration import parse_declaration, plan_of
from integrations.exceptions import DeclarationError, Failure, Kind
from tests.integrations.connectors.declaring import Words

GOOD: Words = {
    "base_url": "https://{shop}.example.com/api",
    "variables": {"shop": {"label": "Shop"}},
    "auth": {"kind": "bearer"},
    "errors": [{"status": 409, "kind": "data"}],
    "limits": {"requests_per_second": 2},
    "webhook": {"signature": {"header": "X-Sig"}, "topics": {"*": {"resource": "orders"}}},
    "resources": {
        "orders": {
            "updated_at": {"at": "changed"},
            "natural_key": "reference",
            "list": {
                "path": "/orders",
                "records": "orders",
                "paging": {"style": "cursor", "param": "after", "next": "next"},
                "since": {"param": "since"},
            },
            "fetch": {"path": "/orders/{external_id}"},
            "lookup": {"path": "/orders", "params": {"q": "{natural_key}"}},
            "create": {"path": "/orders", "key": {"header": "Idempotency-Key"}},
            "actions": {"cancel": {"when": "record.cancelled", "path": "/orders/{external_id}/cancel"}},
        }
    },
}


class Change(Enum):
    REMOVED = "removed"


REMOVED = Change.REMOVED


def changed(*changes: tuple[str, Any]) -> Words:
    """GOOD with values put at dotted paths."""
    words = copy.deepcopy(GOOD)
    for path, value in changes:
        *inner, last = path.split(".")
        place: Any = words
        for name in inner:
            place = place[int(name)] if isinstance(place, list) else place.setdefault(name, {})
        if value is REMOVED:
            del place[last]
        elif isinstance(place, list):
            place[int(last)] = value
        else:
            place[last] = value
    return words


ORDERS = "resources.orders"
LIST = f"{ORDERS}.list"
REFUSED: list[tuple[str, Any, str, str]] = [
    # path changed, value, field named, words of the reason
    # misspelt, missing, of another type
    ("base_ulr", "x", "base_ulr", "Is 'base_url' meant?"),
    ("base_url", REMOVED, "base_url", "needed here and missing"),
    ("resources", REMOVED, "resources", "needed here and missing"),
    ("resources", {}, "resources", "at least one"),
    (f"{LIST}.pagging", {}, f"{LIST}.pagging", "Is 'paging' meant?"),
    (f"{LIST}.paging.sise", 1, f"{LIST}.paging.sise", "Is 'size' meant?"),
    (f"{LIST}.paging.next", REMOVED, f"{LIST}.paging.next", "missing"),
    (f"{LIST}.paging.style", "cursed", f"{LIST}.paging.style", "cursed"),
    (f"{LIST}.paging", {"size": 1}, f"{LIST}.paging.style", "missing"),
    (f"{LIST}.path", 7, f"{LIST}.path", "Expected 'str', got 'int'"),
    (f"{ORDERS}.actions.cancel.whn", "x", f"{ORDERS}.actions.cancel.whn", "Is 'when' meant?"),
    (f"{ORDERS}.creat", {}, f"{ORDERS}.creat", "Is 'create' meant?"),
    ("variables.shop.lable", "x", "variables.shop.lable", "Is 'label' meant?"),
    ("webhook.topics.*.resorce", "x", "webhook.topics.*.resorce", "Is 'resource' meant?"),
    ("errors.0.kind", "fatal", "errors[0].kind", "fatal"),
    ("auth.kind", "magic", "auth.kind", "magic"),
    ("auth", {"token": "x"}, "auth.kind", "missing"),
    # placeholders
    (
        "base_url",
        "https://{shoop}.example.com",
        "base_url",
        "{shoop} is not known here. Known are: settings, shop.",
    ),
    (
        f"{LIST}.path",
        "/orders/{external_id}",
        f"{LIST}.path",
        "Known are: cursor, now, settings, shop, since, size.",
    ),
    (f"{LIST}.params", {"a": "{page}"}, f"{LIST}.params.a", "{page} is not known"),
    (f"{LIST}.params", {"a": {"json": {"b": ["{x}"]}}}, f"{LIST}.params.a.json.b[0]", "{x} is not known"),
    (f"{LIST}.params", {"a": {"xml": "{since}"}}, f"{LIST}.params.a", "base64_json"),
    (
        f"{ORDERS}.create.body",
        {"a": [{"b": "{token}"}]},
        f"{ORDERS}.create.body.a[0].b",
        "{token} is not known",
    ),
    (f"{ORDERS}.create.headers", {"X": "{secret}"}, f"{ORDERS}.create.headers.X", "{secret} is not known"),
    (f"{ORDERS}.create.path", "/orders/{", f"{ORDERS}.create.path", "brace is not closed"),
    (f"{ORDERS}.create.path", "/orders/{a b}", f"{ORDERS}.create.path", "is no placeholder"),
    (f"{ORDERS}.fetch.path", "/orders/{natural_ky}", f"{ORDERS}.fetch.path", "{natural_ky} is not known"),
    # expressions
    (f"{ORDERS}.id", "orders[", f"{ORDERS}.id", "not a path or a JMESPath expression"),
    (f"{ORDERS}.actions.cancel.when", "record.x ==", f"{ORDERS}.actions.cancel.when", "not a path"),
    (f"{ORDERS}.actions.cancel.when", REMOVED, f"{ORDERS}.actions.cancel.when", "needs a condition"),
    (f"{ORDERS}.create.body", "=body.[", f"{ORDERS}.create.body", "not a path"),
    ("errors.0.when", "a ||", "errors[0].when", "not a path"),
    ("errors.0.sentence", "= a ||", "errors[0].sentence", "not a path"),
    ("errors.0.sentence", "{message}", "errors[0].sentence", "{message} is not known"),
    (f"{LIST}.records", "a" * 501, f"{LIST}.records", "501 characters"),
    # calls
    (f"{LIST}.path", "", f"{LIST}.path", "path of the call is missing"),
    (f"{LIST}.method", "FETCH", f"{LIST}.method", "'FETCH' is none of GET"),
    (f"{LIST}.body", {"a": 1}, f"{LIST}.body", "A GET has no body"),
    (f"{LIST}.variables", {"a": 1}, f"{LIST}.variables", "need a document"),
    (f"{ORDERS}.create.document", "mutation {a}", "", ""),
    (
        f"{ORDERS}.create",
        {"document": "mutation {a}", "body": 1},
        f"{ORDERS}.create.document",
        "not with a body",
    ),
    (f"{ORDERS}.create.encoding", "xml", f"{ORDERS}.create.encoding", "xml"),
    # paging and since
    (f"{LIST}.paging.param", REMOVED, f"{LIST}.paging", "use {cursor} in it"),
    (f"{LIST}.paging", {"style": "page", "param": "p"}, f"{LIST}.paging", "When is the list through?"),
    (f"{LIST}.paging", {"style": "offset", "size": 5}, f"{LIST}.paging", "use {offset} in it"),
    (
        f"{LIST}.paging",
        {"style": "offset", "param": "o", "size": 5, "overlap": 5},
        f"{LIST}.paging.overlap",
        "smaller",
    ),
    (f"{LIST}.paging", {"style": "none", "size_param": "n"}, f"{LIST}.paging.size", "needs a size"),
    (f"{LIST}.since.param", REMOVED, f"{LIST}.since", "Name a param, or use {since}"),
    (f"{LIST}.since", REMOVED, "", ""),
    (f"{LIST}.since.format", "rfc", f"{LIST}.since.format", "'rfc' is no format"),
    (f"{LIST}.since.zone", "Mars/Base", f"{LIST}.since.zone", "'Mars/Base' is no time zone"),
    (f"{ORDERS}.updated_at.format", "rfc", f"{ORDERS}.updated_at.format", "is no format"),
    (f"{LIST}.newest_first", True, "", ""),
    # what belongs together
    (f"{ORDERS}.fetch", REMOVED, "", ""),
    (f"{LIST}.partial", True, "", ""),
    (f"{ORDERS}.natural_key", REMOVED, f"{ORDERS}.natural_key", "A look-up needs"),
    (f"{ORDERS}.not_final", {"params": {"a": "{x}"}}, f"{ORDERS}.not_final.params.a", "{x} is not known"),
    (f"{ORDERS}.create.key", {}, f"{ORDERS}.create.key", "Where does the key go?"),
    (f"{ORDERS}.create.key", {"header": "a", "body": "b"}, f"{ORDERS}.create.key", "Where does the key go?"),
    (f"{ORDERS}.create.lines", {"at": "items"}, f"{ORDERS}.create.lines", "How are lines told apart?"),
    (
        f"{ORDERS}.create.then",
        [{"path": "/a", "then": [{"path": "/b"}]}],
        f"{ORDERS}.create.then[0].then",
        "side by side",
    ),
    (f"{ORDERS}.create.then", [{"path": "/{x}"}], f"{ORDERS}.create.then[0].path", "{x} is not known"),
    (f"{ORDERS}.actions.update", {"when": "a", "path": "/a"}, f"{ORDERS}.actions.update", "cannot be called"),
    (
        f"{ORDERS}.batch",
        {"operation": "update", "path": "/b", "items": "o", "size": 5, "results": "r"},
        f"{ORDERS}.batch.operation",
        "not declared as a single call",
    ),
    (
        f"{ORDERS}.batch",
        {"operation": "create", "path": "/b", "items": "o", "size": 1, "results": "r"},
        f"{ORDERS}.batch.size",
        "at least two",
    ),
    (
        f"{ORDERS}.batch",
        {"operation": "create", "path": "/b", "size": 5, "results": "r"},
        f"{ORDERS}.batch.items",
        "Where do the single bodies go?",
    ),
    # who we are
    ("auth", {"kind": "api_key"}, "auth", "either header or query"),
    ("auth", {"kind": "api_key", "header": "a", "query": "b"}, "auth", "either header or query"),
    ("auth", {"kind": "bearer", "token": "{tokn}"}, "auth.token", "{tokn} is not known"),
    ("auth", {"kind": "login", "path": "/l"}, "auth.token", "Where does the token stand?"),
    ("auth", {"kind": "login", "token": "t"}, "auth.path", "path of the call is missing"),
    ("auth", {"kind": "login", "path": "/l", "token": "t["}, "auth.token", "not a path"),
    ("auth", {"kind": "oauth_client"}, "auth.token_url", "missing"),
    ("variables.token", {}, "variables.token", "This name is taken"),
    # webhooks
    ("webhook.topics", {"*": {"resource": "ordes"}}, "webhook.topics.*.resource", "There are: orders."),
    ("webhook.topics", {"a": {"resource": "orders"}}, "webhook.topic", "How is the topic told?"),
    ("webhook.topics", {}, "webhook.topics", "at least one topic"),
    (
        "webhook.signature.signed",
        "{timestamp}.{body}",
        "webhook.signature.timestamp_header",
        "say where it comes",
    ),
    ("webhook.signature.signed", "{id}{body}", "webhook.signature.id_header", "in which header"),
    (
        "webhook.signature.signed",
        "{path}{body}",
        "webhook.signature.signed",
        "Known are: body, id, timestamp, url.",
    ),
    ("webhook.signature.part", "v1", "webhook.signature.separator", "needs the separator"),
    ("webhook.signature.algorithm", "md5", "webhook.signature.algorithm", "md5"),
    ("webhook.signature.secret", "{shop}", "webhook.signature.secret", "{shop} is not known"),
    # what would be less than nothing, or hold for everything
    (f"{LIST}.paging.size", -5, f"{LIST}.paging.size", ">= 0"),
    (f"{LIST}.since.overlap", -60, f"{LIST}.since.overlap", ">= 0"),
    (f"{LIST}.since.window", -1, f"{LIST}.since.window", ">= 0"),
    (f"{ORDERS}.create.key.lifetime", -1, f"{ORDERS}.create.key.lifetime", ">= 0"),
    ("webhook.signature.tolerance", -1, "webhook.signature.tolerance", ">= 0"),
    ("max_megabytes", 0, "max_megabytes", ">= 1"),
    ("errors.0", {"kind": "ok"}, "errors[0]", "every answer"),
    (f"{ORDERS}.errors", [{"kind": "ok", "status": []}], f"{ORDERS}.errors[0]", "every answer"),
    ("errors.0.status", 4090, "errors[0].status", "from 100 to 599"),
    # what could never be sent
    ("headers", {"X-Evil\r\n": "a"}, "headers", "no name of a header"),
    ("auth", {"kind": "headers", "headers": {"X Key": "{token}"}}, "auth", "no name of a header"),
    (f"{ORDERS}.create.key", {"header": "Key:"}, f"{ORDERS}.create.key.header", "no name of a header"),
    (f"{LIST}.headers", {"ä": "a"}, f"{LIST}.headers", "no name of a header"),
    (f"{LIST}.path", "/my orders", f"{LIST}.path", "no spaces"),
    ("base_url", "https://example.com/api?key=1", "base_url", "Use params"),
    (f"{LIST}.since.format", "%Y-%Q", f"{LIST}.since.format", "no pattern of a time"),
    (f"{ORDERS}.updated_at.format", "100%", f"{ORDERS}.updated_at.format", "no pattern of a time"),
    # limits
    ("limits.requests_per_second", -1, "limits.requests_per_second", "less than 0"),
    ("limits.burst", 0, "limits.burst", "At least 1"),
    ("timeouts", {"total": 31}, "timeouts.total", "at most 30 seconds"),
    ("timeouts", {"connect": 0}, "timeouts.connect", "above 0"),
    ("timeouts", {"total": 11, "calls": 3}, "timeouts.calls", "lower timeouts.total"),
    ("timeouts", {"calls": 0}, "timeouts.calls", "at least 1"),
]


def test_the_declaration_that_all_others_are_made_from_makes_sense() -> None:
    assert parse_declaration(GOOD).resources["orders"].natural_key == "reference"


@pytest.mark.parametrize(
    ("path", "value", "field", "reason"),
    [pytest.param(*case, id=f"{case[0]}={str(case[1])[:40]}") for case in REFUSED if case[2]],
)
def test_what_makes_no_sense_is_refused_with_its_place_and_the_reason(
    path: str, value: Any, field: str, reason: str
) -> None:
    with pytest.raises(DeclarationError) as caught:
        parse_declaration(changed((path, value)))
    assert caught.value.field == field
    assert reason in caught.value.reason


@pytest.mark.parametrize(
    ("path", "value"),
    [pytest.param(*case[:2], id=f"{case[0]}={str(case[1])[:40]}") for case in REFUSED if not case[2]],
)
def test_what_only_looks_odd_is_taken(path: str, value: Any) -> None:
    parse_declaration(changed((path, value)))


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ([(f"{ORDERS}.updated_at", REMOVED), (f"{LIST}.newest_first", True)], f"{ORDERS}.updated_at"),
        ([(f"{ORDERS}.fetch", REMOVED), (f"{LIST}.partial", True)], f"{ORDERS}.fetch"),
        (
            [(f"{LIST}.since", REMOVED), (f"{LIST}.params", {"q": "after:{since}"})],
            f"{LIST}.since",
        ),
        (
            [
                (f"{LIST}.since", REMOVED),
                (f"{LIST}.paging", {"style": "page", "param": "p", "size": 5, "order": "oldest_first"}),
            ],
            f"{LIST}.since",
        ),
        ([(LIST, REMOVED), (f"{ORDERS}.not_final", {"path": "/open"})], f"{ORDERS}.not_final"),
        ([("resources.empty", {})], "resources.empty"),
        (
            [
                (f"{ORDERS}.create.key", REMOVED),
                (
                    f"{ORDERS}.batch",
                    {
                        "operation": "create",
                        "path": "/b",
                        "items": "o",
                        "size": 5,
                        "results": "r",
                        "key": "k",
                    },
                ),
            ],
            f"{ORDERS}.batch.key",
        ),
    ],
)
def test_words_that_need_each_other(changes: list[tuple[str, Any]], field: str) -> None:
    with pytest.raises(DeclarationError) as caught:
        parse_declaration(changed(*changes))
    assert caught.value.field == field


@pytest.mark.parametrize("data", [None, {}, [], "base_url: x", 7])
def test_no_declaration_at_all(data: Any) -> None:
    with pytest.raises(DeclarationError) as caught:
        parse_declaration(data)
    assert caught.value.field == "declaration"


def test_data_that_is_no_plain_data() -> None:
    with pytest.raises(DeclarationError, match="no plain data"):
        parse_declaration(changed((f"{ORDERS}.label", object())))


def test_the_same_declaration_is_compiled_once() -> None:
    assert plan_of(copy.deepcopy(GOOD)) is plan_of(copy.deepcopy(GOOD))
    assert plan_of(GOOD) is not plan_of(changed(("label", "another")))


def settings(**more: Any) -> Words:
    return {"declaration": GOOD, "shop": "one", **more}


@pytest.mark.parametrize(
    ("given", "secrets", "field"),
    [
        ({"declaration": GOOD}, {"token": "t"}, "shop"),
        (settings(), {}, "token"),
        ({}, {"token": "t"}, "declaration"),
        (settings(variables="shop: one"), {"token": "t"}, "variables"),
        (settings(shop="one/../.."), {"token": "t"}, "shop"),
        (settings(shop="evil.example.org/?"), {"token": "t"}, "shop"),
        (settings(shop="me@evil.example.org#"), {"token": "t"}, "shop"),
        (settings(shop="my-shop.eu"), {"token": "t"}, ""),
        ({"declaration": changed(("base_url", "ftp://x.example.com"))}, {"token": "t"}, "shop"),
        (settings(declaration=changed(("base_url", "ftp://x.example.com"))), {"token": "t"}, "base_url"),
        (
            settings(declaration=changed(("base_url", "https://me:pw@x.example.com"))),
            {"token": "t"},
            "base_url",
        ),
    ],
)
def test_a_connection_that_is_not_filled_in(given: Words, secrets: Words, field: str) -> None:
    if not field:
        registry.check("rest", given, secrets)
        return
    with pytest.raises(DeclarationError) as caught:
        registry.check("rest", given, secrets)
    assert caught.value.field == field
    with pytest.raises(Failure) as failed:
        registry.connect("rest", given, secrets)
    assert (failed.value.kind, failed.value.connection_wide, failed.value.field) == (Kind.CONFIG, True, field)


def test_variables_may_stand_together_or_beside_the_declaration() -> None:
    registry.check("rest", {"declaration": GOOD, "variables": {"shop": "one"}}, {"token": "t"})
    registry.check("rest", {"declaration": GOOD, "shop": "one"}, {"token": "t"})


def test_a_platform_that_is_not_there() -> None:
    with pytest.raises(DeclarationError, match="no connector"):
        registry.check("teleport", {}, {})
    with pytest.raises(Failure, match="no connector"):
        registry.connect("teleport", {}, {})


def test_a_graphql_api_is_read_with_documents() -> None:
    with pytest.raises(DeclarationError) as caught:
        registry.check("graphql", settings(), {"token": "t"})
    assert caught.value.field == f"{LIST}.document"


@pytest.mark.parametrize(
    ("path", "field", "some"),
    [
        ("auth.kind", "auth.kind", "api_key, basic, bearer"),
        ("errors.0.kind", "errors[0].kind", "config, data"),
        (f"{LIST}.paging.style", f"{LIST}.paging.style", "cursor"),
        ("webhook.signature.algorithm", "webhook.signature.algorithm", "plain, sha1, sha256, sha512."),
    ],
)
def test_a_word_that_cannot_be_chosen_is_told_with_those_that_can(path: str, field: str, some: str) -> None:
    with pytest.raises(DeclarationError) as caught:
        parse_declaration(changed((path, "bearr")))
    assert caught.value.field == field
    assert "'bearr'" in caught.value.reason
    assert "Choose one of: " in caught.value.reason
    assert some in caught.value.reason
