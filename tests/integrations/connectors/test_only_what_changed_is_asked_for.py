"""The updated-since in every form, platforms that lie about it or have none, and what is not final."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.integrations.answering import Asked, Platform, Says
from tests.integrations.connectors.declaring import Words, declared, ids, listing, read_all

SINCE = datetime(2026, 11, 23, 6, 45, 30, 250_000, tzinfo=UTC)


def sent(platform: Platform, since: Words, **words: Any) -> str:
    platform.on("/things", Says({"things": []}))
    read_all(declared(platform, listing(since={"param": "since", **since}, **words)), since=SINCE)
    return platform.asked[-1].params["since"]


@pytest.mark.parametrize(
    ("since", "written"),
    [
        ({}, "2026-11-23T06:45:30.250Z"),
        ({"granularity": 1}, "2026-11-23T06:45:30Z"),
        ({"granularity": 1, "strict": True}, "2026-11-23T06:45:29Z"),
        ({"granularity": 60, "strict": True}, "2026-11-23T06:44:00Z"),
        ({"overlap": 120}, "2026-11-23T06:43:30.250Z"),
        ({"overlap": 120, "granularity": 1, "strict": True}, "2026-11-23T06:43:29Z"),
        ({"strict": True}, "2026-11-23T06:45:30.249Z"),
        ({"zone": "Europe/Berlin"}, "2026-11-23T07:45:30.250+01:00"),
        ({"format": "unix"}, str(int(SINCE.timestamp()))),
        ({"format": "unix", "strict": True}, str(int(SINCE.timestamp()) - 1)),
        ({"format": "unix_ms"}, str(int(SINCE.timestamp() * 1000))),
        ({"format": "date"}, "2026-11-23"),
        ({"format": "date", "strict": True}, "2026-11-22"),
        ({"format": "%d.%m.%Y %H:%M", "zone": "Asia/Tokyo"}, "23.11.2026 15:45"),
    ],
)
def test_each_form_of_the_time(platform: Platform, since: Words, written: str) -> None:
    assert sent(platform, since) == written


LOCAL = {"format": "%Y-%m-%d %H:%M:%S", "zone": "Europe/Berlin"}


@pytest.mark.parametrize(
    ("since", "written"),
    [
        # The clock is turned back at 03:00 (01:00 UTC) and shows 02:00 to 03:00 once more.
        ("2026-10-24T20:00:00", "2026-10-24 22:00:00"),
        ("2026-10-25T00:50:00", "2026-10-25 01:50:00"),
        ("2026-10-25T01:10:00", "2026-10-25 02:10:00"),
        ("2026-10-25T02:10:00", "2026-10-25 03:10:00"),
        # And forward at 02:00.
        ("2026-03-29T00:50:00", "2026-03-29 01:50:00"),
        ("2026-03-29T01:10:00", "2026-03-29 03:10:00"),
    ],
)
def test_what_happens_in_the_hour_that_is_shown_twice_is_asked_for(
    platform: Platform, since: str, written: str
) -> None:
    platform.on("/things", Says({"things": []}))
    connector = declared(platform, listing(since={"param": "since", **LOCAL}))
    read_all(connector, since=datetime.fromisoformat(f"{since}+00:00"))
    assert platform.asked[0].params["since"] == written


def test_a_newest_first_list_goes_on_through_the_hour_that_is_shown_twice(platform: Platform) -> None:
    """It changed at 02:10 for the second time; what is asked for is what changed since 02:50 for the first."""
    platform.on("/things", Says({"things": [{"id": 1, "at": "2026-10-25 02:10:00"}]}))
    words = listing(updated_at={"at": "at", "zone": "Europe/Berlin"}, newest_first=True, since={})
    (page,) = read_all(declared(platform, words), since=datetime(2026, 10, 25, 0, 50, tzinfo=UTC))
    assert ids([page]) == ["1"]
    # Which of two changes in that hour is newer is not told by it.
    assert page.items[0].version == ""


@pytest.mark.parametrize(
    ("form", "at"), [("%d.%m.%Y %H:%M", "2026-11-23T06:45:10Z"), ("date", "2026-11-23T00:00:05Z")]
)
def test_a_form_without_seconds_makes_nobody_look_as_if_they_ignored_it(
    platform: Platform, form: str, at: str
) -> None:
    platform.on("/things", Says({"things": [{"id": 1, "at": at}]}))
    words = listing(updated_at={"at": "at"}, since={"param": "since", "format": form})
    assert read_all(declared(platform, words), since=SINCE)[0].notices == ()


def test_a_form_without_seconds_is_asked_for_a_minute_earlier_where_later_is_meant(
    platform: Platform,
) -> None:
    assert sent(platform, {"format": "%d.%m.%Y %H:%M", "strict": True}) == "23.11.2026 06:44"


def test_times_that_cannot_be_read_as_declared_are_said(platform: Platform) -> None:
    platform.on("/things", Says({"things": [{"id": 1, "at": "23.11.2026"}, {"id": 2, "at": None}]}))
    (page,) = read_all(declared(platform, listing(updated_at={"at": "at"})))
    assert ids([page]) == ["1", "2"]
    assert [notice for notice in page.notices if "resources.things.updated_at" in notice]


def test_the_first_read_asks_for_everything(platform: Platform) -> None:
    platform.on("/things", Says({"things": []}))
    pages = read_all(declared(platform, listing(since={"param": "since"})), since=None)
    assert platform.asked[0].params == {}
    assert pages[0].complete


def test_a_read_of_changes_is_not_complete(platform: Platform) -> None:
    platform.on("/things", Says({"things": []}))
    pages = read_all(declared(platform, listing(since={"param": "since"})), since=SINCE)
    assert not pages[0].complete
    assert pages[0].notices == ()


def test_the_time_in_a_filter_of_several_words(platform: Platform) -> None:
    platform.on("/things", Says({"things": []}))
    words = listing(
        params={"filter": "updated:>={since}", "window": "{since}/{now}"}, since={"granularity": 1}
    )
    connector = declared(platform, words)
    read_all(connector, since=SINCE)
    params = platform.asked[0].params
    assert params["filter"] == "updated:>=2026-11-23T06:45:30Z"
    assert params["window"].startswith("2026-11-23T06:45:30Z/20")
    read_all(connector, since=None)
    assert platform.asked[1].params == {}


def test_a_parameter_that_is_json_in_base64(platform: Platform) -> None:
    import base64
    import json

    platform.on("/things", Says({"things": []}))
    words = listing(
        params={
            "q": {"base64_json": {"changed": {"gte": "{since}"}, "page": 1}},
            "j": {"json": {"a": "{since}"}},
        },
        since={"format": "unix"},
    )
    read_all(declared(platform, words), since=SINCE)
    params = platform.asked[0].params
    seconds = int(SINCE.timestamp())
    assert json.loads(base64.b64decode(params["q"])) == {"changed": {"gte": seconds}, "page": 1}
    assert json.loads(params["j"]) == {"a": seconds}


def test_a_parameter_that_stands_several_times_and_one_of_the_settings(platform: Platform) -> None:
    platform.on("/things", Says({"things": []}))
    words = listing(params={"state[]": ["open", "paid"], "channel": "{channel}", "all": True})
    connector = declared(
        platform, words, variables={"channel": {"default": "web"}}, headers={"X-Channel": "{channel}"}
    )
    read_all(connector)
    assert platform.asked[0].query == {"state[]": ["open", "paid"], "channel": ["web"], "all": ["true"]}
    assert platform.asked[0].headers["x-channel"] == "web"


def test_a_form_encoded_search(platform: Platform) -> None:
    platform.on("/things", Says({"things": []}))
    words = listing(
        method="POST", encoding="form", body={"filter": {"since": "{since}", "states": ["a", "b"]}}, since={}
    )
    read_all(declared(platform, words), since=SINCE)
    assert platform.asked[0].headers["content-type"] == "application/x-www-form-urlencoded"
    text = "filter%5Bsince%5D=2026-11-23T06%3A45%3A30.250Z&filter%5Bstates%5D%5B0%5D=a&filter%5Bstates%5D%5B1%5D=b"
    assert platform.asked[0].raw.decode() == text


def test_a_filter_without_its_time_disappears_on_the_first_read(platform: Platform) -> None:
    platform.on("/things", Says({"things": []}))
    body = {"filter": {"changed": {"after": "{since}"}}, "sort": {}, "page": 1}
    connector = declared(platform, listing(method="POST", body=body, since={}))
    read_all(connector, since=None)
    read_all(connector, since=SINCE)
    assert platform.asked[0].json == {"sort": {}, "page": 1}
    assert platform.asked[1].json["filter"] == {"changed": {"after": "2026-11-23T06:45:30.250Z"}}


def test_a_platform_that_ignores_the_time_is_noticed(platform: Platform) -> None:
    things = [{"id": 1, "at": "2026-11-20T00:00:00Z"}, {"id": 2, "at": "2026-11-23T07:00:00Z"}]
    platform.on("/things", Says({"things": things}))
    words = listing(updated_at={"at": "at"}, since={"param": "since"})
    page = read_all(declared(platform, words), since=SINCE)[0]
    assert [item.external_id for item in page.items] == ["1", "2"]
    assert page.notices == (
        (
            "The platform ignores the time from which on it is asked: it shows things that are older "
            "(1 of 2 on a page). "
            "All of it is read each time, and what did not change is dropped."
        ),
    )


def test_what_the_overlap_brings_again_is_no_sign_of_ignoring(platform: Platform) -> None:
    platform.on("/things", Says({"things": [{"id": 1, "at": "2026-11-23T06:45:00Z"}]}))
    words = listing(updated_at={"at": "at"}, since={"param": "since", "overlap": 60})
    assert read_all(declared(platform, words), since=SINCE)[0].notices == ()


def test_a_platform_without_a_since_is_read_whole_and_what_that_costs_is_said(platform: Platform) -> None:
    def answer(asked: Asked) -> Says:
        page = int(asked.params["page"])
        return Says({"things": [{"id": page}] if page < 4 else []})

    platform.on("/things", answer)
    words = listing(paging={"style": "page", "param": "page", "size": 1, "order": "stable"})
    pages = read_all(declared(platform, words), since=SINCE)
    assert pages[-1].complete
    assert pages[-1].notices == (
        (
            "This platform cannot say what has changed: all 3 were read. Only what changed is sent. "
            "Read less often if the calls are dear."
        ),
    )
    assert all(page.notices == () for page in pages[:-1])


def test_a_newest_first_list_is_read_until_it_gets_old(platform: Platform) -> None:
    def answer(asked: Asked) -> Says:
        page = int(asked.params["page"])
        things = [
            {"id": f"{page}{n}", "at": (SINCE + timedelta(minutes=25 - 10 * (2 * page + n - 2))).isoformat()}
            for n in (0, 1)
        ]
        return Says({"things": things})

    platform.on("/things", answer)
    words = listing(
        updated_at={"at": "at"},
        newest_first=True,
        since={},
        paging={"style": "page", "param": "page", "size": 2, "order": "stable"},
    )
    pages = read_all(declared(platform, words), since=SINCE)
    assert ids(pages) == ["10", "11", "20"]
    assert len(platform.asked) == 2
    assert not pages[-1].complete


def test_a_newest_first_list_ends_where_its_window_does(platform: Platform) -> None:
    now = datetime.now(UTC)

    def answer(asked: Asked) -> Says:
        place = 2 * (int(asked.params["page"]) - 1)
        days = (10 * place, 10 * (place + 1))
        return Says({"things": [{"id": str(n), "at": (now - timedelta(days=n)).isoformat()} for n in days]})

    platform.on("/things", answer)
    words = listing(
        updated_at={"at": "at"},
        newest_first=True,
        since={"window": 14 * 86_400},
        paging={"style": "page", "param": "page", "size": 2, "order": "stable"},
    )
    pages = read_all(declared(platform, words), since=now - timedelta(minutes=5))
    assert ids(pages) == ["0", "10"]
    assert len(platform.asked) == 2


def test_what_is_not_final_is_read_again(platform: Platform) -> None:
    platform.on("/things", lambda asked: Says({"things": [{"id": asked.params.get("state", "all")}]}))
    words = listing(params={"sort": "placed", "placed_after": "{since}"}, since={"granularity": 1})
    words["things"]["not_final"] = {"params": {"state": "open"}}
    connector = declared(platform, words)
    assert connector.resources()["things"].rereads_not_final
    pages = read_all(connector, since=SINCE, not_final=True)
    assert ids(pages) == ["open"]
    assert platform.asked[0].params == {"sort": "placed", "state": "open"}
    assert not pages[0].complete
    assert pages[0].notices == ()


def test_the_time_of_what_is_not_final_is_not_believed_where_rows_are_only_good_for_their_id(
    platform: Platform,
) -> None:
    platform.on("/things", Says({"things": [{"id": 1, "at": "2026-11-23T06:45:00Z"}]}))
    words = listing(updated_at={"at": "at"}, partial=True)
    words["things"] |= {
        "not_final": {"params": {"state": "open"}},
        "fetch": {"path": "/things/{external_id}"},
    }
    connector = declared(platform, words)
    ((whole,),) = [page.items for page in read_all(connector, since=SINCE)]
    ((again,),) = [page.items for page in read_all(connector, since=SINCE, not_final=True)]
    assert (bool(whole.version), again.version, again.partial) == (True, "", True)


def test_what_is_not_final_may_be_those_of_some_days(platform: Platform) -> None:
    platform.on("/things", Says({"things": []}))
    words = listing(since={"param": "since", "format": "unix"})
    words["things"]["not_final"] = {
        "path": "/things",
        "since": {"param": "since", "format": "unix", "window": 86_400},
    }
    read_all(declared(platform, words), since=SINCE, not_final=True)
    age = datetime.now(UTC).timestamp() - int(platform.asked[0].params["since"])
    assert 86_399 <= age <= 86_410
