"""Ends that are told oddly, pages that are clipped, repeated or lead in circles, links that are written oddly."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from integrations.exceptions import Failure
from tests.integrations.answering import Asked, Platform, Says
from tests.integrations.connectors.declaring import declared, ids, listing, read_all

PAGE = {"style": "page", "param": "page", "size": 2, "size_param": "per_page", "order": "stable"}
OFFSET = {"style": "offset", "param": "skip", "size": 100, "size_param": "take", "order": "stable"}


def rows(*numbers: int) -> list[dict[str, Any]]:
    return [{"id": number} for number in numbers]


def in_pages(everything: list[dict[str, Any]], behind: Callable[[int], Says], most: int = 1000) -> Any:
    """Numbered pages of at most `most`; `behind` answers for pages that there are not."""

    def answer(asked: Asked) -> Says:
        size, page = min(most, int(asked.params["per_page"])), int(asked.params["page"])
        shown = everything[(page - 1) * size : page * size]
        return Says({"things": shown}) if shown or page == 1 else behind(page)

    return answer


def not_there(page: int) -> Says:
    return Says({"detail": "Invalid page."}, 404)


@pytest.mark.parametrize("count", [3, 4])
def test_a_page_behind_the_last_that_is_not_found_ends_the_list(platform: Platform, count: int) -> None:
    platform.on("/things", in_pages(rows(*range(count)), not_there))
    pages = read_all(declared(platform, listing(paging=PAGE)))
    assert len(ids(pages)) == count
    # A server that is being mended says so too, behind a full page: nothing is taken for gone by it.
    assert pages[-1].complete == (count == 3)


def test_a_first_page_that_is_not_found_is_a_failure(platform: Platform) -> None:
    platform.on("/things", Says({}, 404))
    with pytest.raises(Failure) as caught:
        read_all(declared(platform, listing(paging=PAGE)))
    assert caught.value.code == "not_found"


def test_the_declared_sign_of_the_end_is_believed(platform: Platform) -> None:
    refusal = Says({"code": "invalid_page_number"}, 400)
    platform.on("/things", in_pages(rows(1, 2, 3, 4), lambda page: refusal))
    with pytest.raises(Failure):
        read_all(declared(platform, listing(paging=PAGE)))
    pages = read_all(
        declared(platform, listing(paging={**PAGE, "past_end": "code == 'invalid_page_number'"}))
    )
    assert ids(pages) == ["1", "2", "3", "4"]
    assert pages[-1].complete


def test_a_last_page_that_is_repeated_for_ever_ends_the_list_and_is_said(platform: Platform) -> None:
    platform.on("/things", in_pages(rows(1, 2, 3, 4), lambda page: Says({"things": rows(3, 4)})))
    pages = read_all(declared(platform, listing(paging=PAGE)))
    assert set(ids(pages)) == {"1", "2", "3", "4"}
    assert not pages[-1].complete
    assert "the same page whatever is asked for" in pages[-1].notices[0]


def test_a_platform_that_does_not_know_our_parameter_is_not_read_for_ever(platform: Platform) -> None:
    platform.on("/things", Says({"things": rows(1, 2)}))
    pages = read_all(declared(platform, listing(paging={**PAGE, "param": "pagina"})))
    assert len(platform.asked) <= 4
    assert not any(page.complete for page in pages)


def test_a_whole_page_put_before_it_is_no_end(platform: Platform) -> None:
    """Newest first: two new things while the first page was read, so that the second page shows the same."""
    everything = rows(1, 2, 3, 4, 5)

    def answer(asked: Asked) -> Says:
        page = int(asked.params["page"])
        shown = everything[(page - 1) * 2 : page * 2]
        if len(platform.asked) == 1:
            everything[:0] = rows(8, 9)
        return Says({"things": shown})

    platform.on("/things", answer)
    pages = read_all(declared(platform, listing(paging={**PAGE, "order": "changing"})))
    assert set(ids(pages)) == {"1", "2", "3", "4", "5", "8", "9"}


@pytest.mark.parametrize(
    "words", [PAGE | {"size": 100}, OFFSET, {**OFFSET, "style": "skip_take"}], ids=["page", "offset", "skip"]
)
def test_fewer_than_asked_for_is_no_end_by_itself(platform: Platform, words: dict[str, Any]) -> None:
    everything = rows(*range(1, 126))

    def answer(asked: Asked) -> Says:
        size = min(50, int(asked.params.get("per_page") or asked.params["take"]))
        start = (
            int(asked.params["skip"]) if "skip" in asked.params else (int(asked.params["page"]) - 1) * size
        )
        return Says({"things": everything[start : start + size]})

    platform.on("/things", answer)
    pages = read_all(declared(platform, listing(paging=words)))
    assert ids(pages) == [str(number) for number in range(1, 126)]
    assert pages[-1].complete
    assert [page.notices for page in pages if page.notices] == [
        ("The platform gives 50 at a time where 100 are asked for; it is read on in steps of 50.",)
    ]


def test_a_list_of_one_short_page_costs_one_call_more_and_no_second_pass(platform: Platform) -> None:
    platform.on("/things", in_pages(rows(1), lambda page: Says({"things": []})))
    pages = read_all(declared(platform, listing(paging={**PAGE, "order": "changing"})))
    assert ids(pages) == ["1"]
    assert len(platform.asked) == 2
    assert pages[-1].complete


def test_clipped_pages_that_go_on_by_time(platform: Platform) -> None:
    everything = [{"id": n, "at": f"2026-11-23T10:00:{n:02}Z"} for n in range(1, 12)]

    def answer(asked: Asked) -> Says:
        since, page = asked.params.get("since", ""), int(asked.params["page"])
        found = [row for row in everything if str(row["at"]) >= since]
        return Says({"things": found[(page - 1) * 4 : page * 4]})

    platform.on("/things", answer)
    words = listing(
        updated_at={"at": "at"},
        paging={**PAGE, "size": 100, "order": "oldest_first"},
        since={"param": "since"},
    )
    assert set(ids(read_all(declared(platform, words)))) == {str(n) for n in range(1, 12)}


@pytest.mark.parametrize("length", [2, 3, 7])
def test_cursors_that_lead_in_circles_end_the_list(platform: Platform, length: int) -> None:
    def answer(asked: Asked) -> Says:
        here = int(asked.params.get("after", 0))
        return Says({"things": rows(here), "next": here % length + 1})

    platform.on("/things", answer)
    pages = read_all(
        declared(platform, listing(paging={"style": "cursor", "param": "after", "next": "next"}))
    )
    assert set(ids(pages)) == {str(n) for n in range(length + 1)}
    assert not pages[-1].complete
    assert "leads in circles" in pages[-1].notices[0]


@pytest.mark.parametrize("nothing", ["", False, None])
def test_an_empty_cursor_is_the_end(platform: Platform, nothing: Any) -> None:
    platform.on("/things", Says({"things": rows(1), "next": nothing}))
    pages = read_all(
        declared(platform, listing(paging={"style": "cursor", "param": "after", "next": "next"}))
    )
    assert (ids(pages), pages[-1].complete) == (["1"], True)


@pytest.mark.parametrize("cursor", [None, "", "same"])
def test_more_without_a_way_on_is_an_early_end_and_said(platform: Platform, cursor: str | None) -> None:
    info = {"hasNextPage": True, "endCursor": cursor}
    platform.on("/graphql", Says({"data": {"nodes": rows(1), "pageInfo": info}}))
    words = {
        "things": {
            "list": {
                "document": "query($after: String) { nodes { id } }",
                "variables": {"after": "{cursor}"},
                "records": "data.nodes",
                "paging": {"style": "page_info", "page_info": "data.pageInfo"},
            }
        }
    }
    pages = read_all(declared(platform, words, graphql_path="/graphql"))
    assert not pages[-1].complete
    assert "not where" in pages[-1].notices[0]


def linked(platform: Platform, link: str, **words: Any) -> list[Asked]:
    """What is asked where the first page of /api/things links on as said."""

    def answer(asked: Asked) -> Says:
        last = "page" in asked.params
        return Says({"things": rows(len(platform.asked)), "next": None if last else link})

    platform.on("/api/things", answer)
    words.setdefault("base_url", f"{platform.base}/api")
    pages = read_all(declared(platform, listing(paging={"style": "link", "next": "next"}), **words))
    assert ids(pages) == ["1", "2"]
    return platform.asked


@pytest.mark.parametrize("link", ["?page=2", "/api/things?page=2", "things?page=2", "./things?page=2#x"])
def test_a_link_is_meant_from_where_it_stands(platform: Platform, link: str) -> None:
    assert linked(platform, link)[1].params == {"page": "2"}


def test_a_link_is_of_the_same_host_however_its_name_is_written(platform: Platform) -> None:
    base = f"http://localhost:{platform.port}/api"
    linked(platform, f"http://LOCALHOST:{platform.port}/api/things?page=2", base_url=base)


@pytest.mark.parametrize(
    "link",
    ["//elsewhere.example.com/api/things?page=2", "http://127.0.0.1:1/api/things", "http://a@127.0.0.1/x"],
)
def test_a_link_elsewhere_is_never_followed(platform: Platform, link: str) -> None:
    with pytest.raises(Failure) as caught:
        linked(platform, link, auth={"kind": "bearer"}, secrets={"token": "key-of-ours"})
    assert caught.value.code == "foreign_address"
    assert len(platform.asked) == 1


def test_a_key_that_a_link_repeats_is_not_kept_with_the_position(platform: Platform) -> None:
    platform.on(
        "/things", lambda asked: Says({"things": rows(1), "next": f"{asked.path}?page=2&k=key-of-ours"})
    )
    connector = declared(
        platform,
        listing(paging={"style": "link", "next": "next"}),
        {"token": "key-of-ours"},
        auth={"kind": "api_key", "query": "k"},
    )
    position = connector.read("things", since=None, position=None).next_position
    assert position is not None
    assert "key-of-ours" not in str(position)
    connector.read("things", since=None, position=position)
    assert platform.asked[1].query == {"page": ["2"], "k": ["key-of-ours"]}
