"""The words in which the parts of a configuration speak of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from .problems import Place

# In the order in which one can refer to the other.
SECTIONS = ("connections", "value_maps", "mappings", "bundles", "owners", "workflows", "jobs", "partners")

# The fields of one row, by name.
Plain = dict[str, Any]
# section → key → fields
State = dict[str, dict[str, Plain]]


@dataclass(frozen=True)
class Hidden:
    """A secret's value, or one about a person: it can be compared and stored, but not printed by accident. An export
    has a reference in its place. `what` is the word for it where a change is told."""

    value: Any
    what: str = field(default="secret", compare=False)

    def __repr__(self) -> str:
        return f"({self.what})"


def title(key: str) -> str:
    """The name of what has none: main-warehouse is called "Main warehouse"."""
    return key.replace("-", " ").capitalize()


# What is wrong: where, and why.
Found = Iterator[tuple[Place, str]]
