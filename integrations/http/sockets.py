"""Connections that reach only what the guard allows and never take longer than their total time.

The time limits of urllib3 are per read: a server that sends one byte at a time could hold a worker for hours.
"""

from __future__ import annotations

import io
import socket
import ssl
import time
from http.client import HTTPResponse  # the answer's reader is timed here, nothing is called
from typing import Any

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError

from integrations.http.guard import Guard, Refused

CONNECT_TRIES = 3
PAUSE_BETWEEN_TRIES = 0.05


class HostRefused(NewConnectionError):
    """The guard refused the host."""


class TlsRefused(NewConnectionError):
    """No trusted, encrypted connection could be made."""


class _TimedReader(io.RawIOBase):
    """Reads a socket; each read waits no longer than the read time, and no read begins after the deadline."""

    def __init__(self, sock: socket.socket, read_seconds: float, deadline: float) -> None:
        self._sock = sock
        # Keeps the socket open until the answer is read, as http.client expects.
        self._raw = sock.makefile("rb", buffering=0)
        self._read_seconds = read_seconds
        self._deadline = deadline

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("the total time for one call is over")
        self._sock.settimeout(min(self._read_seconds, left))
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


class _TimedResponse(HTTPResponse):
    def __init__(self, reader: _TimedReader, sock: socket.socket, method: str | None) -> None:
        super().__init__(sock, method=method)
        self.fp.close()
        self.fp = io.BufferedReader(reader)


class _Guarded:
    """What plain and encrypted connections have in common. `limits` are seconds: connect, read, total."""

    guard: Guard
    limits: tuple[float, float, float]
    deadline = 0.0
    just_connected = False
    held: list[bytes] | None = None

    host: str
    port: int
    socket_options: Any
    sock: Any

    def _new_conn(self) -> socket.socket:
        """Connects to an address that was judged: the name is resolved once, here."""
        try:
            addresses = self.guard.addresses(self.host, self.port)
        except Refused as refused:
            raise HostRefused(self, str(refused)) from refused  # type: ignore[arg-type]
        except (socket.gaierror, UnicodeError) as error:
            raise NameResolutionError(self.host, self, error) from error  # type: ignore[arg-type]
        until = time.monotonic() + self.limits[0]
        last: OSError = OSError("no address")
        for attempt in range(CONNECT_TRIES):
            for family, place in addresses:
                try:
                    return self._open(family, place, until)
                except OSError as error:
                    last = error
            if time.monotonic() + PAUSE_BETWEEN_TRIES >= until:
                break
            if attempt + 1 < CONNECT_TRIES:
                time.sleep(PAUSE_BETWEEN_TRIES)
        if isinstance(last, TimeoutError):
            raise ConnectTimeoutError(self, f"no connection within {self.limits[0]:g} s") from last
        raise NewConnectionError(self, f"no connection: {last}") from last  # type: ignore[arg-type]

    def _open(self, family: socket.AddressFamily, place: tuple[str, int], until: float) -> socket.socket:
        sock = socket.socket(family, socket.SOCK_STREAM)
        try:
            for option in self.socket_options or ():
                sock.setsockopt(*option)
            sock.settimeout(max(0.01, until - time.monotonic()))
            sock.connect(place)
        except BaseException:
            sock.close()
            raise
        return sock

    def begin(self) -> None:
        self.deadline = time.monotonic() + self.limits[2]
        self.just_connected = True

    def before_request(self) -> None:
        """On a connection that is used again the total time begins with the request."""
        if self.sock is not None and not self.just_connected:
            self.deadline = time.monotonic() + self.limits[2]

    # For mypy: the class behind this one, urllib3's connection, has both.
    def send(self, data: Any) -> None:
        if self.held is None:
            super().send(data)  # type: ignore[misc]
        else:
            self.held.append(data)

    def request(self, *args: Any, **more: Any) -> None:
        self.before_request()
        held: list[bytes] = []
        self.held = held
        try:
            super().request(*args, **more)  # type: ignore[misc]
        finally:
            self.held = None
        # Head and body in one write: a system call less, and no server waits for the second part.
        self.send(b"".join(held))
        self.just_connected = False

    def response_class(self, sock: socket.socket, method: str | None = None) -> HTTPResponse:
        return _TimedResponse(_TimedReader(sock, self.limits[1], self.deadline), sock, method)


# For mypy: http.client calls `response_class` and does not care whether it is a class or a method.
class GuardedHTTPConnection(_Guarded, HTTPConnection):  # type: ignore[misc]
    def connect(self) -> None:
        self.begin()
        super().connect()


class GuardedHTTPSConnection(_Guarded, HTTPSConnection):  # type: ignore[misc]
    def connect(self) -> None:
        self.begin()
        try:
            super().connect()
        except (ssl.SSLError, ssl.CertificateError, urllib3.exceptions.SSLError) as error:
            raise TlsRefused(self, str(error)) from error


def pool_classes(
    guard: Guard, limits: tuple[float, float, float]
) -> dict[str, type[HTTPConnectionPool] | type[HTTPSConnectionPool]]:
    """Pool classes for a PoolManager whose every connection obeys this guard and these limits."""
    shared = {"guard": guard, "limits": limits}
    plain = type("PlainConnection", (GuardedHTTPConnection,), shared)
    encrypted = type("EncryptedConnection", (GuardedHTTPSConnection,), shared)
    return {
        "http": type("PlainPool", (HTTPConnectionPool,), {"ConnectionCls": plain}),
        "https": type("EncryptedPool", (HTTPSConnectionPool,), {"ConnectionCls": encrypted}),
    }
