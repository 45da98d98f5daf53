"""Writes as declared: from a mapped payload to an exact call, and from the answer to ids."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from integrations.connectors.base import Answer, Call, WriteContext
from integrations.connectors.endpoints import EndpointPlan
from integrations.connectors.failures import RulePlan, Rules
from integrations.connectors.rows import RecordPlan
from integrations.connectors.templates import (
    MISSING,
    Names,
    as_id,
    as_text,
    check_header_name,
    condition,
    expression,
)
from integrations.connectors.words import Key, Lines, Write
from integrations.exceptions import DeclarationError, Failure
from integrations.http.client import HttpClient, Request, Response

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
        if word.header:
            check_header_name(word.header, f"{field}.header")
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
                body = put(body, self.key.place, key)
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
        text = as_id(found)
        return (text.rstrip("/").rpartition("/")[2] if self.word.id_tail else text) or None


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
        return format(value, "f")
    if isinstance(value, datetime | date):
        return value.isoformat()
    return value


def put(body: Any, place: tuple[str, ...], value: Any) -> Any:
    """The body with a value at a place; what is there else stays, and the original is not changed."""
    if not place:
        return value
    inside = body if isinstance(body, dict) else {}
    return {**inside, place[0]: put(inside.get(place[0]), place[1:], value)}


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
