"""Sends the portal signed webhooks over connections that are kept, and takes the time of each answer."""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.client
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count

import orjson

from tests.growth.orders import order

AT_ONCE = 16


@dataclass(frozen=True)
class Answered:
    rate: float
    p50_ms: float
    p99_ms: float


def await_portal(port: int, seconds: float = 60.0) -> None:
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        try:
            asked = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            asked.request("GET", "/healthz")
            if asked.getresponse().status == 200:
                return
        except OSError:
            pass
        time.sleep(0.2)
    raise AssertionError("The portal does not answer.")


def send(port: int, secret: str, orders: int) -> Answered:
    """Each order once, so many at a time; whatever is not taken ends it."""
    numbers, took, failed = count(), list[float](), list[Exception]()

    def work() -> None:
        try:
            took.extend(_deliveries(port, secret, numbers, orders))
        except Exception as error:  # noqa: BLE001 # raised again by the one who waits
            failed.append(error)

    threads = [threading.Thread(target=work) for _ in range(AT_ONCE)]
    began = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failed:
        raise failed[0]
    took.sort()
    seconds = time.monotonic() - began
    return Answered(orders / seconds, took[orders // 2] * 1000, took[int(orders * 0.99)] * 1000)


def _deliveries(port: int, secret: str, numbers: Iterator[int], orders: int) -> Iterator[float]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    while (number := next(numbers)) < orders:
        body = orjson.dumps(order(f"o-{number}", number, number).payload)
        signature = base64.b64encode(hmac.digest(secret.encode(), body, hashlib.sha256)).decode()
        headers = {
            "Content-Type": "application/json",
            "X-Shop-Hmac-Sha256": signature,
            "X-Shop-Topic": "orders/create",
            "X-Shop-Webhook-Id": f"delivery-{number}",
        }
        began = time.monotonic()
        connection.request("POST", "/hooks/benchmark", body, headers)
        answer = connection.getresponse()
        answer.read()
        if not 200 <= answer.status < 300:
            raise AssertionError(f"A webhook was answered {answer.status}.")
        yield time.monotonic() - began
