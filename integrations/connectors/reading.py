"""Reads lists and single things as declared: rows become Items, a list's end becomes known, oddities become notices."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from integrations.connectors.base import Item, Page
from integrations.connectors.details import DetailPlan, Turn, at_once
from integrations.connectors.endpoints import EndpointPlan
from integrations.connectors.failures import Rules
from integrations.connectors.following import At
from integrations.connectors.pages import PageCall
from integrations.connectors.paging import CountedPager, pager
from integrations.connectors.rows import GONE, RecordPlan
from integrations.connectors.templates import MISSING, Names, condition, expression, placeholders
from integrations.connectors.times import as_version, since_writer
from integrations.connectors.words import Listing
from integrations.exceptions import DeclarationError, Failure, Kind
from integrations.http.client import HttpClient, Response

SMALLEST_PAGE = 5
# Clocks and roundings differ by less than this.
TOLERANCE = timedelta(seconds=1)
# How long the detail calls of one step may take: a worker looks at its own time between steps.
SECONDS_OF_DETAILS = 10.0
NOT_MODIFIED = 304
# A list that has nothing says so without a body: no content, and not modified since.
NOTHING_TO_SAY = (204, NOT_MODIFIED)
LIST_NAMES = ("since", "now", "settings")


class ListPlan:
    def __init__(
        self,
        word: Listing,
        record: RecordPlan,
        rules: Rules,
        names: Names,
        field: str,
        graphql_path: str,
        *,
        can_fetch: bool = False,
    ) -> None:
        self.field = field
        self.can_fetch = can_fetch
        self.record = record
        self.rules = rules
        self.pager = pager(word.paging, f"{field}.paging")
        inner = names.with_scope(*LIST_NAMES, *self.pager.offers)
        self.endpoint = EndpointPlan(word, inner, field, read_only=True, graphql_path=graphql_path)
        self.records_at = word.records
        self.records = expression(word.records, f"{field}.records")
        self.skip = condition(word.skip, f"{field}.skip") if word.skip else None
        self.partial = word.partial
        self.newest_first = word.newest_first
        self.since = word.since
        self.ask_since = since_writer(word.since, f"{field}.since") if word.since else None
        self.details = [
            DetailPlan(detail, rules, names, f"{field}.details[{place}]", graphql_path)
            for place, detail in enumerate(word.details)
        ]
        used = placeholders([word.path, word.params, word.headers, word.body, word.variables])
        self.call = PageCall(self.endpoint, self.pager, used, field)
        self.sends_since = word.since is not None and bool(word.since.param or "since" in used)
        self._check(word, used)

    def _check(self, word: Listing, used: set[str]) -> None:
        if self.since is not None and not self.sends_since and not self.newest_first:
            raise DeclarationError(
                f"{self.field}.since", "Name a param, or use {since} in the call; or say newest_first: true."
            )
        if "since" in used and self.since is None:
            raise DeclarationError(f"{self.field}.since", "{since} is used, but its format is not declared.")
        by_time = isinstance(self.pager, CountedPager) and self.pager.order == "oldest_first"
        if (by_time or self.newest_first) and self.record.updated_at is None:
            raise DeclarationError(
                f"{self.record.field}.updated_at",
                "A list that is read by time needs to know where the time stands.",
            )
        if by_time and not self.sends_since:
            raise DeclarationError(
                f"{self.field}.since", "order: oldest_first goes on by {since}; declare it."
            )

    def read(
        self,
        client: HttpClient,
        settings: Any,
        since: datetime | None,
        position: At | None,
        now: datetime,
        turn: Turn = at_once,
    ) -> Page:
        at = dict(position or {})
        done = at.pop("done", "")
        wanted, written = self._wanted(at, since, now)
        response, at, notices = self._answer(client, settings, at, written, now)
        past_end = self.pager.is_past_end(at, response)
        rows = shown = [] if past_end else self._rows(response, client.name)
        count = len(rows)
        reached = False
        notices += self._unreadable(rows)
        if wanted is not None:
            rows, reached, more = self._heed(rows, wanted)
            notices += more
        following = self.pager.following(at, response, shown)
        if following.notice:
            notices.append(following.notice)
        next_at = None if reached else following.at
        if next_at is not None:
            next_at = self._by_time(client.without_identity(next_at), rows, wanted)
            next_at["rows"] = at.get("rows", 0) + count
        items, last = self._items(client, settings, rows, done, turn, notices)
        if last:
            # The rest of this page comes with the next step, so that no step takes longer than a worker has.
            return Page(tuple(items), {**at, "done": last}, notices=tuple(notices), total=following.total)
        asked_for_all = since is None or self.since is None
        whole = asked_for_all and not self._has_window and not reached and following.settled
        if next_at is None and whole and since is not None:
            notices.append(self._cost(at.get("rows", 0) + count))
        return Page(
            tuple(items),
            next_at,
            complete=whole and next_at is None and not self.skip,
            notices=tuple(notices),
            total=following.total,
        )

    def _wanted(self, at: At, since: datetime | None, now: datetime) -> tuple[datetime | None, Any]:
        """From when on, and how that is written; nothing where all is read."""
        if self.since is None or self.ask_since is None:
            return None, None
        if self.since.window:
            since = now - timedelta(seconds=self.since.window)
        if "since" in at:
            since = datetime.fromisoformat(at["since"])
        return self.ask_since(since) if since is not None else (None, None)

    def _answer(
        self, client: HttpClient, settings: Any, at: At, written: Any, now: datetime
    ) -> tuple[Response, At, list[str]]:
        """Asks with ever smaller pages while the platform refuses the size."""
        notices: list[str] = []
        while True:
            scope = {"since": written, "now": now.isoformat(), "settings": settings}
            more = []
            if self.since is not None and self.since.param and written is not None:
                more.append((self.since.param, str(written)))
            response = client.send(self.call.request(at, scope, more))
            if self.pager.is_past_end(at, response) or response.status == NOT_MODIFIED:
                return response, at, notices
            if self.pager.refused is None or not self.pager.refused(response.json):
                self.rules.judge(client, response)
                return response, at, notices
            at = self._smaller(client, at, response)
            notices = [f"{client.name} refuses larger pages; {at['size']} at a time are read."]

    def _smaller(self, client: HttpClient, at: At, response: Response) -> At:
        size = self.pager.size_at(at)
        if size <= SMALLEST_PAGE or any(name in at for name in ("page", "cursor")):
            self.rules.judge(client, response)
            raise Failure.config(
                "page_size_refused",
                f"{client.name} refuses pages of {size}. Set a smaller size at {self.field}.paging.size.",
                field=f"{self.field}.paging.size",
            )
        return {**at, "size": max(SMALLEST_PAGE, size // 2)}

    def _rows(self, response: Response, name: str) -> list[dict[str, Any]]:
        if response.json is None and not response.raw and response.status not in NOTHING_TO_SAY:
            # A server that fell over in the middle: taken for an empty list, all would look as if it were gone.
            raise Failure.transient(
                "empty_answer",
                f"{name} answered without any data. It is tried again.",
                status=response.status,
            )
        found = self.records(response.json) if response.json is not None else []
        if isinstance(found, list) and all(isinstance(row, dict) for row in found):
            return found
        what = "nothing" if found is MISSING else "no list of objects"
        raise Failure.config(
            "no_records",
            f"The answer has {what} at {self.records_at!r}. Correct {self.field}.records in the declaration.",
            field=f"{self.field}.records",
        )

    def _heed(
        self, rows: list[dict[str, Any]], wanted: datetime
    ) -> tuple[list[dict[str, Any]], bool, list[str]]:
        """Rows older than asked for: the end of a newest-first list, or a sign that the platform did not heed it."""
        updated_at = self.record.updated_at
        if updated_at is None or (self._has_window and not self.newest_first):
            return rows, False, []
        limit = wanted - TOLERANCE
        young = [row for row in rows if (when := updated_at.latest(row)) is None or when >= limit]
        old = len(rows) - len(young)
        if self.newest_first:
            return young, old > 0, []
        if not old:
            return rows, False, []
        notice = (
            "The platform ignores the time from which on it is asked: it shows things that are older "
            f"({old} of {len(rows)} on a page). All of it is read each time, and what did not change is dropped."
        )
        return rows, False, [notice]

    def _unreadable(self, rows: list[dict[str, Any]]) -> list[str]:
        """Said, or a wrong format would only be seen by reads that never end early and versions that are not there."""
        updated_at = self.record.updated_at
        if updated_at is None or not any(updated_at.is_unreadable(row) for row in rows):
            return []
        notice = (
            f"Times of change cannot be read as declared. Correct {self.record.field}.updated_at; until then each read "
            "takes longer, and which of two versions is newer is not told by them."
        )
        return [notice]

    @property
    def _has_window(self) -> bool:
        return self.since is not None and self.since.window > 0

    def _by_time(self, at: At, rows: Sequence[dict[str, Any]], wanted: datetime | None) -> At:
        """On an oldest-first list the next page is the first page from the last thing's time on.

        Where that is no later than what this page was asked for (many things of one moment, or a platform that
        ignores the time) the page's number goes on.
        """
        if not (isinstance(self.pager, CountedPager) and self.pager.order == "oldest_first") or "probe" in at:
            return at
        times = [when for row in rows if self.record.updated_at and (when := self.record.updated_at(row))]
        if not times or self.ask_since is None:
            return at
        if wanted is not None and self.ask_since(max(times))[0] <= wanted:
            return at
        return {"since": as_version(max(times)), **({"size": at["size"]} if "size" in at else {})}

    def _cost(self, rows: int) -> str:
        return (
            f"This platform cannot say what has changed: all {rows} were read. Only what changed is sent. "
            "Read less often if the calls are dear."
        )

    def _items(
        self,
        client: HttpClient,
        settings: Any,
        rows: list[dict[str, Any]],
        done: str,
        turn: Turn,
        notices: list[str],
    ) -> tuple[list[Item], str]:
        """The items of a page, from behind `done` on; and the last of them where the time did not suffice for all."""
        wanted = [row for row in rows if self.skip is None or not self.skip(row)]
        items = [self.record.item(row, self.partial) for row in wanted]
        if not self.details:
            return items, ""
        places = [place for place, item in enumerate(items) if item.external_id == done]
        found: list[Item] = []
        ends = time.monotonic() + SECONDS_OF_DETAILS
        for item in items[places[-1] + 1 :] if places else items:
            if found and time.monotonic() > ends:
                return found, found[-1].external_id
            try:
                detailed = self._detailed(client, settings, item, turn, notices)
            except Failure as failure:
                # What was read so far is kept, or a platform with a tight limit would never be read beyond it.
                if failure.kind == Kind.TRANSIENT and found:
                    return found, found[-1].external_id
                raise
            found += [detailed] if detailed is not None else []
        return found, ""

    def _detailed(
        self, client: HttpClient, settings: Any, item: Item, turn: Turn, notices: list[str]
    ) -> Item | None:
        """One thing of which the details are refused does not keep its neighbours from being read: it is fetched alone
        later, and what is wrong with it becomes its own error there."""
        try:
            for detail in self.details:
                detail.join(client, settings, item.external_id, item.payload, turn)
        except Failure as failure:
            if failure.kind != Kind.DATA:
                raise
            if self.can_fetch:
                return replace(item, partial=True)
            if failure.status not in GONE:
                raise
            notices.append(f"{item.external_id} was gone before its details could be read; it is left out.")
            return None
        return item
