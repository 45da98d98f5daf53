"""From an answer to a Failure: declared rules first, then what GraphQL says by itself, then the status."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from integrations.connectors.templates import MISSING, Names, as_text, condition, expression, text_template
from integrations.connectors.words import ErrorRule
from integrations.exceptions import DeclarationError, Failure, Kind
from integrations.http.client import HttpClient, Response
from integrations.http.statuses import Meaning, meaning_of

# Where vendors put what they have to say, in the order of being looked at.
_SAID = tuple(
    expression(text, "")
    for text in (
        "errors[0].message",
        "errors[0].detail",
        "error.message",
        "message",
        "detail",
        "error_description",
        "errors[0].description",
        "title",
        "error",
        "errors[0]",
        "msg",
    )
)
_FIELD = tuple(
    expression(text, "")
    for text in (
        "errors[0].field",
        "errors[0].source.pointer",
        "error.field",
        "error.param",
        "field",
        "errors[0].path",
    )
)
_CODE = tuple(
    expression(text, "") for text in ("errors[0].code", "error.code", "code", "errors[0].extensions.code")
)

_KINDS: dict[str, tuple[Kind, str, str]] = {
    "transient": (
        Kind.TRANSIENT,
        "temporary",
        "{host} cannot do it at this moment.{said} It is tried again.",
    ),
    "rate_limited": (
        Kind.TRANSIENT,
        "rate_limited",
        "{host} asks us to call less often.{said} It goes on by itself.",
    ),
    "expired": (
        Kind.TRANSIENT,
        "token_expired",
        "{host} does not accept the session any more.{said} Logging in again.",
    ),
    "config": (
        Kind.CONFIG,
        "refused_account",
        "{host} does not allow it to our account.{said} Mend the connection or the account there.",
    ),
    "data": (
        Kind.DATA,
        "refused",
        "{host} does not accept it.{said} Correct the value at its source or in the mapping, then retry.",
    ),
    "not_found": (Kind.DATA, "not_found", "{host} does not have it.{said}"),
}

_GRAPHQL_KINDS = {
    "UNAUTHENTICATED": "config",
    "FORBIDDEN": "config",
    "ACCESS_DENIED": "config",
    "THROTTLED": "rate_limited",
    "RATE_LIMITED": "rate_limited",
    "INTERNAL_SERVER_ERROR": "transient",
    "SERVICE_UNAVAILABLE": "transient",
    "GRAPHQL_PARSE_FAILED": "config",
    "GRAPHQL_VALIDATION_FAILED": "config",
}
PASSES = ("ok", "done")
# Others act on these codes, so a declaration cannot rename them.
_FIXED_CODES = ("expired", "rate_limited", "not_found")


@dataclass(frozen=True)
class Verdict:
    """`passes`: the answer is a success; `done`: because it had been done before."""

    passes: bool
    done: bool = False


class RulePlan:
    def __init__(self, word: ErrorRule, field: str) -> None:
        statuses = word.status if isinstance(word.status, list) else [word.status]
        if not word.when and not (word.status is not None and statuses):
            raise DeclarationError(
                field, "It would hold for every answer, good or bad. Say for which: status, when or both."
            )
        if any(status is not None and not 100 <= status <= 599 for status in statuses):
            raise DeclarationError(f"{field}.status", "A status is a number from 100 to 599.")
        self.statuses = frozenset(statuses) if word.status is not None else None
        self.when = condition(word.when, f"{field}.when") if word.when else None
        self.kind = word.kind
        nothing = Names(frozenset())
        self.code = text_template(word.code, nothing, f"{field}.code")
        self.sentence = text_template(word.sentence, nothing, f"{field}.sentence")
        self.said = expression(word.said, f"{field}.said") if word.said else None
        self.field = text_template(word.field, nothing, f"{field}.field")
        self.retry_after = expression(word.retry_after, f"{field}.retry_after") if word.retry_after else None
        self.in_doubt = word.in_doubt
        self.connection_wide = word.connection_wide

    def fits(self, status: int, body: Any) -> bool:
        if self.statuses is not None and status not in self.statuses:
            return False
        return self.when is None or self.when(body)

    def failure(self, client: HttpClient, response: Response, body: Any) -> Failure:
        """`body` is the part of the answer that is about this write: the whole, or one result of a batch."""
        kind, code, sentence = _KINDS[self.kind]
        wide = (
            self.connection_wide
            if self.connection_wide is not None
            else self.kind == "config" and not self.statuses
        )
        meaning = Meaning(kind, code, sentence, connection_wide=bool(wide))
        if self.statuses is not None and self.connection_wide is None:
            meaning = _of_status(meaning, response.status)
        more: dict[str, Any] = {"field": self.field(body) or said_field(body)}
        doubt = self.in_doubt
        if doubt is None:
            # A server that fell over may have done it first, unless the declaration says that it has not.
            doubt = self.kind == "transient" and response.status >= 500
        more["in_doubt"] = doubt and response.request.writes
        wait = _seconds(self.retry_after(body)) if self.retry_after is not None else None
        if wait is not None:
            more["retry_after"] = wait
        told = self.said(body) if self.said is not None else MISSING
        quoted = as_text(told) if told is not MISSING else said(body)
        failure = client.failure(response, meaning, quoted, sentence=self.sentence(body), **more)
        own_code = self.code(body)
        if own_code and self.kind not in _FIXED_CODES:
            failure.code = _as_code(own_code)
        return failure


class Rules:
    """Of one call: its own, then its resource's, then the platform's."""

    def __init__(self, *groups: Sequence[RulePlan], graphql: bool = False) -> None:
        self.rules = tuple(rule for group in groups for rule in group)
        self.graphql = graphql

    def judge(self, client: HttpClient, response: Response) -> Verdict:
        """Raises Failure for an answer that is none of the good ones."""
        body, status = response.json, response.status
        for rule in self.rules:
            if rule.fits(status, body):
                if rule.kind in PASSES:
                    return Verdict(True, done=rule.kind == "done")
                raise rule.failure(client, response, body)
        if self.graphql and _has_errors(body, status):
            raise _graphql_failure(client, response, body)
        if status >= 300:
            client.check(response, said(body), field=said_field(body))
        return Verdict(True)

    def of_part(
        self, client: HttpClient, response: Response, status: int, part: Any, failed: bool
    ) -> Failure | None:
        """What a part of a batch answer stands for: None for a success. The call as a whole went through."""
        for rule in self.rules:
            if rule.fits(status, part):
                return None if rule.kind in PASSES else rule.failure(client, response, part)
        if not failed and status < 300:
            return None
        meaning = meaning_of(status if status >= 300 else 422)
        return client.failure(
            response, meaning, said(part), field=said_field(part), status=status, in_doubt=False
        )


def said(body: Any) -> str:
    """What the platform says about the failure, in its own words; "" where it is not found."""
    for read in _SAID:
        found = read(body)
        if isinstance(found, str) and found:
            return found
    return ""


def said_field(body: Any) -> str:
    for read in _FIELD:
        found = read(body)
        if isinstance(found, str) and found:
            return found.strip("/").replace("/", ".")
        if isinstance(found, list) and found:
            return ".".join(as_text(part) for part in found)
    return ""


def said_code(body: Any) -> str:
    for read in _CODE:
        found = read(body)
        if isinstance(found, str) and found:
            return _as_code(found)
    return ""


def _has_errors(body: Any, status: int) -> bool:
    """GraphQL's errors are a list. A text of that name beside a status is what a gateway says, and the status tells."""
    found = body.get("errors") if isinstance(body, Mapping) else None
    return bool(found) and (isinstance(found, list) or status < 300)


def _graphql_failure(client: HttpClient, response: Response, body: Mapping[str, Any]) -> Failure:
    """errors[] beside HTTP 200. Where data came as well, the write may have had its effect."""
    code = str(_GRAPHQL_CODE(body)) if _GRAPHQL_CODE(body) is not MISSING else ""
    name = _GRAPHQL_KINDS.get(code, "data")
    kind, own_code, sentence = _KINDS[name]
    meaning = Meaning(
        kind, _as_code(code) or own_code, sentence, connection_wide=code in ("UNAUTHENTICATED", "FORBIDDEN")
    )
    if name == "rate_limited":
        meaning = Meaning(kind, "rate_limited", sentence)
    return client.failure(
        response,
        meaning,
        said(body),
        field=said_field(body),
        in_doubt=name == "transient" and response.request.writes,
    )


_GRAPHQL_CODE = expression("errors[0].extensions.code", "")


def _of_status(meaning: Meaning, status: int) -> Meaning:
    """A rule for a status that says nothing of the whole connection leaves that as the status has it."""
    wide = meaning.kind == Kind.CONFIG and meaning_of(status).connection_wide
    return Meaning(meaning.kind, meaning.code, meaning.sentence, connection_wide=wide)


def _seconds(value: Any) -> float | None:
    try:
        return max(0.0, float(value))
    except (TypeError, ValueError):
        return None


def _as_code(text: str) -> str:
    return "".join(letter if letter.isalnum() else "_" for letter in text.lower())[:60]
