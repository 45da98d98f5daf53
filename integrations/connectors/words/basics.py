"""What all words have in common, and one call."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec

Expression = str
Template = Any
# How many and how long: never less than nothing.
Count = Annotated[int, msgspec.Meta(ge=0, le=100_000)]
Seconds = Annotated[float, msgspec.Meta(ge=0)]


class Word(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A misspelt word is refused, not ignored."""


class Variable(Word):
    """Something that differs per connection; {name} in any template."""

    label: str = ""
    help: str = ""
    default: str | int | float | bool | None = None
    required: bool = True


class Time(Word):
    """`format`: iso, unix, unix_ms, date, dotnet, or a pattern like "%d.%m.%Y %H:%M". Where a text has no zone, `zone`
    is meant, or what `zone_at` (an expression over the record) gives. Several places, or a list: the newest counts."""

    at: Expression | list[Expression]
    format: str = "iso"
    zone: str = "UTC"
    zone_at: Expression = ""


class Version(Word):
    """What grows with every change. Without it the updated-at is the version."""

    at: Expression
    kind: Literal["number", "text"] = "number"


class Endpoint(Word):
    """A path with params and body, or a GraphQL `document` with `variables`."""

    method: str = ""
    path: str = ""
    params: dict[str, Template] = {}
    headers: dict[str, str] = {}
    body: Template = None
    encoding: Literal["json", "form"] = "json"
    document: str = ""
    variables: dict[str, Template] = {}
