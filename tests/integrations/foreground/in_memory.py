"""A shop and a warehouse without a network between them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from integrations.connectors.base import (
    Abilities,
    Action,
    Answer,
    Call,
    Connector,
    Item,
    Limit,
    Page,
    TestReport,
    WebhookEvent,
    WriteContext,
)
from integrations.exceptions import Failure


class InMemory(Connector):
    """Reads its `items` in pages of two; takes orders into `taken`, refusing those in `refused`."""

    platform = "in_memory"
    label = "In memory"

    def __init__(self) -> None:
        self.items: list[Item] = []
        self.taken: dict[str, dict[str, Any]] = {}
        self.refused: set[str] = set()
        self.down = False
        self.locked_out = False
        self.reads: list[datetime | None] = []
        self.writes = 0

    def add(self, number: int, /, version: int = 1, **more: Any) -> None:
        payload = {"id": str(number), "number": str(number), "updated_at": "2026-11-23T06:45:00Z", **more}
        self.items = [item for item in self.items if item.external_id != str(number)]
        self.items.append(Item(external_id=str(number), payload=payload, version=str(version).zfill(20)))

    def resources(self) -> dict[str, Abilities]:
        return {"orders": Abilities(reads=True, creates=True, updates=True, keys=True, key_lifetime=3600.0)}

    def required_fields(self, resource: str, operation: str) -> tuple[str, ...]:
        return ()

    def actions(self, resource: str) -> tuple[Action, ...]:
        return ()

    def limit(self) -> Limit:
        return Limit()

    def test(self) -> TestReport:
        raise NotImplementedError

    def read(
        self,
        resource: str,
        *,
        since: datetime | None,
        position: dict[str, Any] | None,
        not_final: bool = False,
    ) -> Page:
        if self.down:
            raise Failure.transient("host_down", "The shop cannot be reached.", connection_wide=True)
        if self.locked_out:
            raise Failure.config("unauthorized", "The shop refused the token.", connection_wide=True)
        self.reads.append(since)
        start = position["at"] if position else 0
        following = {"at": start + 2} if start + 2 < len(self.items) else None
        return Page(tuple(self.items[start : start + 2]), following)

    def fetch(self, resource: str, external_id: str) -> Item | None:
        return next((item for item in self.items if item.external_id == external_id), None)

    def prepare(self, resource: str, context: WriteContext, step: int, key: str) -> Call:
        return Call(
            resource,
            context.operation,
            step,
            "POST",
            "orders",
            body=context.body,
            key=key,
            external_id=context.external_id or "",
        )

    def send(self, call: Call) -> Answer:
        self.writes += 1
        number = call.body["number"]
        if number in self.refused:
            raise Failure.data("invalid_field", "The warehouse has no room.", field="number", status=422)
        self.taken[number] = call.body
        return Answer(external_id=f"w-{number}", body={"id": f"w-{number}"}, status=201)

    def lookup(self, resource: str, natural_key: str) -> Item | None:
        return None

    def verify_webhook(self, headers: Mapping[str, str], raw: bytes, url: str = "") -> list[WebhookEvent]:
        raise NotImplementedError
