"""Calls of their own per record (the lines of an order), whose answers become part of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from integrations.connectors.endpoints import EndpointPlan
from integrations.connectors.failures import Rules
from integrations.connectors.following import At
from integrations.connectors.pages import PageCall
from integrations.connectors.paging import pager
from integrations.connectors.templates import MISSING, Names, condition, expression, placeholders
from integrations.connectors.words import Detail, NoPaging
from integrations.exceptions import Failure
from integrations.http.client import HttpClient

# Called before each call, so that it too waits for its turn in the rate budget.
Turn = Callable[[], None]
MOST_PAGES = 100


def at_once() -> None:
    """No turn to wait for: whoever calls has taken the tokens already."""


class DetailPlan:
    def __init__(self, word: Detail, rules: Rules, names: Names, field: str, graphql_path: str) -> None:
        self.field = field
        self.rules = Rules(rules.rules, graphql=bool(word.document))
        self.pager = pager(word.paging, f"{field}.paging")
        inner = names.with_scope("record", "external_id", "settings", *self.pager.offers)
        endpoint = EndpointPlan(word, inner, field, read_only=True, graphql_path=graphql_path)
        used = placeholders([word.path, word.params, word.headers, word.body, word.variables])
        self.call = PageCall(endpoint, self.pager, used, field)
        self.is_paged = not isinstance(word.paging, NoPaging)
        self.into = word.into
        self.records = expression(word.records, f"{field}.records")
        self.when = condition(word.when, f"{field}.when") if word.when else None

    def join(
        self,
        client: HttpClient,
        settings: Any,
        external_id: str,
        record: dict[str, Any],
        turn: Turn = at_once,
    ) -> None:
        if self.when is not None and not self.when(record):
            return
        scope = {"record": record, "external_id": external_id, "settings": settings}
        record[self.into] = (self._all if self.is_paged else self._one)(client, scope, turn)

    def _one(self, client: HttpClient, scope: dict[str, Any], turn: Turn) -> Any:
        turn()
        response = client.send(self.call.request({}, scope))
        self.rules.judge(client, response)
        found = self.records(response.json)
        return None if found is MISSING else found

    def _all(self, client: HttpClient, scope: dict[str, Any], turn: Turn) -> list[Any]:
        found: list[Any] = []
        at: At = {}
        for _ in range(MOST_PAGES):
            turn()
            response = client.send(self.call.request(at, scope))
            rows: Any = []
            if not self.pager.is_past_end(at, response):
                self.rules.judge(client, response)
                rows = self.records(response.json)
            if not isinstance(rows, list):
                raise Failure.config(
                    "no_records",
                    f"The answer has no list at {self.field}.records. Correct it in the declaration.",
                    field=f"{self.field}.records",
                )
            following = self.pager.following(at, response, rows)
            # What an overlap shows again is there already; two equal lines on other pages are two lines.
            overlaps = getattr(self.pager, "overlap", 0) > 0
            found += [row for row in rows if not overlaps or row not in found]
            if following.at is None:
                return found
            if following.at.get("pass") != at.get("pass"):
                found = []
            at = following.at
        raise Failure.config(
            "endless_list",
            f"{client.name} shows more than {MOST_PAGES} pages of {self.into} for one thing. "
            f"Correct {self.field}.paging in the declaration.",
            field=f"{self.field}.paging",
        )
