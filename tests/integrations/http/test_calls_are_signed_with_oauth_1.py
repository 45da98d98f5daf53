"""OAuth 1.0a as a server checks it: oauthlib's own verifier, and once more by hand as RFC 5849 (3.4) has it."""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import Any
from urllib.parse import parse_qsl, quote

import pytest
from oauthlib import oauth1

from integrations.exceptions import DeclarationError
from integrations.http.auth import OAuth1
from integrations.http.client import HttpClient, Request
from tests.integrations.answering import LOOPBACK, Asked, Platform, Says
from tests.integrations.connectors.declaring import declared, listing, read_all

KEY, SECRET = "ck_0123456789abcdef0123", "cs_0123456789abcdef0123"
TOKEN, TOKEN_SECRET = "token0123456789abcdef0", "of the token, with a space"


class Server(oauth1.RequestValidator):
    """What a server knows of us."""

    enforce_ssl = False

    def validate_client_key(self, client_key: str, request: Any) -> bool:
        return client_key == KEY

    def validate_timestamp_and_nonce(self, *_: Any, **__: Any) -> bool:
        return True

    def get_client_secret(self, client_key: str, request: Any) -> str:
        return SECRET

    def get_access_token_secret(self, client_key: str, token: str, request: Any) -> str:
        return TOKEN_SECRET

    def validate_access_token(self, client_key: str, token: str, request: Any) -> bool:
        return token == TOKEN

    def validate_realms(self, *_: Any, **__: Any) -> bool:
        return True

    @property
    def client_key_length(self) -> tuple[int, int]:
        return 20, 50

    @property
    def nonce_length(self) -> tuple[int, int]:
        return 20, 50

    @property
    def safe_characters(self) -> set[str]:
        return super().safe_characters | {"_"}

    @property
    def allowed_signature_methods(self) -> tuple[str, ...]:
        return "HMAC-SHA1", "HMAC-SHA256"


def sent(platform: Platform, who: OAuth1, request: Request) -> Asked:
    platform.on("/orders", Says([]))
    HttpClient(platform.base, who, guard=LOOPBACK).send(request)
    return platform.asked[-1]


def is_right(platform: Platform, asked: Asked, *, with_token: bool = False) -> bool:
    query = "&".join(
        f"{quote(name)}={quote(value)}" for name, values in asked.query.items() for value in values
    )
    headers = {"Content-Type": asked.headers.get("content-type", "")}
    if "authorization" in asked.headers:
        headers["Authorization"] = asked.headers["authorization"]
    form = asked.raw.decode() if "form" in headers["Content-Type"] else None
    call = (f"{platform.base}{asked.path}?{query}", asked.method, form, headers)
    if with_token:
        return bool(oauth1.ResourceEndpoint(Server()).validate_protected_resource_request(*call)[0])
    return bool(oauth1.SignatureOnlyEndpoint(Server()).validate_request(*call)[0])


REQUESTS = {
    "list": Request(
        "GET", "/orders", [("page", "1"), ("search", "a b+c&d=é"), ("since", "2026-11-23T05:00:00")]
    ),
    "repeated": Request("GET", "/orders", [("status", "open"), ("status", "any"), ("created[gte]", "")]),
    "json": Request("POST", "/orders", body={"a": "b=c&d"}, writes=True),
    "form": Request("POST", "/orders", body={"a": "b=c&d é"}, encoding="form", writes=True),
    "nothing": Request("DELETE", "/orders", writes=True),
    "as it stands": Request("GET", "/orders?created[gte]=2026-11-23T05:00:00&q=a+b"),
}


@pytest.mark.parametrize("name", sorted(REQUESTS))
@pytest.mark.parametrize("in_query", [True, False])
@pytest.mark.parametrize("method", ["HMAC-SHA1", "HMAC-SHA256"])
def test_a_server_finds_the_signature_right(
    platform: Platform, name: str, in_query: bool, method: str
) -> None:
    asked = sent(platform, OAuth1(KEY, SECRET, method=method, in_query=in_query), REQUESTS[name])
    assert is_right(platform, asked)
    assert ("authorization" in asked.headers) is not in_query
    assert SECRET not in str(asked)


def test_what_was_asked_for_still_arrives(platform: Platform) -> None:
    asked = sent(platform, OAuth1(KEY, SECRET, in_query=True), REQUESTS["repeated"])
    assert (asked.query["status"], asked.query["created[gte]"]) == (["open", "any"], [""])


@pytest.mark.parametrize("in_query", [True, False])
def test_a_server_refuses_what_was_changed_on_the_way(platform: Platform, in_query: bool) -> None:
    asked = sent(platform, OAuth1(KEY, SECRET, in_query=in_query), REQUESTS["list"])
    asked.query["page"] = ["2"]
    assert not is_right(platform, asked)


def test_a_server_refuses_another_secret(platform: Platform) -> None:
    asked = sent(platform, OAuth1(KEY, "cs_another"), REQUESTS["list"])
    assert not is_right(platform, asked)


def test_a_token_and_its_secret_are_signed_with(platform: Platform) -> None:
    who = OAuth1(KEY, SECRET, token=TOKEN, token_secret=TOKEN_SECRET, realm="1234567")
    asked = sent(platform, who, REQUESTS["list"])
    assert is_right(platform, asked, with_token=True)
    assert 'realm="1234567"' in asked.headers["authorization"]
    assert set(who.secrets()) == {SECRET, TOKEN, TOKEN_SECRET}


def test_the_signature_is_what_the_standard_says(platform: Platform) -> None:
    """Without oauthlib: method, address and sorted parameters, each quoted; the secret with an empty token's."""
    asked = sent(platform, OAuth1(KEY, SECRET, in_query=True), REQUESTS["list"])
    given = dict(asked.params)
    signature = given.pop("oauth_signature")
    pairs = sorted((quote(name, safe="~"), quote(value, safe="~")) for name, value in given.items())
    parameters = "&".join(f"{name}={value}" for name, value in pairs)
    base = "&".join(quote(part, safe="~") for part in ("GET", platform.base + "/orders", parameters))
    digest = hmac.new(f"{SECRET}&".encode(), base.encode(), hashlib.sha256).digest()
    assert signature == base64.b64encode(digest).decode()


def test_no_two_calls_are_signed_alike(platform: Platform) -> None:
    who = OAuth1(KEY, SECRET, in_query=True)
    assert len({sent(platform, who, REQUESTS["nothing"]).params["oauth_nonce"] for _ in range(3)}) == 3


def test_a_place_that_is_kept_holds_no_signature(platform: Platform) -> None:
    """A platform repeats in the next page's address what it was asked with."""
    client = HttpClient(platform.base, OAuth1(KEY, SECRET, in_query=True), guard=LOOPBACK)
    signed = client.auth.sign("GET", f"{platform.base}/orders?page=2", {}, None)
    assert dict(parse_qsl(signed.partition("?")[2]))["oauth_consumer_key"] == KEY
    assert client.without_identity({"url": signed}) == {"url": f"{platform.base}/orders?page=2"}


@pytest.mark.parametrize("placed_in", ["header", "query"])
def test_it_is_declared_with_one_word(platform: Platform, placed_in: str) -> None:
    secrets = {"client_id": KEY, "client_secret": SECRET}
    platform.on("/things", Says({"things": []}))
    connector = declared(platform, listing(), secrets, auth={"kind": "oauth1", "placed_in": placed_in})
    read_all(connector)
    assert is_right(platform, platform.asked[-1])
    assert ("authorization" in platform.asked[-1].headers) == (placed_in == "header")


def test_a_secret_that_is_missing_is_named(platform: Platform) -> None:
    with pytest.raises(DeclarationError, match="client_secret"):
        declared(platform, listing(), {"client_id": KEY}, auth={"kind": "oauth1"})
