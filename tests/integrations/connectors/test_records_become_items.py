"""Ids, versions, removals, details and single things."""

from __future__ import annotations

from typing import Any

import pytest

from integrations.connectors.base import Item
from integrations.exceptions import Failure
from tests.integrations.answering import Asked, Platform, Says
from tests.integrations.connectors.declaring import Words, declared, listing, read_all


def item_of(platform: Platform, record: Words, **words: Any) -> Item:
    platform.on("/things", Says({"things": [record]}))
    return read_all(declared(platform, listing(**words)))[0].items[0]


@pytest.mark.parametrize(
    ("record", "words", "external_id"),
    [
        ({"id": 7}, {}, "7"),
        ({"id": "7"}, {}, "7"),
        ({"data": {"sku": "A"}}, {"id": "data.sku"}, "A"),
        ({"id": "gid://shop/Order/450"}, {"id_tail": True}, "450"),
        ({"_links": {"self": "/api/orders/77/"}}, {"id": "_links.self", "id_tail": True}, "77"),
        ({"a": 1, "b": 2}, {"id": "join('-', [to_string(a), to_string(b)])"}, "1-2"),
    ],
)
def test_ids(platform: Platform, record: Words, words: Words, external_id: str) -> None:
    assert item_of(platform, record, **words).external_id == external_id


@pytest.mark.parametrize(
    ("record", "word", "version"),
    [
        ({"t": "2026-11-23T06:45:00Z"}, {"at": "t"}, "2026-11-23T06:45:00.000000Z"),
        ({"t": "2026-11-23T06:45:00.1+01:00"}, {"at": "t"}, "2026-11-23T05:45:00.100000Z"),
        ({"t": "2026-11-23 06:45:00"}, {"at": "t", "zone": "Europe/Berlin"}, "2026-11-23T05:45:00.000000Z"),
        ({"t": 1795416300}, {"at": "t", "format": "unix"}, "2026-11-23T06:45:00.000000Z"),
        ({"t": "1795416300.5"}, {"at": "t", "format": "unix"}, "2026-11-23T06:45:00.500000Z"),
        ({"t": 1795416300123}, {"at": "t", "format": "unix_ms"}, "2026-11-23T06:45:00.123000Z"),
        (
            {"t": "2026-11-23"},
            {"at": "t", "format": "date", "zone": "Asia/Tokyo"},
            "2026-11-22T15:00:00.000000Z",
        ),
        (
            {"t": "Mon, 23 Nov 2026 06:45:00 +0000"},
            {"at": "t", "format": "%a, %d %b %Y %H:%M:%S %z"},
            "2026-11-23T06:45:00.000000Z",
        ),
        (
            {"t": {"date": "2026-11-23 06:45:00.000000", "timezone": "Europe/Berlin"}},
            {"at": "t.date", "zone_at": "t.timezone"},
            "2026-11-23T05:45:00.000000Z",
        ),
        (
            {"t": "2026-11-23T06:45:00Z", "parts": [{"t": "2026-11-23T07:00:00Z"}, {"t": None}]},
            {"at": ["t", "parts[].t"]},
            "2026-11-23T07:00:00.000000Z",
        ),
        ({"t": "soon"}, {"at": "t"}, ""),
        ({"t": None}, {"at": "t"}, ""),
        ({}, {"at": "t"}, ""),
    ],
)
def test_times_become_versions_that_sort_as_text(
    platform: Platform, record: Words, word: Words, version: str
) -> None:
    assert item_of(platform, {"id": 1, **record}, updated_at=word).version == version


@pytest.mark.parametrize(
    ("value", "kind", "version"),
    [
        (12, "number", "00000000000000000012"),
        ("7", "number", "00000000000000000007"),
        ("v2", "text", "v2"),
        (None, "text", ""),
    ],
)
def test_a_version_of_its_own(platform: Platform, value: Any, kind: str, version: str) -> None:
    record = {"id": 1, "rev": value, "t": "2026-11-23T06:45:00Z"}
    found = item_of(platform, record, version={"at": "rev", "kind": kind}, updated_at={"at": "t"})
    assert found.version == version


def test_without_either_the_version_is_empty(platform: Platform) -> None:
    assert item_of(platform, {"id": 1}).version == ""


@pytest.mark.parametrize(
    ("record", "deleted"), [({"state": "trash"}, True), ({"state": "open"}, False), ({}, False)]
)
def test_a_record_that_says_it_is_gone(platform: Platform, record: Words, deleted: bool) -> None:
    assert item_of(platform, {"id": 1, **record}, deleted="state == 'trash'").deleted is deleted


def test_rows_that_are_not_wanted(platform: Platform) -> None:
    platform.on("/things", Says({"things": [{"id": 1, "draft": True}, {"id": 2}]}))
    page = read_all(declared(platform, listing(skip="draft")))[0]
    assert [item.external_id for item in page.items] == ["2"]


def test_rows_that_are_only_good_for_their_id(platform: Platform) -> None:
    platform.on("/things", Says({"things": [{"id": 1}]}))
    words = listing(partial=True)
    words["things"]["fetch"] = {"path": "/things/{external_id}"}
    assert read_all(declared(platform, words))[0].items[0].partial


def test_lines_of_a_call_of_their_own_are_joined_in(platform: Platform) -> None:
    platform.on(
        "/things", Says({"things": [{"id": 1, "number": "A/1", "has_lines": True}, {"id": 2, "number": "B"}]})
    )
    platform.on("/things/1/lines", Says({"lines": [{"sku": "MUG"}]}))
    platform.on("/notes", lambda asked: Says({"note": f"for {asked.params['number']}"}))
    details = [
        {"path": "/things/{external_id}/lines", "records": "lines", "into": "lines", "when": "has_lines"},
        {"path": "/notes", "params": {"number": "{record.number}"}, "records": "note", "into": "note"},
    ]
    page = read_all(declared(platform, listing(details=details)))[0]
    assert page.items[0].payload["lines"] == [{"sku": "MUG"}]
    assert page.items[0].payload["note"] == "for A/1"
    assert "lines" not in page.items[1].payload
    assert len(platform.asked) == 4


def test_a_detail_that_fails_fails_the_page(platform: Platform) -> None:
    platform.on("/things", Says({"things": [{"id": 1}]}))
    platform.on("/things/1/lines", Says({}, 500))
    with pytest.raises(Failure) as caught:
        read_all(
            declared(platform, listing(details=[{"path": "/things/{external_id}/lines", "into": "lines"}]))
        )
    assert caught.value.code == "server_error"


def one(**words: Any) -> Words:
    return {
        "things": {
            "updated_at": {"at": "t"},
            "natural_key": "reference",
            "create": {"path": "/things"},
            **words,
        }
    }


def test_one_thing_by_its_id(platform: Platform) -> None:
    platform.on("/things/a%2Fb", Says({"thing": {"id": "a/b", "t": "2026-11-23T06:45:00Z"}}))
    connector = declared(platform, one(fetch={"path": "/things/{external_id}", "record": "thing"}))
    item = connector.fetch("things", "a/b")
    assert item is not None
    assert (item.external_id, item.version) == ("a/b", "2026-11-23T06:45:00.000000Z")
    assert platform.asked[0].path == "/things/a%2Fb"


@pytest.mark.parametrize("external_id", ["..", "."])
def test_an_id_that_is_a_direction_is_not_sent(platform: Platform, external_id: str) -> None:
    with pytest.raises(Failure, match="cannot stand in an address"):
        declared(platform, one(fetch={"path": "/things/{external_id}"})).fetch("things", external_id)
    assert platform.asked == []


@pytest.mark.parametrize("external_id", ["../admin", "x?y=1", "x#y", "a b"])
def test_an_id_cannot_lead_to_another_address(platform: Platform, external_id: str) -> None:
    declared(platform, one(fetch={"path": "/things/{external_id}"})).fetch("things", external_id)
    path = platform.asked[0].path
    assert path.startswith("/things/")
    assert path.count("/") == 2
    assert platform.asked[0].query == {}


@pytest.mark.parametrize("says", [Says({}, 404), Says({}, 410), Says({"thing": None}), Says({})])
def test_a_thing_that_is_not_there(platform: Platform, says: Says) -> None:
    platform.on("/things/1", says)
    connector = declared(platform, one(fetch={"path": "/things/{external_id}", "record": "thing"}))
    assert connector.fetch("things", "1") is None


def test_a_thing_that_is_not_there_said_with_http_200(platform: Platform) -> None:
    platform.on("/things/1", Says({"error": "no such thing"}))
    words = one(
        fetch={"path": "/things/{external_id}"},
        errors=[{"when": "error == 'no such thing'", "kind": "not_found", "code": "gone_fishing"}],
    )
    assert declared(platform, words).fetch("things", "1") is None


def test_a_server_error_is_not_taken_for_a_missing_thing(platform: Platform) -> None:
    platform.on("/things/1", Says({}, 500))
    with pytest.raises(Failure):
        declared(platform, one(fetch={"path": "/things/{external_id}"})).fetch("things", "1")


def test_a_look_up_takes_only_the_very_key(platform: Platform) -> None:
    """A search that also finds what is similar must not make an order of another number ours."""

    def answer(asked: Asked) -> Says:
        return Says({"things": [{"id": 1, "reference": "10420"}, {"id": 2, "reference": "1042"}]})

    platform.on("/things", answer)
    lookup = {"path": "/things", "params": {"q": "{natural_key}"}, "record": "things", "match": "reference"}
    connector = declared(platform, one(lookup=lookup))
    found = connector.lookup("things", "1042")
    assert found is not None
    assert found.external_id == "2"
    assert platform.asked[0].params == {"q": "1042"}
    assert connector.lookup("things", "104") is None


def test_a_look_up_that_finds_several_is_never_a_guess(platform: Platform) -> None:
    platform.on("/orders", Says({"orders": [{"id": 1, "reference": "A10"}, {"id": 2, "reference": "A1"}]}))
    words = {
        "orders": {
            "natural_key": "reference",
            "lookup": {"path": "/orders", "params": {"q": "{natural_key}"}, "record": "orders"},
        }
        | {"create": {"path": "/orders"}}
    }
    with pytest.raises(Failure) as caught:
        declared(platform, words).lookup("orders", "A1")
    assert (caught.value.code, caught.value.field) == ("several_found", "resources.orders.lookup.match")


@pytest.mark.parametrize("there", [True, False])
def test_the_test_button_fetches_one_of_what_is_listed(platform: Platform, there: bool) -> None:
    """With a wrong address every order would look as if it had been deleted, and nobody would be told."""
    platform.on("/orders", Says([{"id": 7}]))
    if there:
        platform.on("/orders/7", Says({"id": 7}))
    words = {"orders": {"list": {"path": "/orders"}, "fetch": {"path": "/orders/{external_id}"}}}
    report = declared(platform, words).test()
    assert report.ok is there
    assert there or "resources.orders.fetch" in report.sentence()


def test_details_are_joined_into_a_thing_that_is_fetched(platform: Platform) -> None:
    platform.on("/things/1", Says({"id": 1}))
    platform.on("/things/1/lines", Says([{"sku": "MUG"}]))
    details = [{"path": "/things/{external_id}/lines", "into": "lines"}]
    item = declared(platform, one(fetch={"path": "/things/{external_id}", "details": details})).fetch(
        "things", "1"
    )
    assert item is not None
    assert item.payload == {"id": 1, "lines": [{"sku": "MUG"}]}
