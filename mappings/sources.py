"""Whether a writing rule reads what a Record has: a name that is mistyped would leave its field out of every body."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from typing import Any

from .expressions import ExpressionError, compile_expression
from .targets import UnknownTarget, target_fields, target_type
from .translate import ROOT, RuleData

# What a rule may read beside the Record's own fields.
CONTEXT = "context"
# Of these, only the first part is read from what the expression is given; the rest from what the first one found.
_FIRST_PART_READS = {
    "subexpression",
    "index_expression",
    "pipe",
    "projection",
    "value_projection",
    "filter_projection",
    "flatten",
}
_READS_NOTHING = {"expref", "literal", "current", "identity", "index", "slice"}


def unknown_sources(rules: Sequence[RuleData], kind: str) -> Iterator[tuple[int, str]]:
    """The place of each writing rule that reads a field which no Record of this kind has, and a sentence."""
    openers = {rule.target: rule for rule in rules if rule.target.endswith("[]")}
    for place, rule in enumerate(rules):
        within = "" if rule.source.startswith(ROOT) else _list_gone_through(rule.target, openers)
        if within is not None and rule.source:
            for name in _names_read(rule.source.removeprefix(ROOT)):
                sentence = _missing(kind, within, name)
                if sentence:
                    yield place, sentence


def fields_read(rules: Sequence[RuleData]) -> list[list[str]]:
    """For each writing rule the Record's fields that it reads, arguments included, as paths: `lines[].sku`.

    Of an expression only the first part of each path is known; within a list that is itself an expression, only what
    that one reads.
    """
    openers = {rule.target: rule for rule in rules if rule.target.endswith("[]")}
    return [sorted(set(_paths_of(rule, openers))) for rule in rules]


def targets_by_path(rules: Sequence[RuleData]) -> dict[str, list[str]]:
    """For each path of a payload the targets that are read from it; `line_items[].sku` within a list. Of an
    expression only what begins its paths is known."""
    found: dict[str, list[str]] = {}
    for rule, paths in zip(rules, fields_read(rules), strict=True):
        for path in paths:
            found.setdefault(path, []).append(rule.target)
    return found


def _paths_of(rule: RuleData, openers: dict[str, RuleData]) -> Iterator[str]:
    texts = [rule.source] if rule.source else []
    texts += [
        value[1:].strip()
        for value in rule.arguments.values()
        if isinstance(value, str) and value.startswith("=")
    ]
    within = _list_gone_through(rule.target, openers)
    for text in texts:
        names = _names_read(text.removeprefix(ROOT))
        if text.startswith(ROOT) or within == "":
            yield from names
        elif within is not None:
            yield from (f"{within}{name}" for name in names)
        else:
            opener = openers[f"{rule.target.removesuffix('[]').rpartition('[].')[0]}[]"]
            yield from _paths_of(opener, openers)


def _list_gone_through(target: str, openers: dict[str, RuleData]) -> str | None:
    """`lines[].` for a rule that is worked out on each line, nothing on the whole; None where that cannot be told."""
    opener = openers.get(f"{target.removesuffix('[]').rpartition('[].')[0]}[]")
    if opener is None:
        return ""
    source = opener.source.removeprefix(ROOT)
    around = "" if opener.source.startswith(ROOT) else _list_gone_through(opener.target, openers)
    is_plain = source != "" and all(name.isidentifier() for name in source.split("."))
    return f"{around}{source}[]." if around is not None and is_plain else None


def _names_read(text: str) -> list[str]:
    """The whole path where the source is one; of an expression the first name of each path in it."""
    try:
        parsed = compile_expression(text).parsed
    except ExpressionError:
        return []
    return [text.strip()] if parsed is None else sorted(set(_first_names(parsed.parsed)))


def _first_names(node: dict[str, Any]) -> Iterator[str]:
    if node["type"] == "field":
        yield node["value"]
    if node["type"] in _READS_NOTHING:
        return
    children = node["children"][:1] if node["type"] in _FIRST_PART_READS else node["children"]
    for child in children:
        yield from _first_names(child)


def _missing(kind: str, within: str, name: str) -> str:
    if name.partition(".")[0] == CONTEXT and not within:
        return ""
    path = f"{within}{name}"
    try:
        target_type(kind, path)
    except UnknownTarget as unknown:
        beside = [field.path for field in target_fields(kind) if field.path.count("[]") == path.count("[]")]
        near = get_close_matches(path, beside, 1, 0.8)
        # As deep as the name that was given: of an expression it is only the beginning of a path.
        depth = path.count(".") + 1
        meant = ".".join(near[0].split(".")[:depth]).removeprefix(within) if near else ""
        return f"{unknown} Did you mean “{meant}”?" if meant else str(unknown)
    return ""
