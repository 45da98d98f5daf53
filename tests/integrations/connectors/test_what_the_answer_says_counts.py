"""Failures inside HTTP 200, statuses that mean something else here, batches of which a part failed."""

from __future__ import annotations

from typing import Any

import pytest

from integrations.connectors.base import Answer, WriteContext
from integrations.connectors.rest import RestConnector
from integrations.exceptions import Failure, Kind
from tests.integrations.answering import Platform, Says
from tests.integrations.connectors.declaring import Words, call_of, declared

KEYED = {"path": "/orders", "key": {"header": "Idempotency-Key"}}


def connector_of(
    platform: Platform, errors: list[Words], create: Words | None = None, **words: Any
) -> RestConnector:
    resources = {"orders": {"create": {"path": "/orders", **(create or {})}, "list": {"path": "/orders"}}}
    return declared(platform, resources, errors=errors, **words)


def failure_of(
    platform: Platform, errors: list[Words], says: Says, create: Words | None = None, **words: Any
) -> Failure:
    platform.on("/orders", says)
    connector = connector_of(platform, errors, create, **words)
    with pytest.raises(Failure) as caught:
        connector.send(call_of(connector))
    return caught.value


def test_a_refusal_inside_http_200(platform: Platform) -> None:
    rule = {
        "when": "status == 'error'",
        "kind": "data",
        "code": "=reason",
        "sentence": "=join(' ', ['Not taken:', text])",
        "field": "=field",
    }
    says = Says({"status": "error", "reason": "BAD-ZIP", "text": "no postal code", "field": "zip"})
    failure = failure_of(platform, [rule], says)
    assert (failure.kind, failure.code, failure.field, failure.status) == (Kind.DATA, "bad_zip", "zip", 200)
    assert failure.sentence == "Not taken: no postal code"
    assert not failure.in_doubt


def test_what_the_platform_says_may_stand_anywhere_and_is_quoted(platform: Platform) -> None:
    rule = {"when": "result == 'NOK'", "kind": "data", "said": "reasons[0].words"}
    failure = failure_of(platform, [rule], Says({"result": "NOK", "reasons": [{"words": "no postal code."}]}))
    assert failure.sentence == (
        f"127.0.0.1:{platform.port} does not accept it. It says: “no postal code”. "
        "Correct the value at its source or in the mapping, then retry."
    )


def test_a_declared_sentence_holds_no_person(platform: Platform) -> None:
    rule = {"status": 422, "kind": "data", "sentence": "=message"}
    says = Says({"message": "kaethe@example.com is unknown"}, 422)
    assert failure_of(platform, [rule], says).sentence == "[email] is unknown"


def test_rules_of_the_call_go_before_those_of_the_resource_and_of_the_platform(platform: Platform) -> None:
    platform.on("/orders", Says({}, 409))
    rules = [{"status": 409, "kind": "data", "code": name} for name in ("platform", "resource", "call")]
    words = {
        "orders": {
            "errors": [rules[1]],
            "create": {"path": "/orders", "errors": [rules[2]]},
            "upsert": {"path": "/orders"},
        }
    }
    connector = declared(platform, words, errors=[rules[0]])
    for operation, code in (("create", "call"), ("upsert", "resource")):
        with pytest.raises(Failure) as caught:
            connector.send(connector.prepare("orders", WriteContext(operation, {}), 0, ""))
        assert caught.value.code == code


def test_a_status_may_mean_something_else_here(platform: Platform) -> None:
    assert failure_of(platform, [{"status": [402, 403], "kind": "data"}], Says({}, 403)).kind == Kind.DATA
    assert (
        failure_of(platform, [{"status": 420, "kind": "rate_limited"}], Says({}, 420)).code == "rate_limited"
    )
    platform.on("/orders", Says({"id": 1}, 404))
    connector = connector_of(platform, [{"status": 404, "kind": "ok"}])
    assert connector.send(call_of(connector)).external_id == "1"


def test_how_long_to_wait_may_stand_in_the_body(platform: Platform) -> None:
    rule = {"when": "errors[?code == 'THROTTLED']", "kind": "rate_limited", "retry_after": "wait_ms"}
    says = Says({"errors": [{"code": "THROTTLED"}], "wait_ms": "3.5"})
    failure = failure_of(platform, [rule], says)
    assert (failure.code, failure.retry_after, failure.in_doubt) == ("rate_limited", 3.5, False)


@pytest.mark.parametrize(
    ("rule", "in_doubt"),
    [
        ({"status": 503, "kind": "transient"}, True),
        ({"status": 503, "kind": "transient", "in_doubt": False}, False),
        ({"status": 500, "kind": "data"}, False),
        ({"when": "busy", "kind": "transient"}, False),
        ({"when": "busy", "kind": "transient", "in_doubt": True}, True),
    ],
)
def test_whether_the_effect_may_have_happened_is_the_status_unless_it_is_declared(
    platform: Platform, rule: Words, in_doubt: bool
) -> None:
    status = rule.get("status", 200)
    assert failure_of(platform, [rule], Says({"busy": True}, status)).in_doubt is in_doubt


@pytest.mark.parametrize(
    ("rule", "status", "wide"),
    [
        (None, 401, True),
        (None, 403, False),
        ({"status": 403, "kind": "config"}, 403, False),
        ({"status": 401, "kind": "config"}, 401, True),
        ({"status": 403, "kind": "config", "connection_wide": True}, 403, True),
        ({"when": "locked", "kind": "config"}, 200, True),
    ],
)
def test_whether_it_concerns_the_whole_connection(
    platform: Platform, rule: Words | None, status: int, wide: bool
) -> None:
    failure = failure_of(platform, [rule] if rule else [], Says({"locked": True}, status))
    assert (failure.kind, failure.connection_wide) == (Kind.CONFIG, wide)


@pytest.mark.parametrize(
    ("body", "text", "field"),
    [
        ({"errors": [{"message": "bad zip", "field": "zip"}]}, "bad zip", "zip"),
        ({"error": {"message": "bad zip", "param": "zip"}}, "bad zip", "zip"),
        ({"message": "bad zip", "field": "zip"}, "bad zip", "zip"),
        ({"errors": [{"detail": "bad zip", "source": {"pointer": "/data/zip"}}]}, "bad zip", "data.zip"),
        ({"errors": ["bad zip"]}, "bad zip", ""),
        ({"error": "bad zip"}, "bad zip", ""),
        ([1], "", ""),
        ("no", "", ""),
    ],
)
def test_what_the_platform_says_is_found_without_being_declared(
    platform: Platform, body: Any, text: str, field: str
) -> None:
    failure = failure_of(platform, [], Says(body, 422))
    assert (f"It says: “{text}”" in failure.sentence) is bool(text)
    assert failure.field == field


def graphql(platform: Platform, errors: list[Words], body: Words, status: int = 200) -> Failure:
    platform.on("/graphql", Says(body, status))
    create = {"document": "mutation { a }", "answer": "data.a"}
    connector = declared(platform, {"orders": {"create": create}}, errors=errors, graphql_path="/graphql")
    with pytest.raises(Failure) as caught:
        connector.send(call_of(connector))
    return caught.value


@pytest.mark.parametrize(
    ("code", "kind", "own_code", "wide", "in_doubt"),
    [
        ("FORBIDDEN", Kind.CONFIG, "forbidden", True, False),
        ("UNAUTHENTICATED", Kind.CONFIG, "unauthenticated", True, False),
        ("THROTTLED", Kind.TRANSIENT, "rate_limited", False, False),
        ("INTERNAL_SERVER_ERROR", Kind.TRANSIENT, "internal_server_error", False, True),
        ("BAD_USER_INPUT", Kind.DATA, "bad_user_input", False, False),
        ("GRAPHQL_VALIDATION_FAILED", Kind.CONFIG, "graphql_validation_failed", False, False),
        (None, Kind.DATA, "refused", False, False),
    ],
)
def test_graphql_errors_beside_http_200(
    platform: Platform, code: str | None, kind: Kind, own_code: str, wide: bool, in_doubt: bool
) -> None:
    error = {"message": "it does not fit", "path": ["a", "b"], "extensions": {"code": code} if code else {}}
    failure = graphql(platform, [], {"errors": [error], "data": None})
    assert (failure.kind, failure.code) == (kind, own_code)
    assert (failure.connection_wide, failure.in_doubt, failure.field) == (wide, in_doubt, "a.b")
    assert "it does not fit" in failure.sentence


def test_a_gateways_text_before_a_graphql_api_is_judged_by_its_status(platform: Platform) -> None:
    failure = graphql(platform, [], {"errors": "Unavailable"}, 503)
    assert (failure.kind, failure.code, failure.in_doubt) == (Kind.TRANSIENT, "server_error", True)
    assert graphql(platform, [], {"errors": "No."}).code == "refused"


def test_a_union_member_that_is_an_error(platform: Platform) -> None:
    rule = {
        "when": "data.*.errorCode[]",
        "kind": "data",
        "code": "=data.*.errorCode | [0]",
        "sentence": "=data.*.message | [0]",
    }
    body = {"data": {"a": {"__typename": "NoStock", "errorCode": "NO_STOCK", "message": "none left"}}}
    failure = graphql(platform, [rule], body)
    assert (failure.kind, failure.code) == (Kind.DATA, "no_stock")
    assert "none left" in failure.sentence


def test_user_errors_inside_the_mutation(platform: Platform) -> None:
    rule = {
        "when": "data.*.userErrors[]",
        "kind": "data",
        "sentence": "=data.*.userErrors[] | [0].message",
        "field": "=join('.', data.*.userErrors[] | [0].field)",
    }
    body = {
        "data": {"a": {"order": None, "userErrors": [{"field": ["input", "zip"], "message": "is missing"}]}}
    }
    failure = graphql(platform, [rule], body)
    assert (failure.kind, failure.field) == (Kind.DATA, "input.zip")


# Batches.

BATCH = {
    "operation": "create",
    "path": "/orders/batch",
    "items": "orders",
    "size": 50,
    "results": "results",
    "status": "status",
    "answer": "order",
    "key": "idempotency_key",
}


def batching(platform: Platform, says: Says, **words: Any) -> list[Answer | Failure]:
    platform.on("/orders/batch", says)
    create = {**KEYED, "lines": {"at": "items", "ref": "ref"}}
    connector = declared(platform, {"orders": {"create": create, "batch": {**BATCH, **words}}})
    able = connector.resources()["orders"]
    assert (able.batch_size, able.batched) == (50, ("create",))
    calls = [
        connector.prepare("orders", WriteContext("create", {"reference": str(n)}), 0, f"k{n}")
        for n in range(3)
    ]
    return connector.send_batch(calls)


def test_a_batch_of_which_a_part_failed(platform: Platform) -> None:
    results = [
        {"status": 201, "order": {"id": "a", "items": [{"ref": "L1", "id": 5}]}},
        {"status": 422, "errors": [{"message": "no postal code", "field": "zip"}]},
        {"status": 503, "errors": [{"message": "later"}]},
    ]
    first, second, third = batching(platform, Says({"results": results}, 207, {"X-Request-Id": "r1"}))
    assert isinstance(first, Answer)
    assert (first.external_id, first.line_ids, first.request_id) == ("a", {"L1": "5"}, "r1")
    assert isinstance(second, Failure)
    assert (second.kind, second.field, second.status, second.in_doubt) == (Kind.DATA, "zip", 422, False)
    assert isinstance(third, Failure)
    assert (third.kind, third.in_doubt) == (Kind.TRANSIENT, False)
    orders = platform.asked[0].json["orders"]
    assert orders[1] == {"reference": "1", "idempotency_key": "k1"}
    assert len(platform.asked) == 1


def test_results_that_come_in_another_order_are_joined_by_what_they_name(platform: Platform) -> None:
    results = [{"status": 201, "order": {"id": f"id-{n}", "reference": str(n)}} for n in (2, 0)]
    words = {"match": "order.reference", "match_sent": "reference"}
    first, second, third = batching(platform, Says({"results": results}), **words)
    assert isinstance(first, Answer)
    assert isinstance(third, Answer)
    assert (first.external_id, third.external_id) == ("id-0", "id-2")
    assert isinstance(second, Failure)
    assert (second.code, second.in_doubt) == ("lost_answer", True)


def test_fewer_results_than_were_sent_leave_all_in_doubt(platform: Platform) -> None:
    found = batching(platform, Says({"results": [{"status": 201, "order": {"id": 1}}]}))
    assert [isinstance(result, Failure) and result.in_doubt for result in found] == [True, True, True]


def test_a_result_that_says_so_failed_even_with_a_good_status(platform: Platform) -> None:
    results = [{"order": {"id": n}} for n in (1, 2)] + [{"error": {"message": "no"}}]
    found = batching(platform, Says({"results": results}), failed="error", status="")
    assert [isinstance(result, Failure) for result in found] == [False, False, True]


def test_a_batch_that_is_refused_as_a_whole(platform: Platform) -> None:
    with pytest.raises(Failure) as caught:
        batching(platform, Says({"message": "who are you"}, 401))
    assert (caught.value.code, caught.value.in_doubt) == ("unauthorized", False)


def test_a_batch_whose_answer_is_lost(platform: Platform) -> None:
    with pytest.raises(Failure) as caught:
        batching(platform, Says({"results": []}, cut=True))
    assert caught.value.in_doubt


def test_a_batch_in_a_template(platform: Platform) -> None:
    batching(
        platform,
        Says({"results": []}),
        items="",
        body={"all": {"entries": "=items", "count": "=length(items)"}},
    )
    assert platform.asked[0].json["all"]["count"] == 3
