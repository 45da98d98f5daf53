"""Parquet: what is written has types, which widen, and stands there once."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from integrations.exceptions import Failure, Kind
from mappings import kinds
from tests.integrations.connectors.files.drops import Drop, bodies, call, write, writing


def table(drop: Drop, folder: str = "") -> pa.Table:
    (name,) = drop.names(folder)
    return pq.read_table(io.BytesIO((drop.root / folder / name).read_bytes()))


TOLD = {"n": kinds.WHOLE, "total": kinds.NUMBER, "at": kinds.TIME, "paid": kinds.YES_OR_NO}
BODY = {
    "id": "007",
    "n": 3,
    "total": "12.345",
    "at": "2026-11-23T07:45:00+01:00",
    "paid": True,
    "tags": ["a"],
    "empty": None,
}


@pytest.mark.parametrize("file", ["batch", "day"])
def test_parquet_has_real_types(drop: Drop, file: str) -> None:
    write(drop.connector(writing(format="parquet", file=file)), BODY, kinds=TOLD)
    found = table(drop)
    assert {field.name: field.type for field in found.schema} == {
        "id": pa.string(),
        "n": pa.int64(),
        "total": pa.decimal128(38, 10),
        "at": pa.timestamp("us", tz="UTC"),
        "paid": pa.bool_(),
        "tags": pa.string(),
    }
    (row,) = found.to_pylist()
    assert (row["id"], row["n"], row["total"]) == ("007", 3, Decimal("12.345"))
    assert (row["at"], row["paid"], row["tags"]) == (datetime(2026, 11, 23, 6, 45, tzinfo=UTC), True, '["a"]')


def test_parquet_is_written_once_whoever_repeats_it(drop: Drop) -> None:
    connector = drop.connector(writing(format="parquet", folder="out"))
    calls = [call(connector, body) for body in bodies(1, 2, 3)]
    for part in (calls[:2], calls[1:], calls):
        connector.send_batch(part)
    found = [pq.read_table(drop.root / "out" / name).to_pylist() for name in drop.names("out")]
    assert sorted(row["id"] for rows in found for row in rows) == ["1", "2", "3"]


def test_a_parquet_file_of_a_day_is_merged_and_its_columns_become_wider(drop: Drop) -> None:
    connector = drop.connector(writing(format="parquet", file="day"))
    write(connector, {"id": "1", "n": 1, "v": 1}, {"id": "2", "n": 2, "v": 2})
    write(connector, {"id": "2", "n": "2.5", "w": "new"}, kinds={"n": kinds.NUMBER})
    found = table(drop)
    assert found.schema.field("n").type == pa.decimal128(38, 10)
    assert [(row["id"], row["n"], row["v"], row["w"]) for row in found.to_pylist()] == [
        ("1", Decimal(1), 1, None),
        ("2", Decimal("2.5"), None, "new"),
    ]
    write(connector, {"id": "3", "n": "many"})
    assert [(row["id"], row["n"]) for row in table(drop).to_pylist()] == [
        ("1", "1"),
        ("2", "2.5"),
        ("3", "many"),
    ]


def test_a_number_too_wide_for_a_decimal_becomes_text_and_loses_nothing(folder: Drop) -> None:
    wide = "1." + "1" * 20
    write(folder.connector(writing(format="parquet")), {"id": "1", "n": wide}, kinds={"n": kinds.NUMBER})
    assert table(folder).to_pylist() == [{"id": "1", "n": wide}]


def test_columns_that_are_named_are_there_though_all_are_null(folder: Drop) -> None:
    write(folder.connector(writing(format="parquet", columns=["id", "v"])), {"id": "1", "x": 1})
    assert table(folder).to_pylist() == [{"id": "1", "v": None}]


def test_declared_types_count(folder: Drop) -> None:
    words = writing(format="parquet", types={"n": "integer", "lines_n": "numeric"}, lines="lines")
    write(folder.connector(words), {"id": "1", "n": "5", "lines": [{"n": "2"}]})
    assert table(folder).to_pylist() == [{"id": "1", "n": 5, "lines_n": Decimal(2)}]
    with pytest.raises(Failure) as caught:
        call(folder.connector(words), {"id": "1", "n": "five"})
    assert (caught.value.kind, caught.value.field) == (Kind.DATA, "n")
