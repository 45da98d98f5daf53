"""Webhooks as ordered by calls: listed, made, taken away."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from integrations.connectors.base import Subscription
from integrations.connectors.details import DetailPlan, Turn
from integrations.connectors.endpoints import EndpointPlan
from integrations.connectors.failures import Rules
from integrations.connectors.templates import MISSING, Names, as_id, as_text, condition, expression
from integrations.connectors.words import Detail, Endpoint, Subscriptions
from integrations.exceptions import DeclarationError, Failure, Kind
from integrations.http.client import HttpClient, Response

FOUND = "found"


class SubscriptionsPlan:
    def __init__(
        self, word: Subscriptions, rules: Rules, names: Names, field: str, graphql_path: str
    ) -> None:
        if not word.topics:
            raise DeclarationError(f"{field}.topics", "Name at least one topic that is to be ordered.")
        self.word = word
        self.rules = rules
        asked = {name: getattr(word.listing, name) for name in Endpoint.__struct_fields__}
        detail = Detail(into=FOUND, records=word.listing.records, paging=word.listing.paging, **asked)
        self.list = DetailPlan(detail, rules, names, f"{field}.list", graphql_path)
        making = names.with_scope("address", "topics", "topic", "secret", "settings")
        self.create = EndpointPlan(
            word.create, making, f"{field}.create", read_only=False, graphql_path=graphql_path
        )
        self.delete: EndpointPlan | None = None
        if word.delete is not None:
            taking = names.with_scope("id", "settings")
            self.delete = EndpointPlan(
                _method(word.delete, "DELETE"),
                taking,
                f"{field}.delete",
                read_only=False,
                graphql_path=graphql_path,
            )
        self.id = expression(word.id, f"{field}.id")
        self.address = expression(word.address, f"{field}.address")
        self.topics = expression(word.topics_at, f"{field}.topics_at")
        self.active = condition(word.active, f"{field}.active") if word.active else None
        self.secret = expression(word.secret, f"{field}.secret") if word.secret else None

    def all(self, client: HttpClient, settings: Any, turn: Turn) -> list[Subscription]:
        held: dict[str, Any] = {}
        self.list.join(client, settings, "", held, turn)
        return [self._subscription(row) for row in held[FOUND] or [] if isinstance(row, dict)]

    def _subscription(self, row: dict[str, Any]) -> Subscription:
        topics = self.topics(row)
        told = topics if isinstance(topics, list) else [] if topics is MISSING else [topics]
        address = self.address(row)
        return Subscription(
            as_id(self.id(row)),
            "" if address is MISSING else as_text(address),
            tuple(as_text(topic) for topic in told),
            self.active is None or bool(self.active(row)),
        )

    def subscribe(
        self, client: HttpClient, settings: Any, address: str, topics: Sequence[str], secret: str, turn: Turn
    ) -> str:
        groups = [[topic] for topic in topics] if self.word.each else [list(topics)]
        for group in groups:
            turn()
            given = {"address": address, "topics": group, "topic": group[0], "secret": secret}
            response = self._send(client, self.create, {**given, "settings": settings})
            if self.secret is not None:
                told = self.secret(response.json)
                secret = as_text(told) if told is not MISSING else secret
        return secret

    def unsubscribe(self, client: HttpClient, settings: Any, subscription_id: str, turn: Turn) -> bool:
        if self.delete is None:
            return False
        turn()
        try:
            self._send(client, self.delete, {"id": subscription_id, "settings": settings})
        except Failure as failure:
            if failure.kind != Kind.DATA or failure.code not in ("not_found", "gone"):
                raise
        return True

    def _send(self, client: HttpClient, endpoint: EndpointPlan, scope: dict[str, Any]) -> Response:
        response = client.send(endpoint.request(scope))
        Rules(self.rules.rules, graphql=endpoint.is_graphql).judge(client, response)
        return response


def _method(word: Endpoint, method: str) -> Endpoint:
    if word.method or word.document:
        return word
    return Endpoint(
        **{**{name: getattr(word, name) for name in Endpoint.__struct_fields__}, "method": method}
    )
