"""Keeps at the connection what its platform's answers announced of their end."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import Q

from integrations.connectors.base import Connector
from integrations.models import Connection

from . import shared_clock

# What is announced again is noted once in so long; what has not been announced for longer is over.
NOTED_EVERY, LASTS = timedelta(hours=12), timedelta(days=14)


def keep(connection: Connection, connector: Connector) -> None:
    """A few answers in a thousand may carry it: what was not announced this time is not taken back."""
    notice = connector.announced()
    if notice is None:
        return
    now = shared_clock.now()
    same = Q(announced_end=notice.ends, announced_said=notice.said, announced_at__gt=now - NOTED_EVERY)
    Connection.objects.filter(pk=connection.pk).exclude(same).update(
        announced_end=notice.ends, announced_said=notice.said, announced_at=now
    )
