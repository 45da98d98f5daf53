"""Whose address a webhook was sent to, and the connector that verifies it: kept while the Connection is unchanged."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime

from integrations.connectors import registry
from integrations.connectors.base import Connector
from integrations.models import Connection

_MOST = 200
# Seconds for which an address is not looked up again: a changed secret counts everywhere after this time.
LOOKED_UP_FOR = 1.0


@dataclass(frozen=True)
class Addressee:
    connection_id: int
    updated_at: datetime


_known: OrderedDict[int, tuple[datetime, Connector]] = OrderedDict()
_addresses: dict[str, tuple[float, Addressee]] = {}
_lock = threading.Lock()


def addressee(address: str, anew: bool = False) -> Addressee | None:
    """The connection with this webhook address. Unknown addresses are looked up each time, and never kept."""
    kept = None if anew else _addresses.get(address)
    if kept is not None and time.monotonic() - kept[0] < LOOKED_UP_FOR:
        return kept[1]
    row = Connection.objects.filter(webhook_address=address).values_list("pk", "updated_at").first()
    if row is None:
        _addresses.pop(address, None)
        return None
    found = Addressee(*row)
    with _lock:
        if len(_addresses) >= _MOST:
            _addresses.clear()
        _addresses[address] = (time.monotonic(), found)
    return found


def earlier_connector_for(connection_id: int) -> Connector | None:
    """With the webhook secret that was replaced, for as long as the platform may still sign with it. Built each time:
    only what the secret of today does not fit comes here."""
    connection = Connection.objects.filter(pk=connection_id, webhook_secret_before__isnull=False).first()
    earlier = connection.earlier_webhook_secret() if connection is not None else ""
    return _built(connection, {"webhook_secret": earlier}) if connection is not None and earlier else None


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
    return _built(Connection.objects.get(pk=connection_id), {})


def _built(connection: Connection, other_secrets: dict[str, str]) -> Connector:
    return registry.connect(
        connection.platform,
        settings=connection.settings,
        secrets={**connection.secret_values(), **other_secrets},
        environment=connection.environment,
        token=None,
    )


def forget() -> None:
    """The next webhook of each connection looks its address up and builds its connector anew."""
    with _lock:
        _known.clear()
        _addresses.clear()
