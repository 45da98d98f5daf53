"""Reads bodies: JSON only, and never more of it than allowed."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import IO, Any

import orjson
from rest_framework.exceptions import ParseError
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request

from .problems import Problem

BODY_LIMIT = 10 * 1024 * 1024
# What reads JSON goes deeper than what writes it: a body that cannot be stored must not be taken.
MOST_LEVELS = 100
# Shorter ones are kept exactly, as whole numbers and as fractions.
_LONG_NUMBER = re.compile(rb"[0-9.]{16,}")
_DIGITS_OF_64_BITS = 20


class CappedJson(BaseParser):
    """At most BODY_LIMIT bytes are read, whatever length the caller announces."""

    media_type = "application/json"

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        raw = stream.read(BODY_LIMIT + 1)
        if len(raw) > BODY_LIMIT:
            raise too_large()
        try:
            body = orjson.loads(raw)
        except orjson.JSONDecodeError as exc:
            raise ParseError(f"The body is not JSON: {exc}.") from exc
        if _is_deeper_than(MOST_LEVELS, body):
            raise Problem(
                400,
                "body_too_deep",
                f"The body is nested deeper than {MOST_LEVELS} levels. Send the record itself, not what wraps it.",
            )
        if _LONG_NUMBER.search(raw):
            _refuse_numbers_that_lose_digits(raw)
        return body


def _refuse_numbers_that_lose_digits(raw: bytes) -> None:
    """Reads once more, number by number: what is read above rounds them without a word, ids as well."""
    try:
        json.loads(raw, parse_int=_exact_whole, parse_float=_exact_fraction)
    except _Rounded as exc:
        raise Problem(
            400, "number_too_long", f"The number {exc} has more digits than can be kept. Send it as text."
        ) from exc


class _Rounded(Exception):
    """The number, as it was sent."""


def _exact_whole(text: str) -> None:
    if len(text) > _DIGITS_OF_64_BITS or not -(2**63) <= int(text) < 2**64:
        raise _Rounded(text[:60])


def _exact_fraction(text: str) -> None:
    try:
        exact = Decimal(text) == Decimal(repr(float(text)))
    except InvalidOperation:  # An exponent of many digits.
        exact = False
    if not exact:
        raise _Rounded(text[:60])


def _is_deeper_than(levels: int, body: Any) -> bool:
    """Level by level, without recursion."""
    level = [body]
    for _ in range(levels + 1):
        level = [
            inner
            for outer in level
            if isinstance(outer, dict | list)
            for inner in (outer.values() if isinstance(outer, dict) else outer)
            if isinstance(inner, dict | list)
        ]
        if not level:
            return False
    return True


class OnlyJson(BaseContentNegotiation):
    """JSON is the one language here; what the caller says it accepts changes nothing."""

    def select_parser(self, request: Request, parsers: Any) -> Any:
        kind = (request.content_type or "").partition(";")[0].strip().lower()
        return next((parser for parser in parsers if parser.media_type == kind), None)

    def select_renderer(
        self, request: Request, renderers: Any, format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        return renderers[0], renderers[0].media_type


def check_length(request: Request) -> None:
    """Refuses by the announced length, before a byte of the body is read."""
    if "chunked" in request.META.get("HTTP_TRANSFER_ENCODING", "").lower():
        raise Problem(411, "length_required", "Send the body with a Content-Length, not in chunks.")
    announced = str(request.META.get("CONTENT_LENGTH") or "0")
    if announced.isdigit() and int(announced) > BODY_LIMIT:
        raise too_large()


def too_large() -> Problem:
    return Problem(
        413,
        "body_too_large",
        f"The body is larger than {BODY_LIMIT // (1024 * 1024)} MB. Send fewer records in one call.",
    )
