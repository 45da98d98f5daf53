"""`python -m tests.hosts.plain URL THREADS SECONDS`: what a script without any guarantees reaches; prints its rate."""

from __future__ import annotations

import http.client
import sys
import threading
import time
from urllib.parse import urlsplit

HEADERS = {"Content-Type": "application/json", "Idempotency-Key": "plain"}


def call(address: str, ends: float, counted: list[int]) -> None:
    connection = http.client.HTTPConnection(address)
    while time.monotonic() < ends:
        connection.request("POST", "/plain", b"{}", HEADERS)
        connection.getresponse().read()
        counted.append(1)


def main(url: str, threads: int, seconds: float) -> None:
    counted: list[int] = []
    began = time.monotonic()
    callers = [
        threading.Thread(target=call, args=(urlsplit(url).netloc, began + seconds, counted))
        for _ in range(threads)
    ]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    print(len(counted) / (time.monotonic() - began))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), float(sys.argv[3]))
