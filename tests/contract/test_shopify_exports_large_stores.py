"""A large store is exported by Shopify into a file on another host, which is read in parts and never sees our token."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from graphql import parse, validate

from integrations.connectors import shopify_bulk
from integrations.connectors.base import Page
from integrations.connectors.shopify import Shopify
from integrations.connectors.shopify_bulk import EXPORTS, grouped
from integrations.exceptions import Failure, Kind
from tests.contract.dialect import SPECS
from tests.contract.dialects.shopify import DIALECT, PATH, SINCE, connected, gid, line, order, page, variant
from tests.contract.graphql_schema import GraphQL
from tests.contract.vendor import Vendor
from tests.integrations.answering import Asked, Platform, Says

OPERATION = gid("BulkOperation", 7)
FILE = "/exports/7.jsonl"
SIGNED = "proof=secret-signature-0123456789"


class Store:
    """A store that exports `rows`; `status` and what else is told of the operation can be set."""

    def __init__(self) -> None:
        self.vendor = DIALECT.vendor()
        self.files = Platform()
        self.rows: list[dict[str, Any]] = []
        self.many = 5_000
        self.status = "COMPLETED"
        self.refused: dict[str, Any] | None = None
        self.heeds_ranges = True
        self.vendor.on(f"POST {PATH}", self.answer)
        self.files.on(FILE, self.file)

    @property
    def content(self) -> bytes:
        return b"".join(json.dumps(row).encode() + b"\n" for row in self.rows)

    def answer(self, asked: Asked) -> Says:
        document = asked.json["query"]
        if "ordersCount(" in document or "productsCount(" in document:
            return Says({"data": {"many": {"count": self.many}}})
        if "bulkOperationRunQuery(" in document:
            begun = None if self.refused else {"id": OPERATION, "status": "CREATED"}
            errors = [self.refused] if self.refused else []
            return Says({"data": {"bulkOperationRunQuery": {"bulkOperation": begun, "userErrors": errors}}})
        if "bulkOperation(" in document:
            return Says({"data": {"bulkOperation": self.told()}})
        return page("orders", [order(9)])

    def told(self) -> dict[str, Any] | None:
        if self.status == "GONE":
            return None
        is_done = self.status == "COMPLETED"
        return {
            "id": OPERATION,
            "status": self.status,
            "errorCode": "TIMEOUT" if self.status == "FAILED" else None,
            "rootObjectCount": str(sum("__parentId" not in row for row in self.rows)),
            "url": f"{self.files.base}{FILE}?{SIGNED}" if is_done and self.rows else None,
        }

    def file(self, asked: Asked) -> Says:
        if not self.heeds_ranges:
            return Says(raw=self.content)
        begin, end = map(int, asked.headers["range"].removeprefix("bytes=").split("-"))
        given = self.content[begin : end + 1]
        if not given:
            return Says({}, 416)
        last = begin + len(given) - 1
        return Says(
            raw=given, status=206, headers={"Content-Range": f"bytes {begin}-{last}/{len(self.content)}"}
        )

    def close(self) -> None:
        self.vendor.close()
        self.files.close()


@pytest.fixture
def store() -> Iterator[Store]:
    made = Store()
    yield made
    made.close()
    assert made.vendor.problems == []


def shop(vendor: Vendor) -> Shopify:
    made = DIALECT.connector(vendor)
    assert isinstance(made, Shopify)
    return made


def step(store: Store, resource: str, position: dict[str, Any] | None) -> Page:
    """By a connector that knows no more than the position that was kept."""
    made = shop(store.vendor)
    try:
        return made.read(resource, since=None, position=position)
    finally:
        made.close()


def whole(store: Store, resource: str = "orders") -> list[Page]:
    pages: list[Page] = []
    position = None
    while not pages or position is not None:
        pages.append(step(store, resource, position))
        position = json.loads(json.dumps(pages[-1].next_position))
        assert len(pages) < 100
    return pages


def promise(number: int) -> dict[str, Any]:
    """By when the part of the order that ships from one place is to leave."""
    return {
        "id": gid("FulfillmentOrder", number),
        "status": "OPEN",
        "fulfillBy": "2026-11-23T12:00:00Z",
        "deliveryMethod": None,
    }


def exported(number: int, lines: int = 2) -> list[dict[str, Any]]:
    told = {name: value for name, value in order(number).items() if name != "lineItems"}
    del told["fulfillmentOrders"]
    promised = {**promise(number), "__parentId": told["id"]}
    return [
        told,
        promised,
        *({**line(number * 100 + part), "__parentId": told["id"]} for part in range(lines)),
    ]


def test_what_is_asked_for_is_in_shopifys_schema_and_holds_no_connection_in_a_list() -> None:
    schema = GraphQL.of(SPECS / "shopify-admin-2026-07.trimmed.graphql", PATH).schema
    for export in EXPORTS.values():
        assert validate(schema, parse(export.document)) == []
        assert "fulfillmentLineItems" not in export.document


@pytest.mark.parametrize("size", [700, 4_000, 1_000_000])
def test_the_file_is_read_in_parts_and_gives_what_a_list_gives(
    store: Store, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    monkeypatch.setattr(shopify_bulk, "PART", size)
    store.rows = [row for number in range(1, 8) for row in exported(number, number % 3)]
    pages = whole(store)
    items = [item for one in pages for item in one.items]
    assert [item.external_id for item in items] == ["1", "2", "3", "4", "5", "6", "7"]
    for item in items:
        number = int(item.external_id)
        lines = [line(number * 100 + part) for part in range(number % 3)]
        listed = order(number, lineItems=connected(lines), fulfillmentOrders=connected([promise(number)]))
        assert item.payload == listed
        assert item.version == "2026-11-20T10:00:00.000000Z"
    assert pages[-1].complete
    assert pages[-1].total == 7
    assert not any(one.complete for one in pages[:-1])
    assert all(len(one.items) <= 3 for one in pages) or size > 4_000


def test_variants_are_exported_too(store: Store) -> None:
    store.rows = [variant(1), variant(2)]
    assert [item.payload for one in whole(store, "variants") for item in one.items] == store.rows


def test_the_other_host_sees_no_token_and_the_position_no_address(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shopify_bulk, "PART", 4_000)
    store.rows = [row for number in range(1, 4) for row in exported(number)]
    pages = whole(store)
    assert len(store.files.asked) > 1
    for got in store.files.asked:
        assert DIALECT.secrets["token"] not in json.dumps(got.headers)
        assert "x-shopify-access-token" not in got.headers
    assert pages[0].next_position == {"bulk": OPERATION, "at": 0}
    assert "secret-signature" not in json.dumps([one.next_position for one in pages])


def test_while_it_is_written_nobody_waits_and_the_place_is_kept(store: Store) -> None:
    store.rows = exported(1)
    begun = step(store, "orders", None)
    for status in ("CREATED", "RUNNING"):
        store.status = status
        with pytest.raises(Failure) as caught:
            step(store, "orders", begun.next_position)
        assert (caught.value.kind, caught.value.code) == (Kind.TRANSIENT, "not_ready")
        assert caught.value.retry_after == shopify_bulk.LOOK_AGAIN
    store.status = "COMPLETED"
    assert [item.external_id for item in step(store, "orders", begun.next_position).items] == ["1"]


@pytest.mark.parametrize("status", ["FAILED", "CANCELED", "EXPIRED", "GONE"])
def test_an_export_that_comes_to_nothing_is_followed_by_reading_page_by_page(
    store: Store, status: str
) -> None:
    store.status = status
    pages = whole(store)
    assert [item.external_id for one in pages for item in one.items] == ["9"]
    assert "page by page" in pages[1].notices[0]
    assert pages[-1].complete


def test_an_export_that_is_refused_too(store: Store) -> None:
    store.refused = {"code": "INVALID", "field": ["query"], "message": "Not so."}
    pages = whole(store)
    assert [item.external_id for one in pages for item in one.items] == ["9"]
    assert "invalid" in pages[0].notices[0]


@pytest.mark.parametrize("code", ["LIMIT_REACHED", "OPERATION_IN_PROGRESS"])
def test_where_too_many_are_under_way_ours_is_asked_for_later(store: Store, code: str) -> None:
    store.refused = {"code": code, "field": None, "message": "Too many."}
    with pytest.raises(Failure) as caught:
        step(store, "orders", None)
    assert (caught.value.code, caught.value.retry_after) == ("not_ready", shopify_bulk.TRY_AGAIN)


def test_a_small_store_and_what_has_changed_are_read_page_by_page(store: Store) -> None:
    store.many = shopify_bulk.MANY - 1
    assert [item.external_id for one in whole(store) for item in one.items] == ["9"]
    store.many = 5_000
    made = shop(store.vendor)
    assert [item.external_id for item in made.read("orders", since=SINCE, position=None).items] == ["9"]
    made.close()
    assert not any("bulkOperation" in asked.json["query"] for asked in store.vendor.asked)


def test_a_store_without_orders_has_none(store: Store) -> None:
    pages = whole(store)
    assert [one.items for one in pages] == [(), ()]
    assert pages[-1].complete


def test_a_host_that_gives_the_whole_file_each_time_is_understood(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shopify_bulk, "PART", 4_000)
    store.heeds_ranges = False
    store.rows = [row for number in range(1, 5) for row in exported(number)]
    assert [item.external_id for one in whole(store) for item in one.items] == ["1", "2", "3", "4"]


def test_a_file_that_cannot_be_had_is_tried_again_and_its_address_is_not_shown(store: Store) -> None:
    store.rows = exported(1)
    store.files.on(FILE, Says({"message": "expired"}, 403))
    with pytest.raises(Failure) as caught:
        step(store, "orders", {"bulk": OPERATION, "at": 0})
    assert caught.value.kind == Kind.TRANSIENT
    store.files.on(FILE, Says(silent=True))
    with pytest.raises(Failure) as caught:
        step(store, "orders", {"bulk": OPERATION, "at": 0})
    assert caught.value.kind == Kind.TRANSIENT
    assert "secret-signature" not in json.dumps([caught.value.sentence, caught.value.evidence])


def test_what_is_not_in_order_is_not_guessed_at(store: Store) -> None:
    first, second = exported(1, 1), exported(2, 1)
    store.rows = [first[0], second[0], first[1], second[1]]
    with pytest.raises(Failure) as caught:
        step(store, "orders", {"bulk": OPERATION, "at": 0})
    assert (caught.value.kind, caught.value.code) == (Kind.CONFIG, "unfit_export")


def test_an_order_that_is_cut_by_the_end_of_a_part_waits_for_the_next() -> None:
    content = b'{"id":"1"}\n{"id":"a","__parentId":"1"}\n{"id":"2"}\n{"id":"b","__par'
    groups, used = grouped(content, is_last=False)
    assert groups == [[{"id": "1"}, {"id": "a", "__parentId": "1"}]]
    assert content[used:] == b'{"id":"2"}\n{"id":"b","__par'
    assert grouped(b'{"id":"1"}', is_last=True) == ([[{"id": "1"}]], 10)
    assert grouped(b'{"id":"1"}\n', is_last=False) == ([], 0)
