"""What vendors say of their limits, as they say it: plain numbers, or nothing where it makes no sense."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from integrations.http.client import HttpClient, Request
from integrations.http.quota import Told, seconds_of, told_by, wait_told
from tests.integrations.answering import LOOPBACK, Platform, Says

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
SHOPIFY = {
    "requestedQueryCost": 101,
    "actualQueryCost": 46,
    "throttleStatus": {"maximumAvailable": 1000.0, "currentlyAvailable": 54, "restoreRate": 50.0},
}


@pytest.mark.parametrize(
    ("headers", "remaining", "limit", "reset"),
    [
        ({"x-shopify-shop-api-call-limit": "39/40"}, 1, 40, None),
        ({"x-gorgias-account-api-call-limit": "10/40"}, 30, 40, None),
        ({"x-ratelimit-limit": "60", "x-ratelimit-remaining": "7", "x-ratelimit-reset": "30"}, 7, 60, 30),
        ({"x-rate-limit-limit": "40", "x-rate-limit-remaining": "0", "x-rate-limit-reset": "12"}, 0, 40, 12),
        ({"ratelimit-limit": "100, 100;w=60", "ratelimit-remaining": "5", "ratelimit-reset": "9"}, 5, 100, 9),
        ({"x-rate-limit": "400", "x-rate-limit-remaining": "399", "ratelimit-reset": "41"}, 399, 400, 41),
        ({"x-ratelimit-total": "200", "x-ratelimit-remaining": "150"}, 150, 200, None),
        (
            {
                "x-rate-limit-requests-left": "3",
                "x-rate-limit-requests-quota": "150",
                "x-rate-limit-time-reset-ms": "15000",
            },
            3,
            150,
            15,
        ),
        ({"x-hubspot-ratelimit-max": "190", "x-hubspot-ratelimit-remaining": "12"}, 12, 190, None),
        ({"x-minlimit-remaining": "2"}, 2, None, None),
        ({"ratelimit": "limit=100, remaining=50, reset=5"}, 50, 100, 5),
        ({"ratelimit": '"default";r=50;t=30'}, 50, None, 30),
    ],
)
def test_what_is_left_is_read_from_the_headers_that_a_vendor_has(
    headers: dict[str, str], remaining: float, limit: float | None, reset: float | None
) -> None:
    assert told_by(headers, None) == Told(remaining=remaining, limit=limit, reset=reset)


def test_points_are_read_from_the_body_of_a_graphql_answer() -> None:
    told = told_by({}, {"data": {}, "extensions": {"cost": SHOPIFY}})
    assert told == Told(points=54, points_most=1000, points_rate=50, cost=101)


@pytest.mark.parametrize(
    "body", [None, [], {"extensions": None}, {"extensions": {"cost": {"throttleStatus": 1}}}]
)
def test_an_answer_that_says_nothing_of_limits_tells_nothing(body: Any) -> None:
    assert told_by({"content-type": "application/json", "x-ratelimit-remaining": "many"}, body) is None


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("30", 30),
        ("0.5", 0.5),
        (str(int(NOW.timestamp()) + 45), 45),
        (str((int(NOW.timestamp()) + 45) * 1000), 45),
        ("Tue, 24 Nov 2026 12:01:30 GMT", 90),
        ("2026-11-24T12:00:10Z", 10),
        ("2026-11-24T11:00:00+00:00", 0),
        ("-3", 0),
        ("soon", None),
        ("", None),
    ],
)
def test_a_reset_is_seconds_or_a_moment_in_one_of_its_forms(text: str, seconds: float | None) -> None:
    assert seconds_of(text, NOW) == seconds


@pytest.mark.parametrize(
    ("headers", "body", "seconds"),
    [
        ({"retry-after": "7", "x-ratelimit-reset": "60"}, None, 7),
        ({"x-retry-after": "3"}, None, 3),
        ({"x-rate-limit-time-reset-ms": "2500"}, None, 2.5),
        ({"x-ratelimit-reset": str(int(NOW.timestamp()) + 5)}, None, 5),
        ({}, {"extensions": {"cost": SHOPIFY}}, 0.94),
        ({}, None, None),
    ],
)
def test_how_long_to_wait_after_a_refusal_is_found_where_the_vendor_says_it(
    headers: dict[str, str], body: Any, seconds: float | None
) -> None:
    assert wait_told(headers, body, NOW) == seconds


def test_of_two_answers_that_crossed_the_one_that_leaves_less_counts() -> None:
    first, second = Told(remaining=5, limit=40), Told(remaining=9, limit=40)
    points = Told(points=10, points_most=100, points_rate=5, cost=3)
    assert first.tighter(second) == second.tighter(first) == first
    both = points.tighter(first)
    assert (both.remaining, both.points) == (5, 10)


def test_a_client_keeps_what_it_heard_until_it_is_asked(platform: Platform) -> None:
    left = iter(("9", "3", "6"))
    platform.on(
        "/things",
        lambda _: Says({}, headers={"X-RateLimit-Limit": "10", "X-RateLimit-Remaining": next(left)}),
    )
    client = HttpClient(platform.base, guard=LOOPBACK)
    for _ in range(3):
        client.send(Request("GET", "/things"))
    client.close()
    told = client.heard.asked()
    assert told is not None
    assert told.remaining == 3
    assert client.heard.asked() is None
