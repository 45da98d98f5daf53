"""Mapped records into the books: a batch in one transaction, each row as one upsert that never goes back."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone

from integrations.connectors.base import Answer, Call, WriteContext
from integrations.connectors.books_words import (
    PARTS,
    REFUNDS,
    SHELVES,
    Parts,
    empty_of,
    part_of,
    refund_of,
    row_of,
    values_of,
)
from integrations.connectors.times import as_version
from integrations.exceptions import Failure
from integrations.models import Booked, BookedOrder, BookedRefund, BookedRemoval, Connection

UPSERT, CANCEL, DELETE = "upsert", "cancel", "delete"
# With its source before it, an id has room where ids of systems are kept.
LONGEST_ID, LONGEST_VERSION = 190, 200


def prepared(resource: str, context: WriteContext, key: str) -> Call:
    """Pure. E-mail addresses and telephone numbers are digests already: the write that is kept holds none."""
    if context.operation == UPSERT:
        source, external_id = context.source, _id_of(context.body)
        parts: dict[str, Any] = {"row": row_of(SHELVES[resource], context.body)}
        if resource in PARTS:
            parts |= _parts_of(PARTS[resource], context.body)
    else:
        source, _, external_id = (context.external_id or "").partition("/")
        parts = {}
    body = {
        "source": source,
        "id": external_id,
        "version": context.version[:LONGEST_VERSION],
        "read_at": as_version(datetime.fromtimestamp(context.read_at, UTC)),
        **parts,
    }
    return Call(
        resource=resource,
        operation=context.operation,
        step=0,
        method=context.operation.upper(),
        path=resource,
        body=body,
        key=key,
        external_id=f"{source}/{external_id}",
        is_repeatable=True,
    )


def _parts_of(of: Parts, body: Mapping[str, Any]) -> dict[str, Any]:
    """An order's lines and refunds, a payout's entries."""
    parts: dict[str, Any] = {}
    if isinstance(body.get(of.field), list):
        parts["parts"] = [part_of(of, part, at) for at, part in enumerate(body[of.field], 1)]
    if isinstance(body.get("refunds"), list):
        parts["refunds"] = [
            [_id_of({"id": f"{body['id']}/{at}", **(refund or {})}), refund_of(refund, at, body)]
            for at, refund in enumerate(body["refunds"], 1)
        ]
    return parts


def _id_of(body: Mapping[str, Any]) -> str:
    """Raises Failure (data)."""
    found = body.get("id")
    text = "" if found is None or isinstance(found, dict | list | bool) else str(found).replace("\x00", "")
    if not text or len(text) > LONGEST_ID:
        raise Failure.data(
            "missing_field" if not text else "bad_value",
            f"There is no id of at most {LONGEST_ID} letters, by which its row is found again. Set it in the mapping.",
            field="id",
        )
    return text


@dataclass(frozen=True)
class _Entry:
    source_id: int
    external_id: str
    version: str
    read_at: datetime
    row: dict[str, Any] = field(default_factory=dict)
    parts: list[dict[str, Any]] | None = None
    refunds: tuple[_Entry, ...] = ()

    @property
    def key(self) -> tuple[int, str]:
        return self.source_id, self.external_id

    @property
    def told(self) -> tuple[str, ...]:
        return tuple(sorted(self.row))

    def is_older_than(self, version: str, read_at: datetime) -> bool:
        """As the engine decides it: by the version where both have one and they differ, else by when it was read."""
        if self.version and version and self.version != version:
            return self.version < version
        return self.read_at < read_at


class BooksWriter:
    """Writes to one shelf. Call it on a thread that may use the database."""

    def __init__(self, resource: str) -> None:
        self.resource = resource
        self.model: type[Booked] = SHELVES[resource]
        # By the clock that all hosts share; SQLite has one host, and writes times another way than Django does.
        self._now: Any = Now() if connection.vendor == "postgresql" else timezone.now()

    def upsert(self, calls: Sequence[Call]) -> list[Answer | Failure]:
        sources = self._sources(calls)
        newest: dict[tuple[int, str], _Entry] = {}
        results: list[Answer | Failure] = []
        for call in calls:
            source_id = sources.get(call.body["source"])
            if source_id is None:
                results.append(_no_source(call.body["source"]))
                continue
            entry = self._entry(call, source_id)
            other = newest.get(entry.key)
            if other is None or not entry.is_older_than(other.version, other.read_at):
                newest[entry.key] = entry
            results.append(Answer(external_id=call.external_id))
        # Sorted: two workers with the same rows wait in line and never for each other.
        entries = sorted(newest.values(), key=lambda entry: entry.key)
        if entries:
            with transaction.atomic():
                self._write(entries)
        return results

    def end(self, call: Call) -> Answer:
        """Cancels or deletes one row, unless something newer was told of it. Raises Failure."""
        source_id = self._sources([call]).get(call.body["source"])
        if source_id is None:
            raise _no_source(call.body["source"])
        entry = self._entry(call, source_id)
        with transaction.atomic():
            stored = self.model._default_manager.select_for_update().filter(self._named([entry])).first()
            if stored is None or not entry.is_older_than(stored.version, stored.read_at):
                self._delete(entry) if call.operation == DELETE else self._cancel(entry)
        return Answer(external_id=call.external_id)

    def _sources(self, calls: Iterable[Call]) -> dict[str, int]:
        keys = {str(call.body["source"]) for call in calls}
        return dict(Connection.objects.filter(key__in=keys).values_list("key", "pk"))

    def _entry(self, call: Call, source_id: int) -> _Entry:
        body = call.body
        parts = body.get("parts")
        return _Entry(
            source_id,
            body["id"],
            body["version"],
            datetime.fromisoformat(body["read_at"]),
            values_of(self.model, body.get("row") or {}),
            None if parts is None else [values_of(PARTS[self.resource].model, part) for part in parts],
            tuple(
                _Entry(
                    source_id,
                    key,
                    body["version"],
                    datetime.fromisoformat(body["read_at"]),
                    values_of(BookedRefund, row),
                )
                for key, row in body.get("refunds") or ()
            ),
        )

    def _named(self, entries: Iterable[_Entry]) -> Q:
        by_source: dict[int, list[str]] = defaultdict(list)
        for entry in entries:
            by_source[entry.source_id].append(entry.external_id)
        found = Q()
        for source_id, ids in by_source.items():
            found |= Q(source_id=source_id, external_id__in=ids)
        return found

    # Inside a transaction.

    def _write(self, entries: Sequence[_Entry]) -> None:
        """1. What is not there yet is inserted, whoever inserts it first. 2. All rows are locked, and what is older
        than what they say is left out. 3. The others are replaced, and an order's lines or a payout's entries with it.
        """
        entries = self._without_removed(entries)
        there = set(self._stored(entries, lock=False))
        self._insert([entry for entry in entries if entry.key not in there])
        stored = self._stored(entries, lock=True)
        won = [entry for entry in entries if not entry.is_older_than(*stored[entry.key][1:])]
        self._replace([entry for entry in won if entry.key in there or self._differs(entry, stored)])
        if self.resource in PARTS:
            told = {stored[entry.key][0]: entry.parts for entry in won if entry.parts is not None}
            self._replace_parts(PARTS[self.resource], told)
        if self.model is BookedOrder:
            refunds = {refund.key: refund for entry in won for refund in entry.refunds}
            if refunds:
                BooksWriter(REFUNDS)._write(sorted(refunds.values(), key=lambda refund: refund.key))

    def _differs(self, entry: _Entry, stored: Mapping[tuple[int, str], tuple[int, str, datetime]]) -> bool:
        """Another worker inserted it between our look and our insert."""
        return stored[entry.key][1:] != (entry.version, entry.read_at)

    def _stored(
        self, entries: Sequence[_Entry], *, lock: bool
    ) -> dict[tuple[int, str], tuple[int, str, datetime]]:
        rows = self.model._default_manager.filter(self._named(entries))
        if lock:
            rows = rows.select_for_update().order_by("source_id", "external_id")
        columns = rows.values_list("source_id", "external_id", "pk", "version", "read_at")
        return {(source, external_id): (pk, version, at) for source, external_id, pk, version, at in columns}

    def _without_removed(self, entries: Sequence[_Entry]) -> list[_Entry]:
        """What was removed comes back only where its source tells it anew."""
        gone = BookedRemoval.objects.select_for_update().filter(self._named(entries), resource=self.resource)
        removals = {(row.source_id, row.external_id): row for row in gone}
        if not removals:
            return list(entries)
        kept = [
            entry
            for entry in entries
            if (row := removals.get(entry.key)) is None or not entry.is_older_than(row.version, row.read_at)
        ]
        back = [removals[entry.key].pk for entry in kept if entry.key in removals]
        BookedRemoval.objects.filter(pk__in=back).delete()
        return kept

    def _insert(self, entries: Sequence[_Entry]) -> None:
        self.model._default_manager.bulk_create(
            [self._instance(entry, empty_of(self.model) | entry.row) for entry in entries],
            ignore_conflicts=True,
        )

    def _replace(self, entries: Sequence[_Entry]) -> None:
        """The rows are locked. What a source does not tell stays as it is."""
        groups: dict[tuple[str, ...], list[_Entry]] = defaultdict(list)
        for entry in entries:
            groups[entry.told].append(entry)
        for told, group in groups.items():
            self.model._default_manager.bulk_create(
                [self._instance(entry, empty_of(self.model) | entry.row) for entry in group],
                update_conflicts=True,
                unique_fields=["source", "external_id"],
                update_fields=[*told, "version", "read_at", "booked_at"],
            )

    def _instance(self, entry: _Entry, values: Mapping[str, Any]) -> Booked:
        return self.model(
            source_id=entry.source_id,
            external_id=entry.external_id,
            version=entry.version,
            read_at=entry.read_at,
            booked_at=self._now,
            **values,
        )

    def _replace_parts(self, of: Parts, told: Mapping[int, Sequence[Mapping[str, Any]]]) -> None:
        rows = of.model._default_manager
        rows.filter(**{f"{of.owner}__in": sorted(told)}).delete()
        empty = empty_of(of.model)
        rows.bulk_create(
            of.model(**{f"{of.owner}_id": owner, "position": at, **empty, **part})
            for owner, parts in told.items()
            for at, part in enumerate(parts, 1)
        )

    def _cancel(self, entry: _Entry) -> None:
        rows = BookedOrder.objects.filter(self._named([entry]))
        rows.filter(cancelled_at=None).update(cancelled_at=entry.read_at)
        rows.update(status="cancelled", version=entry.version, read_at=entry.read_at, booked_at=self._now)

    def _delete(self, entry: _Entry) -> None:
        self.model._default_manager.filter(self._named([entry])).delete()
        BookedRemoval.objects.bulk_create(
            [
                BookedRemoval(
                    source_id=entry.source_id,
                    resource=self.resource,
                    external_id=entry.external_id,
                    version=entry.version,
                    read_at=entry.read_at,
                    booked_at=self._now,
                )
            ],
            update_conflicts=True,
            unique_fields=["source", "resource", "external_id"],
            update_fields=["version", "read_at", "booked_at"],
        )


def _no_source(key: str) -> Failure:
    return Failure.config(
        "no_source",
        f"There is no connection {key!r} any more, from which this came. Read it again from where it is now.",
    )
