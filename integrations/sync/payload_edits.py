"""A person's changes of a payload, place by place: they can be put onto a newer version of it, or found to clash."""

from __future__ import annotations

import copy
import hmac
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

import orjson

from integrations.http.redact import HIDDEN, MASKS, is_secret_name
from mappings.records import ABSENT
from mappings.search import digest_key

Path = tuple[str | int, ...]
LENGTH: Final = 32


class EditError(Exception):
    """The change cannot be made; the text says why."""


@dataclass(frozen=True)
class Edit:
    """`before` is the digest of what stood there, so that what is hidden need not travel; ABSENT `after`: left out."""

    path: Path
    before: str
    after: Any


@dataclass(frozen=True)
class Leaf:
    """One value of a payload: a scalar, or an empty list or object."""

    path: Path
    value: Any
    is_secret: bool


def leaves(payload: dict[str, Any]) -> Iterator[Leaf]:
    """Those of one object stand together, what is nested in it after them."""
    yield from _leaves(payload, (), is_secret=False)


def _leaves(value: Any, path: Path, is_secret: bool) -> Iterator[Leaf]:
    inner: list[Leaf] = []
    for name, part in _parts(value):
        hidden = is_secret or is_secret_name(str(name))
        if isinstance(part, dict | list) and part:
            inner.append(Leaf((*path, name), part, hidden))
        else:
            yield Leaf((*path, name), part, hidden)
    for one in inner:
        yield from _leaves(one.value, one.path, one.is_secret)


def _parts(value: Any) -> list[tuple[str | int, Any]]:
    if isinstance(value, dict):
        return list(value.items())
    return list(enumerate(value)) if isinstance(value, list) else []


def is_secret(path: Path) -> bool:
    return any(isinstance(name, str) and is_secret_name(name) for name in path)


def value_at(payload: Any, path: Path) -> Any:
    """ABSENT where nothing stands."""
    found = payload
    for name in path:
        is_there = (isinstance(found, dict) and isinstance(name, str) and name in found) or (
            isinstance(found, list) and isinstance(name, int) and 0 <= name < len(found)
        )
        if not is_there:
            return ABSENT
        found = found[name]
    return found


def digest(value: Any) -> str:
    """Keyed; "" for what is not there. How a text's lines end does not count: a browser writes them its own way."""
    if value is ABSENT:
        return ""
    text = orjson.dumps(_plain(value), option=orjson.OPT_SORT_KEYS, default=str)
    return hmac.digest(digest_key(), text, "sha256").hex()[:LENGTH]


def _plain(value: Any) -> Any:
    if isinstance(value, str):
        return value.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")
    if isinstance(value, dict):
        return {name: _plain(part) for name, part in value.items()}
    return [_plain(part) for part in value] if isinstance(value, list) else value


def applied(payload: dict[str, Any], edits: Iterable[Edit]) -> dict[str, Any]:
    """A new payload. What leads to a place is made where it is missing. Raises EditError."""
    made = copy.deepcopy(payload)
    for edit in edits:
        _put(made, edit)
    return made


def _put(made: dict[str, Any], edit: Edit) -> None:
    *way, last = edit.path
    found: Any = made
    for place, name in enumerate(way):
        inner = value_at(found, (name,))
        if inner is ABSENT or inner is None:
            if edit.after is ABSENT:
                return
            if isinstance(name, int) or isinstance(edit.path[place + 1], int):
                raise EditError(f"“{spoken(edit.path)}” is not in the record any more.")
            inner = found[name] = {}
        if not isinstance(inner, dict | list):
            raise EditError(f"“{spoken(edit.path)}” cannot be filled: what it stands in is one value.")
        found = inner
    if isinstance(last, int):
        if not isinstance(found, list) or last >= len(found) or edit.after is ABSENT:
            raise EditError(f"“{spoken(edit.path)}” is not in the record any more.")
        found[last] = edit.after
    elif not isinstance(found, dict):
        raise EditError(f"“{spoken(edit.path)}” is not in the record any more.")
    elif edit.after is ABSENT:
        found.pop(last, None)
    else:
        found[last] = edit.after


def clashes(payload: dict[str, Any], edits: Iterable[Edit]) -> list[Edit]:
    """Those whose place holds neither what stood there when they were made, nor what they would put there."""
    found = []
    for edit in edits:
        now = digest(value_at(payload, edit.path))
        if now not in (edit.before, digest(edit.after)):
            found.append(edit)
    return found


def between(before: dict[str, Any], after: dict[str, Any]) -> list[Edit]:
    """What leads from one to the other. A list that became longer or shorter is one change."""
    return list(_between(before, after, ()))


def _between(before: Any, after: Any, path: Path) -> Iterator[Edit]:
    if isinstance(before, dict) and isinstance(after, dict) and (before or not path):
        for name in [*before, *(name for name in after if name not in before)]:
            yield from _between(before.get(name, ABSENT), after.get(name, ABSENT), (*path, name))
    elif isinstance(before, list) and isinstance(after, list) and before and len(before) == len(after):
        for place, (one, other) in enumerate(zip(before, after, strict=True)):
            yield from _between(one, other, (*path, place))
    elif digest(before) != digest(after):
        yield Edit(path, digest(before), after)


# --- what is hidden ---------------------------------------------------------------------------------------------------


def masked(value: Any, path: Path = ()) -> Any:
    """As it is shown: secrets are hidden by the name of their field."""
    if path and is_secret(path[-1:]) and not isinstance(value, bool) and value not in (None, ""):
        return HIDDEN
    if isinstance(value, dict):
        return {name: masked(part, (*path, name)) for name, part in value.items()}
    if isinstance(value, list):
        return [masked(part, (*path, place)) for place, part in enumerate(value)]
    return value


def unmasked(written: Any, payload: Any, path: Path = ()) -> Any:
    """What a person wrote over the shown one, with what was hidden in its place again. Raises EditError."""
    if written == HIDDEN and path and is_secret(path[-1:]):
        return written if payload is ABSENT else payload
    if isinstance(written, dict):
        return {
            name: unmasked(part, value_at(payload, (name,)), (*path, name)) for name, part in written.items()
        }
    if isinstance(written, list):
        is_as_long = isinstance(payload, list) and len(payload) == len(written)
        if not is_as_long and any(mask == HIDDEN for mask in _masks_in(written)):
            raise EditError(
                f"“{spoken(path)}” became longer or shorter and holds hidden values: it is not known any more which is "
                "whose. Write them out, or leave the list as long as it was."
            )
        return [
            unmasked(part, value_at(payload, (place,)), (*path, place)) for place, part in enumerate(written)
        ]
    return written


def why_no_mask(edit: Edit) -> str:
    """A mask that was copied from the evidence would be sent as if it were the value."""
    mask = next(_masks_in(edit.after), "")
    if not mask or digest(edit.after) == edit.before:
        return ""
    return f"{mask} stands for what is hidden. Write the real value, or leave the field as it was."


def _masks_in(value: Any) -> Iterator[str]:
    if isinstance(value, str) and value.strip() in MASKS:
        yield value.strip()
    elif isinstance(value, dict | list):
        for _, part in _parts(value):
            yield from _masks_in(part)


def spoken(path: Path) -> str:
    """A place as a person reads it: “Line items › 2 › sku”."""
    names = [str(name + 1) if isinstance(name, int) else name.replace("_", " ").strip() for name in path]
    return " › ".join([names[0][:1].upper() + names[0][1:], *names[1:]]) if names else ""
