"""Two hundred thousand rows: what is held at one time is a page, however many there are."""

from __future__ import annotations

import json
import tracemalloc
from typing import Any

import pytest

from integrations.connectors.base import Answer
from tests.integrations.connectors.files.drops import Drop, reading, write, writing

ROWS, SIZE = 200_000, 500
# Pages from which on ten are measured: at the beginning, where another worker takes over, and near the end.
MEASURED = (10, 199, 380)


def large(form: str) -> bytes:
    if form == "csv":
        rows = "".join(f"{number},name of {number},{number % 97}.50\r\n" for number in range(ROWS))
        return f"id,name,price\r\n{rows}".encode()
    import io

    import pyarrow as pa
    import pyarrow.parquet as pq

    made = io.BytesIO()
    ids = [str(number) for number in range(ROWS)]
    table = pa.table({"id": ids, "name": [f"name of {one}" for one in ids], "price": ["1.50"] * ROWS})
    pq.write_table(table, made)
    return made.getvalue()


@pytest.mark.slow
@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_a_large_file_is_read_in_pages_with_flat_memory_and_goes_on_after_a_fall(
    folder: Drop, form: str
) -> None:
    folder.put(f"a.{form}", large(form))
    words = reading(format=form, size=SIZE)
    connector = folder.connector(words)
    # What is loaded once belongs to no page.
    page = connector.read("rows", since=None, position=None)
    count, position, pages, peaks = len(page.items), page.next_position, 1, []
    last = ""
    while position is not None:
        if pages == 200:
            # The worker falls; another one knows only the position.
            connector.close()
            connector = folder.connector(words)
        if pages in MEASURED:
            tracemalloc.start()
        page = connector.read("rows", since=None, position=json.loads(json.dumps(position)))
        count += len(page.items)
        last = page.items[-1].external_id if page.items else last
        position, pages = page.next_position, pages + 1
        if pages - 10 in MEASURED:
            peaks.append(tracemalloc.get_traced_memory()[1])
            tracemalloc.stop()
    assert (count, last) == (ROWS, str(ROWS - 1))
    assert pages >= ROWS // SIZE
    assert len(peaks) == len(MEASURED)
    assert max(peaks) < 12_000_000
    # The second of them opens the file anew.
    assert peaks[2] < peaks[0] + 3_000_000


@pytest.mark.slow
def test_a_days_file_grows_by_batches_with_flat_memory(folder: Drop) -> None:
    connector = folder.connector(writing(file="day"))

    def batch(start: int) -> None:
        bodies: list[dict[str, Any]] = [{"id": str(n), "note": "x" * 100} for n in range(start, start + 500)]
        assert all(isinstance(result, Answer) for result in write(connector, *bodies))

    batch(0)
    tracemalloc.start()
    batch(500)
    early = tracemalloc.get_traced_memory()[1]
    for start in range(1_000, 10_000, 500):
        batch(start)
    assert tracemalloc.get_traced_memory()[1] < early * 1.5 + 1_000_000
    tracemalloc.stop()
    (name,) = folder.names()
    assert folder.text(name).count("\r\n") == 10_001
