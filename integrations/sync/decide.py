"""What is to be done with one record. Pure: facts in, a verdict out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from integrations.connectors.base import Abilities, Action
from integrations.models import State
from mappings.expressions import condition


@dataclass(frozen=True)
class Facts:
    """What is known of the record, its Delivery and the destination when the decision is made.

    `read_at` and `written_read_at` are seconds since 1970: when the read that showed this version began, and
    that of the version written last.
    """

    exists: bool
    version: str
    read_at: float
    content_hash: str
    record: dict[str, Any]
    written: dict[str, Any]
    written_version: str = ""
    written_read_at: float = 0.0
    written_hash: str = ""
    same_object_fetched: bool = False
    recount: bool = False


@dataclass(frozen=True)
class Verdict:
    """Either a final `state` with its reason, or the operations to carry out, in order.

    `fetch`: the versions do not tell which is newer; the object must be read again under the lock.
    """

    operations: tuple[str, ...] = ()
    state: State | None = None
    reason: str = ""
    fetch: bool = False


UNCHANGED = Verdict(state=State.UNCHANGED)
CANNOT_CHANGE = Verdict(
    state=State.UNCHANGED,
    reason="It changed in the source, but the destination cannot change it any more.",
)


def decide(facts: Facts, abilities: Abilities, actions: Sequence[Action]) -> Verdict:
    if facts.written_hash and _is_stale(facts):
        return _written_already(facts)
    if not facts.exists:
        return make(abilities)
    named = _actions(facts, actions)
    if facts.content_hash == facts.written_hash and not named:
        return UNCHANGED
    if _must_fetch(facts, abilities):
        return Verdict(fetch=True)
    operations = () if _replaced(named, actions) else _change(facts, abilities)
    if not operations and not named:
        return CANNOT_CHANGE
    return Verdict(operations=operations + named)


def _written_already(facts: Facts) -> Verdict:
    """Another version that is newer, or this very one as a later read showed it: nothing of it is missing there."""
    if facts.version and facts.written_version and facts.version != facts.written_version:
        return Verdict(state=State.SUPERSEDED, reason="A newer version was written already.")
    return Verdict(state=State.UNCHANGED, reason="It was written already, as a later read showed it.")


def make(abilities: Abilities) -> Verdict:
    """How a record comes into being that the destination does not hold yet."""
    for operation, able in (
        ("create", abilities.creates),
        ("upsert", abilities.upserts),
        ("update", abilities.updates),
    ):
        if able:
            return Verdict(operations=(operation,))
    return Verdict(
        state=State.UNCHANGED, reason="The destination only takes actions on what it holds already."
    )


def _change(facts: Facts, abilities: Abilities) -> tuple[str, ...]:
    if facts.content_hash == facts.written_hash:
        return ()
    if abilities.updates:
        return ("update",)
    return ("upsert",) if abilities.upserts else ()


def _actions(facts: Facts, actions: Sequence[Action]) -> tuple[str, ...]:
    view = {"record": facts.record, "written": facts.written}
    return tuple(action.name for action in actions if condition(action.when)(view))


def _replaced(named: tuple[str, ...], actions: Sequence[Action]) -> bool:
    """An action that ends the thing (cancel, delete) goes alone: a change of it as well would be refused."""
    return any(action.ends_it for action in actions if action.name in named)


def _is_stale(facts: Facts) -> bool:
    if facts.recount:
        return facts.read_at < facts.written_read_at
    if facts.version and facts.written_version and facts.version != facts.written_version:
        return facts.version < facts.written_version
    return facts.read_at < facts.written_read_at


def _must_fetch(facts: Facts, abilities: Abilities) -> bool:
    """The same version with another content: only a read that begins now can tell which is newer."""
    if facts.same_object_fetched or facts.recount or not facts.written_hash:
        return False
    unclear = not facts.version or facts.version == facts.written_version
    return unclear and abilities.fetch and facts.read_at <= facts.written_read_at
