"""The books read page by page, in the order in which they were written: what is written meanwhile is met at the end."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import Model, Q, QuerySet

from integrations.connectors.base import Item, Page
from integrations.connectors.books_words import PARTS, SHELVES, Parts, columns_of
from integrations.connectors.times import as_version
from integrations.models import Booked, BookedRemoval

PAGE = 500
ROWS, REMOVALS = "rows", "removals"


class BooksReader:
    """Reads one shelf. Call it on a thread that may use the database."""

    def __init__(self, resource: str) -> None:
        self.resource = resource
        self.model: type[Booked] = SHELVES[resource]

    def page(self, since: datetime | None, position: dict[str, Any] | None) -> Page:
        """First the rows, then what was taken out; a read of everything needs no word of the latter."""
        at = position or {"part": ROWS, "after": None}
        is_rows = at["part"] == ROWS
        rows = self._rows() if is_rows else self._removals()
        found = list(_behind(rows, since, at["after"])[: PAGE + 1])
        items = self._items(found[:PAGE]) if is_rows else tuple(map(_removed, found[:PAGE]))
        if len(found) > PAGE:
            last = found[PAGE - 1]
            return Page(items, {"part": at["part"], "after": [last.booked_at.isoformat(), last.pk]})
        if is_rows and since is not None:
            return Page(items, {"part": REMOVALS, "after": None})
        return Page(items, complete=since is None)

    def fetch(self, external_id: str) -> Item | None:
        source, _, key = external_id.partition("/")
        return next(iter(self._items(list(self._rows().filter(source__key=source, external_id=key)))), None)

    def _rows(self) -> QuerySet[Any]:
        return self.model._default_manager.select_related("source").order_by("booked_at", "pk")

    def _removals(self) -> QuerySet[Any]:
        removals = BookedRemoval.objects.filter(resource=self.resource)
        return removals.select_related("source").order_by("booked_at", "pk")

    def _items(self, rows: Sequence[Any]) -> tuple[Item, ...]:
        parts = _parts_of(PARTS[self.resource], rows) if self.resource in PARTS else {}
        return tuple(self._item(row, parts.get(row.pk)) for row in rows)

    def _item(self, row: Booked, parts: list[dict[str, Any]] | None) -> Item:
        payload = {"id": _id(row), "source": row.source.key, **payload_of(row)}
        payload["booked_at"] = as_version(row.booked_at)
        if payload.get("order_external_id"):
            payload["order_id"] = f"{row.source.key}/{payload['order_external_id']}"
        if self.resource in PARTS:
            payload[PARTS[self.resource].field] = parts or []
        return Item(_id(row), payload, version=as_version(row.booked_at))


def payload_of(row: Model) -> dict[str, Any]:
    """Its columns as JSON. A text that is empty was not told."""
    found = ((column.name, getattr(row, column.name)) for column in columns_of(type(row)))
    return {name: plain(value) for name, value in found}


def plain(value: Any) -> Any:
    match value:
        case "":
            return None
        case Decimal():
            return format(value.normalize(), "f")
        case datetime():
            return as_version(value)
        case _:
            return value


def _parts_of(of: Parts, owners: Sequence[Any]) -> dict[int, list[dict[str, Any]]]:
    found: dict[int, list[dict[str, Any]]] = {}
    rows = of.model._default_manager.filter(**{f"{of.owner}__in": [owner.pk for owner in owners]})
    row: Any
    for row in rows.order_by(of.owner, "position"):
        found.setdefault(getattr(row, f"{of.owner}_id"), []).append(_part(row))
    return found


def _part(row: Any) -> dict[str, Any]:
    told = getattr(row, "external_id", "")
    return {"position": row.position, "id": told or str(row.position), **payload_of(row)}


def _id(row: Booked | BookedRemoval) -> str:
    return f"{row.source.key}/{row.external_id}"


def _removed(row: BookedRemoval) -> Item:
    return Item(_id(row), {}, version=as_version(row.booked_at), deleted=True)


def _behind(rows: QuerySet[Any], since: datetime | None, after: list[Any] | None) -> QuerySet[Any]:
    if after is not None:
        moment, pk = datetime.fromisoformat(after[0]), after[1]
        return rows.filter(Q(booked_at__gt=moment) | Q(booked_at=moment, pk__gt=pk), booked_at__gte=moment)
    return rows if since is None else rows.filter(booked_at__gte=since)
