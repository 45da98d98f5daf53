"""What a mapping is tried on: a few real payloads of a resource, and what the destination demands."""

from __future__ import annotations

from integrations.connectors import registry
from integrations.connectors.base import Item
from integrations.models import Connection

from .connect import connect, with_login
from .decide import make
from .gate import Gate


def sample(connection: Connection, resource: str, count: int = 5) -> list[Item]:
    """The first rows of the first page. Network: call it outside any transaction. Raises Failure."""
    connector = connect(connection)
    gate = Gate(connection, connector, 1, urgent=True)
    try:
        connector.pace(gate.turn)
        gate.turn()
        page = with_login(
            connection,
            connector,
            lambda: connector.read(resource, since=None, position=None, not_final=False),
        )
    finally:
        gate.close()
        connector.close()
    return list(page.items[:count])


def needed_in_new(destination: Connection, resource: str) -> tuple[str, ...]:
    """What this destination demands of a new record, as dotted paths in the body. Nothing is called.

    Raises Failure (config) where the connection is not configured rightly.
    """
    connector = registry.connect(
        destination.platform,
        settings=destination.settings,
        secrets=destination.secret_values(),
        environment=destination.environment,
        name=destination.name,
    )
    try:
        abilities = connector.resources().get(resource)
        operations = make(abilities).operations if abilities is not None else ()
        return tuple(connector.required_fields(resource, operations[0])) if operations else ()
    finally:
        connector.close()
