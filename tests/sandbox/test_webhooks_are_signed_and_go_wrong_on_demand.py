import base64
import hashlib
import hmac
import json
import queue
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from integrations.sandbox.comparing import compare_webhooks

from .running import SandboxProcess

SECRET = "whsec_test"


@dataclass
class Receiver:
    """Takes webhooks; answers each with the next of `statuses`, then 200."""

    arrived: queue.Queue[tuple[dict[str, str], bytes]] = field(default_factory=queue.Queue)
    statuses: list[int] = field(default_factory=list)
    address: str = ""

    def next(self) -> tuple[dict[str, str], dict[str, Any]]:
        headers, raw = self.arrived.get(timeout=10)
        return headers, {**json.loads(raw), "genuine": is_genuine(headers, raw)}

    def nothing_more(self) -> bool:
        try:
            self.arrived.get(timeout=0.4)
        except queue.Empty:
            return True
        return False


def is_genuine(headers: dict[str, str], raw: bytes) -> bool:
    wanted = base64.b64encode(hmac.new(SECRET.encode(), raw, hashlib.sha256).digest()).decode()
    return headers["x-sandbox-signature"] == wanted


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers["Content-Length"]))
            made.arrived.put(({name.lower(): value for name, value in self.headers.items()}, raw))
            self.send_response(made.statuses.pop(0) if made.statuses else 200)
            self.end_headers()

        def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
            """Keeps the tests' output clean."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made.address = f"http://127.0.0.1:{server.server_port}/hooks/shop"
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield made
    server.shutdown()
    server.server_close()


@pytest.fixture
def shop(sandbox: SandboxProcess, receiver: Receiver) -> SandboxProcess:
    body = {"address": receiver.address, "topics": ["orders/updated"], "secret": SECRET}
    assert sandbox.ask("POST", "/shop/webhooks", body).status == 201
    return sandbox


def place(sandbox: SandboxProcess) -> None:
    sandbox.control("POST", "/shop/orders", {"lines": [{"sku": "MUG", "quantity": 1}]})


def test_a_change_is_told_once_and_signed(shop: SandboxProcess, receiver: Receiver) -> None:
    place(shop)
    headers, event = receiver.next()
    assert event["genuine"]
    assert event["topic"] == headers["x-sandbox-topic"] == "orders/updated"
    assert (event["data"]["number"], event["id"]) == ("1001", headers["x-sandbox-event-id"])
    assert receiver.nothing_more()


def test_a_refused_event_is_sent_again_under_its_id(shop: SandboxProcess, receiver: Receiver) -> None:
    receiver.statuses = [500, 503]
    place(shop)
    tries = [receiver.next() for _ in range(3)]
    assert {headers["x-sandbox-event-id"] for headers, _ in tries} == {"evt_1"}
    assert [headers["x-sandbox-attempt"] for headers, _ in tries] == ["1", "2", "3"]
    assert receiver.nothing_more()


def test_an_event_is_doubled(shop: SandboxProcess, receiver: Receiver) -> None:
    shop.fault("shop", "webhook_duplicate", count=1)
    place(shop)
    assert receiver.next()[1] == receiver.next()[1]
    assert receiver.nothing_more()


def test_an_event_overtakes_an_earlier_one(shop: SandboxProcess, receiver: Receiver) -> None:
    shop.fault("shop", "webhook_reorder", count=1)
    place(shop)
    place(shop)
    assert [receiver.next()[1]["data"]["number"] for _ in range(2)] == ["1002", "1001"]


def test_an_event_is_dropped_and_counted(shop: SandboxProcess, receiver: Receiver) -> None:
    shop.fault("shop", "webhook_drop", count=1)
    place(shop)
    place(shop)
    assert receiver.next()[1]["data"]["number"] == "1002"
    assert receiver.nothing_more()
    assert shop.fired() == {"webhook_drop": 1}


def test_a_forged_event_bears_a_wrong_signature(shop: SandboxProcess, receiver: Receiver) -> None:
    shop.fault("shop", "webhook_forge", count=1)
    place(shop)
    events = [receiver.next()[1] for _ in range(2)]
    assert [(event["genuine"], event["data"]["total"]) for event in events] == [
        (True, "12.50"),
        (False, "0.01"),
    ]


def test_subscriptions_are_listed_without_their_secret_and_ended(
    shop: SandboxProcess, receiver: Receiver
) -> None:
    listed = shop.ask("GET", "/shop/webhooks").body["webhooks"]
    assert listed == [{"id": "wh_1", "address": receiver.address, "topics": ["orders/updated"]}]
    assert shop.ask("GET", "/warehouse/webhooks").body == {"webhooks": []}
    shop.ask("DELETE", "/shop/webhooks/wh_1")
    place(shop)
    assert receiver.nothing_more()


def test_a_subscription_needs_address_topics_and_secret(sandbox: SandboxProcess) -> None:
    whole = {"address": "http://127.0.0.1:1/", "topics": ["orders/updated"], "secret": "s"}
    for name, code in (("address", "invalid"), ("topics", "required"), ("secret", "required")):
        answer = sandbox.ask("POST", "/shop/webhooks", {**whole, name: None})
        assert (answer.status, answer.codes) == (422, [(code, name)])


def test_what_became_of_them_is_known_after_a_restart(state: Path, receiver: Receiver) -> None:
    running = SandboxProcess(state).start()
    try:
        running.control("POST", "/warehouse/stock/MUG", {"on_hand": 10})
        product = {"sku": "MUG", "title": "Mug", "price": "12.50", "currency": "EUR", "available": 10}
        running.control("POST", "/shop/products", product)
        subscription = {"address": receiver.address, "topics": ["orders/updated"], "secret": SECRET}
        assert running.ask("POST", "/shop/webhooks", subscription).status == 201
        running.fault("shop", "webhook_forge", count=1)
        running.fault("shop", "webhook_drop", count=1, after=1)
        receiver.statuses = [200, 401]
        place(running)
        place(running)
        told = running.control("GET", "/webhooks")
        while told["pending"]:
            told = running.control("GET", "/webhooks")
        assert {name: number for name, number in told.items() if number} == {
            "sent": 2,
            "accepted": 1,
            "refused": 1,
            "dropped": 1,
        }

        running.kill()
        running.start()

        assert running.control("GET", "/webhooks") == told
    finally:
        running.kill()


def test_a_forged_one_that_is_taken_is_counted(shop: SandboxProcess, receiver: Receiver) -> None:
    shop.fault("shop", "webhook_forge", count=1)
    place(shop)
    for _ in range(2):
        receiver.next()
    told = shop.control("GET", "/webhooks")
    while told["pending"]:
        told = shop.control("GET", "/webhooks")
    assert [str(difference) for difference in compare_webhooks(told)] == [
        "Webhooks: forged ones that were taken must be 0 and is 1."
    ]


@pytest.mark.parametrize("what", ["pending", "given_up"])
def test_an_event_that_did_not_come_to_its_end_is_told(what: str) -> None:
    held = {"pending": 0, "given_up": 0, "forged_taken": 0}
    assert compare_webhooks(held) == []
    assert len(compare_webhooks({**held, what: 1})) == 1
