"""What is written appears whole and once, whoever writes it again and with whatever neighbours."""

from __future__ import annotations

import csv
import os
import threading
import time
from typing import Any

import pytest

from integrations.connectors.base import Answer
from integrations.connectors.files import FilesConnector
from integrations.exceptions import Failure, Kind
from mappings import kinds
from tests.integrations.connectors.files.drops import (
    AT,
    Drop,
    bodies,
    call,
    read_all,
    reading,
    write,
    writing,
)

DAY = 86_400.0


class Fell(BaseException):
    """The worker is gone."""


def rows_of(drop: Drop, folder: str = "") -> list[list[str]]:
    """Of all files there, without their headers."""
    found = []
    for name in drop.names(folder):
        path = drop.root / folder / name
        with path.open(newline="", encoding="utf-8") as file:
            found += list(csv.reader(file))[1:]
    return sorted(found)


def test_a_batch_is_a_file_of_its_own(drop: Drop) -> None:
    connector = drop.connector(writing(folder="out", name="orders"))
    results = write(connector, *bodies(1, 2))
    assert [isinstance(result, Answer) and result.external_id for result in results] == ["1", "2"]
    (name,) = drop.names("out")
    assert name.startswith("orders-20261123T064500000000Z-")
    assert drop.text(f"out/{name}") == "id,v\r\n1,v1\r\n2,v2\r\n"
    assert [one.name for one in (drop.root / "out").iterdir()] == [name]


def test_a_batch_done_again_with_other_neighbours_doubles_nothing(drop: Drop) -> None:
    connector = drop.connector(writing(folder="out"))
    calls = [call(connector, body) for body in bodies(1, 2, 3, 4, 5)]
    connector.send_batch(calls[:3])
    connector.send_batch(calls[1:4])
    connector.send(calls[0])
    connector.send_batch(calls)
    assert rows_of(drop, "out") == [[str(n), f"v{n}"] for n in (1, 2, 3, 4, 5)]
    assert len(drop.names("out")) == 3


def test_another_read_brings_another_file(drop: Drop) -> None:
    connector = drop.connector(writing(folder="out"))
    write(connector, {"id": "1", "v": "old"})
    write(connector, {"id": "1", "v": "new"}, read_at=AT + 60)
    assert rows_of(drop, "out") == [["1", "new"], ["1", "old"]]


def test_a_file_never_changes_after_it_appeared(drop: Drop) -> None:
    connector = drop.connector(writing(folder="out"))
    write(connector, *bodies(1, 2))
    (first,) = drop.names("out")
    before = drop.text(f"out/{first}")
    write(connector, *bodies(2, 3))
    assert drop.text(f"out/{first}") == before


def test_all_of_a_day_is_one_file_in_which_each_key_stands_once(drop: Drop) -> None:
    connector = drop.connector(writing(folder="out", name="stock", file="day"))
    write(connector, *bodies(1, 2))
    write(connector, {"id": "2", "v": "newer"}, {"id": "3", "v": "v3"}, read_at=AT + 60)
    write(connector, *bodies(4), read_at=AT + DAY)
    assert drop.names("out") == ["stock-2026-11-23.csv", "stock-2026-11-24.csv"]
    assert drop.text("out/stock-2026-11-23.csv") == "id,v\r\n1,v1\r\n2,newer\r\n3,v3\r\n"


def test_a_day_is_that_of_the_zone(folder: Drop) -> None:
    connector = folder.connector(writing(file="day"), zone="Pacific/Auckland")
    write(connector, *bodies(1), read_at=AT + 6 * 3_600)
    assert folder.names() == ["rows-2026-11-24.csv"]


def test_the_same_call_twice_leaves_a_days_file_as_it_is(drop: Drop) -> None:
    connector = drop.connector(writing(file="day"))
    calls = [call(connector, body) for body in bodies(1, 2)]
    connector.send_batch(calls)
    before = drop.text("rows-2026-11-23.csv")
    connector.send_batch(calls)
    assert drop.text("rows-2026-11-23.csv") == before


def test_a_days_file_gets_the_columns_that_are_new(drop: Drop) -> None:
    connector = drop.connector(writing(file="day"))
    write(connector, {"id": "1", "v": "a"})
    write(connector, {"id": "2", "w": "b"})
    assert drop.text("rows-2026-11-23.csv") == "id,v,w\r\n1,a,\r\n2,,b\r\n"


@pytest.mark.parametrize("file", ["batch", "day"])
@pytest.mark.parametrize("moment", ["filled", "before it is renamed", "renamed"])
def test_a_worker_that_falls_at_any_moment_leaves_all_or_nothing(
    folder: Drop, monkeypatch: pytest.MonkeyPatch, file: str, moment: str
) -> None:
    connector = folder.connector(writing(folder="out", file=file))
    write(connector, *bodies(9))
    calls = [call(connector, body) for body in bodies(1, 2, 3)]
    before = {name: folder.text(f"out/{name}") for name in folder.names("out")}

    def fall(*_: Any, **__: Any) -> None:
        raise Fell

    real = os.rename

    def rename(*told: Any, **more: Any) -> None:
        if moment == "renamed":
            real(*told, **more)
        raise Fell

    with monkeypatch.context() as patched:
        # A process that is killed clears nothing away.
        patched.setattr(os, "unlink", lambda *_, **__: None)
        patched.setattr(
            os,
            "fsync" if moment == "filled" else "rename",
            fall if moment == "filled" else rename,
        )
        with pytest.raises(Fell):
            connector.send_batch(calls)
    if moment != "renamed":
        assert {name: folder.text(f"out/{name}") for name in folder.names("out")} == before
    folder.connector(writing(folder="out", file=file)).send_batch(calls[:2])
    folder.connector(writing(folder="out", file=file)).send_batch(calls[1:])
    assert rows_of(folder, "out") == [[str(n), f"v{n}"] for n in (1, 2, 3, 9)]


def test_what_a_fallen_worker_left_is_cleared_away_later_and_nothing_else(drop: Drop) -> None:
    old = time.time() - 7_200
    for name in (".rows-x.csv.12345678.crossdock-tmp", ".another.crossdock-tmp", ".rows-x.tmp"):
        drop.put(name, "half", age=7_200)
    assert old < time.time()
    drop.put(".rows-young.csv.12345678.crossdock-tmp", "half", age=10)
    write(drop.connector(writing()), *bodies(1))
    hidden = sorted(one.name for one in drop.root.iterdir() if one.name.startswith("."))
    assert hidden == [".another.crossdock-tmp", ".rows-x.tmp", ".rows-young.csv.12345678.crossdock-tmp"]


def test_it_is_on_the_disk_before_it_has_its_name(folder: Drop, monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []
    for name in ("fsync", "rename"):
        real = getattr(os, name)

        def noted(*told: Any, _name: str = name, _real: Any = real, **more: Any) -> Any:
            done.append(_name)
            return _real(*told, **more)

        monkeypatch.setattr(os, name, noted)
    write(folder.connector(writing()), *bodies(1))
    assert done == ["fsync", "rename", "fsync"]


def test_many_workers_write_one_days_file_and_lose_nothing(folder: Drop) -> None:
    words = writing(file="day")

    def work(start: int) -> None:
        connector = folder.connector(words)
        for number in range(start, start + 10):
            write(connector, *bodies(number))

    threads = [threading.Thread(target=work, args=(start,)) for start in (100, 200, 300)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(rows_of(folder)) == 30


def test_a_days_file_that_another_changed_meanwhile_is_looked_at_anew(
    sftp: Drop, monkeypatch: pytest.MonkeyPatch
) -> None:
    connector = sftp.connector(writing(file="day"))
    write(connector, *bodies(1))
    from integrations.connectors.files_csv import CsvFormat

    real, left = CsvFormat.merge, [1]

    def merge(*told: Any) -> None:
        real(*told)
        if left[0]:
            left[0] -= 1
            sftp.put("rows-2026-11-23.csv", "id,v\r\n1,v1\r\n7,theirs\r\n", age=0)

    monkeypatch.setattr(CsvFormat, "merge", merge)
    write(connector, *bodies(2))
    assert rows_of(sftp) == [["1", "v1"], ["2", "v2"], ["7", "theirs"]]


@pytest.mark.parametrize("file", ["batch", "day"])
def test_an_answer_that_is_lost_is_a_doubt_and_the_repeat_doubles_nothing(sftp: Drop, file: str) -> None:
    connector = sftp.connector(writing(file=file))
    calls = [call(connector, body) for body in bodies(1, 2)]
    sftp.server.fails["posix_rename"] = "cut"
    with pytest.raises(Failure) as caught:
        connector.send_batch(calls)
    assert (caught.value.kind, caught.value.in_doubt) == (Kind.TRANSIENT, True)
    sftp.server.fails.clear()
    connector.send_batch(calls)
    assert rows_of(sftp) == [["1", "v1"], ["2", "v2"]]


def test_a_connection_that_breaks_before_the_rename_had_no_effect(sftp: Drop) -> None:
    connector = sftp.connector(writing())
    sftp.server.fails["write"] = "cut before"
    with pytest.raises(Failure) as caught:
        write(connector, *bodies(1))
    assert (caught.value.kind, caught.value.in_doubt) == (Kind.TRANSIENT, False)
    assert sftp.names() == []
    sftp.server.fails.clear()
    write(connector, *bodies(1))
    assert rows_of(sftp) == [["1", "v1"]]


def test_a_server_that_cannot_replace_takes_files_of_batches_and_says_so_of_days(sftp: Drop) -> None:
    sftp.server.lacks = {"posix_rename"}
    write(sftp.connector(writing()), *bodies(1))
    assert rows_of(sftp) == [["1", "v1"]]
    by_day = sftp.connector(writing(file="day", name="days"))
    write(by_day, *bodies(1))
    with pytest.raises(Failure) as caught:
        write(by_day, *bodies(2))
    assert (caught.value.kind, caught.value.code, caught.value.in_doubt) == (
        Kind.CONFIG,
        "no_replacing",
        False,
    )
    assert sftp.text("days-2026-11-23.csv") == "id,v\r\n1,v1\r\n"


def test_text_that_a_spreadsheet_would_run_is_made_harmless(folder: Drop) -> None:
    values = ["=1+1", "+49 170", "-x", "@sum", "\tx", "\rx", "\nx", "plain = text"]
    body = {"id": "=1", "amount": "-5.00", **{f"v{n}": value for n, value in enumerate(values)}}
    write(folder.connector(writing()), body, kinds={"amount": kinds.NUMBER})
    (found,) = rows_of(folder)
    assert found == ["'=1", "-5.00", *[f"'{value}" for value in values[:-1]], "plain = text"]


def test_text_is_left_as_it_is_where_no_spreadsheet_opens_it(folder: Drop) -> None:
    write(folder.connector(writing(csv={"formulas": True})), {"id": "1", "phone": "+49 170"})
    assert rows_of(folder) == [["1", "+49 170"]]


def test_a_guarded_key_is_found_again(folder: Drop) -> None:
    for file in ("batch", "day"):
        connector = folder.connector(writing(file=file, folder=file))
        write(connector, {"id": "-7", "v": "x"})
        write(connector, {"id": "-7", "v": "x"})
        assert rows_of(folder, file) == [["'-7", "x"]]


def test_quotes_lines_and_emoji_are_written_as_the_rfc_has_them(folder: Drop) -> None:
    write(folder.connector(writing()), {"id": "1", "v": 'a "b", c\nd 😀', "none": None, "yes": True})
    (name,) = folder.names()
    assert folder.text(name) == 'id,v,none,yes\r\n1,"a ""b"", c\nd 😀",,true\r\n'


def test_other_programs_get_what_they_want(folder: Drop) -> None:
    csv_words = {"delimiter": ";", "decimal_comma": True, "encoding": "cp1252"}
    told = {"total": kinds.NUMBER, "at": kinds.TIME, "n": kinds.WHOLE}
    body = {"id": "1", "name": "Müller", "total": "12.50", "at": "2026-11-23T06:45:00Z", "n": 3}
    write(folder.connector(writing(csv=csv_words)), body, kinds=told)
    (name,) = folder.names()
    text = (folder.root / name).read_bytes().decode("cp1252")
    assert text == "id;name;total;at;n\r\n1;Müller;12,50;2026-11-23T06:45:00Z;3\r\n"
    write(folder.connector(writing(csv={"bom": True}, folder="bom")), {"id": "1"})
    (name,) = folder.names("bom")
    assert (folder.root / "bom" / name).read_bytes() == b"\xef\xbb\xbfid\r\n1\r\n"


def test_a_letter_that_the_encoding_has_not_is_the_records_own_error(folder: Drop) -> None:
    connector = folder.connector(writing(csv={"encoding": "cp1252"}))
    with pytest.raises(Failure) as caught:
        call(connector, {"id": "1", "note": "☹"})
    assert (caught.value.kind, caught.value.field) == (Kind.DATA, "note")


def test_columns_are_those_that_are_named_in_their_order(folder: Drop) -> None:
    connector = folder.connector(writing(columns={"Order No": "id", "Amount": "total"}))
    write(connector, {"total": "5", "id": "1", "secret": "x"}, {"id": "2"})
    (name,) = folder.names()
    assert folder.text(name) == "Order No,Amount\r\n1,5\r\n2,\r\n"
    write(connector, {"total": "5", "id": "1"})
    assert len(folder.names()) == 1
    by_day = folder.connector(writing(columns={"Order No": "id", "Amount": "total"}, file="day", folder="d"))
    for total in ("5", "6"):
        write(by_day, {"total": total, "id": "1"})
    assert folder.text("d/rows-2026-11-23.csv") == "Order No,Amount\r\n1,6\r\n"


def test_each_line_of_an_order_is_a_row(folder: Drop) -> None:
    order = {"id": "1", "ship_to": {"city": "Ulm"}, "lines": [{"sku": "MUG", "n": 2}, {"sku": None, "n": 1}]}
    connector = folder.connector(writing(lines="lines", file="day"))
    write(connector, order, {"id": "2", "lines": []})
    assert folder.text("rows-2026-11-23.csv") == (
        "id,ship_to_city,lines_sku,lines_n\r\n1,Ulm,MUG,2\r\n1,Ulm,,1\r\n2,,,\r\n"
    )
    write(connector, {"id": "1", "ship_to": {"city": "Ulm"}, "lines": [{"sku": "MUG", "n": 3}]})
    assert rows_of(folder) == [["1", "Ulm", "MUG", "3"], ["2", "", "", ""]]


def test_a_list_that_was_not_named_is_json(folder: Drop) -> None:
    write(folder.connector(writing()), {"id": "1", "tags": ["a", "b"], "lines": [{"sku": "MUG"}]})
    assert rows_of(folder) == [["1", '["a", "b"]', '[{"sku": "MUG"}]']]


@pytest.mark.parametrize("value", [None, "", {"a": 1}, "x" * 300])
def test_a_record_without_a_usable_key_is_its_own_error(folder: Drop, value: Any) -> None:
    with pytest.raises(Failure) as caught:
        call(folder.connector(writing()), {"id": value, "v": "x"})
    assert (caught.value.kind, caught.value.field) == (Kind.DATA, "id")


def test_two_fields_for_one_column_are_told(folder: Drop) -> None:
    with pytest.raises(Failure) as caught:
        call(folder.connector(writing()), {"id": "1", "a_b": 1, "a": {"b": 2}})
    assert caught.value.code == "bad_column"


def test_a_file_of_others_under_our_name_is_not_touched(drop: Drop) -> None:
    drop.put("rows-2026-11-23.csv", "sku,quantity\r\nMUG,1\r\n")
    with pytest.raises(Failure) as caught:
        write(drop.connector(writing(file="day")), *bodies(1))
    assert (caught.value.kind, caught.value.code) == (Kind.CONFIG, "not_ours")
    assert drop.text("rows-2026-11-23.csv") == "sku,quantity\r\nMUG,1\r\n"
    assert [one.name for one in drop.root.iterdir() if one.name.endswith("tmp")] == []


def test_a_days_file_that_is_too_large_is_left(folder: Drop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("integrations.connectors.files_writing.MOST_OF_A_DAY", 10)
    connector = folder.connector(writing(file="day"))
    write(connector, *bodies(1))
    with pytest.raises(Failure) as caught:
        write(connector, *bodies(2))
    assert caught.value.code == "too_large"


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_what_we_write_can_be_read_again(drop: Drop, form: str) -> None:
    words = writing(format=form, folder="io", lines="lines")
    order = {"id": "1", "name": "Test Buyer 😀", "lines": [{"sku": "MUG"}, {"sku": "BOWL"}]}
    write(drop.connector(words), order, {"id": "2", "name": None, "lines": []})
    items = read_all(drop.connector(reading(format=form, folder="io", lines="lines", settle=0)))
    assert [(item.external_id, [line["lines_sku"] for line in item.payload["lines"]]) for item in items] == [
        ("1", ["MUG", "BOWL"]),
        ("2", [None]),
    ]
    assert items[0].payload["name"] == "Test Buyer 😀"


def test_one_call_at_a_time_where_a_days_file_is_written(folder: Drop) -> None:
    def limit(connector: FilesConnector) -> int:
        return connector.limit().concurrent_calls

    assert limit(folder.connector(writing(file="day"))) == 1
    assert limit(folder.connector(writing())) == 2
