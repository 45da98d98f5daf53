"""Several writes in one call, of which some may fail beside others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from integrations.connectors.base import Answer, Call
from integrations.connectors.endpoints import EndpointPlan
from integrations.connectors.failures import Rules
from integrations.connectors.templates import MISSING, Names, as_text, condition, expression
from integrations.connectors.words import Batch
from integrations.connectors.writing import WritePlan, put
from integrations.exceptions import DeclarationError, Failure, Kind
from integrations.http.client import HttpClient, Response
from integrations.http.statuses import Meaning

_UNREADABLE = Meaning(
    Kind.TRANSIENT, "lost_answer", "{host} does not say what became of it in its answer to several at once."
)


class BatchPlan:
    def __init__(
        self, word: Batch, single: WritePlan, rules: Rules, names: Names, field: str, graphql_path: str
    ) -> None:
        inner = names.with_scope("items", "settings")
        self.word = word
        self.single = single
        self.rules = rules
        if word.size < 2:
            raise DeclarationError(f"{field}.size", "A batch holds at least two.")
        if not word.items and word.body is None and not word.document:
            raise DeclarationError(
                f"{field}.items", "Where do the single bodies go? Name items, or a body with {items}."
            )
        self.endpoint = EndpointPlan(word, inner, field, read_only=False, graphql_path=graphql_path)
        self.place = tuple(word.items.split(".")) if word.items else ()
        self.results = expression(word.results, f"{field}.results")
        self.match = expression(word.match, f"{field}.match") if word.match else None
        self.match_sent = (
            expression(word.match_sent or word.match, f"{field}.match_sent") if word.match else None
        )
        self.failed = condition(word.failed, f"{field}.failed") if word.failed else None
        self.status = expression(word.status, f"{field}.status") if word.status else None
        self.answer = expression(word.answer, f"{field}.answer")
        self.key_place = tuple(word.key.split(".")) if word.key else ()

    def send(
        self, client: HttpClient, calls: Sequence[Call], settings: Any, path: str = ""
    ) -> list[Answer | Failure]:
        """`path`: another address than the declared one, where it depends on what is sent."""
        items = [
            put(call.body, self.key_place, call.key) if self.key_place and call.key else call.body
            for call in calls
        ]
        scope = {"items": items, "settings": settings}
        request = self.endpoint.request(scope)
        request.path = path or request.path
        if self.place:
            request.body = put(request.body, self.place, items)
        response = client.send(request)
        results = self.results(response.json)
        if not isinstance(results, list):
            self.rules.judge(client, response)
            raise client.failure(response, _UNREADABLE, in_doubt=True)
        return [
            self._result(client, response, call, result)
            for call, result in zip(calls, self._in_order(results, items), strict=True)
        ]

    def _in_order(self, results: list[Any], items: list[Any]) -> list[Any]:
        """One result per item; MISSING where the answer says nothing of it."""
        if self.match is None or self.match_sent is None:
            return results if len(results) == len(items) else [MISSING] * len(items)
        known = {as_text(name): result for result in results if (name := self.match(result)) is not MISSING}
        return [known.get(as_text(self.match_sent(item)), MISSING) for item in items]

    def _result(self, client: HttpClient, response: Response, call: Call, result: Any) -> Answer | Failure:
        if result is MISSING:
            return client.failure(response, _UNREADABLE, in_doubt=True)
        status = self._status(response, result)
        failed = self.failed is not None and self.failed(result)
        failure = self.single.rules.of_part(client, response, status, result, failed)
        if failure is not None:
            return failure
        try:
            return self.single.understand(response, self.answer(result), call)
        except Failure as unreadable:
            return unreadable

    def _status(self, response: Response, result: Any) -> int:
        found = self.status(result) if self.status is not None else MISSING
        text = "" if found is MISSING else as_text(found)
        return int(text) if text.isdigit() else response.status
