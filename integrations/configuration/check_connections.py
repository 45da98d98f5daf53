"""Whether a connection's settings are those that its connector declares."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from integrations.connectors import registry
from integrations.connectors.base import Connector, SettingField
from integrations.exceptions import Failure, NotConfigured

from .plain import Found, Hidden, Plain
from .problems import Place

_FORMS: dict[str, tuple[type, str]] = {
    "text": (str, "text"),
    "url": (str, "an address"),
    "integer": (int, "a whole number"),
    "boolean": (bool, "true or false"),
    "list": (list, "a list"),
}


class Connectors:
    """The connectors of a configuration, built once each and only from plain data: nothing is called."""

    def __init__(self, connections: dict[str, Plain]) -> None:
        self._connections = connections
        self._built: dict[str, Connector | NotConfigured] = {}

    def of(self, key: str) -> Connector:
        """Raises NotConfigured where its settings make no sense."""
        if key not in self._built:
            self._built[key] = self._build(self._connections[key])
        built = self._built[key]
        if isinstance(built, NotConfigured):
            raise built
        return built

    def refuse(self, key: str, reason: str) -> None:
        """What is wrong with its settings was told: it cannot be built, and jobs need not tell it again."""
        self._built[key] = NotConfigured("", reason)

    def _build(self, plain: Plain) -> Connector | NotConfigured:
        secrets = {name: hidden.value for name, hidden in plain.get("secrets", {}).items()}
        try:
            return registry.connect(
                plain["platform"],
                settings=plain.get("settings", {}),
                secrets=secrets,
                environment=plain.get("environment", "sandbox"),
                token=None,
            )
        except Failure as exc:
            cause = exc.__cause__
            return cause if isinstance(cause, NotConfigured) else NotConfigured(exc.field, exc.sentence)


def check_connection(place: Place, plain: Plain, told: Plain, connectors: Connectors) -> Found:
    known = registry.platforms()
    platform = plain.get("platform")
    if not platform:
        reason = f"A connection needs a platform. There are: {', '.join(sorted(known))}."
        connectors.refuse(str(place[1]), reason)
        yield (*place, "platform"), reason
        return
    if platform not in known:
        reason = f"There is no platform '{platform}'. There are: {', '.join(sorted(known))}."
        connectors.refuse(str(place[1]), reason)
        yield (*place, "platform"), reason
        return
    found = list(_against(place, plain, known[platform].settings_fields))
    yield from found
    if found:
        connectors.refuse(str(place[1]), found[0][1])
    else:
        try:
            connectors.of(str(place[1]))
        except NotConfigured as exc:
            yield _place_of(place, exc.field, plain.get("settings", {})), exc.reason


def _against(place: Place, plain: Plain, fields: tuple[SettingField, ...]) -> Found:
    for part, wants_secret in (("settings", False), ("secrets", True)):
        given = plain.get(part, {})
        declared = {field.name: field for field in fields if field.secret == wants_secret}
        variables = () if wants_secret else _variables(plain)
        for name in given:
            if name not in declared and name not in variables:
                yield (*place, part, name), _unknown(name, part, fields)
        for field in declared.values():
            if field.name in given:
                yield from _value((*place, part, field.name), field, given[field.name])
            elif field.required and field.default is None:
                yield (*place, part, field.name), f"This platform needs {field.label} here."


def _variables(plain: Plain) -> Collection[str]:
    """Those of a declaration may stand beside it, as settings of their own."""
    declaration = plain.get("settings", {}).get("declaration")
    variables = declaration.get("variables") if isinstance(declaration, dict) else None
    return variables if isinstance(variables, dict) else ()


def _unknown(name: str, part: str, fields: tuple[SettingField, ...]) -> str:
    elsewhere = next((field for field in fields if field.name == name), None)
    if elsewhere is not None:
        return f"This belongs under {'secrets' if elsewhere.secret else 'settings'}."
    known = ", ".join(field.name for field in fields if field.secret == (part == "secrets")) or "none at all"
    return f"This platform has no such {part.rstrip('s')}. Known are: {known}."


def _value(place: Place, field: SettingField, value: Any) -> Found:
    if isinstance(value, Hidden):
        value = value.value
    if field.secret and value in ("", None):
        yield place, f"{field.label} is empty."
        return
    form = _FORMS.get(field.kind)
    # A yes is a number to Python, but not to a person.
    if form and (not isinstance(value, form[0]) or (form[0] is int and isinstance(value, bool))):
        remedy = " Put it in quotation marks." if form[0] is str and isinstance(value, int | float) else ""
        yield place, f"{field.label} must be {form[1]}.{remedy}"
        return
    choices = [choice for choice, _ in field.choices]
    if choices and not field.secret and value not in choices:
        yield place, f"'{value}' is not possible. Choose one of: {', '.join(choices)}."


def _place_of(place: Place, field: str, settings: Plain) -> Place:
    """The field that a connector names, as a place in the file: a setting, or inside the declaration."""
    words = [word for word in field.replace("[", ".").replace("]", "").split(".") if word]
    parts: list[str | int] = [int(word) if word.isdigit() else word for word in words]
    if "declaration" in settings and parts and parts[0] not in settings:
        return (*place, "settings", "declaration", *parts)
    return (*place, "settings", *parts)
