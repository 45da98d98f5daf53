"""A platform that signs with one word and tells what is in the body."""

from __future__ import annotations

import json
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
    SignatureRefused,
    TestReport,
    WebhookEvent,
    WriteContext,
)

SIGNATURE = "right"


class FakeConnector(Connector):
    platform = "fake"
    label = "Fake"

    def __init__(self, fetches: bool = True) -> None:
        self.fetches = fetches
        self.verified: list[bytes] = []

    def verify_webhook(self, headers: Mapping[str, str], raw: bytes, url: str = "") -> list[WebhookEvent]:
        self.verified.append(raw)
        if headers.get("X-Signature") != SIGNATURE:
            raise SignatureRefused
        return [_event(told) for told in json.loads(raw)["events"]]

    def resources(self) -> dict[str, Abilities]:
        return {
            "orders": Abilities(reads=True, webhook=True, fetch=self.fetches),
            "stock": Abilities(reads=True),
        }

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
        raise NotImplementedError

    def fetch(self, resource: str, external_id: str) -> Item | None:
        raise NotImplementedError

    def prepare(self, resource: str, context: WriteContext, step: int, key: str) -> Call:
        raise NotImplementedError

    def send(self, call: Call) -> Answer:
        raise NotImplementedError

    def lookup(self, resource: str, natural_key: str) -> Item | None:
        raise NotImplementedError


def _event(told: dict[str, Any]) -> WebhookEvent:
    occurred = told.get("occurred")
    return WebhookEvent(
        topic=told.get("topic", "orders/updated"),
        resource=told.get("resource", "orders"),
        external_id=told.get("id", "1"),
        delivery_id=told.get("delivery_id"),
        payload=told.get("payload"),
        occurred=datetime.fromisoformat(occurred) if occurred else None,
        problem=told.get("problem", ""),
    )
