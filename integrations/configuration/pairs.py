"""What can be carried from one system to another: what the one shows and the other takes, by ready mappings."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from integrations.connectors import registry
from integrations.connectors.base import Abilities
from integrations.models import Connection, Environment
from mappings.labels import kind_name
from mappings.models import Direction, Mapping
from mappings.presets import PRESETS
from mappings.sentences import within

# Begins the name of a way that is a mapping of one's own; a preset goes by its bare key.
OWN = "own:"


@dataclass(frozen=True)
class Way:
    """How a kind of Record is read from, or written to, one resource: by a preset, or by a mapping that is there."""

    key: str
    name: str
    resource: str
    kind: str


@dataclass(frozen=True)
class Pair:
    read: Way
    write: Way

    @property
    def key(self) -> str:
        return f"{self.read.key}|{self.write.key}"


def resources_of(connection: Connection) -> dict[str, Abilities]:
    """What the system has. Nothing is called. Raises Failure (config) where it is not configured rightly."""
    connector = registry.connect(
        connection.platform,
        settings=connection.settings,
        secrets=connection.secret_values(),
        environment=connection.environment,
        name=connection.name,
    )
    try:
        return connector.resources()
    finally:
        connector.close()


def is_written(able: Abilities) -> bool:
    return able.creates or able.updates or able.upserts or bool(able.actions)


def ways(connection: Connection, direction: str) -> list[Way]:
    """Presets of its platform, and mappings for it that are in use, for what it can do. Raises Failure (config)."""
    able = {
        name
        for name, one in resources_of(connection).items()
        if (one.reads if direction == Direction.READ else is_written(one))
    }
    found = [
        Way(key, preset.name, preset.resource, preset.kind)
        for key, preset in PRESETS.items()
        if (preset.platform, preset.direction) == (connection.platform, direction)
    ]
    own = Mapping.objects.filter(platform=connection.platform, direction=direction, current_number__gt=0)
    found += [
        Way(f"{OWN}{row.key}", row.name, row.resource, row.kind)
        for row in own.order_by("name")
        # A copy of a preset for a system stands for that preset.
        if not _is_copy(row)
    ]
    return [way for way in found if way.resource in able]


def _is_copy(row: Mapping) -> bool:
    return any(row.key.endswith(f"-{key}") for key in PRESETS)


def pairs(source: Connection, destination: Connection) -> list[Pair]:
    """Raises Failure (config) where one of both is not configured rightly."""
    return list(_pairs(ways(source, Direction.READ), ways(destination, Direction.WRITE)))


def _pairs(reads: list[Way], writes: list[Way]) -> Iterator[Pair]:
    for read in reads:
        for write in writes:
            if read.kind == write.kind:
                yield Pair(read, write)


def name_of(kind: str, source: Connection, destination: Connection) -> str:
    """“Orders from the shop to the warehouse”."""
    return f"{kind_name(kind)} from {within(source.name)} to {within(destination.name)}"


def touches_production(source: Connection, destination: Connection) -> bool:
    return Environment.PRODUCTION in (source.environment, destination.environment)
