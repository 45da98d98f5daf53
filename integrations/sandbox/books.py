"""The books: every effect that happened on any system, append-only, so that a check can count from outside."""

from typing import Any

from integrations.sandbox.clock import Clock, to_text
from integrations.sandbox.store import Document, Store

TABLE = "effects"
HIDDEN = ("sequences", "acts", "settings", "sessions")


class Books:
    def __init__(self, store: Store, clock: Clock) -> None:
        self.store = store
        self.clock = clock

    def record(
        self,
        system: str,
        effect: str,
        identity: str,
        *,
        reference: str = "",
        key: str = "",
        replay: bool = False,
        detail: Document | None = None,
    ) -> None:
        """Writes one effect; call it inside the transaction that does it.

        `replay` marks an answer given again for a known idempotency key: nothing happened the second time.
        """
        number = self.store.number(TABLE)
        entry = {
            "sequence": number,
            "at": to_text(self.clock.now()),
            "system": system,
            "effect": effect,
            "id": identity,
            "reference": reference,
            "key": key,
            "replay": replay,
            "detail": detail or {},
        }
        self.store.put(TABLE, f"{number:012d}", entry)

    def effects(self, after: int = 0, limit: int | None = None) -> list[Document]:
        """Effects whose sequence is greater than `after`, in the order in which they happened."""
        last = self.store.count(TABLE)
        stop = last if limit is None else min(last, after + limit)
        with self.store.lock:
            found = [self.store.get(TABLE, f"{number:012d}") for number in range(after + 1, stop + 1)]
        return [entry for entry in found if entry is not None]

    def holdings(self, systems: list[str]) -> dict[str, dict[str, list[Any]]]:
        """Everything that these systems hold: {system: {table: [documents]}}."""
        held: dict[str, dict[str, list[Any]]] = {name: {} for name in systems}
        for table in self.store.tables():
            system, _, part = table.partition(".")
            if system in held and part and part not in ("keys", "deliveries", "subscriptions"):
                held[system][part] = self.store.all(table)
        return held
