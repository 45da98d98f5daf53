"""Sections of a configuration file that other apps add: what stands to the right of this one keeps its own there.

An app adds its section when it is ready. Without that app the section is unknown, as any other word.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .plain import SECTIONS, Found, Plain, State

if TYPE_CHECKING:
    from .diff import Change
    from .schema import Entry


@dataclass(frozen=True)
class Section:
    """`load`: its rows as they stand; told True, a secret under another key is taken for none, and no SecretUnreadable
    is raised. `normal`: what a file tells, as `load` tells it, so that both can be compared. `check`: (what the file
    tells, what would stand afterwards). `prepare`: what one row is written with, made before the transaction begins:
    there secrets are encrypted. `write`: one row, inside the transaction that applies the whole file."""

    name: str
    entry: type[Entry]
    load: Callable[[bool], dict[str, Plain]]
    check: Callable[[State, State], Found]
    write: Callable[[Change, Plain], None]
    prepare: Callable[[Plain], Plain] = dict
    normal: Callable[[Plain], Plain] = dict


ADDED: dict[str, Section] = {}


def add(section: Section) -> None:
    ADDED[section.name] = section


def sections() -> tuple[str, ...]:
    """All names, in the order in which one can refer to the other."""
    return (*SECTIONS, *ADDED)
