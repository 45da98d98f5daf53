"""A few real payloads of a resource, to look at before mapping."""

from __future__ import annotations

from integrations.connectors.base import Item
from integrations.models import Connection

from .connect import connect, with_login
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
