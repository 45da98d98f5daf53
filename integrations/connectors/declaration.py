"""From plain data to a checked declaration. What is misspelt, missing or without sense is refused with its place."""

from __future__ import annotations

import difflib
import re
from collections import OrderedDict
from collections.abc import Mapping
from threading import Lock
from typing import Any, TypeVar

import msgspec
import orjson

from integrations.connectors import words
from integrations.connectors.choices import choices_at
from integrations.connectors.plan import Plan
from integrations.connectors.words import Declaration
from integrations.exceptions import DeclarationError
from mappings.shapes import convert

__all__ = ["Declaration", "parse_declaration", "plan_of"]

_MOST_PLANS = 200
_plans: OrderedDict[bytes, Plan] = OrderedDict()
_lock = Lock()
_Shape = TypeVar("_Shape")

_UNKNOWN = re.compile(r"Object contains unknown field `([^`]*)`")
_MISSING = re.compile(r"Object missing required field `([^`]*)`")
_NO_CHOICE = re.compile(r"Invalid (?:enum )?value ")
_PLACE = re.compile(r" - at `(key in )?\$(.*)`$")
_KNOWN_WORDS = sorted(
    {
        field.encode_name
        for part in vars(words).values()
        if isinstance(part, type) and issubclass(part, msgspec.Struct)
        for field in msgspec.structs.fields(part)
    }
)


def parse_declaration(data: Any) -> Declaration:
    """Raises DeclarationError(field, reason)."""
    return plan_of(data).word


def plan_of(data: Any) -> Plan:
    """The compiled declaration; the same data is compiled once. Raises DeclarationError."""
    if isinstance(data, str) and data.strip():
        raise DeclarationError(
            "declaration",
            "The declaration is text here and must be YAML of its own. "
            "Take away the | or the quotation marks, and leave it indented.",
        )
    if not isinstance(data, Mapping) or not data:
        raise DeclarationError(
            "declaration", "The declaration is missing. It describes the API; see the guide."
        )
    try:
        name = orjson.dumps(data, option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS)
    except TypeError as error:
        raise DeclarationError(
            "declaration", f"It holds something that is no plain data: {error}."
        ) from error
    with _lock:
        known = _plans.get(name)
        if known is not None:
            _plans.move_to_end(name)
            return known
    plan = Plan(_shaped(orjson.loads(name)))
    with _lock:
        _plans[name] = plan
        while len(_plans) > _MOST_PLANS:
            _plans.popitem(last=False)
    return plan


def _shaped(data: dict[str, Any]) -> Declaration:
    """Converts part by part, so that an error names the resource and the action it is in."""
    resources = data.get("resources")
    if isinstance(resources, dict):
        data = {**data, "resources": {name: _resource(name, word) for name, word in resources.items()}}
        for name, word in data["resources"].items():
            _converted(word, words.Resource, f"resources.{name}")
    for part, shape in (("variables", words.Variable),):
        for name, word in _entries(data.get(part)):
            _converted(word, shape, f"{part}.{name}")
    webhook = data.get("webhook")
    if isinstance(webhook, dict):
        for name, word in _entries(webhook.get("topics")):
            _converted(word, words.Topic, f"webhook.topics.{name}")
    return _converted(data, Declaration, "")


def _resource(name: str, word: Any) -> Any:
    if not isinstance(word, dict):
        return word
    listing, not_final = _listing(word.get("list")), word.get("not_final")
    word = {**word, **({"list": listing} if "list" in word else {})}
    if isinstance(listing, dict) and isinstance(not_final, dict):
        word["not_final"] = _merged(listing, _listing(not_final))
    for action, write in _entries(word.get("actions")):
        _converted(write, words.Write, f"resources.{name}.actions.{action}")
    return word


def _listing(word: Any) -> Any:
    """skip and take are offset and size by another name."""
    paging = word.get("paging") if isinstance(word, dict) else None
    if isinstance(paging, dict) and paging.get("style") == "skip_take":
        return {**word, "paging": {**paging, "style": "offset"}}
    return word


def _merged(listing: dict[str, Any], not_final: dict[str, Any]) -> dict[str, Any]:
    """What is not said of reading the unfinished ones is as in the list; the since is the list's alone."""
    merged = {name: value for name, value in listing.items() if name != "since"} | not_final
    for name in ("params", "variables", "headers"):
        if isinstance(listing.get(name), dict) and isinstance(not_final.get(name), dict):
            merged[name] = {**listing[name], **not_final[name]}
    if "since" in listing and "since" not in not_final:
        merged = _without_since(merged)
    return merged


def _without_since(word: dict[str, Any]) -> dict[str, Any]:
    """Parameters that only carry the since go with it."""
    params = word.get("params")
    if isinstance(params, dict):
        word = {
            **word,
            "params": {name: value for name, value in params.items() if "{since}" not in str(value)},
        }
    return word


def _entries(part: Any) -> list[tuple[str, Any]]:
    return list(part.items()) if isinstance(part, dict) else []


def _converted(data: Any, shape: type[_Shape], field: str) -> _Shape:
    try:
        return convert(data, shape)
    except msgspec.ValidationError as error:
        raise _refusal(str(error), field, shape) from error


def _refusal(message: str, field: str, shape: type) -> DeclarationError:
    """msgspec's message in our words: the whole path, and a word that may have been meant."""
    place = _PLACE.search(message)
    inner = place[2] if place is not None else ""
    if place is not None:
        field += place[2]
        message = message[: place.start()]
    field = field.lstrip(".")
    unknown, missing = _UNKNOWN.match(message), _MISSING.match(message)
    if unknown is not None:
        near = difflib.get_close_matches(unknown[1], _KNOWN_WORDS, 1)
        hint = f" Is {near[0]!r} meant?" if near else ""
        return DeclarationError(_below(field, unknown[1]), f"This word is not known here.{hint}")
    if missing is not None:
        return DeclarationError(_below(field, missing[1]), "This word is needed here and missing.")
    known = choices_at(shape, inner) if _NO_CHOICE.match(message) else []
    choose = f" Choose one of: {', '.join(known)}." if known else ""
    return DeclarationError(field, message.replace("`", "'") + "." + choose)


def _below(field: str, word: str) -> str:
    return f"{field}.{word}" if field else word
