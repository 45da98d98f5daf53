"""A payload's places as inputs of a form, and what a person typed into them as changes. Types are kept: a text of
digits stays a text, and nothing (null), an empty text and what is left out are three things."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import orjson
from django.core.exceptions import ValidationError

from integrations.sync import payload_edits
from integrations.sync.payload_edits import Edit, Path, value_at
from mappings.records import ABSENT

from .pasted import as_number

KEEP, TEXT, NUMBER, TRUTH, NULL, LEFT_OUT = "keep", "text", "number", "truth", "null", "absent"
KINDS: Final = {
    TEXT: "Text",
    NUMBER: "Number",
    TRUTH: "Yes or no",
    NULL: "Nothing (null)",
    LEFT_OUT: "Left out",
}
# Of a list or an object that holds nothing: there is nothing to type.
EMPTY = "empty"
YES, NO = "yes", "no"
LONG_TEXT: Final = 80
_NUMBER: Final = re.compile(r"-?\d+(\.\d+)?([eE][+-]?\d+)?")


@dataclass
class Field:
    """One input. `before` is the digest of what stands in the record, which tells whether anything was changed."""

    path: Path
    before: str
    kind: str
    text: str = ""
    is_secret: bool = False
    old: str = ""
    errors: list[str] = field(default_factory=list)
    is_blamed: bool = False
    has_focus: bool = False

    @property
    def name(self) -> str:
        return name_of(self.path)

    @property
    def was(self) -> str:
        """Comes back with what was typed: as what it was shown, whether it was hidden, and what had stood there."""
        return f"{self.kind}:{'hidden' if self.is_secret else ''}:{self.before}"

    @property
    def id(self) -> str:
        return "place-" + payload_edits.digest(list(self.path))[:12]

    @property
    def label(self) -> str:
        return payload_edits.spoken(self.path[-1:])

    @property
    def whole_label(self) -> str:
        return payload_edits.spoken(self.path)

    @property
    def is_long(self) -> bool:
        return len(self.text) > LONG_TEXT or "\n" in self.text or "\r" in self.text

    @property
    def rows(self) -> int:
        return min(8, max(3, self.text.count("\n") + 1, len(self.text) // 60))

    @property
    def kinds(self) -> list[tuple[str, str]]:
        known = [(kind, label) for kind, label in KINDS.items() if kind != LEFT_OUT or self.may_be_left_out]
        if self.is_truth:
            known = [(kind, label) for kind, label in known if kind not in (TEXT, NUMBER)]
        return [(KEEP, "As it is"), *known] if self.is_secret else known

    @property
    def is_truth(self) -> bool:
        return self.kind == TRUTH and not self.errors

    @property
    def may_be_left_out(self) -> bool:
        return isinstance(self.path[-1], str)


def name_of(path: Path) -> str:
    return orjson.dumps(list(path)).decode()


def path_of(name: str) -> Path | None:
    """None for what is no name of a place."""
    try:
        found = orjson.loads(name)
    except orjson.JSONDecodeError:
        return None
    is_path = (
        isinstance(found, list)
        and found
        and all(isinstance(part, str | int) and not isinstance(part, bool) for part in found)
    )
    return tuple(found) if is_path else None


def kind_of(value: Any) -> str:
    if value is ABSENT:
        return LEFT_OUT
    if value is None:
        return NULL
    if isinstance(value, bool):
        return TRUTH
    return NUMBER if isinstance(value, int | float) else TEXT


def typed(value: Any) -> str:
    """A scalar as it stands in an input."""
    if value is ABSENT or value is None:
        return ""
    if isinstance(value, bool):
        return YES if value else NO
    return value if isinstance(value, str) else orjson.dumps(value).decode()


def said(value: Any, *, is_secret: bool = False) -> str:
    """A value beside another one, so that a text is told from a number and nothing from an empty text."""
    if value is ABSENT:
        return "left out"
    if value is None:
        return "nothing (null)"
    if is_secret:
        return "hidden"
    if value == "":
        return "empty text"
    if isinstance(value, str):
        return f"“{value}”" if _NUMBER.fullmatch(value) or value != value.strip() else value
    if isinstance(value, bool):
        return "yes" if value else "no"
    return orjson.dumps(payload_edits.masked(value)).decode()


def field_for(payload: dict[str, Any], path: Path, edit: Edit | None) -> Field | None:
    """None for a place that holds more than one value."""
    now = value_at(payload, path)
    shown = edit.after if edit is not None else now
    if shown in ([], {}) and edit is None:
        return Field(path, "", EMPTY, "An empty list" if shown == [] else "An empty group")
    if isinstance(now, dict | list) or isinstance(shown, dict | list):
        return None
    hides = payload_edits.is_secret(path) and now not in (ABSENT, None, "")
    made = Field(path, payload_edits.digest(now), kind_of(shown), typed(shown), hides)
    if edit is not None:
        made.old = said(now, is_secret=hides)
    if hides:
        made.text = ""
        made.kind = made.kind if edit is not None else KEEP
    return made


# --- what was typed -----------------------------------------------------------------------------------------------


@dataclass
class Typed:
    """`kept`: places whose input says that they stay as they are. `wrong`: what was typed there, with why not."""

    edits: dict[Path, Edit] = field(default_factory=dict)
    kept: set[Path] = field(default_factory=set)
    wrong: dict[Path, tuple[str, str, str]] = field(default_factory=dict)


def typed_in(data: Mapping[str, str], before: Mapping[Path, Edit]) -> Typed:
    """`before`: changes that were made on earlier pages; a hidden field that was filled stays filled."""
    found = Typed()
    for name in [name for name in data if name.startswith("was:")]:
        path = path_of(name.removeprefix("was:"))
        if path is None:
            continue
        place = name.removeprefix("was:")
        shown_as, hidden, was, *_ = [*data[name].split(":", 2), "", ""]
        kind, text = data.get(f"kind:{place}", ""), data.get(f"value:{place}", "")
        if hidden and kind == TEXT and not text and path in before:
            continue
        if hidden and not text and kind in (KEEP, TEXT):
            found.kept.add(path)
            continue
        try:
            value = _value(kind, text, is_chosen=kind != shown_as)
        except ValidationError as error:
            found.wrong[path] = (kind, text, error.messages[0])
            continue
        if payload_edits.digest(value) == was:
            found.kept.add(path)
            continue
        edit = Edit(path, was, value)
        mask = payload_edits.why_no_mask(edit)
        if mask:
            found.wrong[path] = (kind, text, mask)
        else:
            found.edits[path] = edit
    return found


def _value(kind: str, text: str, *, is_chosen: bool) -> Any:
    """`is_chosen`: the kind was changed just now. Who only types into what is nothing, or left out, wants a text."""
    if kind in (NULL, LEFT_OUT) and (is_chosen or not text):
        return None if kind == NULL else ABSENT
    if kind == NUMBER:
        return _number(text)
    if kind == TRUTH:
        return _truth(text)
    return text.replace("\r\n", "\n")


def _number(text: str) -> int | float:
    plain = text.strip()
    if not _NUMBER.fullmatch(plain):
        raise ValidationError("Write a number, with a point: 12.50. Or choose “Text” beside it.")
    return as_number(plain)


def _truth(text: str) -> bool:
    word = text.strip().lower()
    if word in (YES, "true"):
        return True
    if word in (NO, "false"):
        return False
    raise ValidationError("Write yes or no.")


# --- which fields stand on the page -------------------------------------------------------------------------------


@dataclass
class Group:
    title: str
    fields: list[Field]


def groups_of(fields: Iterable[Field]) -> list[Group]:
    """Fields of one object, or of one entry of a list, stand together."""
    found: list[Group] = []
    last: Path | None = None
    for one in fields:
        if not found or one.path[:-1] != last:
            last = one.path[:-1]
            found.append(Group(payload_edits.spoken(last) or "The record itself", []))
        found[-1].fields.append(one)
    return found


def matches(leaf: payload_edits.Leaf, words: Sequence[str]) -> bool:
    """A hidden value is not found by what it is: that would tell it, word by word."""
    text = f"{payload_edits.spoken(leaf.path)} {'.'.join(map(str, leaf.path))}".casefold()
    if not leaf.is_secret:
        text += f" {typed(leaf.value)}".casefold() if not isinstance(leaf.value, dict | list) else ""
    return all(word in text for word in words)
