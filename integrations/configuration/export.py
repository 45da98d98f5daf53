"""The configuration as a file: the form that `apply` reads, with a reference in the place of what is hidden: secrets,
and what is about a person."""

from __future__ import annotations

from typing import Any

import yaml

from . import owners
from .added import sections
from .environment import escape, placeholder
from .plain import Hidden, Plain, State
from .read import reads_as_text

_HEAD = """\
# The configuration of a Crossdock portal, for `manage.py apply`.
# Secrets and personal data are not in here: set the variables that are named in their places.
"""
# Line breaks to YAML's older readers, which make a space of them wherever they are not written as an escape.
_FOLDED_BY_READERS = "\x85\u2028\u2029"


class _Dumper(yaml.SafeDumper):
    """Long texts as blocks, so that they can be read and compared line by line."""


def _text(dumper: yaml.SafeDumper, value: str) -> yaml.Node:
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=_style(value))


def _style(value: str) -> str | None:
    if any(sign in value for sign in _FOLDED_BY_READERS):
        return '"'
    if "\n" in value:
        return "|"
    return None if reads_as_text(value) else "'"


_Dumper.add_representer(str, _text)
# A list or mapping that is used twice is written twice: anchors are for people who write, not for readers.
_Dumper.ignore_aliases = lambda self, data: True  # type: ignore[method-assign]


def as_yaml(state: State) -> str:
    document = {section: _section(section, state[section]) for section in sections() if state.get(section)}
    text: str = yaml.dump(document, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=110)
    return _HEAD + (text if document else "")


def _section(section: str, rows: dict[str, Plain]) -> dict[str, Any]:
    if section == "owners":
        return {key: escape(owners.as_file(plain)) for key, plain in rows.items()}
    written = {key: escape(plain) for key, plain in rows.items()}
    for key, plain in written.items():
        if "secrets" in plain:
            plain["secrets"] = {name: placeholder(section, key, name) for name in plain["secrets"]}
        plain.update(
            {
                name: placeholder(section, key, name)
                for name, value in plain.items()
                if isinstance(value, Hidden)
            }
        )
    return written
