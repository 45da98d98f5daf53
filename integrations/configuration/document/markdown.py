"""A document as Markdown, with GitHub's tables. Whatever a name holds, it is text: it makes no column, no line, no
link and no HTML."""

from __future__ import annotations

import re
from collections.abc import Iterator

from .parts import Code, Document, Section, Table, Text

# What Markdown would take for a sign of its own. Underscores inside a word are none.
_SIGNS = re.compile(r"[\\`*\[\]<>|~#&]|(?<!\w)_|_(?!\w)")
# Control characters, line breaks of all kinds, and what turns the direction of what follows.
_NO_TEXT = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]+")
_TICKS = re.compile(r"`+")
# At the beginning of a line: a list, a number of one, a rule.
_OPENING = re.compile(r"^([-+=]|\d+[.)])")
# What a reader of Markdown would make a link of by itself.
_ADDRESS = re.compile(r"\b(https?|ftp|mailto|xmpp)(?=:)|\bwww(?=\.)", re.IGNORECASE)


def as_markdown(document: Document) -> str:
    lines = [f"# {text(document.title)}", "", text(document.lead), ""]
    for section in document.sections:
        lines += _section(section)
    return "\n".join(lines).rstrip() + "\n"


def _section(section: Section) -> Iterator[str]:
    yield from (f"## {text(section.title)}", "")
    for sentence in section.sentences:
        yield from (_OPENING.sub(r"\\\1", text(sentence)), "")
    if section.is_empty and section.empty:
        yield from (text(section.empty), "")
    for table in section.filled:
        yield from _table(table)


def _table(table: Table) -> Iterator[str]:
    if table.caption:
        yield from (f"### {text(table.caption)}", "")
    yield _row(table.columns)
    yield _row(["---"] * len(table.columns), is_rule=True)
    yield from (_row(row) for row in table.rows)
    yield ""


def _row(cells: object, *, is_rule: bool = False) -> str:
    written = [cell if is_rule else _cell(cell) for cell in cells]  # type: ignore[attr-defined]  # any sequence
    return f"| {' | '.join(written)} |"


def _cell(cell: Text) -> str:
    return code(cell) if isinstance(cell, Code) else text(cell)


def text(value: str) -> str:
    """One line in which no sign means more than itself."""
    one_line = _NO_TEXT.sub(" ", value).strip()
    signs = _SIGNS.sub(lambda found: "&amp;" if found[0] == "&" else f"\\{found[0]}", one_line)
    # A word joiner is not seen, and ends what would be taken for an address.
    return _ADDRESS.sub(lambda found: f"{found[0]}&#8288;", signs)


def code(value: str) -> str:
    """Between more ticks than stand in it. A pipe would begin a new cell even here."""
    if "\\|" in value:
        # No number of backslashes would say this between ticks.
        return text(value)
    one_line = _NO_TEXT.sub(" ", value).strip().replace("|", "\\|")
    if not one_line:
        return ""
    longest = max((len(run) for run in _TICKS.findall(one_line)), default=0)
    fence = "`" * (longest + 1)
    space = " " if longest else ""
    return f"{fence}{space}{one_line}{space}{fence}"
