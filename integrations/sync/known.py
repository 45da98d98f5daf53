"""The table of what each system was last known to hold (`LastKnown`): read for a group, and kept with it."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from integrations.models import LastKnown
from mappings.value_digests import is_same

from . import shared_clock


@dataclass
class Held:
    """A LastKnown row as plain values. `digests`: path → (digest, since when)."""

    digests: dict[str, tuple[str, str]] = field(default_factory=dict)
    read_at: datetime | None = None
    written_at: datetime | None = None

    def digest(self, path: str) -> str:
        return self.digests.get(path, ("", ""))[0]

    def since(self, path: str) -> datetime | None:
        told = self.digests.get(path, ("", ""))[1]
        return datetime.fromisoformat(told) if told else None


NOTHING = Held()
# A Thing in a connection.
Place = tuple[int, int]


def held_of(things: Iterable[int], connections: Iterable[int]) -> dict[Place, Held]:
    rows = LastKnown.objects.filter(thing_id__in=list(things), connection_id__in=list(connections))
    names = ("thing_id", "connection_id", "digests", "read_at", "written_at")
    return {
        (thing, connection): Held({path: (row[0], row[1]) for path, row in digests.items()}, *times)
        for thing, connection, digests, *times in rows.values_list(*names)
    }


@dataclass
class News:
    """What is to be kept of one Thing in one system."""

    digests: dict[str, str]
    read_at: datetime | None = None
    written_at: datetime | None = None
    changed_at: datetime | None = None


def keep(news: dict[Place, News]) -> None:
    """Call it inside the transaction, after the Deliveries: each row is locked, in one order for all workers."""
    if not news:
        return
    places = sorted(news)
    LastKnown.objects.bulk_create(
        [LastKnown(thing_id=thing, connection_id=connection) for thing, connection in places],
        ignore_conflicts=True,
    )
    connections = {connection for _, connection in places}
    rows = LastKnown.objects.select_for_update().filter(
        thing_id__in={thing for thing, _ in places}, connection_id__in=connections
    )
    changed = []
    for row in rows.order_by("thing_id", "connection_id"):
        told = news.get((row.thing_id, row.connection_id))
        if told is not None and _take_in(row, told):
            changed.append(row)
    LastKnown.objects.bulk_update(changed, ["digests", "read_at", "written_at"])


def forget(things: Iterable[int], connection_id: int, paths: Collection[str]) -> None:
    """So that what this system holds there counts as news to whoever carries it. Call it inside the transaction, after
    the Deliveries."""
    rows = LastKnown.objects.select_for_update().filter(
        thing_id__in=list(things), connection_id=connection_id
    )
    changed = []
    for row in rows.order_by("thing_id"):
        kept = {path: held for path, held in row.digests.items() if path not in paths}
        if len(kept) < len(row.digests):
            row.digests = kept
            changed.append(row)
    LastKnown.objects.bulk_update(changed, ["digests"])


def _take_in(row: LastKnown, told: News) -> bool:
    """False where a later read or write was kept already."""
    latest = max((at for at in (row.read_at, row.written_at) if at is not None), default=None)
    if told.read_at is not None and latest is not None and told.read_at < latest:
        return False
    since = (told.changed_at or told.written_at or told.read_at or shared_clock.now()).isoformat()
    digests: dict[str, Any] = dict(row.digests)
    for path, digest in told.digests.items():
        if not is_same(digest, digests.get(path, ("",))[0]):
            digests[path] = (digest, since)
    row.digests = digests
    row.read_at = told.read_at or row.read_at
    row.written_at = told.written_at or row.written_at
    return True
