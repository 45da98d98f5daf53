"""Webhooks out: subscriptions, signed deliveries with retries, and the ways in which vendors get them wrong.

The body is signed with HMAC-SHA256 under the subscription's secret, base64, in X-Sandbox-Signature.
X-Sandbox-Event-Id is the same for every redelivery of one event. What is not yet delivered is in the store,
so a killed sandbox goes on sending when it is started again; how many came to which end is kept with it.
"""

import base64
import hashlib
import hmac
import http.client
import threading
from collections.abc import Callable
from urllib.parse import urlsplit

from integrations.sandbox.clock import Clock, to_text
from integrations.sandbox.refusals import Refusal
from integrations.sandbox.store import Document, Store
from integrations.sandbox.wire import encode

ATTEMPTS = 8
TIMEOUT = 5.0
COUNTED = ("sent", "accepted", "refused", "dropped", "given_up", "forged_taken")
PENDING = "webhooks.deliveries"
SUBSCRIPTIONS = "webhooks.subscriptions"
COUNTS = "webhooks.counts"
Misbehaves = Callable[[str, str, str], bool]


class Webhooks:
    """`misbehaves(system, kind, topic)` says whether this one is to go wrong in that way (and counts it)."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self.store = store
        self.clock = clock
        self.misbehaves: Misbehaves = lambda system, kind, topic: False
        self.wake = threading.Event()
        self.stopping = threading.Event()
        self.due = store.index(PENDING, lambda delivery: (delivery["not_before"],))

    def subscribe(self, system: str, body: Document) -> Document:
        """{address, topics, secret} → {id, address, topics}; `topics` may hold "*". Raises Refusal 422."""
        address, topics, secret = body.get("address"), body.get("topics"), body.get("secret")
        if not isinstance(address, str) or urlsplit(address).scheme != "http":
            raise Refusal(422, "invalid", "address must be an http:// address.", "address")
        if not isinstance(topics, list) or not topics:
            raise Refusal(422, "required", "topics must name at least one topic.", "topics")
        if not isinstance(secret, str) or not secret:
            raise Refusal(422, "required", "secret is needed to sign what is sent.", "secret")
        with self.store.transaction():
            identity = f"wh_{self.store.number('webhooks')}"
            kept = {"id": identity, "system": system, "address": address, "topics": topics}
            self.store.put(SUBSCRIPTIONS, identity, {**kept, "secret": secret})
        return {"id": identity, "address": address, "topics": topics}

    def subscriptions(self, system: str) -> list[Document]:
        found = [entry for entry in self.store.all(SUBSCRIPTIONS) if entry["system"] == system]
        return [{name: entry[name] for name in ("id", "address", "topics")} for entry in found]

    def unsubscribe(self, system: str, identity: str) -> None:
        kept = self.store.get(SUBSCRIPTIONS, identity)
        if kept is None or kept["system"] != system:
            raise Refusal(404, "not_found", f"There is no webhook {identity}.")
        with self.store.transaction():
            self.store.remove(SUBSCRIPTIONS, identity)

    def announce(self, system: str, topic: str, data: Document) -> None:
        """Queues an event for everyone who asked for it; call it inside the transaction that makes it true."""
        wanted = [
            entry
            for entry in self.store.all(SUBSCRIPTIONS)
            if entry["system"] == system and {topic, "*"} & set(entry["topics"])
        ]
        for subscription in wanted:
            self._queue(system, topic, data, subscription["id"])

    def _queue(self, system: str, topic: str, data: Document, subscription: str) -> None:
        number = self.store.number("events")
        event = f"evt_{number}"
        if self.misbehaves(system, "webhook_drop", topic):
            self._count(["dropped"])
            return
        now = self.clock.now()
        body = encode({"id": event, "topic": topic, "occurred_at": to_text(now), "data": data}).decode()
        late = 1500 if self.misbehaves(system, "webhook_reorder", topic) else 0
        entry: Document = {"event": event, "subscription": subscription, "topic": topic, "body": body}
        entry |= {"attempts": 0, "not_before": now + late, "forged": False}
        identity = f"{number:012d}"
        self.store.put(PENDING, identity, entry)
        if self.misbehaves(system, "webhook_duplicate", topic):
            self.store.put(PENDING, identity + "b", entry)
        if self.misbehaves(system, "webhook_forge", topic):
            forged = encode({"id": event + "x", "topic": topic, "data": {**data, "total": "0.01"}}).decode()
            self.store.put(PENDING, identity + "f", {**entry, "body": forged, "forged": True})
        self.wake.set()

    def run(self) -> None:
        """Delivers until `stop`; the loop of the sandbox's one delivery thread."""
        while not self.stopping.is_set():
            self.wake.clear()
            now = self.clock.now()
            with self.store.lock:
                stop = self.due.at_or_after((now,))
                ready = self.due.ids(0, stop)
            for identity in ready:
                self._deliver(identity)
            if not ready:
                self.wake.wait(0.2)

    def stop(self) -> None:
        self.stopping.set()
        self.wake.set()

    def _deliver(self, identity: str) -> None:
        entry = self.store.get(PENDING, identity)
        if entry is None:
            return
        subscription = self.store.get(SUBSCRIPTIONS, entry["subscription"])
        status = 410 if subscription is None else self._post(entry, subscription)
        taken = 200 <= status < 300
        settled = taken or entry["forged"] or subscription is None
        attempts = entry["attempts"] + 1
        ends = ["sent", "accepted" if taken else "refused"]
        if taken and entry["forged"]:
            ends.append("forged_taken")
        if not settled and attempts == ATTEMPTS:
            ends.append("given_up")
        with self.store.transaction():
            self._count(ends)
            if settled or attempts == ATTEMPTS:
                self.store.remove(PENDING, identity)
            else:
                pause = self.clock.now() + 500 * 2**attempts
                self.store.put(PENDING, identity, {**entry, "attempts": attempts, "not_before": pause})

    def _post(self, entry: Document, subscription: Document) -> int:
        """The receiver's status, 0 when it could not be reached."""
        body = entry["body"].encode()
        secret = "not the secret" if entry["forged"] else subscription["secret"]
        headers = {
            "Content-Type": "application/json",
            "X-Sandbox-Topic": entry["topic"],
            "X-Sandbox-Event-Id": entry["event"],
            "X-Sandbox-Attempt": str(entry["attempts"] + 1),
            "X-Sandbox-Signature": sign(body, secret),
        }
        parts = urlsplit(subscription["address"])
        connection = http.client.HTTPConnection(parts.netloc, timeout=TIMEOUT)
        try:
            connection.request("POST", parts.path or "/", body, headers)
            return connection.getresponse().status
        except (OSError, http.client.HTTPException):
            return 0  # Not reached: tried again like any refusal, and counted as refused.
        finally:
            connection.close()

    def _count(self, ends: list[str]) -> None:
        """In the store, as what has fired is: a restart must not make the two disagree. Inside a transaction."""
        kept = self.store.get(COUNTS, "all") or {}
        self.store.put(COUNTS, "all", {**kept, **{name: kept.get(name, 0) + 1 for name in ends}})

    def state(self) -> dict[str, int]:
        """How many came to which end, and how many are still to be sent."""
        kept = self.store.get(COUNTS, "all") or {}
        told = {name: kept.get(name, 0) for name in COUNTED}
        return {**told, "pending": self.store.count(PENDING)}


def sign(body: bytes, secret: str) -> str:
    """Base64 of the HMAC-SHA256 of the raw body: what X-Sandbox-Signature holds."""
    return base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()
