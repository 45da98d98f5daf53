"""The words of a value map outside the database: as CSV, and those that it did not know."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping

LONGEST_WORD = 200
MOST_WORDS = 100_000
MOST_TOLD = 20
_CUT = 40
_HEAD = ("source", "target")
# As the screen calls them, too.
_HEADS = (_HEAD, ("word", "becomes"))
# What spreadsheets run as a formula: https://owasp.org/www-community/attacks/CSV_Injection
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_UNKNOWN = re.compile(r"The value map “([^”]*)” does not know “(.*)”\. Add it there\.")


class UnknownValue(ValueError):
    """A value map does not know a value."""

    def __init__(self, value_map: str, value: str) -> None:
        super().__init__(f"The value map “{value_map}” does not know “{value[:_CUT]}”. Add it there.")
        self.value = value


def unknown_in(sentence: str) -> tuple[str, str] | None:
    """(value map, word) of a sentence that says so; None for any other, and where the word was cut."""
    found = _UNKNOWN.search(sentence)
    return (found[1], found[2]) if found is not None and len(found[2]) < _CUT else None


class BadWords(ValueError):
    """Why a file of words cannot be taken: a sentence for each bad line."""

    def __init__(self, sentences: list[str]) -> None:
        super().__init__(" ".join(sentences))
        self.sentences = sentences


def as_csv(words: Mapping[str, str]) -> str:
    """A line for each word. What a spreadsheet would run gets a ' before it, which reading takes away again."""
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\r\n")
    writer.writerow(_HEAD)
    writer.writerows([_harmless(source), _harmless(target)] for source, target in words.items())
    return written.getvalue()


def from_csv(text: str) -> dict[str, str]:
    """All the words, or BadWords with what is wrong in which line."""
    words: dict[str, str] = {}
    lines: dict[str, int] = {}
    wrong: list[str] = []
    for line, cells in _rows(text, wrong):
        source, target = cells
        if source in words:
            wrong.append(f"Line {line}: “{_short(source)}” stands in line {lines[source]} already.")
        elif len(words) >= MOST_WORDS:
            wrong.append(f"Line {line}: a value map has at most {MOST_WORDS:,} words.")
            break
        words[source], lines[source] = target, line
    if not words and not wrong:
        wrong.append("There is no line with a word and what it becomes.")
    if wrong:
        more = len(wrong) - MOST_TOLD
        raise BadWords([*wrong[:MOST_TOLD], *([f"… and {more} more lines."] if more > 0 else [])])
    return words


def _rows(text: str, wrong: list[str]) -> Iterator[tuple[int, tuple[str, str]]]:
    first = text.lstrip("\r\n").partition("\n")[0]
    sign = next((sign for sign in "\t;" if sign in first), ",")
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=sign, strict=True)
    try:
        for place, row in enumerate(reader):
            cells = [_plain(cell.strip()) for cell in row]
            if not any(cells) or (place == 0 and tuple(cell.lower() for cell in cells) in _HEADS):
                continue
            problem = _problem(cells)
            if problem:
                wrong.append(f"Line {reader.line_num}: {problem}")
            else:
                yield reader.line_num, (cells[0], cells[1])
    except csv.Error as error:
        wrong.append(f"Line {reader.line_num}: this is not CSV ({error}). Mend it there.")


def _problem(cells: list[str]) -> str:
    if len(cells) != 2:
        counted = "1 cell" if len(cells) == 1 else f"{len(cells)} cells"
        return f"it has {counted}. Each line needs two: the word, and what it becomes."
    if not cells[0]:
        return "the first cell is empty. Write the word of the system that is read."
    if not cells[1]:
        return f"what “{_short(cells[0])}” becomes is missing. Write it in the second cell."
    if any(len(cell) > LONGEST_WORD for cell in cells):
        return f"a word has at most {LONGEST_WORD} characters."
    if any("\x00" in cell for cell in cells):
        return "it has a character that no text may have."
    return ""


def _harmless(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def _plain(cell: str) -> str:
    return cell[1:] if cell[:1] == "'" and cell[1:].startswith(_FORMULA) else cell


def _short(text: str) -> str:
    return text if len(text) <= _CUT else f"{text[:_CUT]}…"
