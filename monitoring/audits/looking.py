"""How the destination's rows come to lie beside the source's: listed first and kept, or asked for one by one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Any

import msgspec

from integrations.connectors.base import Abilities, Item, WriteContext
from integrations.exceptions import Failure
from integrations.models import Delivery, ExternalId
from integrations.sync import shared_clock
from integrations.sync.asking import Asked
from integrations.sync.case import Case
from integrations.sync.decide import make
from mappings.fields import Sealed, encrypt_json
from mappings.shapes import convert
from monitoring.models import AuditRun, AuditSight

from .sides import Side
from .views import Seen, View

LIST, EACH, NOT_AT_ALL = "list", "each", ""
# Rows that one call of a list brings, as most platforms have it.
ROWS_OF_A_PAGE = 100
# So many records are asked for one by one rather than a list read for them.
FEW = 200


def way_of(run: AuditRun, abilities: Abilities) -> str:
    """The way that takes fewer calls, of those that the platform offers."""
    asks = abilities.fetch or abilities.lookup
    if not abilities.reads:
        return EACH if asks else NOT_AT_ALL
    if not asks:
        return LIST
    if run.asked is not None:
        return EACH if len(run.asked["ids"]) <= FEW else LIST
    if run.sample_percent == 100:
        return LIST
    known = Delivery.objects.filter(job_id=run.audit.job_id).count()
    return EACH if known * run.sample_percent / 100 * abilities.fetch_calls < known / ROWS_OF_A_PAGE else LIST


@dataclass(frozen=True)
class Look:
    """`seen` None: it is not there. `at`: when the read that shows it began."""

    seen: Seen | None
    at: datetime


class Looker:
    """Finds what the destination says of a page's cases."""

    def __init__(self, run: AuditRun, side: Side, view: View, way: str) -> None:
        self.run, self.side, self.view, self.way = run, side, view, way
        self.abilities = side.abilities

    def look(self, cases: Sequence[Case]) -> dict[int, Look]:
        """By the cases' places."""
        if self.way == LIST:
            return self._among_sights(cases)
        return self.ask(cases)

    @property
    def may_ask(self) -> bool:
        return self.abilities.fetch or self.abilities.lookup

    def ask(self, cases: Sequence[Case]) -> dict[int, Look]:
        """By the cases' places: one call for each that it is asked for, a second where a look-up tells the id alone."""
        by_id, by_key, unknown = self._names(cases, self.abilities.fetch, self.abilities.lookup)
        began = shared_clock.now()
        looks = {case.place: Look(None, began) for case in unknown}
        keys = list(by_key)
        looked_up = dict(zip(keys, self.side.lookup(keys), strict=True))
        for key, asked in looked_up.items():
            if self.abilities.fetch and isinstance(asked.found, Item) and asked.found.partial:
                by_id[asked.found.external_id] += by_key.pop(key)
        ids = list(by_id)
        fetched = dict(zip(ids, self.side.fetch(ids), strict=True))
        for found, named in ((fetched, by_id), (looked_up, by_key)):
            for name, of_name in named.items():
                look = self._look_of(found[name])
                looks |= dict.fromkeys((case.place for case in of_name), look)
        return looks

    def _look_of(self, asked: Asked) -> Look:
        item = asked.found
        is_there = isinstance(item, Item) and not item.deleted
        seen = self.view.seen(item) if is_there and isinstance(item, Item) else None
        return Look(seen, datetime.fromtimestamp(asked.began, UTC))

    def _names(
        self, cases: Sequence[Case], fetches: bool = True, looks_up: bool = True
    ) -> tuple[dict[str, list[Case]], dict[str, list[Case]], list[Case]]:
        """By the destination's ids, by natural keys, and those that cannot be asked for. Several rows of stock may be
        counted in one figure."""
        by_id: dict[str, list[Case]] = defaultdict(list)
        by_key: dict[str, list[Case]] = defaultdict(list)
        unknown = []
        for case in cases:
            if case.destination_id is not None and fetches:
                by_id[case.destination_id].append(case)
            elif looks_up and (key := natural_key(self.side, case, self.abilities)):
                by_key[key].append(case)
            else:
                unknown.append(case)
        return by_id, by_key, unknown

    def _among_sights(self, cases: Sequence[Case]) -> dict[int, Look]:
        by_id, keys, _ = self._names(cases)
        sights = AuditSight.objects.filter(run=self.run)
        found: dict[int, Look] = {}
        for sight in sights.filter(external_id__in=list(by_id)):
            found |= dict.fromkeys((case.place for case in by_id[sight.external_id]), _as_look(sight))
        for sight in sights.filter(natural_key__in=list(keys)):
            found |= dict.fromkeys((case.place for case in keys[sight.natural_key]), _as_look(sight))
        began = self.run.started_at
        return {case.place: found.get(case.place) or Look(None, began) for case in cases}


def natural_key(side: Side, case: Case, abilities: Abilities) -> str:
    """What the destination would call it by, as a write of it would say. Nothing is sent."""
    operations = make(abilities).operations
    if not operations or not case.body:
        return ""
    context = WriteContext(
        operation=operations[0],
        body=case.body,
        external_id=case.destination_id,
        ids=dict(case.references),
        record=case.record_data,
        settings=side.connection.settings,
    )
    try:
        return side.connector.prepare(side.resource, context, 0, "").natural_key
    except Failure:
        return ""


def sights_of(
    run: AuditRun, side: Side, view: View, items: Iterable[Item], began: datetime, chosen: Collection[str]
) -> list[AuditSight]:
    """Rows to be kept, encrypted here, outside any transaction."""
    path = side.abilities.natural_key
    return [
        AuditSight(
            run=run,
            external_id=item.external_id,
            natural_key=_text(item.payload.get(path)) if path else "",
            version=item.version,
            payload=Sealed(encrypt_json(msgspec.to_builtins(view.seen(item)), compress=True)),
            seen_at=began,
        )
        for item in items
        if item.external_id in chosen and not item.deleted
    ]


def chosen_of(run: AuditRun, side: Side, items: Sequence[Item]) -> set[str]:
    """Of a list: the rows that this run compares, and those of which we do not know yet whether it does."""
    names = [item.external_id for item in items]
    if run.asked is None and run.sample_percent == 100:
        return set(names)
    job = run.audit.job
    things = dict(
        ExternalId.objects.filter(
            connection=side.connection, resource=side.resource, external_id__in=names
        ).values_list("external_id", "thing_id")
    )
    sources: dict[int, list[str]] = {}
    for thing, name in ExternalId.objects.filter(
        connection_id=job.source_id, resource=job.source_resource, thing_id__in=things.values()
    ).values_list("thing_id", "external_id"):
        sources.setdefault(thing, []).append(name)
    return {
        name
        for name in names
        if name not in things
        or not sources.get(things[name])
        or any(is_chosen(run, source) for source in sources[things[name]])
    }


def is_chosen(run: AuditRun, external_id: str) -> bool:
    """By chance, yet the same whenever this run asks: after a crash it goes on with the same sample."""
    if run.asked is not None:
        return external_id in _asked(run)
    if run.sample_percent >= 100:
        return True
    number = int.from_bytes(blake2b(f"{run.seed}:{external_id}".encode(), digest_size=8).digest(), "big")
    return number % 10_000 < run.sample_percent * 100


def _asked(run: AuditRun) -> frozenset[str]:
    kept: frozenset[str] | None = run.__dict__.get("_asked_ids")
    if kept is None:
        kept = run.__dict__["_asked_ids"] = frozenset((run.asked or {}).get("ids", ()))
    return kept


def _as_look(sight: AuditSight) -> Look:
    return Look(convert(sight.payload, Seen), sight.seen_at)


def _text(value: Any) -> str:
    return "" if value is None else str(value)[:255]
