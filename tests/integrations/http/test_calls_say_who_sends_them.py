"""Each way of saying who we are, as the platform sees it."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta

import pytest

from integrations.exceptions import TokenExpired
from integrations.http import auth
from integrations.http.client import HttpClient, Request
from tests.integrations.answering import LOOPBACK, Asked, Platform, Says


def seen(platform: Platform, who: auth.Auth) -> Asked:
    platform.on("/x", Says({}))
    HttpClient(platform.base, who, guard=LOOPBACK).send(Request("GET", "/x", params=[("page", "1")]))
    return platform.asked[-1]


def test_bearer(platform: Platform) -> None:
    assert seen(platform, auth.bearer("abc")).headers["authorization"] == "Bearer abc"


def test_bearer_in_another_header(platform: Platform) -> None:
    assert seen(platform, auth.bearer("abc", "X-Token", "")).headers["x-token"] == "abc"


def test_basic(platform: Platform) -> None:
    sent = seen(platform, auth.basic("me", "mü:ne")).headers["authorization"]
    assert base64.b64decode(sent.removeprefix("Basic ")).decode() == "me:mü:ne"


def test_key_in_a_header(platform: Platform) -> None:
    assert seen(platform, auth.api_key("k&1", header="API-Key")).headers["api-key"] == "k&1"


def test_key_in_the_query(platform: Platform) -> None:
    assert seen(platform, auth.api_key("k&1", query="key")).params == {"page": "1", "key": "k&1"}


def test_several_headers(platform: Platform) -> None:
    headers = seen(platform, auth.Fixed({"X-App": "a", "X-Secret": "b"})).headers
    assert (headers["x-app"], headers["x-secret"]) == ("a", "b")


def test_nobody(platform: Platform) -> None:
    assert "authorization" not in seen(platform, auth.nobody()).headers


def test_a_session_without_a_token_sends_nothing(platform: Platform) -> None:
    with pytest.raises(TokenExpired):
        seen(platform, auth.Session("Authorization", "Bearer "))
    assert platform.asked == []


def test_a_session_uses_the_newest_token(platform: Platform) -> None:
    session = auth.Session("Authorization", "Bearer ")
    session.use("one", None)
    assert seen(platform, session).headers["authorization"] == "Bearer one"
    session.use("two", None)
    assert seen(platform, session).headers["authorization"] == "Bearer two"


def test_a_session_that_is_about_to_end_is_renewed_before() -> None:
    now = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
    session = auth.Session("Authorization", "Bearer ")
    assert session.is_missing(now)
    session.use("one", now + timedelta(seconds=31))
    assert not session.is_missing(now)
    session.use("one", now + timedelta(seconds=29))
    assert session.is_missing(now)
    session.use("one", None)
    assert not session.is_missing(now)


@pytest.mark.parametrize(
    ("who", "secret"),
    [
        (auth.bearer("abcdefgh"), "abcdefgh"),
        (auth.basic("me", "abcdefgh"), "abcdefgh"),
        (auth.basic("me", "abcdefgh"), base64.b64encode(b"me:abcdefgh").decode()),
        (auth.api_key("abcdefgh", query="key"), "abcdefgh"),
        (auth.Fixed({"X-Secret": "abcdefgh"}), "abcdefgh"),
    ],
)
def test_every_way_names_its_secrets(who: auth.Auth, secret: str) -> None:
    assert secret in who.secrets()
