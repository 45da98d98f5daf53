"""Lists and single things."""

from __future__ import annotations

import msgspec

from integrations.connectors.words.basics import Endpoint, Expression, Seconds, Word
from integrations.connectors.words.paging import NoPaging, PagingWord


class Since(Word):
    """How to ask for what has changed: sent as `param`, or as {since} in the call.

    Times are cut to `granularity` seconds, as the platform cuts its own; `overlap` seconds are read again;
    `strict`: the platform compares with "later than", so one more granule is read. `window`: not since the last
    read but since so many seconds ago.
    """

    param: str = ""
    format: str = "iso"
    zone: str = "UTC"
    granularity: Seconds = 0.0
    overlap: Seconds = 0.0
    strict: bool = False
    window: Seconds = 0.0


class Detail(Endpoint, kw_only=True):
    """A further call for each record. Templates are over {record, external_id}; what it gives goes `into` it.

    With a `paging` all its pages are read, and joined to one list."""

    into: str
    records: Expression = "@"
    when: Expression = ""
    paging: PagingWord = msgspec.field(default_factory=NoPaging)


class Listing(Endpoint):
    """Templates are over {since, now, cursor, page, offset, size}. `records`: where the records are.

    `newest_first`: reading stops where things are older than what is asked for. `partial`: the rows are only good for
    their ids, each is to be fetched. `skip`: an expression over a row that is true for what is not wanted.
    """

    records: Expression = "@"
    paging: PagingWord = msgspec.field(default_factory=NoPaging)
    since: Since | None = None
    newest_first: bool = False
    partial: bool = False
    skip: Expression = ""
    details: list[Detail] = []


class One(Endpoint):
    """One thing. Templates are over {external_id} (fetch) or {natural_key} (lookup); `record` is where it is.

    `match` (lookup): where in the record the natural key stands; then a search may find similar things too. `after`
    (lookup): so many seconds pass before the search shows what was written.
    """

    record: Expression = "@"
    match: Expression = ""
    after: Seconds = 0.0
    details: list[Detail] = []
