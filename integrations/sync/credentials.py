"""What was tested with other credentials than a connection has now says nothing of it: a worker tests it anew."""

from __future__ import annotations

from integrations.models import Connection, Health
from integrations.models.connection import AWAITS_TEST

from . import connect
from .doorbell import ring


def changed(connection_id: int) -> None:
    """Call it where other credentials were saved. Its jobs go on; one that was never tested waits for a person."""
    tested = Connection.objects.filter(pk=connection_id, health_checked_at__isnull=False)
    if tested.update(health=Health.UNTESTED, health_sentence=""):
        ring("test", connection_id)


def test_changed(connection_id: int) -> None:
    """Network: call it outside any transaction. What was tested already, or is switched off, is left."""
    row = Connection.objects.filter(AWAITS_TEST, pk=connection_id, enabled=True).first()
    if row is not None:
        connect.test(row)


def ring_for_changed() -> None:
    """Those whose bell was lost. Run by the sweep."""
    for pk in Connection.objects.filter(AWAITS_TEST, enabled=True).values_list("pk", flat=True):
        ring("test", pk)
