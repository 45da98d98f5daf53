"""Ten thousand rows in and out: what is held at one time is a batch or a page, however many there are."""

from __future__ import annotations

import tracemalloc

import pytest

from integrations.connectors.base import Answer
from tests.integrations.connectors.sql.databases import Database, write_all

ROWS, BATCH = 10_000, 200
TABLES = {"orders": {"key": "id", "write": {}, "read": {"number": "n", "size": 500}}}


@pytest.mark.slow
def test_ten_thousand_rows_are_written_and_read_with_flat_memory(database: Database) -> None:
    connector = database.connector(TABLES)

    def batch(start: int) -> None:
        numbers = range(start, start + BATCH)
        results = write_all(
            connector, [{"id": str(n), "n": n, "note": "x" * 200} for n in numbers], version="1"
        )
        assert all(isinstance(result, Answer) for result in results)

    batch(0)
    tracemalloc.start()
    batch(BATCH)
    early = tracemalloc.get_traced_memory()[1]
    for start in range(2 * BATCH, ROWS, BATCH):
        batch(start)
    assert tracemalloc.get_traced_memory()[1] < early * 1.5 + 2_000_000
    seen, position, pages = set[str](), None, 0
    tracemalloc.reset_peak()
    base = tracemalloc.get_traced_memory()[0]
    while True:
        page = connector.read("orders", since=None, position=position)
        seen.update(item.external_id for item in page.items)
        pages += 1
        if page.next_position is None:
            break
        position = page.next_position
    peak = tracemalloc.get_traced_memory()[1] - base
    tracemalloc.stop()
    assert (len(seen), pages) == (ROWS, 21)
    assert peak < 15_000_000
    connector.close()
