"""How a list goes on."""

from __future__ import annotations

from typing import Literal

from integrations.connectors.words.basics import Count, Expression, Word


class Sized(Word):
    """`size`: things per page, sent as `size_param` or as {size}. `size_refused`: an expression over the answer that
    is true where the platform refuses a page of this size with HTTP 200; then half is asked for."""

    size: Count = 0
    size_param: str = ""
    size_refused: Expression = ""


class NoPaging(Sized, tag="none", tag_field="style"):
    pass


class LinkPaging(Sized, tag="link", tag_field="style"):
    """The address of the next page: in the Link header, or at the expression `next` in the body."""

    next: Expression = ""


class CursorPaging(Sized, kw_only=True, tag="cursor", tag_field="style"):
    """`next`: where the next cursor is; `more`: an expression that is true while there is more (else: while there is a
    cursor). `alone`: the platform wants no other parameter beside a cursor."""

    next: Expression
    param: str = ""
    more: Expression = ""
    alone: bool = False


class Counted(Sized):
    """Ends with `total` (things in all), or when `more` is not true; without them with a page that is not full.
    `past_end`: an expression over the answer that is true where there is no such page any more (else: status 404).

    `order` says what may happen to the list while it is read. changing: a thing that changes takes another place, so
    another one can slip past; a read of several pages is followed by a second pass. stable: things keep their places.
    oldest_first: sorted by updated-at, so the next page is asked for by the time of the last thing, and nothing slips.
    """

    param: str = ""
    total: Expression = ""
    more: Expression = ""
    past_end: Expression = ""
    order: Literal["changing", "stable", "oldest_first"] = "changing"


class PagePaging(Counted, tag="page", tag_field="style"):
    """`first` is the number of the first page; `pages`: how many pages there are in all."""

    first: int = 1
    pages: Expression = ""


class OffsetPaging(Counted, tag="offset", tag_field="style"):
    """Also called skip and take. `overlap`: how many things of the page before are read again."""

    overlap: Count = 0


class PageInfoPaging(Sized, kw_only=True, tag="page_info", tag_field="style"):
    """GraphQL connections: `page_info` is where {hasNextPage, endCursor} is."""

    page_info: Expression


PagingWord = NoPaging | LinkPaging | CursorPaging | PagePaging | OffsetPaging | PageInfoPaging
