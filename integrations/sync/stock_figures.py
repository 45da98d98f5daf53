"""The last figure of each row of a stock list, kept so that a SKU can be counted anew over all its rows.

They are kept when a row is accepted, together with the read's position: once a read is through, every figure is at
least as young as that read.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from django.db.models import F, Max, Q

from integrations.connectors.base import Item
from integrations.models import StockFigure, SyncJob
from mappings.records import StockLevel, told
from mappings.translate import Rules, Scope, read, write

from . import rows
from .parcels import Parcel
from .rules import JobRules
from .stock_names import KIND, carriers, place_rules

FIGURE = ("connection_id", "resource", "external_id", "sku", "payload", "version", "read_at", "seen_at")
ANOTHER = rows.Upsert(unique=FIGURE[:3], update=FIGURE[3:])
# Of a row that nobody had kept when it was looked up.
NEW = rows.Upsert(unique=FIGURE[:3], update=FIGURE[3:], growing="read_at")
# A stock row and what it tells.
Level = tuple[Parcel, StockLevel]


def levels_of(job: SyncJob, rules: Rules, parcels: Sequence[Parcel]) -> list[Level]:
    """What the rows among these parcels tell, those that can be read. Pure: call it before the transaction."""
    if job.kind != KIND:
        return []
    found = []
    for parcel in parcels:
        if parcel.partial or parcel.deleted or parcel.counted or parcel.problem:
            continue
        level = level_of(rules, parcel.payload)
        if level is not None:
            found.append((parcel, level))
    return found


def level_of(rules: Rules, payload: Any) -> StockLevel | None:
    """None: the payload cannot be read whole, or names no SKU."""
    translation = read(rules, payload)
    record = translation.record
    if translation.problems or not isinstance(record, StockLevel):
        return None
    return record if isinstance(record.sku, str) and record.sku else None


def place_of(rules: JobRules, level: StockLevel) -> str:
    """Where in the channel the row is told: "" for a channel with one figure per SKU."""
    chosen = place_rules(rules.write)
    if not chosen:
        return ""
    written = write(Rules("write", rules.write.kind, Scope(chosen)), level)
    if written.problems:
        # The write itself will tell it; nothing else is counted together with this row.
        return f"? {told(level.location)}"
    return " · ".join(str(value) for _, value in sorted(written.body.items()))


def place_of_figure(rules: JobRules, figure: StockFigure) -> str:
    if not place_rules(rules.write):
        return ""
    level = level_of(rules.read, figure.payload)
    return place_of(rules, level) if level is not None else ""


def name_removed(job: SyncJob, rules: JobRules, parcels: Sequence[Parcel]) -> None:
    """Says of which SKU the rows were that are told to be gone."""
    gone = {parcel.external_id: parcel for parcel in parcels if parcel.deleted and job.kind == KIND}
    for figure in _of_rows(job, gone):
        parcel = gone[figure.external_id]
        parcel.sku, parcel.place = figure.sku, place_of_figure(rules, figure)


def not_kept_yet(job: SyncJob, parcels: Sequence[Parcel]) -> list[Parcel]:
    """Rows among these that tell something newer than what is kept of them, or that they are gone."""
    if job.kind != KIND:
        return []
    rows_of = [parcel for parcel in parcels if not (parcel.counted or parcel.partial or parcel.recount)]
    kept = {
        figure.external_id: figure
        for figure in _of_rows(job, [parcel.external_id for parcel in rows_of]).defer("payload")
    }
    return [
        parcel
        for parcel in rows_of
        if (parcel.external_id in kept if parcel.deleted else _is_newer(parcel, kept.get(parcel.external_id)))
    ]


def keep_figures(job: SyncJob, levels: Sequence[Level]) -> set[str]:
    """Keeps what these rows tell; an older reading never replaces a newer one. Returns the SKUs that they told of
    before and do not any more. Call it inside a transaction."""
    if not levels:
        return set()
    kept = {
        figure.external_id: figure
        for figure in _of_rows(job, [parcel.external_id for parcel, _ in levels]).select_for_update()
    }
    fresh = sorted(
        (row for row in levels if _is_newer(row[0], kept.get(row[0].external_id))),
        key=lambda row: row[0].external_id,
    )
    made = {parcel.external_id: _row(job, parcel, level) for parcel, level in fresh}
    rows.insert(StockFigure, FIGURE, [row for name, row in made.items() if name in kept], ANOTHER)
    rows.insert(StockFigure, FIGURE, [row for name, row in made.items() if name not in kept], NEW)
    return {
        kept[parcel.external_id].sku
        for parcel, level in fresh
        if parcel.external_id in kept and kept[parcel.external_id].sku != level.sku
    }


def _row(job: SyncJob, parcel: Parcel, level: StockLevel) -> rows.Row:
    read_at = datetime.fromtimestamp(parcel.read_at, UTC)
    name = (job.source_id, job.source_resource, parcel.external_id)
    return (*name, str(level.sku), parcel.payload, parcel.version, read_at, read_at)


def _is_newer(parcel: Parcel, kept: StockFigure | None) -> bool:
    if kept is None:
        return True
    if parcel.version and kept.version and parcel.version != kept.version:
        return parcel.version > kept.version
    return parcel.read_at > kept.read_at.timestamp()


def drop_figures(job: SyncJob, external_ids: Iterable[str]) -> None:
    _of_rows(job, list(external_ids)).delete()


def note_shown(job: SyncJob, items: Sequence[Item], read_at: datetime) -> None:
    """A read of everything has shown these rows, changed or not."""
    if job.kind == KIND and job.read_since is None:
        shown = _of_rows(job, [item.external_id for item in items if not item.deleted])
        shown.filter(Q(seen_at__isnull=True) | Q(seen_at__lt=read_at)).update(seen_at=read_at)


def not_shown(job: SyncJob, began: datetime) -> list[StockFigure]:
    """Rows that a read of everything, begun then, did not show, of SKUs that it did show in another row."""
    of_job = StockFigure.objects.filter(connection_id=job.source_id, resource=job.source_resource)
    gone = list(of_job.filter(Q(seen_at__isnull=True) | Q(seen_at__lt=began), read_at__lt=began))
    shown = set(
        of_job.filter(sku__in={figure.sku for figure in gone}, seen_at__gte=began).values_list(
            "sku", flat=True
        )
    )
    return [figure for figure in gone if figure.sku in shown]


def figures_of(job: SyncJob, skus: Collection[str]) -> dict[str, list[StockFigure]]:
    """SKU → its rows, the one that was known first first."""
    found: dict[str, list[StockFigure]] = defaultdict(list)
    for figure in StockFigure.objects.filter(
        connection_id=job.source_id, resource=job.source_resource, sku__in=skus
    ).order_by("pk"):
        found[figure.sku].append(figure)
    return found


def carriers_of_rows(job: SyncJob, rules: JobRules, external_ids: Collection[str]) -> dict[str, int]:
    """Row → the Thing whose Delivery tells the channel the figure that this row is counted in, where one is named."""
    if job.kind != KIND:
        return {}
    keys = {row.external_id: (row.sku, place_of_figure(rules, row)) for row in _of_rows(job, external_ids)}
    named = carriers(job, rules.write, set(keys.values()))
    return {name: named[key] for name, key in keys.items() if key in named}


def complete_at(job: SyncJob) -> datetime | None:
    """Every row is known as it was then: when the last read of this list that ran to its end had begun."""
    same = SyncJob.objects.filter(
        source_id=job.source_id, source_resource=job.source_resource, kind=KIND
    ).order_by()
    found: datetime | None = same.aggregate(at=Max(F("last_complete_read_at")))["at"]
    return found


def _of_rows(job: SyncJob, external_ids: Iterable[str]) -> Any:
    return StockFigure.objects.filter(
        connection_id=job.source_id, resource=job.source_resource, external_id__in=list(external_ids)
    ).order_by("external_id")
