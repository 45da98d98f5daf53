"""What kind of value each field of a written body holds: known from the mapping, before any value is seen.

In the body itself amounts and times are text, as JSON has neither: "1042" may be an order's number or a quantity.
Whoever must tell them apart (a database that makes its columns by itself) is told with the body.
"""

from __future__ import annotations

import re

from .targets import WORDS, UnknownTarget, target_type
from .transforms import TRANSFORMS
from .translate import ROOT, Rule, Rules, Scope

TEXT, NUMBER, WHOLE, TIME, YES_OR_NO = "text", "number", "whole number", "time", "yes or no"

_PATH = re.compile(r"[A-Za-z_][\w.]*")
_GIVES = {
    **dict.fromkeys(
        ("decimal", "from_minor_units", "wrapped_decimal", "minus", "sum", "negate", "absolute", "weight"),
        NUMBER,
    ),
    **dict.fromkeys(("integer", "to_minor_units", "count"), WHOLE),
    "time": TIME,
    "boolean": YES_OR_NO,
}


def kinds_of(rules: Rules) -> dict[str, str]:
    """The kind of each field by its path in the body (`items[].sku`); fields of which it is not known are left out.

    Known it is where a rule takes a field of the Record as it is, or changes it.
    """
    return _kinds(rules.scope, rules.kind, "", "")


def _kinds(scope: Scope, kind: str, target: str, source: str) -> dict[str, str]:
    found = {target + ".".join(rule.path): _of_rule(rule, kind, source) for rule in scope.rules}
    for rule, inner in scope.inner:
        opened = _PATH.match(rule.data.source.removeprefix(ROOT))
        beneath = f"{source}{opened[0]}[]." if opened is not None else "?"
        found |= _kinds(inner, kind, f"{target}{'.'.join(rule.path)}[].", beneath)
    return {path: word for path, word in found.items() if word}


def _of_rule(rule: Rule, kind: str, source: str) -> str:
    if rule.mapped is not None:
        return TEXT
    if rule.change is not None:
        return _of_transform(rule)
    path = rule.data.source.removeprefix(ROOT)
    if not _PATH.fullmatch(path):
        return ""
    try:
        return WORDS.get(target_type(kind, path if rule.from_root else source + path), "")
    except UnknownTarget:
        return ""


def _of_transform(rule: Rule) -> str:
    name, arguments = rule.data.transform, rule.data.arguments
    match name:
        case "constant":
            return ""
        case "to_time":
            form = str(arguments.get("format") or "iso")
            return {"iso": TIME, "unix": WHOLE, "unix_ms": WHOLE}.get(form, TEXT)
        case "minus" if arguments.get("as") == "integer":
            return WHOLE
        case _:
            return _GIVES.get(name, TEXT if name in TRANSFORMS else "")
