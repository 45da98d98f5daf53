from __future__ import annotations

import pytest

from mappings.value_maps import BadWords, UnknownValue, as_csv, from_csv, unknown_in


def test_what_is_exported_is_imported_as_it_was() -> None:
    words = {
        "PAID": "paid",
        'with "quotes", and comma': "x;y",
        "Größe": "größe",
        "=1+1": "-1",
        "+49": "@de",
        "'": "''",
    }
    assert from_csv(as_csv(words)) == words
    assert "\n=1" not in as_csv(words), "no spreadsheet runs it"


@pytest.mark.parametrize(
    "text",
    ["PAID,paid\nOPEN,open", "PAID;paid\r\nOPEN;open\r\n", "source\ttarget\nPAID\tpaid\n\nOPEN\topen\n"],
)
def test_lines_come_with_commas_semicolons_or_tabs(text: str) -> None:
    assert from_csv(text) == {"PAID": "paid", "OPEN": "open"}


@pytest.mark.parametrize("head", ["source,target", "Word,Becomes", "WORD;becomes"])
def test_a_line_that_names_the_columns_is_no_word(head: str) -> None:
    sign = ";" if ";" in head else ","
    assert from_csv(f"{head}\npaid{sign}PAID\n") == {"paid": "PAID"}


def test_each_bad_line_is_named_with_what_to_do() -> None:
    text = "source,target\nPAID,paid\nOPEN\nPAID,other\n,x\nVOID,\na,b,c\nLONG," + "x" * 201
    with pytest.raises(BadWords) as bad:
        from_csv(text)
    assert bad.value.sentences == [
        "Line 3: it has 1 cell. Each line needs two: the word, and what it becomes.",
        "Line 4: “PAID” stands in line 2 already.",
        "Line 5: the first cell is empty. Write the word of the system that is read.",
        "Line 6: what “VOID” becomes is missing. Write it in the second cell.",
        "Line 7: it has 3 cells. Each line needs two: the word, and what it becomes.",
        "Line 8: a word has at most 200 characters.",
    ]


@pytest.mark.parametrize("text", ["", "\n\n", "source,target\n", 'a,"b\n'])
def test_a_file_without_words_is_refused(text: str) -> None:
    with pytest.raises(BadWords):
        from_csv(text)


def test_many_bad_lines_are_counted_not_listed() -> None:
    with pytest.raises(BadWords) as bad:
        from_csv("x\n" * 500)
    assert len(bad.value.sentences) == 21
    assert bad.value.sentences[-1] == "… and 480 more lines."


def test_a_word_is_found_in_the_sentence_that_tells_of_it() -> None:
    sentence = (
        f"Order 1042: the payment status is one that we do not know yet. {UnknownValue('states', 'void “x”')}"
    )
    assert unknown_in(sentence) == ("states", "void “x”")
    assert unknown_in("Order 1042: it has no number.") is None
    assert unknown_in(str(UnknownValue("states", "x" * 60))) is None, (
        "of a word that was cut nobody knows the rest"
    )
