"""From a mapped payload to one exact call, and from the answer to ids."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from integrations.connectors.base import Answer, Call, WriteContext
from integrations.connectors.rest import RestConnector
from integrations.exceptions import Failure, Kind
from tests.integrations.answering import Platform, Says
from tests.integrations.connectors.declaring import Words, declared

BODY = {"reference": "1042", "items": [{"ref": "L1", "sku": "MUG"}, {"ref": "L2", "sku": "CUP"}]}

SHOPPED = {
    "path": "/orders/{shop}",
    "params": {"notify": False, "tag": ["a", "b"]},
    "headers": {"X-Subject": "{subject}"},
    "key": {"header": "Idempotency-Key"},
    "lines": {"at": "items", "sent": "body.items[].ref"},
}


def writing(
    platform: Platform, operation: str = "create", resource: Words | None = None, **words: Any
) -> RestConnector:
    return declared(platform, {"orders": {"natural_key": "reference", **(resource or {}), operation: words}})


def prepared(
    connector: RestConnector, operation: str = "create", step: int = 0, key: str = "k1", **context: Any
) -> Call:
    filled = WriteContext(operation=operation, body=context.pop("body", BODY), **context)
    return connector.prepare("orders", filled, step, key)


def sent(platform: Platform, connector: RestConnector, says: Says, call: Call) -> Answer:
    platform.on(call.path, says)
    return connector.send(call)


def test_the_whole_mapped_payload_is_sent(platform: Platform) -> None:
    connector = writing(platform, path="/orders")
    answer = sent(platform, connector, Says({"id": 9}, 201, {"X-Request-Id": "r1"}), prepared(connector))
    assert answer == Answer("9", {}, {"id": 9}, "", "r1", 201, False)
    assert (platform.asked[0].method, platform.asked[0].json) == ("POST", BODY)
    assert platform.asked[0].headers["content-type"] == "application/json"


def test_a_call_survives_being_stored(platform: Platform) -> None:
    """What is sent again after a crash is the very same, without the context it was made from."""
    connector = declared(
        platform,
        {"orders": {"create": SHOPPED}},
        variables={"shop": {"label": "Shop"}},
        settings={"shop": "main street"},
    )
    call = prepared(connector, subject="Order #1042")
    assert call.path == "/orders/main%20street"
    restored = Call.from_json(json.loads(json.dumps(call.to_json())))
    assert restored == call
    platform.on(call.path, Says({"id": 1, "items": [{"id": 5}, {"id": 6}]}))
    first, second = connector.send(call), connector.send(restored)
    assert first == second
    assert platform.asked[0].raw == platform.asked[1].raw
    assert platform.asked[0].headers == platform.asked[1].headers
    assert platform.asked[0].query == platform.asked[1].query == {"notify": ["false"], "tag": ["a", "b"]}


def test_a_call_holds_no_secret(platform: Platform) -> None:
    connector = declared(
        platform,
        {"orders": {"create": {"path": "/orders", "key": {"header": "Idempotency-Key"}}}},
        {"token": "a-very-secret-token"},
        auth={"kind": "bearer"},
    )
    assert "a-very-secret-token" not in json.dumps(prepared(connector).to_json())


def test_preparing_is_pure(platform: Platform) -> None:
    connector = writing(platform, path="/orders", wrap="order", key={"body": "order.key"})
    body = json.loads(json.dumps(BODY))
    assert prepared(connector, body=body) == prepared(connector, body=body)
    assert body == BODY
    assert platform.asked == []


def test_the_payload_below_a_name(platform: Platform) -> None:
    assert prepared(writing(platform, path="/orders", wrap="data.order")).body == {"data": {"order": BODY}}


def test_a_body_template(platform: Platform) -> None:
    connector = writing(
        platform,
        path="/orders",
        body={
            "number": "#{body.reference}",
            "skus": "=body.items[].sku",
            "first": "=body.items[0]",
            "parent": "{ids.order}",
            "nothing": "{record.nothing}",
            "total": "=record.total",
            "placed": "=record.placed_at",
            "was": "=written.status",
            "key": "{key}",
            "op": "{operation}",
            "literal": "==1+1 {{braces}}",
            "fixed": [1, True, None],
        },
    )
    record = {"total": Decimal("12.50"), "placed_at": datetime(2026, 11, 23, 6, 45, tzinfo=UTC)}
    call = prepared(connector, record=record, ids={"order": "77"}, written={"status": "open"})
    assert call.body == {
        "number": "#1042",
        "skus": ["MUG", "CUP"],
        "first": {"ref": "L1", "sku": "MUG"},
        "parent": "77",
        "total": "12.50",
        "placed": "2026-11-23T06:45:00+00:00",
        "was": "open",
        "key": "k1",
        "op": "create",
        "literal": "=1+1 {{braces}}",
        "fixed": [1, True, None],
    }


def test_braces_that_are_meant(platform: Platform) -> None:
    assert prepared(writing(platform, path="/orders", body={"a": "{{{body.reference}}}"})).body == {
        "a": "{1042}"
    }


def test_a_form(platform: Platform) -> None:
    connector = writing(platform, path="/orders", encoding="form")
    sent(
        platform,
        connector,
        Says({"id": 1}),
        prepared(connector, body={"a": True, "b": {"c": [1, 2]}, "d": None}),
    )
    assert platform.asked[0].raw == b"a=true&b%5Bc%5D%5B0%5D=1&b%5Bc%5D%5B1%5D=2"


def test_graphql_variables(platform: Platform) -> None:
    connector = declared(
        platform,
        {
            "orders": {
                "create": {
                    "document": "mutation($input: In!) { orderCreate(input: $input) { order { id } } }",
                    "variables": {"input": "=body"},
                    "answer": "data.orderCreate.order",
                }
            }
        },
        graphql_path="/graphql",
    )
    call = prepared(connector)
    assert call.encoding == "graphql"
    answer = sent(platform, connector, Says({"data": {"orderCreate": {"order": {"id": "o1"}}}}), call)
    assert answer.external_id == "o1"
    assert platform.asked[0].json["variables"] == {"input": BODY}


@pytest.mark.parametrize(
    ("words", "says", "external_id"),
    [
        ({}, Says({"id": 9}), "9"),
        ({"id": "order.number"}, Says({"order": {"number": "A-1"}}), "A-1"),
        ({"answer": "order"}, Says({"order": {"id": 9}}), "9"),
        ({"id": "self", "id_tail": True}, Says({"self": "/orders/77"}), "77"),
        ({"id_header": "Location"}, Says(None, 201, {"Location": "https://x.example.com/orders/78"}), "78"),
    ],
)
def test_where_the_new_id_is(platform: Platform, words: Words, says: Says, external_id: str) -> None:
    connector = writing(platform, path="/orders", **words)
    assert sent(platform, connector, says, prepared(connector)).external_id == external_id


def test_a_create_without_an_id_in_its_answer_is_in_doubt_and_names_the_word(platform: Platform) -> None:
    connector = writing(platform, path="/orders")
    with pytest.raises(Failure) as caught:
        sent(platform, connector, Says({"ok": True}), prepared(connector))
    assert (caught.value.code, caught.value.field) == ("no_id", "resources.orders.create.id")
    assert caught.value.in_doubt


@pytest.mark.parametrize(
    "lines",
    [
        {"at": "items", "id": "id", "ref": "ref"},
        {"at": "items", "id": "id", "sent": "body.items[].ref"},
    ],
)
def test_ids_of_lines(platform: Platform, lines: Words) -> None:
    connector = writing(platform, path="/orders", lines=lines)
    says = Says({"id": 1, "items": [{"id": 11, "ref": "L1"}, {"id": 12, "ref": "L2"}]})
    assert sent(platform, connector, says, prepared(connector)).line_ids == {"L1": "11", "L2": "12"}


def test_the_version_of_the_answer(platform: Platform) -> None:
    connector = writing(platform, resource={"updated_at": {"at": "changed"}}, path="/orders")
    says = Says({"id": 1, "changed": "2026-11-23T06:45:00Z"})
    assert sent(platform, connector, says, prepared(connector)).version == "2026-11-23T06:45:00.000000Z"


def test_the_key_in_a_header_or_in_the_body(platform: Platform) -> None:
    in_header = prepared(writing(platform, path="/orders", key={"header": "Idempotency-Key"}))
    assert (in_header.headers, in_header.key, in_header.key_header) == (
        {"Idempotency-Key": "k1"},
        "k1",
        "Idempotency-Key",
    )
    in_body = prepared(writing(platform, path="/orders", key={"body": "meta.key"}))
    assert in_body.body == {**BODY, "meta": {"key": "k1"}}
    without = prepared(writing(platform, path="/orders"))
    assert (without.key, without.headers, without.body) == ("", {}, BODY)


def test_an_answer_that_says_it_was_done_before(platform: Platform) -> None:
    connector = writing(platform, path="/orders", replayed="replayed")
    assert sent(platform, connector, Says({"id": 1, "replayed": True}), prepared(connector)).replayed
    assert not sent(platform, connector, Says({"id": 1}), prepared(connector)).replayed


def test_a_refusal_that_means_done_before_is_a_success(platform: Platform) -> None:
    rule = {"status": 409, "when": "code == 'already_cancelled'", "kind": "done"}
    resource = {
        "actions": {
            "cancel": {"when": "record.cancelled", "path": "/orders/{external_id}/cancel", "errors": [rule]}
        }
    }
    connector = declared(platform, {"orders": resource})
    call = prepared(connector, "cancel", external_id="7")
    answer = sent(platform, connector, Says({"code": "already_cancelled"}, 409), call)
    assert (answer.external_id, answer.replayed) == ("7", True)


def test_actions_have_their_condition_and_end_or_do_not_end_the_thing(platform: Platform) -> None:
    actions = {
        "confirm": {
            "when": "record.paid",
            "path": "/orders/{external_id}/confirm",
            "once": False,
            "order": -1,
        },
        "cancel": {"when": "record.status == 'cancelled'", "path": "/orders/{external_id}/cancel"},
        "close": {"when": "record.closed", "path": "/orders/{external_id}", "method": "DELETE", "ends": True},
    }
    connector = declared(platform, {"orders": {"actions": actions}})
    found = {
        action.name: (action.when, action.once, action.ends_it) for action in connector.actions("orders")
    }
    assert found == {
        "confirm": ("record.paid", False, False),
        "cancel": ("record.status == 'cancelled'", True, True),
        "close": ("record.closed", True, True),
    }
    assert list(found) == ["confirm", "cancel", "close"]
    assert prepared(connector, "confirm", external_id="7").body is None
    assert prepared(connector, "close", external_id="7").method == "DELETE"


def test_an_action_may_send_the_whole_payload(platform: Platform) -> None:
    actions = {"confirm": {"when": "record.paid", "path": "/c", "body": "=body"}}
    assert prepared(declared(platform, {"orders": {"actions": actions}}), "confirm").body == BODY


def test_a_further_call_uses_the_ids_of_earlier_answers(platform: Platform) -> None:
    connector = writing(
        platform,
        path="/orders",
        then=[
            {"path": "/orders/{external_id}/confirm", "body": {"first": "=ids.steps[0]"}, "repeatable": True}
        ],
    )
    assert connector.resources()["orders"].steps == {"create": 2}
    first = sent(platform, connector, Says({"id": 5}), prepared(connector))
    second = prepared(connector, step=1, external_id=first.external_id, ids={"steps": [first.external_id]})
    assert (second.path, second.body, second.step, second.is_repeatable) == (
        "/orders/5/confirm",
        {"first": "5"},
        1,
        True,
    )
    assert sent(platform, connector, Says({"ok": True}), second).external_id == "5"


def test_a_thing_addressed_by_what_is_sent(platform: Platform) -> None:
    words = {
        "stock": {
            "id": "sku",
            "natural_key": "sku",
            "upsert": {
                "method": "put",
                "path": "/stock/{body.sku}",
                "body": {"n": "=body.n"},
                "repeatable": True,
            },
        }
    }
    connector = declared(platform, words)
    call = connector.prepare("stock", WriteContext("upsert", {"sku": "MUG 1/2", "n": 0}), 0, "")
    assert (call.method, call.path, call.body, call.natural_key) == (
        "PUT",
        "/stock/MUG%201%2F2",
        {"n": 0},
        "MUG 1/2",
    )
    assert call.is_repeatable


def test_the_natural_key_is_taken_from_the_mapped_payload(platform: Platform) -> None:
    assert prepared(writing(platform, path="/orders")).natural_key == "1042"
    assert prepared(writing(platform, path="/orders"), body={}).natural_key == ""


def test_a_missing_id_in_the_address_is_the_records_failure_with_its_field(platform: Platform) -> None:
    connector = writing(platform, path="/orders/{ids.order}/parcels")
    with pytest.raises(Failure) as caught:
        prepared(connector)
    assert (caught.value.kind, caught.value.field) == (Kind.DATA, "ids.order")
    assert platform.asked == []


def test_an_operation_that_is_not_declared_is_refused(platform: Platform) -> None:
    with pytest.raises(Failure) as caught:
        prepared(writing(platform, path="/orders"), "update")
    assert caught.value.kind == Kind.CONFIG


def test_required_fields_of_the_resource_and_of_the_operation(platform: Platform) -> None:
    resource = {
        "required": ["reference"],
        "create": {"path": "/o", "required": ["total"]},
        "update": {"path": "/o", "required": ["version"]},
    }
    connector = declared(platform, {"orders": resource})
    assert connector.required_fields("orders", "create") == ("reference", "total")
    assert connector.required_fields("orders", "update") == ("version",)
    assert connector.required_fields("orders", "cancel") == ()


def test_keys_count_only_where_every_call_is_protected(platform: Platform) -> None:
    """The engine sends again what it believes to be protected."""
    key = {"header": "Idempotency-Key", "lifetime": 600}
    keyed, bare = {"path": "/o", "key": key}, {"path": "/o"}
    both = declared(
        platform, {"orders": {"create": keyed, "update": {**keyed, "key": {**key, "lifetime": 300}}}}
    )
    assert (both.resources()["orders"].keys, both.resources()["orders"].key_lifetime) == (True, 300)
    one = declared(platform, {"orders": {"create": keyed, "update": bare}}).resources()["orders"]
    assert (one.keys, one.key_lifetime) == (False, 0.0)
    assert (
        declared(platform, {"orders": {"create": keyed, "update": {**bare, "repeatable": True}}})
        .resources()["orders"]
        .keys
    )


def test_an_update_keeps_the_id_where_the_answer_says_nothing(platform: Platform) -> None:
    connector = declared(platform, {"orders": {"update": {"method": "PUT", "path": "/orders/{external_id}"}}})
    call = prepared(connector, "update", external_id="7")
    assert sent(platform, connector, Says(None, 204), call).external_id == "7"
    assert replace(call, external_id="") != call


def test_a_hundred_is_never_written_with_an_exponent(platform: Platform) -> None:
    words = {
        "orders": {"create": {"path": "/orders", "body": {"a": "=record.total", "b": "sum {record.total}"}}}
    }
    context = WriteContext("create", {}, record={"total": Decimal("1E+2")})
    call = declared(platform, words).prepare("orders", context, 0, "")
    assert call.body == {"a": "100", "b": "sum 100"}


def test_a_write_may_take_as_long_as_all_its_calls(platform: Platform) -> None:
    """A lease that ended between two of them would let another worker begin the same write."""
    one = declared(platform, {"orders": {"create": {"path": "/orders"}}}, timeouts={"total": 9})
    three = declared(platform, {"orders": {"create": {"path": "/orders"}}}, timeouts={"total": 9, "calls": 3})
    assert (one.timeout_seconds, three.timeout_seconds) == (9.0, 27.0)
    assert three.plan.timeout[2] == 9.0
