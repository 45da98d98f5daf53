"""An OpenAPI document as it is meant: its files joined, its slips taken out before it judges."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote

Schema = Mapping[str, Any]
NULL = {"enum": [None]}


def at(document: Any, pointer: str) -> Any:
    for part in unquote(pointer).strip("/").split("/"):
        key = part.replace("~1", "/").replace("~0", "~")
        document = document[int(key)] if isinstance(document, list) else document[key]
    return document


def as_meant(document: dict[str, Any]) -> dict[str, Any]:
    """Documents that were cut out of larger ones refer to what was left behind: nothing is known of that.

    And vendors write `nullable` beside a reference, a choice or an enum, where the standard says that it counts for
    nothing without a `type`; and `additionalProperties: false` in a kind and in all that is derived from it, by which
    nothing would be allowed (see `_as_one`).
    """

    def cleaned(value: Any) -> Any:
        if isinstance(value, list):
            return [cleaned(one) for one in value]
        if not isinstance(value, dict):
            return value
        reference = value.get("$ref")
        if isinstance(reference, str):
            try:
                at(document, reference.removeprefix("#"))
            except (KeyError, IndexError, ValueError, TypeError):
                return {}
            return (
                {"anyOf": [{"$ref": reference}, NULL]}
                if value.get("nullable") is True
                else {"$ref": reference}
            )
        made = {
            key: cleaned(one)
            for key, one in value.items()
            # The validator heeds the word and not what it says.
            if key not in ("readOnly", "writeOnly") or one is not False
        }
        if value.get("nullable") is True:
            for word in ("anyOf", "oneOf"):
                if isinstance(made.get(word), list):
                    made[word] = [*made[word], NULL]
            if isinstance(made.get("enum"), list):
                made["enum"] = [*made["enum"], None]
        return _as_one(document, made, cleaned)

    made = cleaned(document)
    assert isinstance(made, dict)
    return made


def _as_one(document: dict[str, Any], made: dict[str, Any], cleaned: Callable[[Any], Any]) -> dict[str, Any]:
    """A kind with what it is derived from is closed as a whole, and a choice is closed by what can be chosen.

    What is derived from a kind is of that kind too, so a choice between the two is no "exactly one".
    """
    choices = made.get("oneOf")
    if isinstance(choices, list) and _is_between_kin(document, choices):
        made = {**{word: below for word, below in made.items() if word != "oneOf"}, "anyOf": choices}
    if made.get("additionalProperties") is not False:
        return made
    if "allOf" in made:
        parts = [cleaned(_target(document, part)) for part in made["allOf"]]
        required = [name for part in (*parts, made) for name in part.get("required", [])]
        properties = {name: below for part in parts for name, below in part.get("properties", {}).items()}
        made = {word: below for word, below in made.items() if word != "allOf"}
        made["properties"] = {**properties, **made.get("properties", {})}
        made |= {"required": list(dict.fromkeys(required))} if required else {}
    elif ("oneOf" in made or "anyOf" in made) and "properties" not in made:
        made = {word: below for word, below in made.items() if word != "additionalProperties"}
    return made


def _is_between_kin(document: dict[str, Any], choices: list[Any]) -> bool:
    names = {choice.get("$ref") for choice in choices}
    return any(
        part.get("$ref") in names for choice in choices for part in _target(document, choice).get("allOf", ())
    )


def _target(document: dict[str, Any], part: Schema) -> dict[str, Any]:
    reference = part.get("$ref")
    found = part if reference is None else at(document, reference.removeprefix("#"))
    assert isinstance(found, dict)
    return found


@lru_cache(maxsize=32)
def joined(files: tuple[Path, ...]) -> dict[str, Any]:
    first, *others = [json.loads(file.read_text()) for file in files]
    for other in others:
        first["paths"] = {**other["paths"], **first["paths"]}
        for name, section in other.get("components", {}).items():
            ours = first.setdefault("components", {}).setdefault(name, {})
            first["components"][name] = {**section, **ours}
    found: dict[str, Any] = first
    return found
