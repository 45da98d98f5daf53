"""What a person has changed in a payload so far: it travels with the form from page to page, and nowhere else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import orjson
from django.core.exceptions import ValidationError

from integrations.models import ErrorRecord
from integrations.sync import payload_edits
from integrations.sync.payload_edits import Edit, EditError, Path
from integrations.sync.retry import newest_edit
from mappings.records import ABSENT

from .connection_form import as_json
from .pasted import read_record
from .payload_fields import path_of, said, typed_in

# A larger one would not fit into a form beside its fields.
LONGEST_JSON: Final = 300_000
NO_OBJECT: Final = "The record must be a JSON object: it begins with { and ends with }."


@dataclass
class Draft:
    """`payload` is the record as it is now. `notes` are about the whole, `wrong` about one place (see `Typed`)."""

    payload: dict[str, Any]
    edits: dict[Path, Edit] = field(default_factory=dict)
    wrong: dict[Path, tuple[str, str, str]] = field(default_factory=dict)
    clashed: dict[Path, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    json_text: str = ""
    json_error: str = ""
    changed_meanwhile: bool = False

    @property
    def is_good(self) -> bool:
        return not (self.wrong or self.clashed or self.json_error)

    def made(self) -> dict[str, Any]:
        """The record as the person wrote it."""
        return payload_edits.applied(self.payload, self.edits.values())

    def carried(self) -> str:
        rows = [
            {"p": list(edit.path), "b": edit.before, **({} if edit.after is ABSENT else {"a": edit.after})}
            for edit in self.edits.values()
        ]
        return orjson.dumps(rows).decode()

    def shown_json(self) -> str:
        return as_json(payload_edits.masked(self.made()))

    def changes(self) -> list[tuple[str, str, str]]:
        """(place, old, new), as a person reads it."""
        found = []
        for edit in self.edits.values():
            hides = payload_edits.is_secret(edit.path)
            now = payload_edits.value_at(self.payload, edit.path)
            new = "another hidden value" if hides and edit.after not in (ABSENT, None) else said(edit.after)
            found.append((payload_edits.spoken(edit.path), said(now, is_secret=hides), new))
        return found


def seen_of(error: ErrorRecord) -> str:
    """What the record was like, and who had edited it, when a page was made."""
    return f"{payload_edits.digest(error.payload)}:{newest_edit(error)}"


def newest_seen(data: Mapping[str, str]) -> int:
    number = data.get("seen", "").rpartition(":")[2]
    return int(number) if number.isascii() and number.isdigit() and len(number) < 19 else 0


def begin(error: ErrorRecord) -> Draft:
    payload: Any = error.payload
    return Draft(dict(payload))


def read_draft(error: ErrorRecord, data: Mapping[str, str]) -> Draft:
    """What came back with the form: earlier changes, those in the fields of the page, those in the JSON."""
    draft = begin(error)
    draft.changed_meanwhile = data.get("seen", "") not in ("", seen_of(error))
    draft.edits = _carried(data.get("edits", ""))
    by_json = _by_json(draft, data)
    typed = typed_in(data, draft.edits)
    for path in typed.kept:
        draft.edits.pop(path, None)
    draft.edits |= typed.edits
    draft.wrong = typed.wrong
    if by_json:
        _add(draft, by_json)
    _rebase(draft)
    return draft


def _carried(text: str) -> dict[Path, Edit]:
    try:
        rows = orjson.loads(text or "[]")
        edits = [Edit(tuple(row["p"]), str(row["b"]), row.get("a", ABSENT)) for row in rows]
    except (orjson.JSONDecodeError, TypeError, KeyError, AttributeError):
        return {}  # Not of our pages: nothing was changed there.
    return {edit.path: edit for edit in edits if path_of(orjson.dumps(list(edit.path)).decode())}


def _by_json(draft: Draft, data: Mapping[str, str]) -> list[Edit]:
    """What was changed in the JSON since it was shown."""
    text = data.get("payload", "")
    if "payload" not in data or payload_edits.digest(text) == data.get("payload_was", ""):
        return []
    draft.json_text = text
    if draft.changed_meanwhile:
        draft.json_error = (
            "The record changed since you began, so what you wrote is not taken over it unseen. "
            "Compare it with the fields, then check it again."
        )
        return []
    try:
        if not text.strip():
            raise ValidationError("This field is required.")
        before = draft.made()
        found = payload_edits.between(before, payload_edits.unmasked(read_record(text, NO_OBJECT), before))
        for edit in found:
            if mask := payload_edits.why_no_mask(edit):
                raise ValidationError(f"“{payload_edits.spoken(edit.path)}”: {mask}")
    except ValidationError as error:
        draft.json_error = error.messages[0]
    except EditError as error:
        draft.json_error = str(error)
    else:
        return found
    return []


def _add(draft: Draft, by_json: list[Edit]) -> None:
    try:
        made = payload_edits.applied(draft.made(), by_json)
    except EditError as error:
        draft.json_error = str(error)
    else:
        draft.edits = {edit.path: edit for edit in payload_edits.between(draft.payload, made)}
        draft.json_text = ""


def _rebase(draft: Draft) -> None:
    """Onto the record as it is now: what somebody made the same is no change, what clashes is asked about."""
    for edit in payload_edits.clashes(draft.payload, draft.edits.values()):
        now = payload_edits.value_at(draft.payload, edit.path)
        hides = payload_edits.is_secret(edit.path)
        draft.clashed[edit.path] = (
            f"This changed meanwhile: it is {said(now, is_secret=hides)} now, and you wrote "
            f"{said(edit.after, is_secret=hides)}. Check it again to keep yours."
        )
        draft.edits[edit.path] = Edit(edit.path, payload_edits.digest(now), edit.after)
    for path, edit in list(draft.edits.items()):
        if payload_edits.digest(payload_edits.value_at(draft.payload, path)) == payload_edits.digest(
            edit.after
        ):
            del draft.edits[path]
            continue
        try:
            payload_edits.applied(draft.payload, [edit])
        except EditError as error:
            del draft.edits[path]
            draft.clashed.pop(path, None)
            draft.notes.append(f"{error} Your change of it is left out.")
