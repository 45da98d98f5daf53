"""Where a value is found: a dotted path (the fast lane) or a JMESPath expression, compiled once and bounded."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from math import prod
from typing import Any, ClassVar

import jmespath
from jmespath.exceptions import JMESPathError
from jmespath.visitor import TreeInterpreter

from .records import ABSENT

LONGEST = 500
MOST_NODES = 200
MOST_GROWTH = 6
# Of what an expression is given it may make so many copies, one inside the other.
MOST_COPIES = 2_000
# What one evaluation may visit: more than any real record takes, and less than a third of a second.
MOST_STEPS = 150_000
# The same for all evaluations of one record: a few seconds.
MOST_STEPS_OF_A_RECORD = 2_000_000
_DOTTED = re.compile(r"[A-Za-z_][\w-]*(\.[A-Za-z_][\w-]*)*")
# Nodes that can make a list longer than what they were given.
_GROWING = {"flatten", "multi_select_list", "multi_select_dict", "projection", "value_projection"}


class ExpressionError(ValueError):
    """Why an expression cannot be used, in a sentence."""


class Expression:
    """Compiled once. `evaluate` gives ABSENT where nothing is told, and None only where something is told to be empty:
    JMESPath calls both null, and what is not told must overwrite nothing."""

    def __init__(self, text: str) -> None:
        self.text = text.strip()
        if len(self.text) > LONGEST:
            raise ExpressionError(
                f"The expression has {len(self.text)} characters; at most {LONGEST} are allowed. Shorten it: what is "
                "used twice can be named first, as in {a: customer.address, b: lines[0]} | join(' ', [a.city, b.sku])."
            )
        path = self.text.split(".") if _DOTTED.fullmatch(self.text) else None
        self.parsed = None if path is not None else _parse(self.text)
        self.evaluate: Callable[[Any], Any] = self._search if path is None else _walker(path)

    def _search(self, data: Any) -> Any:
        try:
            found = _evaluated(self.parsed.parsed, data)  # type: ignore[union-attr]  # parsed where there is no path
            return found if found is not None or _tells_null(self.parsed, data) else ABSENT
        except TooManySteps as error:
            raise ExpressionError(
                f"“{self.text}” takes too long on this record. Name the list or the field that it needs more exactly."
            ) from error
        except (JMESPathError, RecursionError, TypeError, ValueError) as error:
            raise ExpressionError(f"“{self.text}” cannot be worked out here: {_reason(error)}") from error


class TooManySteps(Exception):
    """An evaluation that is given up."""


class _Bounded(TreeInterpreter):
    """Evaluates as JMESPath does, up to a number of steps: an expression is written by a person, and a worker waits."""

    def __init__(self, most: int = MOST_STEPS) -> None:
        super().__init__()
        self.most, self.steps = most, 0

    # Of this class, so that it is not looked up anew for each evaluation: that pays for the counting.
    methods: ClassVar[dict[str, Callable[..., Any]]] = {}

    def __init_subclass__(cls) -> None:
        cls.methods = {}

    def visit(self, node: Any, *args: Any, **options: Any) -> Any:
        self.steps += 1
        if self.steps > self.most:
            raise TooManySteps
        kind = node["type"]
        method = self.methods.get(kind)
        if method is None:
            method = self.methods[kind] = getattr(type(self), f"visit_{kind}")
        return method(self, node, *args, **options)


_together = threading.local()


@contextmanager
def at_most(steps: int) -> Iterator[None]:
    """All that this thread evaluates meanwhile takes no more steps than these: one rule is worked out on each line."""
    before = getattr(_together, "steps", None)
    allowed = steps if before is None else min(before, steps)
    _together.steps = allowed
    try:
        yield
    finally:
        _together.steps = None if before is None else before - (allowed - _together.steps)


def _evaluated(node: Any, data: Any) -> Any:
    left = getattr(_together, "steps", None)
    interpreter = _Bounded(MOST_STEPS if left is None else min(MOST_STEPS, left))
    try:
        return interpreter.visit(node, data)
    finally:
        if left is not None:
            _together.steps = max(0, left - interpreter.steps)


class _Witness(_Bounded):
    """Evaluates as JMESPath does and sees whether a null was come across that really stands there."""

    def __init__(self) -> None:
        super().__init__()
        self.saw_null = False

    def visit_field(self, node: Any, value: Any) -> Any:
        self.saw_null |= isinstance(value, dict) and value.get(node["value"], ABSENT) is None
        return super().visit_field(node, value)

    def visit_index(self, node: Any, value: Any) -> Any:
        found = super().visit_index(node, value)
        self.saw_null |= (
            found is None and isinstance(value, list) and -len(value) <= node["value"] < len(value)
        )
        return found

    def visit_literal(self, node: Any, value: Any) -> Any:
        self.saw_null |= node["value"] is None
        return super().visit_literal(node, value)


def _tells_null(parsed: Any, data: Any) -> bool:
    witness = _Witness()
    witness.visit(parsed.parsed, data)
    return witness.saw_null


def _walker(path: list[str]) -> Callable[[Any], Any]:
    """The fast lane: most fields lie on the first or second level of an object."""
    first, *rest = path

    def walk(data: Any) -> Any:
        if type(data) is not dict:
            return _walk(path, data)
        found = data.get(first, ABSENT)
        return _walk(rest, found) if rest and found is not ABSENT else found

    return walk


def _walk(path: list[str], data: Any) -> Any:
    for name in path:
        if not isinstance(data, dict):
            return ABSENT if data is not None else None
        if name not in data:
            return ABSENT
        data = data[name]
    return data


def _parse(text: str) -> Any:
    if not text:
        raise ExpressionError("The expression is empty.")
    try:
        parsed = jmespath.compile(text)
    except (JMESPathError, RecursionError, ValueError) as error:
        raise ExpressionError(f"“{text}” is not a path or a JMESPath expression: {_reason(error)}") from error
    nodes, growing = _weigh(parsed.parsed)
    if nodes > MOST_NODES or growing > MOST_GROWTH or _copies(parsed.parsed) > MOST_COPIES:
        raise ExpressionError("The expression is too large. Do it in two fields, or with a transform.")
    return parsed


def _weigh(node: Any) -> tuple[int, int]:
    nodes, growing = 1, int(node["type"] in _GROWING)
    for child in node["children"]:
        if isinstance(child, dict) and "type" in child:
            more, grows = _weigh(child)
            nodes, growing = nodes + more, growing + grows
    return nodes, growing


def _copies(node: Any) -> int:
    """How often what it is given may stand in what comes out: `[@, @] | [@, @]` holds it four times."""
    parts = [child for child in node["children"] if isinstance(child, dict) and "type" in child]
    inner = [_copies(child) for child in parts]
    if node["type"] in ("multi_select_list", "multi_select_dict"):
        return max(1, sum(inner))
    if node["type"] == "function_expression":
        applied = [count for child, count in zip(parts, inner, strict=True) if child["type"] == "expref"]
        given = [count for child, count in zip(parts, inner, strict=True) if child["type"] != "expref"]
        return max(1, sum(given)) * prod(applied)
    return prod(inner)


def _reason(error: Exception) -> str:
    return "it is nested too deeply." if isinstance(error, RecursionError) else str(error).splitlines()[0]


@lru_cache(maxsize=4096)
def compile_expression(text: str) -> Expression:
    """Raises ExpressionError where the text is neither a path nor JMESPath, or is too large."""
    return Expression(text)


def condition(text: str) -> Callable[[Any], bool]:
    """A test over data, true as JMESPath means it: empty lists, texts and mappings, null and false are not."""
    expression = compile_expression(text)

    def holds(data: Any) -> bool:
        value = expression.evaluate(data)
        return value is not ABSENT and (
            value is not None and value is not False and value not in ("", [], {})
        )

    return holds
