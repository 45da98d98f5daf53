"""Sockets for what is no HTTP: opened to an address that the guard has judged, never to a name."""

from __future__ import annotations

import socket
import time

from integrations.http.guard import Guard


def open_socket(guard: Guard, host: str, port: int, seconds: float) -> socket.socket:
    """Raises Refused, or OSError where nothing answers within `seconds`."""
    ends = time.monotonic() + seconds
    last: OSError = OSError("no address")
    for family, place in guard.addresses(host, port):
        opened = socket.socket(family, socket.SOCK_STREAM)
        try:
            opened.settimeout(max(0.01, ends - time.monotonic()))
            opened.connect(place)
            opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            return opened
        except OSError as error:
            opened.close()
            last = error
    raise last
