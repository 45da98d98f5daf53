"""The guard: every spelling of a private address, names that lead there, and names that change their mind."""

from __future__ import annotations

import ipaddress
import socket
from typing import Any

import pytest

from integrations.exceptions import Failure, Kind
from integrations.http.client import HttpClient, Request
from integrations.http.guard import Guard, Refused
from tests.integrations.answering import LOOPBACK, Platform

SPELLINGS = [
    "127.0.0.1",
    "2130706433",
    "0x7f000001",
    "0177.0.0.1",
    "127.1",
    "0.0.0.0",
    "localhost",
    "[::1]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[::127.0.0.1]",
    "169.254.169.254",
    "10.0.0.1",
    "100.64.0.1",
    "224.0.0.1",
    "[fe80::1]",
    "[64:ff9b::7f00:1]",
    "[2002:7f00:1::]",
]
FURTHER = [
    "192.168.0.1",
    "172.16.0.1",
    "198.18.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "192.88.99.1",
    "[fc00::1]",
    "[fec0::1]",
    "[2001::1]",
    "[2001:20::1]",
    "[3fff::1]",
    "[5f00::1]",
    "[64:ff9b:1::1]",
    "[ff02::1]",
    "[::]",
]


@pytest.mark.parametrize(
    ("host", "said"),
    [("10.0.0.1", "10.0.0.1 is not a public address."), ("127.1", "127.1 is at 127.0.0.1, which is not")],
)
def test_an_address_is_told_once(host: str, said: str) -> None:
    with pytest.raises(Failure) as caught:
        HttpClient(f"http://{host}/", guard=Guard()).send(Request("GET", "/"))
    assert said in caught.value.sentence


@pytest.mark.parametrize("host", SPELLINGS + FURTHER)
def test_no_spelling_of_an_address_that_is_not_public_gets_through(host: str) -> None:
    with pytest.raises(Failure) as caught:
        HttpClient(f"http://{host}/", guard=Guard()).send(Request("GET", "/"))
    assert caught.value.code == "host_not_allowed"
    assert (caught.value.kind, caught.value.connection_wide, caught.value.in_doubt) == (
        Kind.CONFIG,
        True,
        False,
    )
    assert "PRIVATE_NETWORKS" in caught.value.sentence


def test_a_public_address_is_allowed_on_web_ports_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", _resolving("8.8.8.8"))
    assert Guard().addresses("shop.example.com", 443) == [(socket.AF_INET, ("8.8.8.8", 443))]
    with pytest.raises(Refused, match="Port 22"):
        Guard().addresses("shop.example.com", 22)


def test_one_forbidden_address_among_others_refuses_the_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", _resolving("8.8.8.8", "10.0.0.1"))
    with pytest.raises(Refused, match=r"10\.0\.0\.1"):
        Guard().addresses("shop.example.com", 443)


def test_the_socket_goes_to_the_address_that_was_judged(
    monkeypatch: pytest.MonkeyPatch, platform: Platform
) -> None:
    """A name that answers otherwise the second time gains nothing: nobody asks a second time."""
    asked: list[str] = []

    def resolve(host: Any, port: Any, *_: Any, **__: Any) -> list[Any]:
        asked.append(str(host))
        address = "127.0.0.1" if len(asked) == 1 else "10.0.0.1"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

    platform.on("/", [*[_ok()]])
    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    client = HttpClient(f"http://rebinding.example.com:{platform.port}", guard=LOOPBACK)
    assert client.send(Request("GET", "/")).status == 200
    assert asked == ["rebinding.example.com"]
    assert platform.asked[0].headers["host"] == f"rebinding.example.com:{platform.port}"


def test_a_name_that_turns_private_is_refused_at_the_next_connection(
    monkeypatch: pytest.MonkeyPatch, platform: Platform
) -> None:
    answers = iter(["127.0.0.1", "10.0.0.1"])

    def resolve(host: Any, port: Any, *_: Any, **__: Any) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (next(answers), port))]

    platform.on("/", _ok(headers={"Connection": "close"}))
    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    client = HttpClient(f"http://rebinding.example.com:{platform.port}", guard=LOOPBACK)
    assert client.send(Request("GET", "/")).status == 200
    with pytest.raises(Failure, match=r"10\.0\.0\.1"):
        client.send(Request("GET", "/"))


def test_a_private_network_that_the_environment_names_is_reached(platform: Platform) -> None:
    platform.on("/", _ok())
    client = HttpClient(platform.base, guard=Guard([f"127.0.0.0/8 {platform.port}"]))
    assert client.send(Request("GET", "/")).status == 200


def test_a_private_network_is_the_same_in_its_other_spelling() -> None:
    mapped = ipaddress.ip_address("::ffff:10.1.2.3")
    Guard(["10.1.0.0/16"]).check_address("erp.example.com", mapped, 443)
    with pytest.raises(Refused):
        Guard(["10.9.0.0/16"]).check_address("erp.example.com", mapped, 443)


def test_a_named_private_network_is_open_on_its_ports_only(platform: Platform) -> None:
    with pytest.raises(Failure, match="may not be called"):
        HttpClient(platform.base, guard=Guard(["127.0.0.0/8 8069"])).send(Request("GET", "/"))


@pytest.mark.parametrize("port", [22, 5432, 6379, 11211])
def test_ports_of_databases_and_the_like_stay_closed_in_a_private_network(port: int) -> None:
    with pytest.raises(Failure, match="may not be called"):
        HttpClient(f"http://127.0.0.1:{port}", guard=LOOPBACK).send(Request("GET", "/"))


@pytest.mark.parametrize(
    "address", ["ftp://shop.example.com", "file:///etc/passwd", "shop.example.com", "//x.example.com"]
)
def test_only_http_and_https_are_spoken(address: str) -> None:
    with pytest.raises(ValueError, match="http://"):
        HttpClient(address, guard=Guard())


def test_credentials_in_the_address_are_refused() -> None:
    with pytest.raises(ValueError, match="secrets"):
        HttpClient("https://me:mine@shop.example.com", guard=Guard())


def test_the_environments_proxy_is_not_used(monkeypatch: pytest.MonkeyPatch, platform: Platform) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    platform.on("/", _ok())
    assert HttpClient(platform.base, guard=LOOPBACK).send(Request("GET", "/")).status == 200


def test_a_redirect_is_not_followed(platform: Platform) -> None:
    platform.on("/", _says(302, {"Location": "http://169.254.169.254/latest"}))
    client = HttpClient(platform.base, guard=LOOPBACK)
    answer = client.send(Request("GET", "/"))
    with pytest.raises(Failure) as caught:
        client.check(answer)
    assert caught.value.code == "redirected"
    assert len(platform.asked) == 1


@pytest.mark.parametrize(
    "path", ["http://elsewhere.example.com/next", "//elsewhere.example.com/next", "https://127.0.0.1/next"]
)
def test_the_next_page_at_another_host_is_not_fetched(platform: Platform, path: str) -> None:
    with pytest.raises(Failure) as caught:
        HttpClient(platform.base, guard=LOOPBACK).send(Request("GET", path))
    assert caught.value.code == "foreign_address"
    assert platform.asked == []


def test_a_host_that_only_begins_alike_is_another_host(platform: Platform) -> None:
    with pytest.raises(Failure) as caught:
        HttpClient("http://127.0.0.1", guard=LOOPBACK).send(
            Request("GET", "http://127.0.0.1.example.com/next")
        )
    assert caught.value.code == "foreign_address"


def _ok(headers: dict[str, str] | None = None) -> Any:
    return _says(200, headers)


def _says(status: int, headers: dict[str, str] | None = None) -> Any:
    from tests.integrations.answering import Says

    return Says({"ok": True}, status, headers or {})


def _resolving(*addresses: str) -> Any:
    def resolve(host: Any, port: Any, *_: Any, **__: Any) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in addresses]

    return resolve


@pytest.mark.parametrize(
    "link", ["http://shop.example.com/next?p=2", "https://Shop.Example.com:443/next?p=2", "/next?p=2"]
)
def test_a_link_that_forgets_the_encryption_is_called_as_we_know_the_host(link: str) -> None:
    client = HttpClient("https://shop.example.com", guard=LOOPBACK)
    assert client._url(link, []) == "https://shop.example.com/next?p=2"
