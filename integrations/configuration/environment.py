"""`${NAME}` in a file stands for an environment variable; `$${NAME}` for that very text."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from .problems import Place

_REFERENCE = re.compile(r"(\$?)\$\{([A-Za-z_][A-Za-z0-9_]*)\}")


class MissingVariables(Exception):
    """(place, name) of each variable that the environment does not have."""

    def __init__(self, missing: list[tuple[Place, str]]) -> None:
        self.missing = missing
        super().__init__(", ".join(name for _, name in missing))


def fill(value: Any, place: Place, environment: Mapping[str, str]) -> Any:
    """A copy with every reference replaced. Raises MissingVariables with all that are missing."""
    missing: list[tuple[Place, str]] = []
    filled = _fill(value, place, environment, missing)
    if missing:
        raise MissingVariables(missing)
    return filled


def _fill(value: Any, place: Place, environment: Mapping[str, str], missing: list[tuple[Place, str]]) -> Any:
    if isinstance(value, dict):
        return {key: _fill(inner, (*place, key), environment, missing) for key, inner in value.items()}
    if isinstance(value, list):
        return [_fill(inner, (*place, index), environment, missing) for index, inner in enumerate(value)]
    if not isinstance(value, str):
        return value

    def replace(match: re.Match[str]) -> str:
        escape, name = match.groups()
        if escape:
            return f"${{{name}}}"
        if name not in environment:
            missing.append((place, name))
            return ""
        return environment[name]

    return _REFERENCE.sub(replace, value)


def escape(value: Any) -> Any:
    """The opposite: a value that reads like a reference is written so that `fill` gives it back unchanged."""
    if isinstance(value, dict):
        return {key: escape(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [escape(inner) for inner in value]
    if isinstance(value, str):
        return _REFERENCE.sub(lambda match: f"{match[1]}${match[0][len(match[1]) :]}", value)
    return value


def only_reference(value: Any) -> str | None:
    """The NAME where the whole value is one reference, else None."""
    match = _REFERENCE.fullmatch(value) if isinstance(value, str) else None
    return match[2] if match and not match[1] else None


def placeholder(section: str, key: str, secret_name: str) -> str:
    """The reference that an export writes in the place of what is hidden: ${MAIN_SHOP_TOKEN} for the token of the
    connection main-shop. In another section its name stands before: ${ALERT_CHANNELS_ON_DUTY_ADDRESS}."""
    owner = key if section == "connections" else f"{section}_{key}"
    name = re.sub(r"[^A-Za-z0-9]+", "_", f"{owner}_{secret_name}").upper()
    return f"${{{name if not name[0].isdigit() else '_' + name}}}"
