"""Connectors ready to verify webhooks, kept as long as their Connection is unchanged."""

from __future__ import annotations

import threading
from collections import OrderedDict
from datetime import datetime

from integrations.connectors import registry
from integrations.connectors.base import Connector
from integrations.models import Connection

_MOST = 200

_known: OrderedDict[int, tuple[datetime, Connector]] = OrderedDict()
_lock = threading.Lock()


def connector_for(connection_id: int, updated_at: datetime) -> Connector:
    """Builds without network and without a session token: enough to verify, never used to send."""
    with _lock:
        known = _known.get(connection_id)
        if known is not None and known[0] == updated_at:
            _known.move_to_end(connection_id)
            return known[1]
    connector = _build(connection_id)
    with _lock:
        _known[connection_id] = (updated_at, connector)
        _known.move_to_end(connection_id)
        while len(_known) > _MOST:
            _known.popitem(last=False)
    return connector


def _build(connection_id: int) -> Connector:
    connection = Connection.objects.get(pk=connection_id)
    return registry.connect(
        connection.platform,
        settings=connection.settings,
        secrets=connection.secret_values(),
        environment=connection.environment,
        token=None,
    )


def forget() -> None:
    """The next webhook of each connection builds its connector anew."""
    with _lock:
        _known.clear()
