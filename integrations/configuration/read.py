"""YAML → plain data, with the line of every value.

The words of YAML 1.2 only: `no`, `on` and 22:30 are text, as a person who lists countries and times expects.
Twice the same key is refused, since YAML would silently keep the second.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from typing import Any

import yaml

from .problems import BadConfiguration, Place, Problem, dotted

# A file that is larger than this once its anchors are followed is not a configuration.
_MOST_VALUES = 200_000
_DEEPEST = 40


class _Loader(yaml.SafeLoader):
    """SafeLoader with the few implicit types of YAML 1.2's core schema."""


_Loader.yaml_implicit_resolvers = {}
for _tag, _form, _first in (
    ("bool", r"^(?:true|True|TRUE|false|False|FALSE)$", "tTfF"),
    ("null", r"^(?:~|null|Null|NULL|)$", ["~", "n", "N", ""]),
    ("int", r"^[-+]?(?:0|[1-9][0-9]*)$", "-+0123456789"),
    ("float", r"^[-+]?(?:0|[1-9][0-9]*)(?:\.[0-9]+(?:[eE][-+]?[0-9]+)?|[eE][-+]?[0-9]+)$", "-+0123456789"),
):
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(_form), list(_first))


def reads_as_text(plain: str) -> bool:
    """Whether this, without quotation marks, is text to `read`: 12E4 is a number to it, not to every reader."""
    loader: Any = _Loader("")
    return bool(loader.resolve(yaml.ScalarNode, plain, (True, False)) == "tag:yaml.org,2002:str")


_TAGS = {f"tag:yaml.org,2002:{name}" for name in ("map", "seq", "str", "bool", "null", "int", "float")}


@dataclass
class Document:
    """`value` is what the file says; `lines` leads from each place in it to its line."""

    value: dict[str, Any]
    lines: dict[Place, int] = field(default_factory=dict)

    def line_of(self, place: Place) -> int:
        """The line of the place, or of the nearest one around it that the file has."""
        while place:
            if place in self.lines:
                return self.lines[place]
            place = place[:-1]
        return 1

    def problem(self, place: Place, reason: str) -> Problem:
        return Problem(self.line_of(place), dotted(place), reason)


def read(text: str) -> Document:
    """Raises BadConfiguration where the text is not YAML, or not a mapping of sections."""
    node = _compose(text)
    if node is None:
        return Document({})
    if not isinstance(node, yaml.MappingNode):
        raise BadConfiguration(
            [Problem(_line(node), "", "The file must begin with a section, for example 'jobs:'.")]
        )
    document = Document({})
    reading = _Reading(document)
    document.value = reading.plain(node, ())
    if reading.problems:
        raise BadConfiguration(reading.problems)
    return document


def _compose(text: str) -> yaml.Node | None:
    try:
        node: yaml.Node | None = yaml.compose(text, Loader=_Loader)
    except yaml.MarkedYAMLError as exc:
        mark = exc.problem_mark or exc.context_mark
        reason = f"This is not YAML: {exc.problem or exc.context}."
        raise BadConfiguration([Problem(mark.line + 1 if mark else 1, "", reason)]) from exc
    except yaml.reader.ReaderError as exc:
        line = text[: exc.position].count("\n") + 1
        raise BadConfiguration(
            [Problem(line, "", "This is not YAML: a character that no text may have.")]
        ) from exc
    return node


@dataclass
class _Reading:
    document: Document
    problems: list[Problem] = field(default_factory=list)
    values: int = 0
    loader: _Loader = field(default_factory=lambda: _Loader(""))

    def plain(self, node: yaml.Node, place: Place) -> Any:
        self.values += 1
        if self.values > _MOST_VALUES or len(place) > _DEEPEST:
            raise BadConfiguration([Problem(_line(node), dotted(place[:5]), "The file has too many values.")])
        self.document.lines.setdefault(place, _line(node))
        if node.tag not in _TAGS:
            self._refuse(node, place, f"The tag {node.tag} is not allowed here.")
            return None
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, place)
        if isinstance(node, yaml.SequenceNode):
            return [self.plain(inner, (*place, index)) for index, inner in enumerate(node.value)]
        return self._scalar(node, place)

    def _mapping(self, node: yaml.MappingNode, place: Place) -> dict[str, Any]:
        plain: dict[str, Any] = {}
        for key_node, value_node in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                self._refuse(key_node, place, "A key must be a word.")
                continue
            # A key is always text: value maps have keys such as 1, no and true.
            key = str(key_node.value)
            if not _can_be_stored(key):
                self._refuse(key_node, place, "A key here has a character that no database keeps.")
                continue
            if key in plain:
                self._refuse(key_node, (*place, key), "This key is here twice. Keep one of them.")
                continue
            self.document.lines[(*place, key)] = _line(key_node)
            plain[key] = self.plain(value_node, (*place, key))
        return plain

    def _scalar(self, node: yaml.Node, place: Place) -> Any:
        try:
            value = self.loader.construct_object(node, deep=True)
        except (yaml.constructor.ConstructorError, ValueError):
            self._refuse(node, place, f"This is not what its tag {node.tag} says.")
            return None
        if isinstance(value, float) and not math.isfinite(value):
            self._refuse(node, place, "This number is too large.")
        if isinstance(value, str) and not _can_be_stored(value):
            self._refuse(node, place, "A character in this text is one that no database keeps. Take it out.")
        return value

    def _refuse(self, node: yaml.Node, place: Place, reason: str) -> None:
        self.problems.append(Problem(_line(node), dotted(place), reason))


def _can_be_stored(text: str) -> bool:
    """PostgreSQL keeps no NUL, and half of a surrogate pair is no character at all. YAML can write both."""
    return "\0" not in text and not any("\ud800" <= character <= "\udfff" for character in text)


def _line(node: yaml.Node) -> int:
    return int(node.start_mark.line) + 1
