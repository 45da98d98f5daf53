"""Writes as declared: from a mapped payload to an exact call, and from the answer to ids."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from integrations.connectors.base import Answer, Call, WriteContext
from integrations.connectors.endpoints import EndpointPlan
from integrations.connectors.failures import RulePlan, Rules
from integrations.connectors.reading import RecordPlan
from integrations.connectors.templates import MISSING, Names, as_text, condition, expression
from integrations.connectors.words import Batch, Key, Lines, Write
from integrations.exceptions import DeclarationError, Failure, Kind
from integrations.http.client import HttpClient, Request, Response
from integrations.http.statuses import Meaning

_UNREADABLE = Meaning(
    Kind.TRANSIENT, "lost_answer", "{host} does not say what became of it in its answer to several at once."
)
WRITE_NAMES = (
    "record",
    "body",
    "ids",
    "written",
    "settings",
    "external_id",
    "natural_key",
    "subject",
    "key",
    "operation",
)


class LinesPlan:
    def __init__(self, word: Lines, field: str) -> None:
        self.at = expression(word.at, f"{field}.at")
        self.id = expression(word.id, f"{field}.id")
        self.ref = expression(word.ref, f"{field}.ref") if word.ref else None
        self.sent = expression(word.sent, f"{field}.sent") if word.sent else None
        if self.ref is None and self.sent is None:
            raise DeclarationError(
                field, "How are lines told apart? Name ref (in the answer) or sent (in the call)."
            )

    def sent_refs(self, scope: Mapping[str, Any]) -> tuple[str, ...]:
        found = self.sent(scope) if self.sent is not None else MISSING
        return tuple(as_text(ref) for ref in found) if isinstance(found, list) else ()

    def ids(self, answer: Any, sent: Sequence[str]) -> dict[str, str]:
        lines = self.at(answer)
        if not isinstance(lines, list):
            return {}
        refs = [self.ref(line) for line in lines] if self.ref is not None else list(sent)
        found = {}
        for ref, line in zip(refs, lines, strict=False):
            identity = self.id(line)
            if ref is not MISSING and ref != "" and identity is not MISSING:
                found[as_text(ref)] = as_text(identity)
        return found


class KeyPlan:
    def __init__(self, word: Key, field: str) -> None:
        if bool(word.header) == bool(word.body):
            raise DeclarationError(field, "Where does the key go? Name a header, or a field of the body.")
        self.header = word.header
        self.place = tuple(word.body.split(".")) if word.body else ()
        self.lifetime = word.lifetime


class WritePlan:
    """One call of an operation; `sends_body`: the mapped payload goes with it where no body is declared."""

    def __init__(
        self,
        word: Write,
        operation: str,
        record: RecordPlan,
        rules: Rules,
        names: Names,
        field: str,
        graphql_path: str,
        *,
        sends_body: bool,
    ) -> None:
        inner = names.with_scope(*WRITE_NAMES)
        self.word = word
        self.field = field
        self.operation = operation
        self.record = record
        self.rules = Rules(
            [RulePlan(rule, f"{field}.errors[{place}]") for place, rule in enumerate(word.errors)],
            rules.rules,
            graphql=bool(word.document),
        )
        self.endpoint = EndpointPlan(word, inner, field, read_only=False, graphql_path=graphql_path)
        self.sends_body = sends_body and not self.endpoint.is_graphql and self.endpoint.method != "DELETE"
        self.wrap = tuple(word.wrap.split(".")) if word.wrap else ()
        self.answer = expression(word.answer, f"{field}.answer")
        self.id = expression(word.id, f"{field}.id") if word.id else None
        self.lines = LinesPlan(word.lines, f"{field}.lines") if word.lines else None
        self.key = KeyPlan(word.key, f"{field}.key") if word.key else None
        self.replayed = condition(word.replayed, f"{field}.replayed") if word.replayed else None

    def prepare(self, resource: str, context: WriteContext, step: int, key: str, natural_key: str) -> Call:
        scope = {
            "record": context.record,
            "body": context.body,
            "ids": context.ids,
            "written": context.written,
            "settings": context.settings,
            "external_id": context.external_id,
            "natural_key": natural_key,
            "subject": context.subject,
            "key": key,
            "operation": self.operation,
        }
        key = key if self.key is not None else ""
        headers = self.endpoint.filled_headers(scope)
        body = self._body(context.body, scope)
        if key and self.key is not None:
            if self.key.header:
                headers[self.key.header] = key
            else:
                body = _with(body, self.key.place, key)
        return Call(
            resource=resource,
            operation=self.operation,
            step=step,
            method=self.endpoint.method,
            path=self.endpoint.filled_path(scope),
            params=_as_json(self.endpoint.filled_params(scope)),
            headers=headers,
            body=body,
            encoding="graphql" if self.endpoint.is_graphql else self.endpoint.encoding,
            natural_key=natural_key,
            key=key,
            key_header=self.key.header if self.key is not None else "",
            external_id=context.external_id or "",
            is_repeatable=self.word.repeatable,
            line_refs=self.lines.sent_refs(scope) if self.lines is not None else (),
        )

    def _body(self, mapped: dict[str, Any], scope: Mapping[str, Any]) -> Any:
        if self.endpoint.has_body or self.endpoint.is_graphql:
            filled = self.endpoint.body(scope)
            return None if filled is MISSING else plain(filled)
        if not self.sends_body:
            return None
        body: Any = mapped
        for name in reversed(self.wrap):
            body = {name: body}
        return body

    def send(self, client: HttpClient, call: Call) -> Answer:
        response = client.send(request_of(call))
        verdict = self.rules.judge(client, response)
        return self.understand(response, response.json, call, done=verdict.done)

    def understand(self, response: Response, body: Any, call: Call, *, done: bool = False) -> Answer:
        """Reads ids out of an answer that was a success."""
        record = self.answer(body) if body is not None else MISSING
        shown = record if isinstance(record, dict) else None
        found = self._found_id(response, shown, call)
        if found is None and not done and self.operation == "create" and self.expects_id:
            raise Failure.config(
                "no_id",
                f"The answer has no id at {self.word.id or self.record.id_at!r}, so the new thing cannot be found "
                f"again. Correct {self.field}.id in the connection's declaration.",
                field=f"{self.field}.id",
                in_doubt=True,
            )
        return Answer(
            external_id=found or call.external_id or None,
            line_ids=self.lines.ids(shown, call.line_refs) if self.lines is not None and shown else {},
            body=shown if shown is not None else body if isinstance(body, list) else None,
            version=self.record.version(shown) if shown is not None else "",
            request_id=response.request_id,
            status=response.status,
            replayed=done or (self.replayed is not None and self.replayed(body)),
        )

    @property
    def expects_id(self) -> bool:
        return not call_names_id(self.word)

    def _found_id(self, response: Response, record: dict[str, Any] | None, call: Call) -> str | None:
        if self.word.id_header:
            return (
                response.headers.get(self.word.id_header.lower(), "").rstrip("/").rpartition("/")[2] or None
            )
        if record is None:
            return None
        if self.id is None:
            return self.record.external_id(record) or None
        found = self.id(record)
        if found is MISSING:
            return None
        text = as_text(found)
        return text.rstrip("/").rpartition("/")[2] if self.word.id_tail else text


def call_names_id(word: Write) -> bool:
    """Whether the thing is addressed by an id that we know already."""
    return "{external_id}" in word.path


class OperationPlan:
    """An operation with all its calls."""

    def __init__(self, steps: Sequence[WritePlan]) -> None:
        self.steps = tuple(steps)

    @property
    def key(self) -> KeyPlan | None:
        return self.steps[0].key

    def step(self, number: int) -> WritePlan:
        return self.steps[number]


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

    def send(self, client: HttpClient, calls: Sequence[Call], settings: Any) -> list[Answer | Failure]:
        items = [
            _with(call.body, self.key_place, call.key) if self.key_place and call.key else call.body
            for call in calls
        ]
        scope = {"items": items, "settings": settings}
        request = self.endpoint.request(scope)
        if self.place:
            request.body = _with(request.body, self.place, items)
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


def request_of(call: Call) -> Request:
    encoding = "form" if call.encoding == "form" else "json"
    params = [(name, value) for name, values in call.params.items() for value in _as_list(values)]
    return Request(call.method, call.path, params, dict(call.headers), call.body, encoding, writes=True)


def natural_key_of(read: Any, context: WriteContext) -> str:
    if context.natural_key:
        return context.natural_key
    if read is None:
        return ""
    found = read(context.body)
    return "" if found is MISSING else as_text(found)


def plain(value: Any) -> Any:
    """JSON, exactly: amounts as decimal text, times as ISO."""
    if isinstance(value, dict):
        return {name: plain(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [plain(part) for part in value]
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, datetime | date):
        return value.isoformat()
    return value


def _with(body: Any, place: tuple[str, ...], value: Any) -> Any:
    """The body with a value at a place; what is there else stays, and the original is not changed."""
    if not place:
        return value
    inside = body if isinstance(body, dict) else {}
    return {**inside, place[0]: _with(inside.get(place[0]), place[1:], value)}


def _as_json(pairs: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """Parameters as an object; one that stands several times becomes a list."""
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            found[name] = [*_as_list(found[name]), value]
        else:
            found[name] = value
    return found


def _as_list(value: Any) -> list[str]:
    return value if isinstance(value, list) else [value]
