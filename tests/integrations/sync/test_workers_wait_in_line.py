"""Two workers at one record: the second waits for the first, and never the first for the second as well."""

from __future__ import annotations

import threading
import time

import pytest
from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone

from integrations.connectors.base import Item
from integrations.models import Delivery, Door, SyncRun
from integrations.sync.accept import accept
from tests.journeys.world import ORDERS, World

pytestmark = pytest.mark.postgres


def someone_waits() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT COUNT(*) FROM pg_locks WHERE NOT granted")
        (waiting,) = cursor.fetchone()
    return bool(waiting)


def test_a_change_comes_in_while_its_record_is_written_down(world: World) -> None:
    """Recording takes the Delivery and then the run. A door that took them the other way round would deadlock."""
    world.place()
    world.read(ORDERS)
    job, row = world.job(ORDERS), Delivery.objects.get()
    known = row.thing.external_ids.get(connection=job.source)
    held, failed = threading.Event(), []

    def change() -> None:
        held.wait(10)
        item = Item(external_id=known.external_id, payload={"id": "another"}, version=row.accepted_version)
        try:
            accept(job, Door.PULL, [item], read_at=timezone.now())
        except Exception as error:  # noqa: BLE001  # told by the test's own thread
            failed.append(error)
        finally:
            connection.close()

    door = threading.Thread(target=change)
    door.start()
    with transaction.atomic():
        list(Delivery.objects.select_for_update().filter(pk=row.pk))
        held.set()
        until_someone_waits()
        SyncRun.objects.filter(job=job).update(delivered=F("delivered") + 1)
    door.join(20)
    assert failed == []


def until_someone_waits() -> None:
    ends = time.monotonic() + 10
    while not someone_waits():
        assert time.monotonic() < ends, "nobody came to the record"
        time.sleep(0.01)
