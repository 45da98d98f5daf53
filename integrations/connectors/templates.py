"""Templates and expressions of a declaration, compiled once when the declaration is read.

A text that begins with "=" is a JMESPath expression and gives whatever it finds; in any other text {name} and
{name.part} are placeholders. A text that is one placeholder keeps the value's type. What is not there is left out of
objects and lists; an object that loses all its parts so goes too. "==" and "{{" stand for themselves.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import quote

import msgspec

from integrations.exceptions import DeclarationError
from mappings.expressions import Expression, ExpressionError, compile_expression

MISSING = msgspec.UNSET
# What every database keeps whole: PostgreSQL refuses more than the column holds, and NUL.
LONGEST_ID = 255
Scope = Mapping[str, Any]
Filler = Callable[[Scope], Any]
Reader = Callable[[Any], Any]

_PLACEHOLDER = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z0-9_]+)*")


class UnfitValue(Exception):
    """A path needs a value that is not there, or one that would lead elsewhere."""

    def __init__(self, name: str, why: str) -> None:
        super().__init__(f"{name} {why}")
        self.name = name
        self.why = why


@dataclass(frozen=True)
class Names:
    """Which names a template may use: `scope` come with each call, `variables` from the connection's settings."""

    scope: frozenset[str]
    variables: frozenset[str] = frozenset()

    def with_scope(self, *names: str) -> Names:
        return Names(frozenset(names), self.variables)

    def path_of(self, name: str, field: str) -> tuple[str, ...]:
        """Where a placeholder's value is in the scope. Raises DeclarationError."""
        if not _NAME.fullmatch(name):
            raise DeclarationError(
                field, f"{{{name}}} is no placeholder. Write {{{{ for a brace that is meant."
            )
        path = tuple(name.split("."))
        if path[0] in self.scope:
            return path
        if name in self.variables:
            return ("settings", name)
        known = ", ".join(sorted(self.scope | self.variables)) or "none"
        raise DeclarationError(field, f"The placeholder {{{name}}} is not known here. Known are: {known}.")


def expression(text: str, field: str) -> Reader:
    """Gives what the expression finds, MISSING for nothing, for null, and where it cannot be worked out on this data
    (the length of something that is not there). Raises DeclarationError."""
    if text.strip() == "@":
        return lambda data: MISSING if data is None else data
    evaluate = _compiled(text, field).evaluate

    def read(data: Any) -> Any:
        try:
            found = evaluate(data)
        except ExpressionError:
            return MISSING
        return MISSING if found is None else found

    return read


def condition(text: str, field: str) -> Callable[[Any], bool]:
    """Whether the expression finds something that counts as true in JMESPath: not empty, not false, not null."""
    read = expression(text, field)

    def holds(data: Any) -> bool:
        found = read(data)
        return found is not MISSING and found is not False and found not in ("", [], {})

    return holds


def _compiled(text: str, field: str) -> Expression:
    try:
        return compile_expression(text)
    except ExpressionError as error:
        raise DeclarationError(field, str(error)) from error


def template(value: Any, names: Names, field: str) -> Filler:
    """Compiles a value of any shape. The result gives MISSING where a whole value is not there."""
    if isinstance(value, str):
        return _text(value, names, field)
    if isinstance(value, Mapping):
        parts = [(name, template(part, names, f"{field}.{name}")) for name, part in value.items()]
        return lambda scope: _object(parts, scope)
    if isinstance(value, list | tuple):
        fillers = [template(part, names, f"{field}[{place}]") for place, part in enumerate(value)]
        return lambda scope: [filled for fill in fillers if (filled := fill(scope)) is not MISSING]
    return lambda scope: value


def _object(parts: list[tuple[str, Filler]], scope: Scope) -> Any:
    """An object whose every part is missing is missing itself: {"after": nothing} is no filter."""
    filled = {name: value for name, fill in parts if (value := fill(scope)) is not MISSING}
    return MISSING if parts and not filled else filled


def _text(text: str, names: Names, field: str) -> Filler:
    if text.startswith("==") or not (text.startswith("=") or "{" in text or "}" in text):
        constant = text[1:] if text.startswith("==") else text
        return lambda scope: constant
    if text.startswith("="):
        return expression(text[1:].strip(), field)
    pieces = pieces_of(text, names, field)
    if len(pieces) == 1 and isinstance(pieces[0], tuple):
        path = pieces[0]
        return lambda scope: look(scope, path)

    def fill(scope: Scope) -> Any:
        written = []
        for piece in pieces:
            found = look(scope, piece) if isinstance(piece, tuple) else piece
            if found is MISSING:
                return MISSING
            written.append(as_text(found))
        return "".join(written)

    return fill


def path_template(text: str, names: Names, field: str) -> Callable[[Scope], str]:
    """A path: what is put into it is quoted, so that a value cannot lead elsewhere. The result raises UnfitValue."""
    pieces = pieces_of(text, names, field)
    check_path(pieces, field)
    if all(isinstance(piece, str) for piece in pieces):
        constant = "".join(str(piece) for piece in pieces)
        return lambda scope: constant

    def fill(scope: Scope) -> str:
        written = []
        for piece in pieces:
            if isinstance(piece, str):
                written.append(piece)
                continue
            found = look(scope, piece)
            if found is MISSING or found == "":
                raise UnfitValue(".".join(piece), "is not there")
            text = as_text(found)
            if text.strip(".") == "":
                # Many servers take "." and ".." for directions, however they are quoted.
                raise UnfitValue(".".join(piece), f"is {text!r}, which cannot stand in an address")
            written.append(quote(text, safe=""))
        return "".join(written)

    return fill


def text_template(text: str, names: Names, field: str) -> Callable[[Scope], str]:
    """A text for a person or a header; what is missing is empty."""
    fill = template(text, names, field)

    def written(scope: Scope) -> str:
        found = fill(scope)
        return "" if found is MISSING or found is None else as_text(found)

    return written


def placeholders(value: Any) -> set[str]:
    """The first names of all placeholders in a template, and the words of its expressions: what it can depend on."""
    if isinstance(value, Mapping):
        return set().union(*map(placeholders, value.values())) if value else set()
    if isinstance(value, list | tuple):
        return set().union(*map(placeholders, value)) if value else set()
    if not isinstance(value, str):
        return set()
    if value.startswith("=") and not value.startswith("=="):
        return set(re.findall(r"[A-Za-z_]\w*", value))
    return {found[1].split(".")[0] for found in _PLACEHOLDER.finditer(value) if found[1]}


def look(scope: Any, path: tuple[str, ...]) -> Any:
    """The value at a path of names, MISSING where it is not there or null."""
    found = scope
    for name in path:
        if isinstance(found, Mapping):
            found = found.get(name)
        elif isinstance(found, list) and name.isdigit() and int(name) < len(found):
            found = found[int(name)]
        else:
            return MISSING
        if found is None:
            return MISSING
    return found


def as_text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        # Never as 1E+2: few platforms take that for a hundred.
        return format(value, "f")
    return value if isinstance(value, str) else str(value)


def as_id(value: Any) -> str:
    """An id as text; "" for what cannot be one. A number with more digits than JSON readers keep would be that of its
    neighbours too, and a list or an object is the wrong place."""
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 2**53 else ""
    if isinstance(value, bool | list | dict):
        return ""
    text = as_text(value)
    return text if len(text) <= LONGEST_ID and "\x00" not in text else ""


_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_UNFIT_IN_PATH = re.compile(r"[\x00-\x20\x7f]")


def check_header_name(name: str, field: str) -> None:
    """Raises DeclarationError."""
    if not _HEADER_NAME.fullmatch(name):
        raise DeclarationError(field, f"{name!r} is no name of a header: letters, digits and hyphens only.")


def check_path(pieces: Collection[str | tuple[str, ...]], field: str) -> None:
    """Raises DeclarationError."""
    if any(isinstance(piece, str) and _UNFIT_IN_PATH.search(piece) for piece in pieces):
        raise DeclarationError(field, "An address has no spaces and no line breaks. Write %20 for a space.")


def check_names(used: Collection[str], known: Collection[str], field: str, what: str) -> None:
    """Raises DeclarationError for the first of `used` that is not among `known`."""
    for name in sorted(used):
        if name not in known:
            raise DeclarationError(
                field, f"{name!r} is not known as {what}. Known are: {', '.join(sorted(known))}."
            )


def pieces_of(text: str, names: Names, field: str) -> list[str | tuple[str, ...]]:
    """Texts and paths of placeholders, in order."""
    pieces: list[str | tuple[str, ...]] = []
    end = 0
    for found in _PLACEHOLDER.finditer(text):
        if found.start() > end:
            pieces.append(text[end : found.start()])
        end = found.end()
        if found[0] in ("{{", "}}"):
            pieces.append(found[0][0])
        elif found[1] is not None:
            pieces.append(names.path_of(found[1].strip(), field))
        else:
            raise DeclarationError(
                field, f"A brace is not closed in {text!r}. Write {{{{ for a brace that is meant."
            )
    if end < len(text):
        pieces.append(text[end:])
    return pieces
