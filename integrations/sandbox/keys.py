"""Idempotency keys: the same key and body give the same answer again, another body under the key is refused."""

import hashlib
import json
from typing import Any

from integrations.sandbox.clock import Clock
from integrations.sandbox.refusals import Refusal
from integrations.sandbox.store import Document, Store

LIFETIME = 24 * 3600.0


class Keys:
    """One system's keys. `lifetime` (seconds) is how long a key is known."""

    def __init__(self, store: Store, clock: Clock, system: str) -> None:
        self.store = store
        self.clock = clock
        self.table = f"{system}.keys"

    def known(self, key: str, print_: str, lifetime: float = LIFETIME) -> Document | None:
        """What was answered for this key, None when it is new or forgotten. Raises Refusal 409."""
        entry = self.store.get(self.table, key)
        if entry is None or self.clock.now() - entry["at"] > lifetime * 1000:
            return None
        if entry["print"] != print_:
            message = "This idempotency key was used before, with another request."
            raise Refusal(409, "idempotency_key_reused", message, "Idempotency-Key")
        return entry

    def remember(self, key: str, print_: str, answered: Document) -> None:
        self.store.put(self.table, key, {**answered, "print": print_, "at": self.clock.now()})


def print_of(purpose: str, body: dict[str, Any]) -> str:
    """What a key stands for; the order of the body's names does not matter."""
    text = json.dumps([purpose, body], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()
