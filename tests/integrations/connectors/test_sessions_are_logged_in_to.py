"""Sessions: a login call, a token that is kept, refused or over."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from integrations.connectors.base import Token
from integrations.connectors.rest import RestConnector
from integrations.exceptions import Failure, Kind, TokenExpired
from tests.integrations.answering import Asked, Platform, Says
from tests.integrations.connectors.declaring import Words, call_of, declared

LOGIN = {
    "kind": "login",
    "path": "/login",
    "body": {"user": "{username}", "pass": "{password}"},
    "token": "session.token",
    "expires_in": "session.seconds",
}
SECRETS = {"username": "me", "password": "pass-word-1"}
EXPIRED = [{"status": 401, "when": "code == 'expired'", "kind": "expired"}]


def session(platform: Platform, auth: Words | None = None, secrets: Words | None = None) -> RestConnector:
    words = {"orders": {"create": {"path": "/orders"}, "list": {"path": "/orders"}}}
    return declared(platform, words, secrets or SECRETS, auth=auth or LOGIN, errors=EXPIRED)


def test_a_login_call_gives_a_token_with_its_end(platform: Platform) -> None:
    platform.on("/login", Says({"session": {"token": "t1", "seconds": 600}}))
    platform.on("/orders", Says([{"id": 1}]))
    connector = session(platform)
    assert connector.needs_login()
    before = datetime.now(UTC)
    token = connector.login()
    assert token.value == "t1"
    assert token.expires_at is not None
    assert 599 <= (token.expires_at - before).total_seconds() <= 605
    assert connector.needs_login()
    connector.use_token(token)
    assert not connector.needs_login()
    connector.read("orders", since=None, position=None)
    assert platform.asked[0].json == {"user": "me", "pass": "pass-word-1"}
    assert "authorization" not in platform.asked[0].headers
    assert platform.asked[1].headers["authorization"] == "Bearer t1"


def test_a_token_that_was_kept_is_used_again(platform: Platform) -> None:
    platform.on("/orders", Says([]))
    settings = {"declaration": session(platform).settings["declaration"]}
    later = datetime.now(UTC) + timedelta(hours=1)
    from tests.integrations.answering import LOOPBACK

    connector = RestConnector(settings, SECRETS, token=Token("kept", later), guard=LOOPBACK)
    assert not connector.needs_login()
    connector.read("orders", since=None, position=None)
    assert platform.asked[0].headers["authorization"] == "Bearer kept"


def test_without_a_token_nothing_is_sent(platform: Platform) -> None:
    connector = session(platform)
    with pytest.raises(TokenExpired) as caught:
        connector.send(call_of(connector))
    assert (caught.value.in_doubt, caught.value.code) == (False, "token_expired")
    assert platform.asked == []


@pytest.mark.parametrize("do", ["read", "send"])
def test_an_answer_that_the_session_expired(platform: Platform, do: str) -> None:
    platform.on("/orders", Says({"code": "expired"}, 401))
    connector = session(platform)
    connector.use_token(Token("old", None))
    call = call_of(connector)
    with pytest.raises(TokenExpired) as caught:
        connector.read("orders", since=None, position=None) if do == "read" else connector.send(call)
    assert (caught.value.kind, caught.value.in_doubt) == (Kind.TRANSIENT, False)


def test_expired_right_after_a_new_login_means_not_allowed(platform: Platform) -> None:
    """Some platforms say the same for both; logging in again and again would not help."""
    platform.on("/login", [Says({"session": {"token": f"t{n}", "seconds": 600}}) for n in (1, 2, 3)])
    platform.on("/orders", Says({"code": "expired", "message": "no rights"}, 401))
    connector = session(platform)
    connector.use_token(connector.login())
    # A session can end within seconds of its beginning too: the shop was started anew.
    for _ in range(2):
        with pytest.raises(TokenExpired):
            connector.read("orders", since=None, position=None)
    connector.use_token(connector.login())
    with pytest.raises(Failure) as caught:
        connector.read("orders", since=None, position=None)
    assert (caught.value.kind, caught.value.code) == (Kind.CONFIG, "forbidden")
    assert "lacks the right" in caught.value.sentence
    assert "lacks the right" in connector.test().sentence()
    platform.on("/orders", [Says([]), Says({"code": "expired"}, 401)])
    connector.read("orders", since=None, position=None)
    with pytest.raises(TokenExpired):
        connector.read("orders", since=None, position=None)


@pytest.mark.parametrize(
    ("says", "words"),
    [
        (Says({"message": "no"}, 401), {}),
        (Says({"session": {}}), {}),
        (Says({"session": {"token": "t"}, "error": "wrong password"}), {"refused": "error"}),
        (Says({"message": "bad request"}, 400), {}),
    ],
)
def test_a_login_that_is_refused(platform: Platform, says: Says, words: Words) -> None:
    platform.on("/login", says)
    with pytest.raises(Failure) as caught:
        session(platform, {**LOGIN, **words}).login()
    assert (caught.value.kind, caught.value.code, caught.value.connection_wide) == (
        Kind.CONFIG,
        "unauthorized",
        True,
    )
    assert "pass-word-1" not in str(caught.value.evidence)


def test_a_login_at_a_platform_that_is_down_is_tried_again(platform: Platform) -> None:
    platform.on("/login", Says({}, 503))
    with pytest.raises(Failure) as caught:
        session(platform).login()
    assert (caught.value.kind, caught.value.in_doubt) == (Kind.TRANSIENT, False)


def test_a_token_in_a_header_of_the_answer_and_in_a_header_of_its_own(platform: Platform) -> None:
    platform.on("/login", Says({"ok": True}, 200, {"X-Auth-Token": "t2"}))
    platform.on("/orders", Says([]))
    auth = {
        **LOGIN,
        "token": "",
        "token_header": "X-Auth-Token",
        "expires_in": "",
        "header": "X-Session",
        "prefix": "",
    }
    connector = session(platform, auth)
    token = connector.login()
    assert token == Token("t2", None)
    connector.use_token(token)
    connector.read("orders", since=None, position=None)
    assert platform.asked[1].headers["x-session"] == "t2"


@pytest.mark.parametrize("place", ["body", "header"])
def test_oauth_client_credentials(platform: Platform, place: str) -> None:
    platform.on("/oauth/token", Says({"access_token": "t3", "token_type": "bearer", "expires_in": 3600}))
    auth = {
        "kind": "oauth_client",
        "token_url": f"{platform.base}/oauth/token",
        "scope": "orders",
        "credentials_in": place,
    }
    connector = session(platform, auth, {"client_id": "c1", "client_secret": "s1"})
    assert connector.login().value == "t3"
    asked: Asked = platform.asked[0]
    form = "grant_type=client_credentials&scope=orders"
    if place == "body":
        assert asked.raw.decode() == form + "&client_id=c1&client_secret=s1"
    else:
        assert asked.raw.decode() == form
        assert asked.headers["authorization"] == "Basic YzE6czE="


# The test button.


def test_the_test_button_says_what_was_reached_and_what_not(platform: Platform) -> None:
    platform.on("/login", Says({"session": {"token": "t1"}}))
    platform.on("/orders", Says([{"id": 1}, {"id": 2}]))
    report = session(platform).test()
    assert report.ok
    assert [(step.what, step.ok) for step in report.steps] == [("Logging in", True), ("Reading orders", True)]
    platform.on("/orders", Says({"message": "not for you"}, 403))
    report = session(platform).test()
    assert [(step.what, step.ok) for step in report.steps] == [("Logging in", True), ("Calling", False)]
    assert "not for you" in report.sentence()
    platform.on("/login", Says({}, 401))
    assert [(step.what, step.ok) for step in session(platform).test().steps] == [("Logging in", False)]


def test_a_declared_test_call(platform: Platform) -> None:
    words = {"orders": {"create": {"path": "/orders"}}}
    test = {"path": "/me", "expect": "account.active"}
    platform.on("/me", [Says({"account": {"active": True}}), Says({"account": {}})])
    connector = declared(platform, words, test=test)
    assert connector.test().ok
    assert connector.test().sentence() == "It answered something else than is expected."
