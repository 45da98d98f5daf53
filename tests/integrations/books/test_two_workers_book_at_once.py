"""Two threads, each with its own connection to the database, write the same rows over and over.

On PostgreSQL alone: SQLite lets one transaction write at a time, from its first statement on.
"""

from __future__ import annotations

import random
import threading
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.db import connection

from integrations.connectors.base import Answer, WriteContext
from integrations.connectors.books import BooksConnector
from integrations.models import BookedLine, BookedOrder
from tests import factories

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgres]
WORKERS, ROUNDS, ORDERS = 2, 12, 25


def test_the_newest_stands_whoever_wrote_it_last() -> None:
    factories.connection(key="shop")
    failures: list[BaseException] = []

    def work(seed: int) -> None:
        chance = random.Random(seed)
        try:
            for number in chance.sample(range(ROUNDS), ROUNDS):
                ids = chance.sample(range(ORDERS), ORDERS)
                book([(order, f"{number * WORKERS + seed:04}") for order in ids])
        except BaseException as error:  # noqa: BLE001  # told by the test
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(WORKERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    newest = ROUNDS * WORKERS - 1
    assert not failures
    assert set(BookedOrder.objects.values_list("total", "version")) == {(Decimal(newest), f"{newest:04}")}
    assert BookedOrder.objects.count() == ORDERS
    lines = BookedLine.objects.values_list("order", "position", "total")
    assert sorted(lines) == sorted(
        (pk, 1, Decimal(newest)) for pk in BookedOrder.objects.values_list("pk", flat=True)
    )


def book(orders: list[tuple[int, str]]) -> None:
    connector = BooksConnector({}, {})
    calls = []
    for order, version in orders:
        body = {
            "id": str(order),
            "total": str(int(version)),
            "lines": [{"id": "1", "total": str(int(version))}],
        }
        read_at = datetime(2026, 11, 23, tzinfo=UTC).timestamp()
        context = WriteContext("upsert", body, version=version, read_at=read_at, source="shop")
        calls.append(connector.prepare("orders", context, 0, "key"))
    assert all(isinstance(result, Answer) for result in connector.send_batch(calls))
