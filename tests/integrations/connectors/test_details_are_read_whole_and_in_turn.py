"""Lines at a call of their own per order: all pages of them, inside the rate budget, and one that fails alone."""

from __future__ import annotations

from typing import Any

import pytest

from integrations.connectors import reading
from integrations.exceptions import Failure
from tests.integrations.answering import Asked, Platform, Says
from tests.integrations.connectors.declaring import Words, declared, ids, read_all


def orders(platform: Platform, count: int = 3, *, fetch: bool = False, **detail: Any) -> Words:
    platform.on("/orders", Says([{"id": n} for n in range(1, count + 1)]))
    for n in range(1, count + 1):
        platform.on(f"/orders/{n}/lines", Says([{"id": f"{n}-1"}]))
    details = [{"path": "/orders/{external_id}/lines", "into": "lines", **detail}]
    one: Words = {"fetch": {"path": "/orders/{external_id}", "details": details}} if fetch else {}
    return {"orders": {"list": {"path": "/orders", "details": details}, **one}}


PAGED = {"style": "page", "param": "page", "size": 2, "size_param": "limit"}


@pytest.mark.parametrize(
    ("paging", "count"),
    [
        (PAGED, 5),
        ({**PAGED, "order": "stable"}, 4),
        ({"style": "offset", "param": "skip", "size": 2, "size_param": "limit", "order": "stable"}, 5),
        ({"style": "offset", "param": "skip", "size": 3, "size_param": "limit", "overlap": 1}, 5),
    ],
)
def test_an_order_of_many_lines_has_them_all(platform: Platform, paging: Words, count: int) -> None:
    words = orders(platform, 1, paging=paging)
    lines = [{"sku": f"S{n}"} for n in range(count)]

    def answer(asked: Asked) -> Says:
        size = int(asked.params["limit"])
        start = int(asked.params.get("skip", 0)) or (int(asked.params.get("page", 1)) - 1) * size
        return Says(lines[start : start + size])

    platform.on("/orders/1/lines", answer)
    ((item,),) = [page.items for page in read_all(declared(platform, words), "orders")]
    assert item.payload["lines"] == lines


def test_equal_lines_on_two_pages_are_two_lines(platform: Platform) -> None:
    words = orders(platform, 1, paging={"style": "cursor", "param": "after", "next": "next"}, records="rows")
    platform.on(
        "/orders/1/lines", [Says({"rows": [{"sku": "A"}], "next": "x"}), Says({"rows": [{"sku": "A"}]})]
    )
    ((item,),) = [page.items for page in read_all(declared(platform, words), "orders")]
    assert item.payload["lines"] == [{"sku": "A"}, {"sku": "A"}]


def test_lines_without_end_are_refused_with_the_word(platform: Platform) -> None:
    words = orders(platform, 1, paging={"style": "cursor", "param": "after", "next": "next"}, records="rows")
    platform.on("/orders/1/lines", lambda asked: Says({"rows": [], "next": len(platform.asked)}))
    with pytest.raises(Failure) as caught:
        read_all(declared(platform, words), "orders")
    assert caught.value.field == "resources.orders.list.details[0].paging"


def test_one_order_whose_lines_are_refused_is_fetched_alone(platform: Platform) -> None:
    words = orders(platform, fetch=True)
    platform.on("/orders/2/lines", Says({"message": "cannot be shown"}, 422))
    (page,) = read_all(declared(platform, words), "orders")
    assert [(item.external_id, item.partial) for item in page.items] == [
        ("1", False),
        ("2", True),
        ("3", False),
    ]


def test_one_order_that_is_gone_meanwhile_is_left_out_and_said(platform: Platform) -> None:
    words = orders(platform)
    platform.on("/orders/2/lines", Says({}, 404))
    (page,) = read_all(declared(platform, words), "orders")
    assert ids([page]) == ["1", "3"]
    assert page.notices == ("2 was gone before its details could be read; it is left out.",)


def test_each_detail_waits_for_its_turn(platform: Platform) -> None:
    connector = declared(platform, orders(platform))
    turns: list[int] = []
    connector.pace(lambda: turns.append(len(platform.asked)))
    read_all(connector, "orders")
    # The page itself was granted before.
    assert turns == [1, 2, 3]


def test_what_was_read_before_the_platform_asks_to_wait_is_kept(platform: Platform) -> None:
    """Else a platform that lets few calls pass would never be read beyond its first rows."""
    words = orders(platform, 4)
    busy = Says({}, 429, {"Retry-After": "7"})
    platform.on("/orders/3/lines", [busy, busy, Says([{"id": "3-1"}])])
    connector = declared(platform, words)
    first = connector.read("orders", since=None, position=None)
    assert (ids([first]), first.complete) == (["1", "2"], False)
    with pytest.raises(Failure) as caught:
        connector.read("orders", since=None, position=first.next_position)
    assert caught.value.retry_after == 7
    rest = connector.read("orders", since=None, position=first.next_position)
    assert (ids([rest]), rest.next_position, rest.complete) == (["3", "4"], None, True)
    assert [asked.path for asked in platform.asked].count("/orders/1/lines") == 1


def test_a_page_of_slow_details_is_read_in_several_steps(
    platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "SECONDS_OF_DETAILS", 0.0)
    pages = read_all(declared(platform, orders(platform)), "orders")
    assert [ids([page]) for page in pages] == [["1"], ["2"], ["3"]]
    assert [page.complete for page in pages] == [False, False, True]
