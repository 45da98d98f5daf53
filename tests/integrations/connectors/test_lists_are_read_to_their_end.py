"""Every paging style, and what happens when a list changes while it is read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from integrations.exceptions import Failure
from tests.integrations.answering import Asked, Platform, Says
from tests.integrations.connectors.declaring import declared, ids, listing, read_all


def rows(*numbers: int) -> list[dict[str, Any]]:
    return [{"id": number} for number in numbers]


def served(platform: Platform, total: int, answer: Callable[[Asked, list[dict[str, Any]]], Says]) -> None:
    everything = rows(*range(1, total + 1))
    platform.on("/things", lambda asked: answer(asked, everything))


def test_without_paging_everything_comes_at_once(platform: Platform) -> None:
    platform.on("/things", Says({"things": rows(1, 2)}))
    pages = read_all(declared(platform, listing()))
    assert ids(pages) == ["1", "2"]
    assert pages[0].complete


def test_a_list_that_is_the_whole_answer(platform: Platform) -> None:
    platform.on("/things", Says(rows(1, 2)))
    assert ids(read_all(declared(platform, listing(records="@")))) == ["1", "2"]


def test_link_header(platform: Platform) -> None:
    def answer(asked: Asked) -> Says:
        page = int(asked.params.get("page_info", 0))
        links = f'<{platform.base}/things?page_info=0>; rel="previous"'
        if page < 2:
            links += f', <{platform.base}/things?limit=1&page_info={page + 1}>; rel="next"'
        return Says({"things": rows(page)}, headers={"Link": links})

    platform.on("/things", answer)
    pages = read_all(declared(platform, listing(params={"status": "any"}, paging={"style": "link"})))
    assert ids(pages) == ["0", "1", "2"]
    assert [page.complete for page in pages] == [False, False, True]
    assert [asked.params for asked in platform.asked] == [
        {"status": "any"},
        {"limit": "1", "page_info": "1"},
        {"limit": "1", "page_info": "2"},
    ]


def test_link_in_the_body(platform: Platform) -> None:
    answers = {"": "/things?p=2", "2": "/things?p=3", "3": None}
    platform.on(
        "/things",
        lambda asked: Says(
            {"things": rows(len(platform.asked)), "links": {"next": answers[asked.params.get("p", "")]}}
        ),
    )
    pages = read_all(declared(platform, listing(paging={"style": "link", "next": "links.next"})))
    assert ids(pages) == ["1", "2", "3"]


def test_a_link_to_another_host_is_not_followed(platform: Platform) -> None:
    platform.on("/things", Says({"things": rows(1), "next": "http://elsewhere.example.com/things"}))
    with pytest.raises(Failure, match="another host"):
        read_all(declared(platform, listing(paging={"style": "link", "next": "next"})))


def test_a_link_to_the_same_page_ends_the_list(platform: Platform) -> None:
    platform.on("/things", Says({"things": rows(1), "next": "/things?p=2"}))
    assert ids(read_all(declared(platform, listing(paging={"style": "link", "next": "next"})))) == ["1", "1"]


def test_cursor_in_the_body(platform: Platform) -> None:
    after = {"": "a", "a": "b", "b": None}
    platform.on(
        "/things",
        lambda asked: Says(
            {"things": rows(len(platform.asked)), "meta": {"next": after[asked.params.get("after", "")]}}
        ),
    )
    words = listing(
        params={"status": "any"},
        paging={"style": "cursor", "param": "after", "next": "meta.next", "size": 5, "size_param": "limit"},
    )
    assert ids(read_all(declared(platform, words))) == ["1", "2", "3"]
    assert platform.asked[1].params == {"status": "any", "limit": "5", "after": "a"}


def test_a_cursor_that_does_not_move_ends_the_list(platform: Platform) -> None:
    platform.on("/things", Says({"things": rows(1), "next": "a"}))
    paging = {"style": "cursor", "param": "after", "next": "next"}
    assert ids(read_all(declared(platform, listing(paging=paging)))) == ["1", "1"]


def test_a_cursor_that_must_stand_alone(platform: Platform) -> None:
    platform.on("/things", [Says({"things": rows(1), "next": "a"}), Says({"things": rows(2)})])
    paging = {
        "style": "cursor",
        "param": "after",
        "next": "next",
        "size": 5,
        "size_param": "limit",
        "alone": True,
    }
    read_all(declared(platform, listing(params={"status": "any"}, paging=paging)))
    assert platform.asked[1].params == {"limit": "5", "after": "a"}


def test_the_last_id_as_cursor_while_there_is_more(platform: Platform) -> None:
    def answer(asked: Asked, everything: list[dict[str, Any]]) -> Says:
        start = int(asked.params.get("starting_after", 0))
        return Says({"things": everything[start : start + 2], "has_more": start + 2 < len(everything)})

    served(platform, 5, answer)
    paging = {"style": "cursor", "param": "starting_after", "next": "things[-1].id", "more": "has_more"}
    assert ids(read_all(declared(platform, listing(paging=paging)))) == ["1", "2", "3", "4", "5"]


def paged(asked: Asked, everything: list[dict[str, Any]]) -> Says:
    size, page = int(asked.params["per_page"]), int(asked.params["page"])
    shown = everything[(page - 1) * size : page * size]
    pages = -(-len(everything) // size)
    body = {"things": shown, "total": len(everything), "pages": pages, "more": page < pages}
    return Says(body)


PAGE = {"style": "page", "param": "page", "size": 2, "size_param": "per_page", "order": "stable"}


@pytest.mark.parametrize(
    ("ends", "calls"), [({}, 3), ({"total": "total"}, 2), ({"pages": "pages"}, 2), ({"more": "more"}, 2)]
)
def test_pages_end_with_a_count_or_with_a_page_that_is_not_full(
    platform: Platform, ends: dict[str, str], calls: int
) -> None:
    served(platform, 4, paged)
    pages = read_all(declared(platform, listing(paging={**PAGE, **ends})))
    assert ids(pages) == ["1", "2", "3", "4"]
    assert len(platform.asked) == calls
    assert pages[-1].complete


def test_pages_may_begin_with_zero(platform: Platform) -> None:
    platform.on("/things", lambda asked: Says({"things": rows(7) if asked.params["page"] == "0" else []}))
    assert ids(read_all(declared(platform, listing(paging={**PAGE, "first": 0, "size": 1})))) == ["7"]


def offset(asked: Asked, everything: list[dict[str, Any]]) -> Says:
    skip, take = int(asked.params["skip"]), int(asked.params["take"])
    return Says({"things": everything[skip : skip + take], "total": len(everything)})


@pytest.mark.parametrize("style", ["offset", "skip_take"])
def test_offset(platform: Platform, style: str) -> None:
    served(platform, 5, offset)
    paging = {
        "style": style,
        "param": "skip",
        "size": 2,
        "size_param": "take",
        "total": "total",
        "order": "stable",
    }
    assert ids(read_all(declared(platform, listing(paging=paging)))) == ["1", "2", "3", "4", "5"]
    assert [asked.params["skip"] for asked in platform.asked] == ["0", "2", "4"]


def test_offset_with_an_overlap_reads_the_end_of_the_page_before_again(platform: Platform) -> None:
    served(platform, 5, offset)
    paging = {
        "style": "offset",
        "param": "skip",
        "size": 3,
        "size_param": "take",
        "total": "total",
        "overlap": 1,
    }
    assert ids(read_all(declared(platform, listing(paging=paging)))) == ["1", "2", "3", "3", "4", "5"]


def test_a_thing_that_slips_past_between_two_pages_is_found_by_the_second_pass(platform: Platform) -> None:
    """Thing 1 changes after the first page and moves to the end: 3 takes its place on a page that was read."""
    everything = rows(1, 2, 3, 4)

    def answer(asked: Asked) -> Says:
        says = paged(asked, everything)
        if len(platform.asked) == 1:
            everything.append(everything.pop(0))
        return says

    platform.on("/things", answer)
    words = {**PAGE, "order": "changing", "total": "total"}
    pages = read_all(declared(platform, listing(paging=words)))
    assert set(ids(pages[:2])) == {"1", "2", "4"}
    assert set(ids(pages)) == {"1", "2", "3", "4"}
    assert pages[-1].complete


def test_a_list_of_one_page_needs_no_second_pass(platform: Platform) -> None:
    served(platform, 2, paged)
    read_all(declared(platform, listing(paging={**PAGE, "order": "changing", "total": "total"})))
    assert len(platform.asked) == 1


def test_a_list_that_shrinks_while_it_is_read_is_read_again(platform: Platform) -> None:
    everything = rows(1, 2, 3, 4, 5)

    def answer(asked: Asked) -> Says:
        says = paged(asked, everything)
        if len(platform.asked) == 1:
            everything.pop(0)
        return says

    platform.on("/things", answer)
    pages = read_all(declared(platform, listing(paging={**PAGE, "total": "total"})))
    assert set(ids(pages)) == {"1", "2", "3", "4", "5"}
    assert len(platform.asked) == 4
    assert pages[-1].complete


def test_a_list_that_never_keeps_still_ends_and_is_not_called_complete(platform: Platform) -> None:
    everything = rows(*range(30))

    def answer(asked: Asked) -> Says:
        says = paged(asked, everything)
        everything.pop(0)
        return says

    platform.on("/things", answer)
    pages = read_all(declared(platform, listing(paging={**PAGE, "total": "total"})))
    assert not any(page.complete for page in pages)


def test_by_time_the_next_page_is_asked_for_from_the_last_things_time(platform: Platform) -> None:
    """The list is sorted by its change; whatever moves to the end meanwhile is met there."""
    everything = [{"id": n, "at": f"2026-11-23T10:00:0{n}Z"} for n in range(1, 6)]

    def answer(asked: Asked) -> Says:
        since = asked.params.get("since", "")
        found = sorted((row for row in everything if str(row["at"]) >= since), key=lambda row: str(row["at"]))
        size, page = 2, int(asked.params["page"])
        if len(platform.asked) == 2:
            everything[0]["at"] = "2026-11-23T10:00:09Z"
        return Says({"things": found[(page - 1) * size : page * size], "total": len(found)})

    platform.on("/things", answer)
    words = listing(
        updated_at={"at": "at"},
        paging={**PAGE, "total": "total", "order": "oldest_first"},
        since={"param": "since"},
    )
    pages = read_all(declared(platform, words))
    assert set(ids(pages)) == {"1", "2", "3", "4", "5"}
    assert ids(pages)[-1] == "1"
    assert {asked.params["page"] for asked in platform.asked} == {"1"}
    assert pages[-1].complete


def test_by_time_a_page_full_of_one_moment_goes_on_by_its_number(platform: Platform) -> None:
    everything = [{"id": n, "at": "2026-11-23T10:00:00Z"} for n in range(1, 6)]
    served_rows = everything

    def answer(asked: Asked) -> Says:
        page = int(asked.params["page"])
        return Says({"things": served_rows[(page - 1) * 2 : page * 2], "total": 5})

    platform.on("/things", answer)
    words = listing(
        updated_at={"at": "at"},
        paging={**PAGE, "total": "total", "order": "oldest_first"},
        since={"param": "since"},
    )
    assert set(ids(read_all(declared(platform, words)))) == {"1", "2", "3", "4", "5"}


def test_graphql_page_info(platform: Platform) -> None:
    def answer(asked: Asked) -> Says:
        cursor = asked.json["variables"].get("after")
        info = {"hasNextPage": cursor is None, "endCursor": "c1"}
        nodes = rows(1) if cursor is None else rows(2)
        return Says({"data": {"orders": {"nodes": nodes, "pageInfo": info}}})

    platform.on("/graphql", answer)
    words = {
        "things": {
            "list": {
                "document": "query($after: String) { orders(first: 50, after: $after) { nodes { id } } }",
                "variables": {"after": "{cursor}", "first": "{size}"},
                "records": "data.orders.nodes",
                "paging": {"style": "page_info", "page_info": "data.orders.pageInfo", "size": 50},
            }
        }
    }
    pages = read_all(declared(platform, words, graphql_path="/graphql"))
    assert ids(pages) == ["1", "2"]
    assert [asked.json["variables"] for asked in platform.asked] == [
        {"first": 50},
        {"first": 50, "after": "c1"},
    ]
    assert {asked.method for asked in platform.asked} == {"POST"}


def test_graphql_skip_and_take(platform: Platform) -> None:
    def answer(asked: Asked) -> Says:
        options = asked.json["variables"]["options"]
        found = rows(1, 2, 3)[options["skip"] : options["skip"] + options["take"]]
        return Says({"data": {"orders": {"items": found, "totalItems": 3}}})

    platform.on("/graphql", answer)
    words = {
        "things": {
            "list": {
                "document": "query($options: O) { orders(options: $options) { totalItems items { id } } }",
                "variables": {"options": {"take": "{size}", "skip": "{offset}"}},
                "records": "data.orders.items",
                "paging": {
                    "style": "skip_take",
                    "size": 2,
                    "total": "data.orders.totalItems",
                    "order": "stable",
                },
            }
        }
    }
    assert ids(read_all(declared(platform, words, graphql_path="/graphql"))) == ["1", "2", "3"]


def test_a_page_size_that_is_refused_with_http_200_is_halved_and_said(platform: Platform) -> None:
    def answer(asked: Asked) -> Says:
        if int(asked.params["take"]) > 60:
            return Says({"errors": [{"message": "take cannot be greater than 60"}]})
        return offset(asked, rows(*range(70)))

    platform.on("/things", answer)
    paging = {
        "style": "offset",
        "param": "skip",
        "size": 200,
        "size_param": "take",
        "total": "total",
        "order": "stable",
        "size_refused": "errors[?contains(message, 'take cannot')]",
    }
    pages = read_all(declared(platform, listing(paging=paging)))
    assert len(ids(pages)) == 70
    assert [asked.params["take"] for asked in platform.asked] == ["200", "100", "50", "50"]
    assert pages[0].notices == (f"127.0.0.1:{platform.port} refuses larger pages; 50 at a time are read.",)


def test_a_platform_that_refuses_every_page_size_is_not_asked_for_ever(platform: Platform) -> None:
    platform.on("/things", Says({"errors": [{"message": "no"}]}))
    paging = {"style": "offset", "param": "skip", "size": 100, "size_param": "take", "size_refused": "errors"}
    with pytest.raises(Failure) as caught:
        read_all(declared(platform, listing(paging=paging)))
    assert (caught.value.code, caught.value.field) == (
        "page_size_refused",
        "resources.things.list.paging.size",
    )


def test_a_wrong_place_of_the_records_is_said_with_its_word(platform: Platform) -> None:
    platform.on("/things", Says({"data": rows(1)}))
    with pytest.raises(Failure) as caught:
        read_all(declared(platform, listing()))
    assert caught.value.field == "resources.things.list.records"
    assert caught.value.sentence == (
        "The answer has nothing at 'things'. Correct resources.things.list.records in the declaration."
    )


def test_an_empty_answer_ends_the_list(platform: Platform) -> None:
    platform.on("/things", Says(None, 204))
    assert ids(read_all(declared(platform, listing(paging={**PAGE})))) == []


def test_a_record_without_an_id_is_said_with_its_word(platform: Platform) -> None:
    platform.on("/things", Says({"things": [{"number": 1}]}))
    with pytest.raises(Failure) as caught:
        read_all(declared(platform, listing()))
    assert (caught.value.code, caught.value.field) == ("no_id", "resources.things.id")
