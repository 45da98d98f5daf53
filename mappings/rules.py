"""Checks field rules before anything runs: each problem with its rule, its field and a sentence."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import NamedTuple

from .expressions import ExpressionError, compile_expression
from .sources import unknown_sources
from .targets import UnknownTarget, target_type
from .transforms import TRANSFORMS
from .translate import ROOT, RuleData


class RuleProblem(NamedTuple):
    """`rule` counts from 0; `field` is the rule's own field: target, source, transform, arguments, value_map."""

    rule: int
    field: str
    sentence: str


def check_rules(
    rules: Sequence[RuleData], direction: str, kind: str, value_maps: Collection[str]
) -> list[RuleProblem]:
    found = []
    targets = {rule.target for rule in rules}
    seen: set[str] = set()
    for place, rule in enumerate(rules):
        found += [
            RuleProblem(place, field, sentence)
            for field, sentence in _check(rule, direction, kind, value_maps)
        ]
        if rule.target in seen:
            found.append(RuleProblem(place, "target", f"“{rule.target}” has a rule already."))
        seen.add(rule.target)
        opener = rule.target.rpartition("[].")[0]
        if opener and f"{opener}[]" not in targets:
            sentence = f"Add a rule for “{opener}[]” that says which list to go through."
            found.append(RuleProblem(place, "target", sentence))
    if direction == "write":
        found += [RuleProblem(place, "source", text) for place, text in unknown_sources(rules, kind)]
    return sorted(found, key=lambda problem: problem.rule)


def _check(rule: RuleData, direction: str, kind: str, value_maps: Collection[str]) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    if direction == "read":
        try:
            target_type(kind, rule.target)
        except UnknownTarget as error:
            found.append(("target", str(error)))
    if not rule.target:
        found.append(("target", "Name the field that the rule fills."))
    found += [("source", text) for text in _expression_problem(rule.source.removeprefix(ROOT))]
    found += _transform_problems(rule)
    if rule.value_map and rule.value_map not in value_maps:
        found.append(("value_map", f"There is no value map “{rule.value_map}”."))
    return found


def _transform_problems(rule: RuleData) -> list[tuple[str, str]]:
    if not rule.transform:
        return []
    transform = TRANSFORMS.get(rule.transform)
    if transform is None:
        return [
            ("transform", f"There is no transform “{rule.transform}”. Known are: {', '.join(TRANSFORMS)}.")
        ]
    known = {argument.name for argument in transform.arguments}
    found = [
        ("arguments", f"The transform “{rule.transform}” takes no argument “{name}”.")
        for name in rule.arguments
        if name not in known
    ]
    found += [
        ("arguments", f"The transform “{rule.transform}” needs the argument “{argument.name}”.")
        for argument in transform.arguments
        if argument.required and argument.name not in rule.arguments
    ]
    for value in rule.arguments.values():
        if isinstance(value, str) and value.startswith("="):
            found += [
                ("arguments", text) for text in _expression_problem(value[1:].strip().removeprefix(ROOT))
            ]
    return found


def _expression_problem(text: str) -> list[str]:
    if not text:
        return []
    try:
        compile_expression(text)
    except ExpressionError as error:
        return [str(error)]
    return []
