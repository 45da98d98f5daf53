"""Which files are taken and when, what a read remembers of them, and that nothing of them is lost or deleted."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import pytest

from integrations.connectors import files_found, files_reading
from integrations.exceptions import Failure, Kind
from tests.integrations.connectors.files.drops import (
    Drop,
    mark_of,
    pages_of,
    problems,
    read_all,
    reading,
)


def test_files_are_read_in_the_order_of_their_times(drop: Drop) -> None:
    drop.put("b.csv", "id,v\n1,first\n2,x\n", age=900)
    drop.put("a.csv", "id,v\n1,second\n", age=600)
    drop.put("note.txt", "nothing for us", age=600)
    items = read_all(drop.connector(reading()))
    assert [(item.external_id, item.payload["v"]) for item in items] == [
        ("1", "first"),
        ("2", "x"),
        ("1", "second"),
    ]
    assert items[0].version < items[2].version
    assert items[1].origin == "b.csv, line 3"


def test_a_file_is_read_once_and_again_when_it_has_changed(drop: Drop) -> None:
    connector = drop.connector(reading())
    drop.put("a.csv", "id\n1\n", age=900)
    mark = mark_of(pages_of(connector))
    assert read_all(connector, mark) == []
    drop.put("b.csv", "id\n2\n", age=2_000)
    pages = pages_of(connector, mark)
    assert [item.external_id for page in pages for item in page.items] == ["2"]
    mark = mark_of(pages)
    drop.put("a.csv", "id\n1\n3\n", age=500)
    assert [item.external_id for item in read_all(connector, mark)] == ["1", "3"]


def test_a_file_that_is_known_is_not_even_opened(sftp: Drop) -> None:
    connector = sftp.connector(reading())
    sftp.put("a.csv", "id\n1\n", age=900)
    mark = mark_of(pages_of(connector))
    sftp.server.asked.clear()
    assert read_all(connector, mark) == []
    assert "list" in sftp.server.asked
    assert "open" not in sftp.server.asked


def test_a_file_of_the_same_size_and_another_time_is_read_again(drop: Drop) -> None:
    connector = drop.connector(reading())
    drop.put("a.csv", "id\n1\n", age=900)
    mark = mark_of(pages_of(connector))
    drop.put("a.csv", "id\n2\n", age=800)
    assert [item.external_id for item in read_all(connector, mark)] == ["2"]


def test_a_file_that_was_only_touched_brings_nothing(drop: Drop) -> None:
    connector = drop.connector(reading())
    drop.put("a.csv", "id\n1\n", age=900)
    mark = mark_of(pages_of(connector))
    drop.put("a.csv", "id\n1\n", age=300)
    assert read_all(connector, mark) == []


def test_what_is_declared_anew_is_read_anew(drop: Drop) -> None:
    drop.put("a.csv", "id;v\n1;2\n")
    pages = pages_of(drop.connector(reading()))
    (told,) = problems(pages[0].items)
    assert "has no column id" in told
    assert "delimiter" in told
    items = read_all(drop.connector(reading(csv={"delimiter": ";"})), mark_of(pages))
    ended, row = sorted(items, key=lambda item: item.external_id, reverse=True)
    assert (ended.external_id, ended.deleted) == ("a.csv", True)
    assert row.payload == {"id": "1", "v": "2"}


def test_a_file_that_is_being_written_is_left_alone(drop: Drop) -> None:
    connector = drop.connector(reading(settle=60))
    drop.put("a.csv", "id\n1\n", age=5)
    pages = pages_of(connector)
    assert [page.items for page in pages] == [()]
    assert "left alone" in pages[0].notices[0]
    assert read_all(drop.connector(reading(settle=3)))[0].external_id == "1"


def test_a_file_from_a_clock_ahead_of_ours_is_taken_when_it_has_rested(
    drop: Drop, monkeypatch: pytest.MonkeyPatch
) -> None:
    connector = drop.connector(reading(settle=60))
    drop.put("a.csv", "id\n1\n", age=-900)
    pages = pages_of(connector)
    assert pages[0].items == ()
    now = time.time_ns()
    monkeypatch.setattr(time, "time_ns", lambda: now + 30 * 10**9)
    pages = pages_of(connector, mark_of(pages))
    assert pages[0].items == ()
    monkeypatch.setattr(time, "time_ns", lambda: now + 61 * 10**9)
    assert [item.external_id for item in read_all(connector, mark_of(pages))] == ["1"]


def test_a_file_that_grows_between_two_looks_has_not_rested(
    drop: Drop, monkeypatch: pytest.MonkeyPatch
) -> None:
    connector = drop.connector(reading(settle=60))
    drop.put("a.csv", "id\n1\n", age=-900)
    mark = mark_of(pages_of(connector))
    drop.put("a.csv", "id\n1\n2\n", age=-900)
    now = time.time_ns()
    monkeypatch.setattr(time, "time_ns", lambda: now + 61 * 10**9)
    assert read_all(connector, mark) == []


def test_a_marker_says_that_a_file_is_whole(drop: Drop) -> None:
    connector = drop.connector(reading(pattern="*", marker=".done"))
    drop.put("a.csv", "id\n1\n", age=0)
    assert read_all(connector) == []
    drop.put("a.csv.done", "", age=0)
    assert [item.external_id for item in read_all(connector)] == ["1"]


def test_the_marker_of_an_earlier_file_says_nothing_of_the_new_one(drop: Drop) -> None:
    connector = drop.connector(reading(pattern="*", marker=".done", folder="in", done="done"))
    drop.put("in/a.csv", "id\n1\n", age=900)
    drop.put("in/a.csv.done", "", age=900)
    mark = mark_of(pages_of(connector))
    drop.put("in/a.csv", "id\n2\n", age=300)
    pages = pages_of(connector, mark)
    assert [page.items for page in pages] == [()]
    drop.put("in/a.csv.done", "", age=300)
    pages = pages_of(connector, mark_of(pages))
    assert [item.external_id for page in pages for item in page.items] == ["2"]
    pages_of(connector, mark_of(pages))
    assert (drop.names("in"), drop.names("done")) == ([], ["a.csv", "a.csv.done"])


@pytest.mark.parametrize("name", ["a.csv.tmp", "a.csv.PART", "a.csv.filepart", ".a.csv", "~a.csv"])
def test_names_of_what_is_not_whole_are_never_taken(folder: Drop, name: str) -> None:
    folder.put(name, "id\n1\n")
    assert read_all(folder.connector(reading(pattern="*"))) == []


def test_pages_begin_where_the_one_before_ended_whoever_reads_them(drop: Drop) -> None:
    drop.put("a.csv", "id\n" + "".join(f"{n}\n" for n in range(1, 6)), age=900)
    drop.put("b.csv", "id\n6\n7\n", age=800)
    position, seen, sizes = None, [], []
    while True:
        connector = drop.connector(reading(size=2))
        page = connector.read("rows", since=None, position=position)
        connector.close()
        seen += [item.external_id for item in page.items]
        sizes.append(len(page.items))
        if page.next_position is None:
            break
        position = json.loads(json.dumps(page.next_position))
    assert seen == ["1", "2", "3", "4", "5", "6", "7"]
    assert max(sizes) == 2


def test_a_page_goes_on_in_the_middle_and_does_not_begin_again(drop: Drop) -> None:
    drop.put("a.csv", 'id,note\n1,"two\nlines"\n2,ü☕\n3,\n')
    first = drop.connector(reading(size=2)).read("rows", since=None, position=None)
    second = drop.connector(reading(size=2)).read("rows", since=None, position=first.next_position)
    assert [item.payload for item in second.items] == [{"id": "3", "note": None}]
    assert second.items[0].origin == "a.csv, line 5"


def test_a_file_that_changes_while_it_is_read_is_begun_again(drop: Drop) -> None:
    connector = drop.connector(reading(size=1))
    drop.put("a.csv", "id,v\n1,old\n2,old\n", age=900)
    first = connector.read("rows", since=None, position=None)
    drop.put("a.csv", "id,v\n0,new\n1,new\n2,new\n", age=800)
    pages = pages_of(connector, first.next_position)
    again = read_all(connector, mark_of(pages))
    assert [(item.external_id, item.payload["v"]) for page in pages for item in page.items] == []
    assert [(item.external_id, item.payload["v"]) for item in again] == [
        ("0", "new"),
        ("1", "new"),
        ("2", "new"),
    ]


def test_a_file_that_is_put_in_its_place_with_its_time_and_size_is_noticed_by_its_content(drop: Drop) -> None:
    drop.put("a.csv", "id\n1\n2\n", age=900)
    first = drop.connector(reading(size=1)).read("rows", since=None, position=None)
    when = (drop.root / "a.csv").stat().st_mtime
    path = drop.put("a.csv", "id\n3\n4\n")
    os.utime(path, (when, when))
    page = drop.connector(reading(size=1)).read("rows", since=None, position=first.next_position)
    assert [item.external_id for item in page.items] != ["4"]


def test_a_file_that_is_taken_away_while_it_is_read_is_told(drop: Drop) -> None:
    connector = drop.connector(reading(size=1))
    path = drop.put("a.csv", "id\n1\n2\n")
    first = connector.read("rows", since=None, position=None)
    path.unlink()
    pages = pages_of(connector, first.next_position)
    (told,) = problems(pages[0].items)
    assert told.startswith("a.csv: It was taken away while it was read, behind line 2.")
    drop.put("a.csv", "id\n1\n2\n", age=100)
    items = [item for item in read_all(drop.connector(reading()), mark_of(pages)) if item.deleted]
    assert [item.external_id for item in items] == ["a.csv"]


def test_what_was_read_is_moved_when_it_is_stored_and_nothing_is_deleted(drop: Drop) -> None:
    connector = drop.connector(reading(folder="in", done="in/done", size=1))
    drop.put("in/a.csv", "id\n1\n", age=900)
    drop.put("in/b.csv", "id\n2\n", age=800)
    drop.put("in/done/a.csv", "id\n0\n")
    pages = pages_of(connector)
    assert len(pages) > 2
    # Who only looks what a read would bring goes this far, and stores nothing.
    assert drop.names("in") == ["a.csv", "b.csv"]
    assert read_all(connector, mark_of(pages)) == []
    assert drop.names("in") == []
    moved = drop.names("in/done")
    assert sorted(drop.text(f"in/done/{name}") for name in moved) == ["id\n0\n", "id\n1\n", "id\n2\n"]


def test_a_file_that_changed_since_it_was_read_is_not_moved_unread(drop: Drop) -> None:
    connector = drop.connector(reading(folder="in", done="in/done"))
    drop.put("in/a.csv", "id\n1\n", age=900)
    mark = mark_of(pages_of(connector))
    drop.put("in/a.csv", "id\n2\n", age=700)
    pages = pages_of(connector, mark)
    assert [item.external_id for page in pages for item in page.items] == ["2"]
    assert drop.names("in") == ["a.csv"]
    pages_of(connector, mark_of(pages))
    assert drop.names("in/done") == ["a.csv"]


def test_a_file_of_which_nothing_can_be_read_stays_where_it_is(drop: Drop) -> None:
    connector = drop.connector(reading(folder="in", done="done"))
    drop.put("in/a.csv", "nothing\n1\n", age=900)
    drop.put("in/b.csv", "id\n2\n", age=800)
    pages = pages_of(connector)
    items = [item for page in pages for item in page.items]
    assert [item.external_id for item in items] == ["a.csv", "2"]
    pages_of(connector, mark_of(pages))
    assert (drop.names("in"), drop.names("done")) == (["a.csv"], ["b.csv"])


def test_an_error_is_over_when_the_file_is_corrected(drop: Drop) -> None:
    connector = drop.connector(reading())
    drop.put("a.csv", "id,v\n1,a\n,b\n3,c,d\n", age=900)
    pages = pages_of(connector)
    items = pages[0].items
    assert [item.external_id for item in items] == ["1", "a.csv:3", "3"]
    drop.put("a.csv", "id,v\n1,a\n2,b\n3,c,d\n", age=800)
    items = tuple(read_all(connector, mark_of(pages)))
    assert [(item.external_id, item.deleted, bool(item.problem)) for item in items] == [
        ("1", False, False),
        ("2", False, False),
        ("3", False, True),
        ("a.csv:3", True, False),
    ]


def test_one_unusable_file_keeps_no_other_from_being_read(drop: Drop) -> None:
    drop.put("a.csv", b"\xff\xfei\x00d\x00\n\x00", age=900)
    drop.put("b.csv", "", age=800)
    drop.put("c.csv", "id\n1\n", age=700)
    items = read_all(drop.connector(reading()))
    assert [item.external_id for item in items] == ["a.csv", "b.csv", "1"]
    assert "UTF-16" in items[0].problem
    assert "empty" in items[1].problem


def test_more_files_than_can_be_remembered_are_refused(folder: Drop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files_reading, "MOST_FILES", 2)
    for number in range(3):
        folder.put(f"{number}.csv", "id\n1\n")
    with pytest.raises(Failure) as caught:
        folder.connector(reading()).read("rows", since=None, position=None)
    assert (caught.value.kind, caught.value.code) == (Kind.CONFIG, "too_many_files")
    assert files_found.MOST_FILES == 2_000


def test_what_is_remembered_of_two_thousand_files_stays_small(folder: Drop) -> None:
    for number in range(2_000):
        path = folder.root / f"orders-{number}.csv"
        path.write_text(f"id\n{number}\n")
        os.utime(path, (time.time() - 900,) * 2)
    pages = pages_of(folder.connector(reading(size=500)))
    mark = mark_of(pages)
    assert sum(len(page.items) for page in pages) == 2_000
    assert len(json.dumps(mark)) < 60_000
    assert read_all(folder.connector(reading()), mark) == []


def test_a_link_is_no_file_and_a_linked_folder_is_refused(folder: Drop, files_root: Path) -> None:
    (folder.root / "link.csv").symlink_to(files_root.parent / "secret.csv")
    assert read_all(folder.connector(reading())) == []
    (folder.root / "outside").symlink_to(files_root.parent)
    with pytest.raises(Failure) as caught:
        folder.connector(reading(folder="outside")).read("rows", since=None, position=None)
    assert (caught.value.kind, caught.value.code) == (Kind.CONFIG, "outside")


def test_rows_of_a_page_that_grew_while_it_was_read_are_not_taken(
    folder: Drop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The last row may be a half: 1 of 12."""
    path = folder.put("a.csv", "id\n1")
    real = files_reading._PageOf._rows

    def rows(*told: object) -> bool:
        done = real(*told)  # type: ignore[arg-type]
        if path.stat().st_size == 4:
            with path.open("a") as file:
                file.write("2\n")
        return done

    monkeypatch.setattr(files_reading._PageOf, "_rows", rows)
    connector = folder.connector(reading(settle=0))
    pages = pages_of(connector)
    assert [item.external_id for page in pages for item in page.items] == []
    assert [item.external_id for item in read_all(connector, mark_of(pages))] == ["12"]
