"""Who owns which field of a Record, and what of a writing mapping a job may therefore not write. No database.

A field is named by its path (`phone`, `address.city`, `lines[].shipped`); `*` stands for all that is not named.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from .sources import CONTEXT, fields_read
from .translate import RuleData

ALL = "*"
OWNER, NEWEST, ASK = "owner", "newest", "ask"
# Who may fill the field as a record is made: its owner alone, or whoever makes it.
ANYONE = "anyone"
# What only names a thing or a moment is nobody's to own, unless it is named.
_NAMES_ONLY = ("id", "updated_at")


@dataclass(frozen=True, slots=True)
class Ownership:
    """`owner` is the key of a connection."""

    field: str
    owner: str
    when_it_differs: str = OWNER
    first_value: str = OWNER


class Owners:
    """Of the fields of one kind of Record."""

    def __init__(self, rows: Iterable[Ownership]) -> None:
        self._by_path = {_bare(row.field): row for row in rows}

    def __bool__(self) -> bool:
        return bool(self._by_path)

    def __iter__(self) -> Iterator[Ownership]:
        return iter(self._by_path.values())

    def of(self, path: str) -> Ownership | None:
        """By the nearest name: the field itself, what it lies in, then `*`."""
        bare = _bare(path)
        if not bare or bare.partition(".")[0] == CONTEXT:
            return None
        name = bare
        while name:
            if name in self._by_path:
                return self._by_path[name]
            if is_name_only(name):
                return None
            name = name.rpartition(".")[0]
        return self._by_path.get(ALL)

    def within(self, path: str) -> list[Ownership]:
        """Of the parts of this field that are named themselves."""
        start = f"{_bare(path)}."
        return [row for name, row in self._by_path.items() if name.startswith(start)]


def is_name_only(path: str) -> bool:
    return _bare(path).rpartition(".")[2] in _NAMES_ONLY


def _bare(path: str) -> str:
    return path.replace("[]", "")


@dataclass(frozen=True)
class LeftOut:
    """`targets`: what a job does not write → who owns what is read for it. `mixed`: the place of each rule that would
    also need a field which the job may write, with its target, the two fields and the owner of the first."""

    targets: Mapping[str, str] = field(default_factory=dict)
    mixed: Sequence[tuple[int, str, str, str, str]] = ()

    def owner_of(self, target: str) -> str:
        return self.targets.get(target, "")


def left_out(rules: Sequence[RuleData], owners: Owners, source: str) -> LeftOut:
    """What a job that reads from `source` must not write by these writing rules: fields that another system owns."""
    if not owners:
        return LeftOut()
    read = fields_read(rules)
    targets: dict[str, str] = {}
    mixed = []
    for place, (rule, paths) in enumerate(zip(rules, read, strict=True)):
        if rule.target.endswith("[]"):
            continue
        foreign = [
            (path, row.owner) for path in paths for row in _touched(owners, path) if row.owner != source
        ]
        if not foreign:
            continue
        targets[rule.target] = foreign[0][1]
        ours = [path for path in paths if _is_ours(owners, path, source)]
        if ours:
            mixed.append((place, rule.target, foreign[0][0], ours[0], foreign[0][1]))
    _close_lists(rules, read, targets)
    return LeftOut(targets, tuple(mixed))


def _touched(owners: Owners, path: str) -> list[Ownership]:
    """Of the field and of the parts of it that have owners of their own."""
    whole = owners.of(path)
    return [row for row in (whole, *owners.within(path)) if row is not None]


def _is_ours(owners: Owners, path: str, source: str) -> bool:
    if is_name_only(path) or path.partition(".")[0] == CONTEXT:
        return False
    rows = _touched(owners, path)
    return owners.of(path) is None or any(row.owner == source for row in rows)


def _close_lists(rules: Sequence[RuleData], read: Sequence[Sequence[str]], targets: dict[str, str]) -> None:
    """A list of which nothing is left but names and fixed values is not written at all."""
    for rule in sorted(rules, key=lambda rule: rule.target.count("[]"), reverse=True):
        if not rule.target.endswith("[]"):
            continue
        inside = [
            (other.target, paths)
            for other, paths in zip(rules, read, strict=True)
            if other.target.startswith(f"{rule.target}.") and not other.target.endswith("[]")
        ]
        kept = [paths for target, paths in inside if target not in targets]
        gone = [targets[target] for target, _ in inside if target in targets]
        if gone and all(is_name_only(path) for paths in kept for path in paths):
            targets[rule.target] = gone[0]
