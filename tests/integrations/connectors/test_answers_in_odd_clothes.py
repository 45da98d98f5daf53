"""Marks, charsets, packed and empty bodies, deep places, large numbers: what an answer means, however it comes."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from integrations.connectors.base import WriteContext
from integrations.exceptions import Failure, Kind
from tests.integrations.answering import Platform, Says
from tests.integrations.connectors.declaring import declared, ids, listing, read_all

NAME = "Käthe Groß"
TEXT = json.dumps({"things": [{"id": 1, "name": NAME}]}, ensure_ascii=False)


@pytest.mark.parametrize(
    ("raw", "headers"),
    [
        (b"\xef\xbb\xbf" + TEXT.encode(), {}),
        (TEXT.encode("latin-1"), {"Content-Type": "application/json; charset=ISO-8859-1"}),
        (TEXT.encode("utf-16"), {"Content-Type": 'application/json; charset="utf-16"'}),
        (gzip.compress(TEXT.encode()), {"Content-Encoding": "gzip"}),
    ],
    ids=["mark", "latin-1", "utf-16", "gzip"],
)
def test_a_body_in_another_encoding_is_read(platform: Platform, raw: bytes, headers: dict[str, str]) -> None:
    platform.on("/things", Says(raw=raw, headers=headers))
    (page,) = read_all(declared(platform, listing()))
    assert page.items[0].payload["name"] == NAME


@pytest.mark.parametrize("content_type", ["application/json", "application/json; charset=nonsense-1"])
def test_bytes_that_are_no_text_are_not_guessed(platform: Platform, content_type: str) -> None:
    platform.on("/things", Says(raw=TEXT.encode("latin-1"), headers={"Content-Type": content_type}))
    with pytest.raises(Failure) as caught:
        read_all(declared(platform, listing()))
    assert caught.value.code == "malformed_answer"


def test_an_empty_body_where_a_list_should_be_is_no_empty_list(platform: Platform) -> None:
    """Or a server that fell over would make all things look as if they were gone."""
    platform.on("/things", Says(raw=b""))
    with pytest.raises(Failure) as caught:
        read_all(declared(platform, listing()))
    assert (caught.value.kind, caught.value.code) == (Kind.TRANSIENT, "empty_answer")


def test_a_since_in_a_header_and_nothing_modified(platform: Platform) -> None:
    platform.on("/things", Says(None, 304))
    words = listing(headers={"If-Modified-Since": "{since}"}, since={"format": "%a, %d %b %Y %H:%M:%S GMT"})
    pages = read_all(declared(platform, words), since=datetime(2026, 11, 24, 9, 0, tzinfo=UTC))
    assert ids(pages) == []
    assert platform.asked[0].headers["if-modified-since"] == "Tue, 24 Nov 2026 09:00:00 GMT"


def test_records_at_a_deep_place(platform: Platform) -> None:
    body: Any = [{"id": 7}]
    for name in ("records", "page", "orders", "result", "data"):
        body = {name: body}
    platform.on("/things", Says(body))
    assert ids(read_all(declared(platform, listing(records="data.result.orders.page.records")))) == ["7"]


@pytest.mark.parametrize(
    ("raw", "external_id"),
    [
        ("9007199254740993", "9007199254740993"),
        ("18446744073709551615", "18446744073709551615"),
        ('"00042"', "00042"),
        ("42.0", "42"),
        ("0", "0"),
    ],
)
def test_ids_are_kept_digit_by_digit(platform: Platform, raw: str, external_id: str) -> None:
    platform.on("/things", Says(raw=b'{"things": [{"id": %s}]}' % raw.encode()))
    assert ids(read_all(declared(platform, listing()))) == [external_id]


@pytest.mark.parametrize(
    "raw",
    [
        "123456789012345678901234",
        "1.5",
        "[1, 2]",
        '{"$oid": "a"}',
        "true",
        '""',
        '"a\\u0000b"',
        f'"{"x" * 256}"',
    ],
)
def test_what_cannot_be_an_id_is_refused_and_never_cut(platform: Platform, raw: str) -> None:
    """A number of 24 digits would come out like its neighbour's: two orders would be one."""
    platform.on("/things", Says(raw=b'{"things": [{"id": %s}]}' % raw.encode()))
    with pytest.raises(Failure) as caught:
        read_all(declared(platform, listing()))
    assert (caught.value.code, caught.value.field) == ("no_id", "resources.things.id")


@pytest.mark.parametrize("value", ["line\r\nX-Evil: 1", "☃ snowman"])
def test_a_value_that_cannot_stand_in_a_header_is_the_records_failure(platform: Platform, value: str) -> None:
    platform.on("/things", Says({"id": 1}))
    words = {
        "things": {"create": {"path": "/things", "headers": {"X-Reference": "{body.reference}"}, "body": {}}}
    }
    connector = declared(platform, words)
    context = WriteContext("create", {"reference": value})
    with pytest.raises(Failure) as caught:
        connector.send(connector.prepare("things", context, 0, ""))
    assert (caught.value.kind, caught.value.in_doubt) == (Kind.DATA, False)
    assert platform.asked == []
