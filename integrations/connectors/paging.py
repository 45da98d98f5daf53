"""How a list goes on: for each style, what the next call carries and when the list is through.

A pager holds no state. Where a read stands is a small JSON object, "at", that the engine keeps between calls.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any
from urllib.parse import urljoin

from integrations.connectors.following import (
    CLIPPED,
    MOST_REPEATS,
    NO_WAY_ON,
    SAME_PAGE,
    At,
    Following,
    Rows,
    onward,
    repeated,
)
from integrations.connectors.templates import MISSING, condition, expression
from integrations.connectors.words import (
    Counted,
    CursorPaging,
    LinkPaging,
    NoPaging,
    OffsetPaging,
    PageInfoPaging,
    PagePaging,
    PagingWord,
    Sized,
)
from integrations.exceptions import DeclarationError
from integrations.http.client import Response

MOST_PASSES = 3
Holds = Callable[[Any], bool]

_NEXT_LINK = re.compile(r'<([^>]*)>\s*;[^,<]*\brel\s*=\s*"?[^",;]*\bnext\b[^",;]*"?', re.IGNORECASE)


class Pager:
    """Without paging: everything comes at once."""

    offers: tuple[str, ...] = ("size",)
    alone = False

    def __init__(self, word: Sized, field: str) -> None:
        self.size = word.size
        self.size_param = word.size_param
        self.refused: Holds | None = (
            condition(word.size_refused, f"{field}.size_refused") if word.size_refused else None
        )
        if self.size_param and not self.size:
            raise DeclarationError(f"{field}.size", "size_param needs a size.")

    def size_at(self, at: At) -> int:
        """The page size; smaller than declared where the platform refused that."""
        return int(at.get("size") or self.size)

    def scope(self, at: At) -> dict[str, Any]:
        return {"size": self.size_at(at) or None}

    def params(self, at: At) -> list[tuple[str, str]]:
        size = self.size_at(at)
        return [(self.size_param, str(size))] if self.size_param and size else []

    def url(self, at: At) -> str:
        """The whole address of the next page, where the platform gave it."""
        return ""

    def following(self, at: At, response: Response, rows: Rows) -> Following:
        return Following(None)

    def is_past_end(self, at: At, response: Response) -> bool:
        """Whether the answer says that there is no such page, which is how some platforms end a list."""
        return False

    def asks(self) -> str:
        """The name that a call must carry for this style to have an effect: "" when a parameter does it."""
        return ""


class LinkPager(Pager):
    def __init__(self, word: LinkPaging, field: str) -> None:
        super().__init__(word, field)
        self.next = expression(word.next, f"{field}.next") if word.next else None

    def url(self, at: At) -> str:
        return str(at.get("url", ""))

    def following(self, at: At, response: Response, rows: Rows) -> Following:
        if self.next is not None:
            found = self.next(response.json)
            url = found if isinstance(found, str) else ""
        else:
            match = _NEXT_LINK.search(response.headers.get("link", ""))
            url = match[1] if match else ""
        # A link without a host is meant from where it stands, as in a web page: "?page=2", "/api/orders?page=2".
        url = urljoin(response.url, url) if url else ""
        return onward(at, "url", url) if url and url != response.url else Following(None)


class CursorPager(Pager):
    offers = ("size", "cursor")

    def __init__(self, word: CursorPaging, field: str) -> None:
        super().__init__(word, field)
        self.param = word.param
        self.alone = word.alone
        self.next = expression(word.next, f"{field}.next")
        self.more = condition(word.more, f"{field}.more") if word.more else None

    def scope(self, at: At) -> dict[str, Any]:
        return {**super().scope(at), "cursor": at.get("cursor")}

    def params(self, at: At) -> list[tuple[str, str]]:
        cursor = at.get("cursor")
        own = [(self.param, str(cursor))] if self.param and cursor is not None else []
        return super().params(at) + own

    def following(self, at: At, response: Response, rows: Rows) -> Following:
        if self.more is not None and not self.more(response.json):
            return Following(None)
        cursor = self.next(response.json)
        if cursor is MISSING or cursor is False or cursor == "" or cursor == at.get("cursor"):
            return Following(None)
        return onward(at, "cursor", cursor)

    def asks(self) -> str:
        return "" if self.param else "cursor"


class PageInfoPager(Pager):
    offers = ("size", "cursor")

    def __init__(self, word: PageInfoPaging, field: str) -> None:
        super().__init__(word, field)
        self.page_info = expression(word.page_info, f"{field}.page_info")

    def scope(self, at: At) -> dict[str, Any]:
        return {**super().scope(at), "cursor": at.get("cursor")}

    def following(self, at: At, response: Response, rows: Rows) -> Following:
        info = self.page_info(response.json)
        if not isinstance(info, dict) or not info.get("hasNextPage"):
            return Following(None)
        cursor = info.get("endCursor")
        if not cursor or cursor == at.get("cursor"):
            return Following(None, settled=False, notice=NO_WAY_ON)
        return onward(at, "cursor", cursor)

    def asks(self) -> str:
        return "cursor"


class CountedPager(Pager, ABC):
    """Pages by number or offset. Ends with a count where the platform gives one."""

    def __init__(self, word: Counted, field: str) -> None:
        super().__init__(word, field)
        self.param = word.param
        self.order = word.order
        self.total = expression(word.total, f"{field}.total") if word.total else None
        self.more = condition(word.more, f"{field}.more") if word.more else None
        self.past_end = condition(word.past_end, f"{field}.past_end") if word.past_end else None
        if not (word.size or word.total or word.more or getattr(word, "pages", "")):
            raise DeclarationError(field, "When is the list through? Name size, total, pages or more.")

    @abstractmethod
    def place(self, at: At) -> int: ...

    @abstractmethod
    def read_so_far(self, at: At, count: int) -> int:
        """How many places of the list were passed, this page included."""

    @abstractmethod
    def next_place(self, at: At, count: int) -> At: ...

    def is_last(self, at: At, response: Response, count: int, total: int | None) -> bool:
        if count == 0:
            return True
        if self.more is not None:
            return not self.more(response.json)
        if total is not None:
            return self.read_so_far(at, count) >= total
        size = self.size_at(at)
        return bool(size) and count < size

    def is_past_end(self, at: At, response: Response) -> bool:
        if self.place(at) == self.place({}):
            return False
        return self.past_end(response.json) if self.past_end is not None else response.status == 404

    def following(self, at: At, response: Response, rows: Rows) -> Following:
        count, notice = len(rows), ""
        probed = at.pop("probe", 0)
        if probed and count:
            at["size"], notice = probed, CLIPPED.format(size=self.size, most=probed)
        total = _number(self.total(response.json)) if self.total is not None else None
        at = at if "total" in at or total is None else {**at, "total": total}
        at, repeats = repeated(at, rows)
        if repeats >= MOST_REPEATS:
            return Following(None, settled=False, total=total, notice=SAME_PAGE)
        if not self.is_last(at, response, count, total):
            return Following(self.next_place(at, count), total=total, notice=notice)
        if self._may_be_clipped(at, count, total):
            return Following(self.next_place(at, count) | {"probe": count}, total=total)
        return self._through(at, response, count, total, probed=bool(probed))

    def _may_be_clipped(self, at: At, count: int, total: int | None) -> bool:
        """Many platforms give fewer per page than they are asked for and say nothing. So a first page that is not full
        is no end by itself, where nothing else tells the end: the next one is looked at as well."""
        tells = self.more is not None or total is not None or getattr(self, "pages", None) is not None
        return bool(count) and not tells and "size" not in at and self.place(at) == self.place({})

    def _through(
        self, at: At, response: Response, count: int, total: int | None, *, probed: bool
    ) -> Following:
        past_end = not count and self.is_past_end(at, response)
        shrank = "total" in at and (past_end if total is None else total < at["total"])
        went_through_pages = self.place(at) != self.place({}) and not (probed and not count)
        passes = at.get("pass", 1)
        again = shrank or (passes == 1 and went_through_pages and self.order == "changing")
        if again and passes < MOST_PASSES:
            return Following(_again(at, passes + 1), settled=False, total=total)
        # "Not found" behind a full page is the end, or a server that is being mended: nothing is taken for gone by it.
        doubtful = past_end and self.past_end is None and not probed
        return Following(None, settled=not (shrank or doubtful), total=total)

    def asks(self) -> str:
        return "" if self.param else self.offers[-1]

    def params(self, at: At) -> list[tuple[str, str]]:
        return super().params(at) + ([(self.param, str(self.place(at)))] if self.param else [])

    def scope(self, at: At) -> dict[str, Any]:
        return {**super().scope(at), self.offers[-1]: self.place(at)}


class PagePager(CountedPager):
    offers = ("size", "page")

    def __init__(self, word: PagePaging, field: str) -> None:
        super().__init__(word, field)
        self.first = word.first
        self.pages = expression(word.pages, f"{field}.pages") if word.pages else None

    def place(self, at: At) -> int:
        return int(at.get("page", self.first))

    def read_so_far(self, at: At, count: int) -> int:
        size = self.size_at(at)
        before = (self.place(at) - self.first) * size if size else at.get("seen", 0)
        return int(before) + count

    def next_place(self, at: At, count: int) -> At:
        return _kept(at, page=self.place(at) + 1, seen=self.read_so_far(at, count))

    def is_last(self, at: At, response: Response, count: int, total: int | None) -> bool:
        pages = _number(self.pages(response.json)) if self.pages is not None else None
        if pages is not None and count:
            return self.place(at) - self.first + 1 >= pages
        return super().is_last(at, response, count, total)


class OffsetPager(CountedPager):
    offers = ("size", "offset")

    def __init__(self, word: OffsetPaging, field: str) -> None:
        super().__init__(word, field)
        self.overlap = word.overlap
        if self.overlap and (not self.size or self.overlap >= self.size):
            raise DeclarationError(f"{field}.overlap", "The overlap must be smaller than the size of a page.")
        if self.overlap:
            # What is read twice is what a second pass would be for.
            self.order = "stable"

    def place(self, at: At) -> int:
        return int(at.get("offset", 0))

    def read_so_far(self, at: At, count: int) -> int:
        return self.place(at) + count

    def next_place(self, at: At, count: int) -> At:
        step = count - self.overlap if count > self.overlap else count
        return _kept(at, offset=self.place(at) + step)


def pager(word: PagingWord, field: str) -> Pager:
    match word:
        case NoPaging():
            return Pager(word, field)
        case LinkPaging():
            return LinkPager(word, field)
        case CursorPaging():
            return CursorPager(word, field)
        case PagePaging():
            return PagePager(word, field)
        case OffsetPaging():
            return OffsetPager(word, field)
        case PageInfoPaging():
            return PageInfoPager(word, field)


def _kept(at: At, **moved: Any) -> At:
    return {**at, **moved}


def _again(at: At, passes: int) -> At:
    """From the beginning, with the size that was found to be allowed."""
    kept: At = {name: at[name] for name in ("size", "rows") if name in at}
    return kept | {"pass": passes}


def _number(value: Any) -> int | None:
    try:
        return int(value)
    except (TypeError, ValueError):
        return None
