"""CSV and Parquet as they are met: encodings, quotes, commas; and rows that cannot be read, told with their place."""

from __future__ import annotations

import io
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from integrations.connectors import files_rows, files_words
from integrations.exceptions import DeclarationError
from tests.integrations.connectors.files.drops import Drop, payloads, problems, read_all, reading


def rows(drop: Drop, content: str | bytes, **words: Any) -> list[dict[str, Any]]:
    drop.put("a.csv", content)
    return payloads(read_all(drop.connector(reading(**words))))


def told(drop: Drop, content: str | bytes, **words: Any) -> str:
    drop.put("a.csv", content)
    (found,) = problems(read_all(drop.connector(reading(**words))))
    return found


@pytest.mark.parametrize(
    ("content", "csv"),
    [
        ("id,name\r\n1,Müller\r\n".encode(), {}),
        ("\ufeffid,name\r\n1,Müller\r\n".encode(), {}),
        ("id;name\n1;Müller\n".encode("cp1252"), {"encoding": "cp1252", "delimiter": ";"}),
        ("id\tname\n1\tMüller".encode("iso-8859-15"), {"encoding": "iso-8859-15", "delimiter": "tab"}),
        ("sep=;\r\nid;name\r\n1;Müller\r\n".encode(), {"delimiter": ";"}),
        ("id|name\n'1'|'Müller'\n".encode(), {"delimiter": "|", "quote": "'"}),
        ("\n id , name \n\n1,Müller\n\n".encode(), {}),
    ],
)
def test_files_of_many_programs_are_understood(folder: Drop, content: bytes, csv: dict[str, Any]) -> None:
    assert rows(folder, content, csv=csv) == [{"id": "1", "name": "Müller"}]


def test_numbers_stay_text_until_they_are_mapped(folder: Drop) -> None:
    content = "id,sku,price,empty\n007,0012,0.10,\n"
    assert rows(folder, content) == [{"id": "007", "sku": "0012", "price": "0.10", "empty": None}]


def test_quotes_lines_and_signs_inside_a_value_are_kept(folder: Drop) -> None:
    content = 'id,v\n1,"a ""b"", c\r\nd 😀"\n'
    assert rows(folder, content) == [{"id": "1", "v": 'a "b", c\r\nd 😀'}]


@pytest.mark.parametrize(
    ("text", "found"), [("12,50", "12.50"), ("1.234,5", "1234.5"), ("-7", "-7"), (" 1.000.000 ", "1000000")]
)
def test_a_decimal_comma_is_read_where_it_is_declared(folder: Drop, text: str, found: str) -> None:
    content = f"id;price\n1;{text}\n"
    words = {"csv": {"delimiter": ";", "decimal_comma": True}, "numbers": ["price"]}
    assert rows(folder, content, **words) == [{"id": "1", "price": found}]


@pytest.mark.parametrize("text", ["12.5", "1.23,4", "zwölf", "1,2,3", "1_000", "1E5", "NaN"])
def test_what_could_be_two_numbers_is_none(folder: Drop, text: str) -> None:
    content = f'id;price\n1;"{text}"\n'
    words = {"csv": {"delimiter": ";", "decimal_comma": True}, "numbers": ["price"]}
    sentence = told(folder, content, **words)
    assert sentence.startswith("a.csv, line 2: column price: it is no number with a decimal comma.")
    assert text not in sentence


@pytest.mark.parametrize("text", ["12,50", "1,234.5", "0x10", "1e400", "٣"])
def test_a_point_is_meant_otherwise(folder: Drop, text: str) -> None:
    sentence = told(folder, f'id,price\n1,"{text}"\n', numbers=["price"])
    assert sentence.startswith("a.csv, line 2: column price: it is no number with a decimal point.")


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("2", "it has 1 columns and not 2: there is nothing from column v on"),
        ("2,b,c", "it has 3 columns and not 2: there is more behind the last column v"),
        ('2,"b" c', "its quotes are not as CSV has them"),
        ('2,"b', "a quote is opened in it and not closed"),
        (",b", "column id: it is empty, and it is the row's key"),
        ("2,\udcff", "byte 3 of it is not utf-8"),
        ("2,\0", "zero bytes"),
    ],
)
def test_a_bad_row_is_told_with_its_place_and_stops_no_other(folder: Drop, line: str, words: str) -> None:
    content = f"id,v\n1,a\n{line}\n3,c\n".encode("utf-8", "surrogateescape")
    folder.put("a.csv", content)
    items = read_all(folder.connector(reading()))
    assert [item.external_id for item in items if not item.problem] == ["1", "3"]
    (sentence,) = problems(items)
    assert sentence.startswith("a.csv, line 3: ")
    assert words in sentence
    assert sentence.endswith(".")


def test_bad_rows_are_met_across_pages_too(folder: Drop) -> None:
    folder.put("a.csv", 'id,v\n1,a\n2,"x" y\n3,c\n,d\n5,e\n')
    items = read_all(folder.connector(reading(size=1)))
    assert [item.external_id for item in items] == ["1", "a.csv:3", "3", "a.csv:5", "5"]


def test_a_file_with_too_many_bad_rows_is_left(folder: Drop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("integrations.connectors.files_records.MOST_BAD", 3)
    assert files_rows.MOST_BAD == 200
    folder.put("a.csv", "id,v\n" + "1\n" * 9)
    items = read_all(folder.connector(reading()))
    assert len(items) == 4
    assert items[-1].problem.startswith("a.csv: 3 rows of it cannot be read, so the rest was left.")


@pytest.mark.parametrize(
    ("content", "words", "said"),
    [
        ("id,id\n1,2\n", {}, "has the column id twice"),
        ("id,v\n1,2\n", {"columns": ["price"]}, "no column price; it has: id, v."),
        ("id,v\n1,2\n", {"updated_at": "changed"}, "no column changed"),
        ("id,lines\n1,2\n", {"lines": "lines"}, "has a column lines"),
        ('id,"v\n1,2\n', {}, "Its header in line 1 cannot be read"),
        ("sep=|\nid|v\n", {}, "its delimiter is '|'"),
    ],
)
def test_a_header_that_is_another_than_was_declared_is_told(
    folder: Drop, content: str, words: dict[str, Any], said: str
) -> None:
    sentence = told(folder, content, **words)
    assert sentence.startswith("a.csv: ")
    assert said in sentence


def test_a_file_without_a_header_has_the_names_that_are_declared(folder: Drop) -> None:
    assert rows(folder, "1,a\n2,b\n", names=["id", "v"]) == [{"id": "1", "v": "a"}, {"id": "2", "v": "b"}]


def test_only_the_columns_that_are_declared_leave_the_file(folder: Drop) -> None:
    assert rows(folder, "id,v,secret\n1,a,x\n", columns=["v"]) == [{"v": "a", "id": "1"}]


def test_rows_of_one_order_are_one_record(drop: Drop) -> None:
    drop.put(
        "a.csv",
        "order,name,sku,qty\n1001,Test Buyer,MUG,2\n1001,Test Buyer,,1\n1002,Other Buyer,BOWL,1\n",
    )
    items = read_all(drop.connector(reading("order", lines="lines", size=1)))
    assert [(item.external_id, item.payload["name"]) for item in items] == [
        ("1001", "Test Buyer"),
        ("1002", "Other Buyer"),
    ]
    lines = items[0].payload["lines"]
    assert [(line["sku"], line["qty"]) for line in lines] == [("MUG", "2"), (None, "1")]


def test_one_bad_line_makes_the_order_bad_and_no_half_of_it_is_taken(folder: Drop) -> None:
    folder.put("a.csv", "order,qty\n1001,2\n1001,x\n1001,1\n1002,1\n")
    items = read_all(folder.connector(reading("order", lines="lines", numbers=["qty"])))
    assert [(item.external_id, bool(item.problem)) for item in items] == [("1001", True), ("1002", False)]
    assert items[0].problem.startswith("a.csv, line 3: column qty: ")


def test_an_order_around_a_row_that_cannot_be_read_is_not_taken_in_parts(folder: Drop) -> None:
    folder.put("a.csv", "order,qty\n1001,2\n1001\n1001,1\n1002,1\n")
    items = read_all(folder.connector(reading("order", lines="lines")))
    assert [item.external_id for item in items if not item.problem] == ["1002"]


KEYED = "order,sku,qty\n1001,MUG,2\n"


@pytest.mark.parametrize("torn", ["1001,BOWL\n", "1001\n", "1001,BO", "1001,BOWL,1,7\n"])
@pytest.mark.parametrize("more", ["", "1002,MUG,1\n"])
def test_an_order_with_a_torn_row_is_held_as_a_whole(folder: Drop, torn: str, more: str) -> None:
    folder.put("a.csv", KEYED + torn + ("\n" * (not torn.endswith("\n")) + more if more else ""))
    items = read_all(folder.connector(reading("order", lines="lines", size=1)))
    found = {item.external_id: item for item in items}
    assert set(found) == {"1001", "1002"} if more else {"1001"}
    assert found["1001"].problem.startswith("a.csv, line 3: it has ")
    assert not found["1001"].nameless
    assert len(found["1001"].payload["lines"]) == 2
    assert not more or found["1002"].problem == ""


def test_a_torn_row_alone_is_an_error_of_its_key(folder: Drop) -> None:
    folder.put("a.csv", "id,v,w\n1,a,b\n2,c\n3,a,b,c\n")
    items = read_all(folder.connector(reading()))
    assert [(item.external_id, bool(item.problem), item.nameless) for item in items] == [
        ("1", False, False),
        ("2", True, False),
        ("3", True, False),
    ]
    assert items[1].payload == {"id": "2"}


@pytest.mark.parametrize(
    "content",
    [
        # Where the key is no first column, the fault may have moved it.
        "v,w,id\na,b,1\na,2\n",
        "v,id,w\na,1,b\na,c,2,b\n",
        # A file that ends in the middle of a key.
        "id,v,w\n1,a,b\n10",
        # The rest of a value whose quote is broken.
        'id,v,w\n1,a,"b" c\nd,e\n',
    ],
)
@pytest.mark.parametrize("size", [1, 500])
def test_a_key_that_is_not_certain_is_none(folder: Drop, content: str, size: int) -> None:
    folder.put("a.csv", content)
    items = [item for item in read_all(folder.connector(reading(size=size))) if item.problem]
    assert items
    assert all(item.nameless and item.external_id.startswith("a.csv:") for item in items)


@pytest.mark.parametrize("size", [1, 500])
@pytest.mark.parametrize("torn", ['"1" y,MUG,1', ",MUG,1"])
def test_orders_beside_a_row_without_a_key_are_held(folder: Drop, torn: str, size: int) -> None:
    rows = f"1001,MUG,2\n1002,MUG,2\n1002,BOWL,1\n\n{torn}\n1003,MUG,1\n1004,MUG,1\n"
    folder.put("a.csv", "order,sku,qty\n" + rows)
    items = read_all(folder.connector(reading("order", lines="lines", size=size)))
    assert [(item.external_id, bool(item.problem), item.nameless) for item in items] == [
        ("1001", False, False),
        ("1002", True, False),
        ("a.csv:6", True, True),
        ("1003", True, False),
        ("1004", False, False),
    ]
    assert items[1].problem.startswith(
        "a.csv, line 3: line 6 stands right behind its rows, and the order there"
    )
    assert items[3].problem.startswith("a.csv, line 7: line 6 stands right before its rows")
    assert items[1].problem.endswith("Correct line 6 in the file.")


def test_orders_that_are_held_for_another_row_do_not_count_as_bad_rows(
    folder: Drop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("integrations.connectors.files_records.MOST_BAD", 1)
    folder.put("a.csv", "order,v\n1,a\n,a\n2,a\n3,a\n")
    items = read_all(folder.connector(reading("order", lines="lines")))
    assert [item.external_id for item in items] == ["1", "a.csv:3", "2", "3"]


def test_a_key_that_is_too_long_is_none(folder: Drop) -> None:
    folder.put("a.csv", f"id,v\n{'x' * 300},a\n1,b\n")
    items = read_all(folder.connector(reading()))
    assert [(item.external_id, item.nameless) for item in items] == [("a.csv:2", True), ("1", False)]


def test_a_line_without_its_quantity_is_told_unless_it_may_be_empty(folder: Drop) -> None:
    folder.put("a.csv", "order,total,qty\n1001,5,2\n1001,,\n1002,5,1\n")
    words = {"lines": "lines", "numbers": ["total", "qty"]}
    items = read_all(folder.connector(reading("order", **words, optional=["total"])))
    assert [(item.external_id, bool(item.problem)) for item in items] == [("1001", True), ("1002", False)]
    assert items[0].problem.startswith("a.csv, line 3: column qty: it is empty. Fill it in")
    items = read_all(folder.connector(reading("order", **words, optional=["total", "qty"])))
    assert [line["qty"] for line in payloads(items)[0]["lines"]] == ["2", None]
    assert rows(folder, "id,qty\n1,\n", numbers=["qty"]) == [{"id": "1", "qty": None}]


def test_the_digest_of_words_is_as_it_was_where_nothing_is_optional() -> None:
    """Otherwise all files that still lie there would be read anew because of a new version of ours."""
    word = files_words.Files(key="id", read=files_words.Read(pattern="*.csv"))
    assert word.digest() == "0bc3c8d0371e"


def test_what_may_be_empty_is_one_of_the_numbers(folder: Drop) -> None:
    with pytest.raises(DeclarationError, match="qty is not among the numbers"):
        folder.connector(reading(optional=["qty"]))


def test_rows_of_one_order_that_stand_apart_are_told_and_not_taken_for_all(folder: Drop) -> None:
    folder.put("a.csv", "order,sku\n1001,MUG\n1002,MUG\n1001,BOWL\n1003,MUG\n")
    items = read_all(folder.connector(reading("order", lines="lines", size=1)))
    assert [item.external_id for item in items if not item.problem] == ["1002", "1003"]
    found = problems(items)
    assert len(found) == 2
    assert all("stands in line 2 and again in line 4. Sort the file by order" in one for one in found)


def test_the_same_key_twice_is_told_unless_the_last_one_counts(folder: Drop) -> None:
    folder.put("a.csv", "id,v\nMUG,1\nBOWL,1\nMUG,2\n")
    items = read_all(folder.connector(reading()))
    assert [item.external_id for item in items if not item.problem] == ["BOWL"]
    assert "its id stands in line 2 and again in line 4. Name more columns" in items[0].problem
    items = read_all(folder.connector(reading(repeated="last")))
    assert [item.payload["v"] for item in items] == ["1", "1", "2"]


def test_a_key_of_several_columns_is_one(folder: Drop) -> None:
    folder.put("a.csv", "sku,place,v\nMUG,north,1\nMUG,a/b,2\n")
    items = read_all(folder.connector(reading(["sku", "place"])))
    assert [item.external_id for item in items] == ["MUG/north", "MUG/a%2Fb"]


def test_a_column_of_times_says_which_row_is_newer(folder: Drop) -> None:
    folder.put("a.csv", "id,at\n1,2026-07-01 12:00:00\n2,2026-07-01T12:00:00Z\n3,yesterday\n")
    items = read_all(folder.connector(reading(updated_at="at"), zone="Europe/Berlin"))
    assert [item.version for item in items] == [
        "2026-07-01T10:00:00.000000Z",
        "2026-07-01T12:00:00.000000Z",
        "",
    ]
    assert "column at: it is no time" in items[2].problem


def test_a_column_says_what_is_gone(folder: Drop) -> None:
    folder.put("a.csv", "id,gone\n1,yes\n2,no\n3,\n4,0\n5,1\n")
    items = read_all(folder.connector(reading(deleted="gone")))
    assert [item.external_id for item in items if item.deleted] == ["1", "5"]


def parquet(*columns: tuple[str, pa.DataType, list[Any]], group: int = 1_000) -> bytes:
    made = io.BytesIO()
    table = pa.table({name: pa.array(values, kind) for name, kind, values in columns})
    pq.write_table(table, made, row_group_size=group)
    return made.getvalue()


def test_types_of_parquet_become_exact_texts(drop: Drop) -> None:
    at = datetime(2026, 11, 23, 6, 45, tzinfo=UTC)
    content = parquet(
        ("id", pa.string(), ["007"]),
        ("n", pa.int64(), [5]),
        ("price", pa.decimal128(12, 3), [Decimal("12.345")]),
        ("at", pa.timestamp("us", tz="UTC"), [at]),
        ("local", pa.timestamp("us"), [datetime.fromisoformat("2026-07-01T12:00:00")]),
        ("day", pa.date32(), [date(2026, 11, 23)]),
        ("flag", pa.bool_(), [True]),
        ("tags", pa.list_(pa.string()), [["a", "b"]]),
        ("nothing", pa.string(), [None]),
    )
    drop.put("a.parquet", content)
    connector = drop.connector(reading(format="parquet"), zone="Europe/Berlin")
    (found,) = payloads(read_all(connector))
    assert found == {
        "id": "007",
        "n": 5,
        "price": "12.345",
        "at": "2026-11-23T06:45:00Z",
        "local": "2026-07-01T10:00:00Z",
        "day": "2026-11-23",
        "flag": True,
        "tags": ["a", "b"],
        "nothing": None,
    }


def test_parquet_goes_on_at_its_row_whoever_reads(drop: Drop) -> None:
    ids = [str(number) for number in range(25)]
    drop.put("a.parquet", parquet(("id", pa.string(), ids), group=10))
    position, seen = None, []
    while True:
        page = drop.connector(reading(format="parquet", size=4)).read("rows", since=None, position=position)
        seen += [item.external_id for item in page.items]
        position = page.next_position
        if position is None:
            break
    assert seen == ids


def test_lines_of_orders_in_parquet_are_grouped_across_its_pages(folder: Drop) -> None:
    orders = [str(number // 3) for number in range(30)]
    content = parquet(("order", pa.string(), orders), ("sku", pa.string(), ["MUG"] * 30), group=7)
    folder.put("a.parquet", content)
    items = read_all(folder.connector(reading("order", format="parquet", lines="lines", size=2)))
    assert [(item.external_id, len(item.payload["lines"])) for item in items] == [
        (str(number), 3) for number in range(10)
    ]


def test_what_is_no_parquet_file_is_told(folder: Drop) -> None:
    whole = parquet(("id", pa.string(), ["1"]))
    folder.put("a.parquet", whole[: len(whole) // 2], age=900)
    folder.put("b.parquet", "id\n1\n", age=800)
    folder.put("c.parquet", whole, age=700)
    items = read_all(folder.connector(reading(format="parquet")))
    assert [item.external_id for item in items] == ["a.parquet", "b.parquet", "1"]
    assert "no Parquet file, or not a whole one" in items[0].problem


def test_an_empty_parquet_file_has_no_rows(folder: Drop) -> None:
    folder.put("a.parquet", parquet(("id", pa.string(), [])))
    assert read_all(folder.connector(reading(format="parquet"))) == []
