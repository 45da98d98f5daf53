"""What kind of failure a missing or bad answer is, and whether the request may have had its effect."""

from __future__ import annotations

import gzip
import socket
import time
import tracemalloc
import zlib
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from integrations.exceptions import Failure, Kind
from integrations.http.client import HttpClient, Request
from integrations.http.quota import seconds_of
from integrations.http.statuses import meaning_of
from tests.integrations.answering import LOOPBACK, Platform, Says, raw_server

READ = Request("GET", "/things")
WRITE = Request("POST", "/things", body={"a": 1}, writes=True)
QUICK = (0.5, 0.3, 0.6)


def failing(client: HttpClient, request: Request) -> Failure:
    with pytest.raises(Failure) as caught:
        client.check(client.send(request))
    return caught.value


def client_of(base: str, timeout: tuple[float, float, float] = QUICK, max_bytes: int = 10_000) -> HttpClient:
    return HttpClient(base, timeout=timeout, guard=LOOPBACK, max_bytes=max_bytes)


def test_a_refused_connection_was_surely_not_sent(free_port: int) -> None:
    failure = failing(client_of(f"http://127.0.0.1:{free_port}"), WRITE)
    assert (failure.kind, failure.code) == (Kind.TRANSIENT, "host_down")
    assert (failure.in_doubt, failure.connection_wide) == (False, True)
    assert f"127.0.0.1:{free_port} cannot be reached (it refuses the connection)" in failure.sentence


def test_an_unknown_name_was_surely_not_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    failure = failing(client_of("https://shop.example.com"), WRITE)
    assert (failure.code, failure.in_doubt, failure.connection_wide) == ("host_down", False, True)
    assert "its name is not known" in failure.sentence


def test_a_connection_that_takes_too_long_was_not_sent() -> None:
    """The listener's queue is full, so the connection is never made."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listener:
        port = listener.getsockname()[1]
        waiting = [socket.socket() for _ in range(3)]
        for queued in waiting:
            queued.setblocking(False)
            queued.connect_ex(("127.0.0.1", port))
        began = time.monotonic()
        failure = failing(client_of(f"http://127.0.0.1:{port}", (0.2, 1, 1)), WRITE)
        assert time.monotonic() - began < 3
        for queued in waiting:
            queued.close()
    assert (failure.code, failure.in_doubt) == ("host_down", False)


def test_connecting_is_tried_again_and_sending_is_not(
    platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server comes up while we pause between two tries; what was connected is sent once."""
    tried: list[int] = []
    connect = socket.socket.connect

    def refuse_twice(self: socket.socket, place: tuple[str, int]) -> None:
        tried.append(place[1])
        if len(tried) <= 2:
            raise ConnectionRefusedError
        connect(self, place)

    platform.on("/things", Says({}, silent=True))
    monkeypatch.setattr(socket.socket, "connect", refuse_twice)
    failure = failing(client_of(platform.base), WRITE)
    assert (failure.code, failure.in_doubt) == ("lost_answer", True)
    assert tried == [platform.port] * 3
    assert len(platform.asked) == 1


def test_connecting_is_given_up_after_three_tries(free_port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[int] = []
    connect = socket.socket.connect

    def count(self: socket.socket, place: tuple[str, int]) -> None:
        tried.append(place[1])
        connect(self, place)

    monkeypatch.setattr(socket.socket, "connect", count)
    assert failing(client_of(f"http://127.0.0.1:{free_port}"), WRITE).code == "host_down"
    assert tried == [free_port] * 3


def test_a_certificate_that_is_not_trusted_is_the_operators_to_mend() -> None:
    def speak(connection: socket.socket) -> None:
        connection.recv(1000)
        connection.sendall(b"HTTP/1.1 400 this is no TLS\r\n\r\n")

    with raw_server(speak) as port:
        failure = failing(client_of(f"https://127.0.0.1:{port}"), WRITE)
    assert (failure.kind, failure.code) == (Kind.CONFIG, "certificate")
    assert (failure.in_doubt, failure.connection_wide) == (False, True)


@pytest.mark.parametrize("says", [Says({"a": 1}, cut=True), Says(silent=True), Says(raw=b"{not json")])
def test_a_write_without_a_readable_answer_is_in_doubt(platform: Platform, says: Says) -> None:
    platform.on("/things", says)
    failure = failing(client_of(platform.base), WRITE)
    assert (failure.kind, failure.code, failure.in_doubt) == (Kind.TRANSIENT, "lost_answer", True)
    assert not failure.connection_wide
    assert len(platform.asked) == 1


@pytest.mark.parametrize("says", [Says({"a": 1}, cut=True), Says(silent=True), Says(raw=b"{not json")])
def test_a_read_without_a_readable_answer_is_only_late(platform: Platform, says: Says) -> None:
    platform.on("/things", says)
    failure = failing(client_of(platform.base), READ)
    assert (failure.kind, failure.in_doubt) == (Kind.TRANSIENT, False)


def test_an_answer_that_never_comes_is_in_doubt() -> None:
    def speak(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.settimeout(5)
        connection.recv(1)

    with raw_server(speak) as port:
        failure = failing(client_of(f"http://127.0.0.1:{port}"), WRITE)
    assert (failure.code, failure.in_doubt) == ("lost_answer", True)


@pytest.mark.parametrize(
    ("head", "part"),
    [
        (b"", b"H"),
        (b"HTTP/1.1 200 OK\r\n", b"X: y\r\n"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n", b"x"),
    ],
)
def test_a_server_that_drips_cannot_hold_us_longer_than_the_total_time(head: bytes, part: bytes) -> None:
    def speak(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(head)
        for _ in range(50):
            connection.sendall(part)
            time.sleep(0.05)

    with raw_server(speak) as port:
        began = time.monotonic()
        failure = failing(client_of(f"http://127.0.0.1:{port}", (0.5, 0.3, 0.5)), WRITE)
        assert 0.4 < time.monotonic() - began < 2.0
    assert failure.code == "lost_answer"


def test_a_steady_stream_ends_with_the_total_time_too() -> None:
    """Data is always there, so no single read ever waits."""

    def speak(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        ends = time.monotonic() + 3
        while time.monotonic() < ends:
            connection.sendall(b"1\r\n \r\n")

    with raw_server(speak) as port:
        began = time.monotonic()
        client = client_of(f"http://127.0.0.1:{port}", (0.5, 0.3, 0.4), 1_000_000_000)
        assert failing(client, WRITE).code == "lost_answer"
        assert time.monotonic() - began < 2


def test_one_read_never_waits_longer_than_what_is_left_of_the_total_time() -> None:
    def speak(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(b"HTTP/1.1 200 OK\r\n")
        connection.settimeout(5)
        connection.recv(1)

    with raw_server(speak) as port:
        began = time.monotonic()
        assert failing(client_of(f"http://127.0.0.1:{port}", (0.5, 5, 0.3)), WRITE).in_doubt
        assert time.monotonic() - began < 2


def test_the_total_time_begins_anew_on_a_connection_that_is_used_again(platform: Platform) -> None:
    platform.on("/things", Says({}))
    client = client_of(platform.base, (0.5, 0.3, 0.4))
    client.send(READ)
    time.sleep(0.5)
    assert client.send(READ).status == 200


def test_connections_are_used_again() -> None:
    connections = []

    def speak(connection: socket.socket) -> None:
        connections.append(connection)
        while connection.recv(65536):
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")

    with raw_server(speak) as port:
        client = client_of(f"http://127.0.0.1:{port}")
        for _ in range(5):
            assert client.send(READ).json == {}
        client.close()
    assert len(connections) == 1


def test_a_body_that_is_too_large_is_not_read_to_its_end(platform: Platform) -> None:
    platform.on("/things", Says(raw=b"[" + b" " * 20_000 + b"]"))
    failure = failing(client_of(platform.base), READ)
    assert (failure.kind, failure.code) == (Kind.CONFIG, "answer_too_large")
    assert failing(client_of(platform.base), WRITE).in_doubt


def test_a_small_body_that_unpacks_to_a_large_one_is_refused(platform: Platform) -> None:
    bomb = gzip.compress(b" " * 50_000_000)
    assert len(bomb) < 100_000
    platform.on("/things", Says(raw=bomb, headers={"Content-Encoding": "gzip"}))
    tracemalloc.start()
    assert failing(client_of(platform.base, max_bytes=1_000_000), READ).code == "answer_too_large"
    _, most_memory = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most_memory < 10_000_000


@pytest.mark.parametrize(
    ("encoding", "packed"),
    [
        ("gzip", gzip.compress(b'{"a": 1}')),
        ("deflate", zlib.compress(b'{"a": 1}')),
        ("identity", b'{"a": 1}'),
    ],
    # The header that gzip writes holds the second it was made in: no name for a test.
    ids=["gzip", "deflate", "identity"],
)
def test_packed_bodies_are_unpacked(platform: Platform, encoding: str, packed: bytes) -> None:
    platform.on("/things", Says(raw=packed, headers={"Content-Encoding": encoding}))
    assert client_of(platform.base).send(READ).json == {"a": 1}


@pytest.mark.parametrize("raw", [gzip.compress(b'{"a": 1}')[:-9], b"no gzip at all"], ids=["cut", "no gzip"])
def test_a_packed_body_that_is_cut_is_no_answer(platform: Platform, raw: bytes) -> None:
    platform.on("/things", Says(raw=raw, headers={"Content-Encoding": "gzip"}))
    assert failing(client_of(platform.base), WRITE).in_doubt


def test_a_web_page_instead_of_data_names_the_address_as_the_cause(platform: Platform) -> None:
    platform.on("/things", Says(raw=b"<html>", headers={"Content-Type": "text/html"}))
    failure = failing(client_of(platform.base), READ)
    assert (failure.kind, failure.code) == (Kind.CONFIG, "not_json")
    assert "Check the address" in failure.sentence


def test_an_empty_body_is_none(platform: Platform) -> None:
    platform.on("/things", Says(None, 204))
    assert client_of(platform.base).send(READ).json is None


@pytest.mark.parametrize(
    ("status", "kind", "code"),
    [
        (400, Kind.DATA, "refused"),
        (401, Kind.CONFIG, "unauthorized"),
        (403, Kind.CONFIG, "forbidden"),
        (404, Kind.DATA, "not_found"),
        (409, Kind.DATA, "conflict"),
        (410, Kind.DATA, "gone"),
        (418, Kind.DATA, "refused"),
        (422, Kind.DATA, "refused"),
        (429, Kind.TRANSIENT, "rate_limited"),
        (500, Kind.TRANSIENT, "server_error"),
        (503, Kind.TRANSIENT, "server_error"),
        (599, Kind.TRANSIENT, "server_error"),
        (301, Kind.CONFIG, "redirected"),
    ],
)
def test_a_status_is_a_kind(status: int, kind: Kind, code: str) -> None:
    meaning = meaning_of(status)
    assert (meaning.kind, meaning.code) == (kind, code)


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_server_that_fell_over_may_have_written_before(platform: Platform, status: int) -> None:
    platform.on("/things", Says({"message": "sorry"}, status))
    client = client_of(platform.base)
    assert failing(client, WRITE).in_doubt
    assert not failing(client, READ).in_doubt


def test_being_told_to_wait_is_not_in_doubt_and_tells_how_long(platform: Platform) -> None:
    platform.on("/things", Says({}, 429, {"Retry-After": "7"}))
    failure = failing(client_of(platform.base), WRITE)
    assert (failure.code, failure.retry_after, failure.in_doubt) == ("rate_limited", 7.0, False)


def test_retry_after_is_seconds_or_a_date() -> None:
    now = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
    date = format_datetime(now + timedelta(seconds=90), usegmt=True)
    assert seconds_of(date, now) == 90.0
    assert seconds_of("1.5", now) == 1.5
    assert seconds_of(format_datetime(now - timedelta(seconds=90), usegmt=True), now) == 0.0
    assert seconds_of("999999999", now) == 24 * 3600.0
    assert [seconds_of(text, now) for text in ("", "soon", "nan", None)] == [None] * 4


def test_the_platforms_request_id_is_kept(platform: Platform) -> None:
    platform.on("/things", Says({}, 422, {"X-Request-Id": "abc-1"}))
    assert failing(client_of(platform.base), WRITE).request_id == "abc-1"
