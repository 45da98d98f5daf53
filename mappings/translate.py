"""Plain data in, a Record (or a body) and its problems out. No database, no network.

A rule whose target ends in `[]` opens a scope: `lines[]` from `line_items` goes through that list, and the rules
`lines[].sku`, … are worked out on each item; `root.` there reaches the whole again.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import Any

import msgspec
from msgspec import UNSET

from .expressions import (
    MOST_STEPS_OF_A_RECORD,
    Expression,
    ExpressionError,
    at_most,
    compile_expression,
)
from .records import ABSENT, RECORD_KINDS, Record, as_data
from .shapes import convert
from .targets import target_type
from .transforms import TRANSFORMS, Transform, TransformError, bounded
from .value_maps import UnknownValue

ROOT = "root."
_NAME = re.compile(r"[A-Za-z_][\w.]*")


class RuleData(msgspec.Struct, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """One field rule as plain data. `on_missing`: absent, null, error or default."""

    target: str
    source: str = ""
    transform: str = ""
    arguments: dict[str, Any] = {}
    value_map: str = ""
    default: Any = UNSET
    on_missing: str = "absent"
    required: bool = False
    note: str = ""


@dataclass(frozen=True)
class Problem:
    """What is wrong with one field. `field` is the Record's path where there is one. Holds no personal data."""

    code: str
    field: str
    source: str
    detail: str = ""
    rule: int = -1
    # What a value map does not know.
    value: str = ""


@dataclass(frozen=True)
class Rule:
    data: RuleData
    place: int
    source: Expression | None
    arguments: Mapping[str, Any]
    mapped: Mapping[str, str] | None
    path: tuple[str, ...]
    from_root: bool
    change: Transform | None
    is_fixed: bool
    finish: Callable[[Any], Any]


@dataclass(frozen=True)
class Scope:
    """The rules of one level: plain ones, and inner scopes with the rule that opens each."""

    rules: tuple[Rule, ...] = ()
    inner: tuple[tuple[Rule, Scope], ...] = ()


@dataclass(frozen=True)
class Rules:
    direction: str
    kind: str
    scope: Scope
    sources: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Translation:
    record: Record | None
    problems: list[Problem]


@dataclass(frozen=True)
class Written:
    body: dict[str, Any]
    problems: list[Problem]


def compile_rules(
    rules: Sequence[RuleData],
    direction: str,
    kind: str,
    value_maps: Mapping[str, Mapping[str, str]] | None = None,
    without: Collection[str] = (),
) -> Rules:
    """Raises ExpressionError or KeyError for rules that `Mapping.check_problems` would have told.

    `without`: targets that are not filled, and with a list all that lies in it.
    """
    finish = partial(_finish, kind) if direction == "read" else _finish_as_json
    compiled = [
        _compile(rule, place, value_maps or {}, finish(rule))
        for place, rule in enumerate(rules)
        if rule.target not in without
    ]
    sources = {rule.target: rule.source for rule in rules}
    return Rules(direction, kind, _scope(compiled, ""), sources)


def _compile(
    rule: RuleData,
    place: int,
    value_maps: Mapping[str, Mapping[str, str]],
    finish: Callable[[Any], Any],
) -> Rule:
    from_root = rule.source.startswith(ROOT)
    text = rule.source.removeprefix(ROOT)
    arguments = {
        name: _argument(value) if isinstance(value, str) and value.startswith("=") else value
        for name, value in rule.arguments.items()
    }
    return Rule(
        data=rule,
        place=place,
        source=compile_expression(text) if text else None,
        arguments=arguments,
        mapped=value_maps[rule.value_map] if rule.value_map else None,
        path=tuple(rule.target.rpartition("[].")[2].removesuffix("[]").split(".")),
        from_root=from_root,
        change=TRANSFORMS[rule.transform] if rule.transform else None,
        is_fixed=not any(isinstance(part, Argument) or part is None for part in arguments.values()),
        finish=finish,
    )


def _finish(kind: str, rule: RuleData) -> Callable[[Any], Any]:
    """What gives a value read by this rule the type that its target has in the Record."""
    wanted = None if rule.target.endswith("[]") else target_type(kind, rule.target)
    if wanted in (str, Decimal, datetime):
        return lambda value: value if type(value) is wanted else converted(value, wanted)
    return lambda value: converted(value, wanted)


def _finish_as_json(_: RuleData) -> Callable[[Any], Any]:
    return as_json


@dataclass(frozen=True)
class Argument:
    """An argument that is worked out on the record: on the item of the scope, or on the whole with `root.`."""

    expression: Expression
    from_root: bool


def _argument(text: str) -> Argument:
    source = text[1:].strip()
    return Argument(compile_expression(source.removeprefix(ROOT)), source.startswith(ROOT))


def _scope(rules: Sequence[Rule], prefix: str) -> Scope:
    plain, inner = [], []
    for rule in rules:
        target = rule.data.target
        if not target.startswith(prefix):
            continue
        rest = target[len(prefix) :]
        if "[]" not in rest:
            plain.append(rule)
        elif rest.endswith("[]") and rest.count("[]") == 1:
            inner.append((rule, _scope(rules, f"{target}.")))
    return Scope(tuple(plain), tuple(inner))


def read(rules: Rules, payload: Any) -> Translation:
    """The Record that the payload tells of, as far as it goes, and every problem, not only the first."""
    problems: list[Problem] = []
    with at_most(MOST_STEPS_OF_A_RECORD):
        data = _run(rules.scope, payload, payload, problems)
    try:
        record = convert(data, RECORD_KINDS[rules.kind])
    except msgspec.ValidationError as error:
        problems.append(Problem("bad_value", "", "", str(error)))
        return Translation(None, problems)
    return Translation(record, problems)


def write(
    rules: Rules,
    record: Record,
    context: Mapping[str, Any] | None = None,
    record_data: Mapping[str, Any] | None = None,
) -> Written:
    """The body for the destination; `context` is reachable in the rules as `context.…`.

    `record_data`: what `as_data` gives for the record, where the caller has it already.
    """
    problems: list[Problem] = []
    data = {**(record_data or as_data(record)), "context": dict(context or {})}
    with at_most(MOST_STEPS_OF_A_RECORD):
        return Written(_run(rules.scope, data, data, problems), problems)


def _run(scope: Scope, data: Any, root: Any, problems: list[Problem]) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for rule in scope.rules:
        value = _value(rule, data, root, problems)
        if value is ABSENT:
            continue
        if len(rule.path) == 1:
            made[rule.path[0]] = value
        else:
            _put(made, rule.path, value)
    for rule, inner in scope.inner:
        items = _items(rule, data, root, problems)
        if items is not ABSENT:
            found = None if items is None else [_run(inner, item, root, problems) for item in items]
            _put(made, rule.path, found)
    return made


def _put(made: dict[str, Any], path: tuple[str, ...], value: Any) -> None:
    for name in path[:-1]:
        made = made.setdefault(name, {})
    made[path[-1]] = value


def _items(rule: Rule, data: Any, root: Any, problems: list[Problem]) -> Any:
    try:
        found = _source(rule, data, root)
    except ExpressionError as error:
        problems.append(_problem(rule, "expression", str(error)))
        return ABSENT
    if found is ABSENT or found is None:
        return _missing(rule, found, problems)
    if not isinstance(found, list):
        problems.append(_problem(rule, "bad_value", "It is not a list."))
        return ABSENT
    return found


def _source(rule: Rule, data: Any, root: Any) -> Any:
    if rule.source is None:
        return ABSENT
    return rule.source.evaluate(root if rule.from_root else data)


def _value(rule: Rule, data: Any, root: Any, problems: list[Problem]) -> Any:
    try:
        value = _source(rule, data, root)
        if rule.change is not None and (rule.change.takes_empty or not _is_empty(value)):
            value = _changed(rule, rule.change, value, data, root)
        if rule.mapped is not None and not _is_empty(value):
            value = _mapped(rule, rule.mapped, value)
        if _is_empty(value):
            return _missing(rule, value, problems)
        return rule.finish(value)
    except ExpressionError as error:
        problems.append(_problem(rule, "expression", str(error)))
    except TransformError as error:
        problems.append(_problem(rule, "bad_value", str(error)))
    except UnknownValue as error:
        problems.append(replace(_problem(rule, "unknown_value", str(error)), value=error.value))
    except msgspec.ValidationError:
        problems.append(_problem(rule, "bad_value", "It has not the form that this field needs."))
    return ABSENT


def _is_empty(value: Any) -> bool:
    return value is None or value is ABSENT or value == ""


def _changed(rule: Rule, change: Transform, value: Any, data: Any, root: Any) -> Any:
    try:
        return change.apply(value, rule.arguments if rule.is_fixed else _arguments(rule, data, root))
    except KeyError as missing:
        raise TransformError(f"What it needs as “{missing.args[0]}” is not there.") from missing


def _arguments(rule: Rule, data: Any, root: Any) -> dict[str, Any]:
    """With the arguments that are worked out on the record; what is not told there is left out."""
    found = {
        name: part.expression.evaluate(root if part.from_root else data)
        if isinstance(part, Argument)
        else part
        for name, part in rule.arguments.items()
    }
    return {name: part for name, part in found.items() if part is not ABSENT and part is not None}


def _mapped(rule: Rule, values: Mapping[str, str], value: Any) -> Any:
    found = values.get(str(value))
    if found is None:
        raise UnknownValue(rule.data.value_map, str(value))
    return found


def _missing(rule: Rule, value: Any, problems: list[Problem]) -> Any:
    data = rule.data
    if data.default is not UNSET and data.on_missing in ("default", "absent"):
        return data.default
    if data.required or data.on_missing == "error":
        problems.append(_problem(rule, "missing_field", ""))
        return ABSENT
    if data.on_missing == "null":
        return None
    return value if value != "" else None


def converted(value: Any, kind: Any) -> Any:
    """The value as this type of the Record has it. Raises msgspec.ValidationError."""
    if kind is None:
        return value
    if kind is str and not isinstance(value, (str, dict, list)):
        return str(value)
    if kind is Decimal and isinstance(value, (int, float, str)) and not isinstance(value, bool):
        return bounded(convert(str(value), Decimal, strict=False))
    if kind is datetime and isinstance(value, datetime):
        return value
    return convert(value, kind, strict=False)


def _problem(rule: Rule, code: str, detail: str) -> Problem:
    return Problem(code, rule.data.target, rule.data.source, detail, rule.place)


def as_json(value: Any) -> Any:
    """JSON: Decimals as text with their places (12.50), times as ISO in UTC."""
    if isinstance(value, dict):
        return {name: as_json(part) for name, part in value.items()}
    if isinstance(value, list):
        return [as_json(part) for part in value]
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, datetime):
        return value.isoformat()
    return value


def missing_in_body(rules: Rules, body: Mapping[str, Any], required: Iterable[str]) -> list[Problem]:
    """One problem per field that the destination demands and the body has not; `field` names the Record's path."""
    return [
        Problem("missing_field", record_path(rules, path), place)
        for path in required
        for place in _empty_places(body, path.split("."))
    ]


def record_path(rules: Rules, path: str) -> str:
    """The Record's path behind a field of the body: `items[].sku` → `lines[].sku`; the body's own where none is."""
    source = rules.sources.get(path, "")
    opener, _, _ = path.rpartition("[].")
    if not opener:
        return source or path
    listed = _NAME.match(rules.sources.get(f"{opener}[]", ""))
    return f"{listed[0] if listed else opener}[].{source or path.rpartition('.')[2]}"


def _empty_places(data: Any, path: list[str], seen: str = "") -> Iterable[str]:
    name, rest = path[0].removesuffix("[]"), path[1:]
    here = f"{seen}.{name}" if seen else name
    value = data.get(name) if isinstance(data, Mapping) else None
    if value is None or value in ("", [], {}):
        return [here if not rest else ".".join([here, *rest])]
    if not rest:
        return []
    if isinstance(value, list):
        return [found for i, part in enumerate(value) for found in _empty_places(part, rest, f"{here}.{i}")]
    return _empty_places(value, rest, here)
