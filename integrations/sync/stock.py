"""The stock rule: a channel gets on hand − allocated − units in flight − buffer, and never less than nothing.

Units in flight are those of paid, uncancelled orders, from all channels, that the fulfilling system had not
accepted when its figure was read. A sale in one channel is therefore told to all the others at once, also while
the fulfilling system cannot be reached: its last figure is counted anew.

Of a SKU that lies in several locations the rows are added up: those of the locations that the channel sells from, and,
where the channel has places of its own, those that go to the same place. A bundle is there as often as its scarcest
part allows; a bundle in flight counts against its parts.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import ROUND_CEILING, Decimal
from typing import Any

import msgspec

from integrations.models import State, SyncJob, UnitsInFlight
from mappings.bundles import Parts, parts_of, touched
from mappings.records import ABSENT, StockLevel, as_data, told

from . import shared_clock, stock_figures, stock_units
from .bundles import parts_about
from .case import Case, Ending
from .parcels import digest_of
from .rules import JobRules
from .stock_names import KIND, Key, carriers
from .stock_settings import SETTINGS

__all__ = ["KIND", "Counting", "Offer", "Row", "available"]


@dataclass(frozen=True)
class Row:
    """One row of the owner's list: how many units may be sold of it, and when it was read."""

    sellable: int
    read_at: datetime
    place: str = ""
    is_sold_from: bool = True


@dataclass(frozen=True)
class Sold:
    """Units of one order on their way to the owner: see `UnitsInFlight`."""

    quantity: int
    accepted: int = 0
    accepted_at: datetime | None = None


@dataclass(frozen=True)
class Buffer:
    units: int = 0
    percent: int = 0

    def of(self, sellable: int) -> int:
        share = Decimal(max(sellable, 0) * self.percent) / 100
        return max(self.units, int(share.to_integral_value(ROUND_CEILING)))


@dataclass(frozen=True)
class Offer:
    """What a channel may sell of one SKU, and why."""

    available: int
    in_flight: int


def available(
    key: Key,
    rows: dict[str, list[Row]],
    sold: dict[str, list[Sold]],
    parts: Parts,
    buffer: Buffer,
    complete_at: datetime | None = None,
) -> Offer:
    """The rule. Pure. `rows` and `sold` are by SKU; `complete_at`: every row is known as it was then."""
    sku, place = key
    if sku in parts:
        found = [
            (available((leaf, place), rows, sold, parts, buffer, complete_at), number)
            for leaf, number in parts[sku].items()
        ]
        fewest = min((offer.available // number for offer, number in found), default=0)
        return Offer(fewest, max((offer.in_flight for offer, _ in found), default=0))
    of_sku = rows.get(sku, [])
    sellable = sum(row.sellable for row in of_sku if row.is_sold_from and row.place == place)
    in_flight = sum(
        number * _unseen(order, of_sku, complete_at)
        for name, orders in sold.items()
        if (number := parts_of(name, parts).get(sku, 0))
        for order in orders
    )
    return Offer(max(sellable - in_flight - buffer.of(sellable), 0), in_flight)


def _unseen(order: Sold, rows: Sequence[Row], complete_at: datetime | None) -> int:
    """How many of the order's units the figures still count as there.

    Which of several rows it was taken from, nobody tells: all of them must be known as they were later than that,
    each by itself or because the list was read through.
    """
    if order.accepted_at is None or not rows or not _is_seen(order.accepted_at, rows, complete_at):
        return max(order.quantity, order.accepted)
    return max(order.quantity - order.accepted, 0)


def _is_seen(accepted_at: datetime, rows: Sequence[Row], complete_at: datetime | None) -> bool:
    if accepted_at >= max(row.read_at for row in rows):
        return False
    through = complete_at is not None and accepted_at < complete_at
    return through or all(accepted_at < row.read_at for row in rows)


class Counting:
    """Counts what the cases of a stock job are about. Reads the database, writes nothing."""

    def __init__(self, job: SyncJob, rules: JobRules, *, counts_each: bool = False) -> None:
        """`counts_each`: each row gets the figure that it is counted in, also those that another row carries."""
        self.job = job
        self.rules = rules
        self.counts_each = counts_each

    def prepare(self, cases: Iterable[Case]) -> None:
        """What is counted anew is counted on the figures known now: a newer one may have come in meanwhile."""
        counted = [case for case in cases if case.parcel.counted]
        figures = stock_figures.figures_of(self.job, {case.parcel.sku for case in counted})
        for case in counted:
            parcel = case.parcel
            parcel.serial = case.delivery.accepted_serial
            rows = [
                figure
                for figure in figures.get(parcel.sku, [])
                if stock_figures.place_of_figure(self.rules, figure) == parcel.place
            ]
            if rows:
                newest = max(rows, key=lambda figure: figure.read_at)
                parcel.payload, parcel.version = newest.payload, newest.version
                parcel.digest = digest_of(newest.payload)

    def record_without_row(self, case: Case) -> StockLevel | None:
        """Of a bundle, and of what no row tells of any more; None where a row does."""
        parcel = case.parcel
        if not parcel.counted or parcel.digest:
            return None
        location = parcel.place or ABSENT
        return StockLevel(
            id=parcel.external_id, sku=parcel.sku, location=location, on_hand=Decimal(0), allocated=Decimal(0)
        )

    def remains(self, case: Case) -> bool:
        """Whether other rows tell of what the row was that is gone."""
        parcel = case.parcel
        figures = stock_figures.figures_of(self.job, {parcel.sku} if parcel.sku else ()).get(parcel.sku, [])
        return any(stock_figures.place_of_figure(self.rules, figure) == parcel.place for figure in figures)

    def count(self, cases: Sequence[Case]) -> None:
        """Gives each case the stock of its SKU, or an ending where another one carries that."""
        began = shared_clock.seconds()
        keys = {case.place: self._key(case) for case in cases if case.stock_row is not None}
        if not keys:
            return
        self._heed_settings()
        parts = parts_about({sku for sku, _ in keys.values()})
        facts = _Facts.of(self.job, self.rules, keys.values(), parts, cases)
        named = carriers(self.job, self.rules.write, keys.values())
        taken: set[Key] = set()
        for case in cases:
            key = keys.get(case.place)
            if key is None or case.stock_row is None:
                continue
            if not case.parcel.counted and self._is_carried_by_another(case, named.get(key), key in taken):
                case.ending = Ending(State.UNCHANGED, f"It is counted in the stock of {key[0]}.")
                continue
            taken.add(key)
            # Whatever the row's own version: what is counted now is the newest.
            case.parcel.read_at = began
            self._fill(case, case.stock_row, key, facts)

    def _heed_settings(self) -> None:
        """A person may have changed them since this worker took up the job, and what was queued because of that is
        counted by the new ones."""
        self.job.refresh_from_db(fields=SETTINGS)

    def _key(self, case: Case) -> Key:
        if case.parcel.counted:
            return case.parcel.sku, case.parcel.place
        level = case.stock_row
        assert level is not None  # asked for those that have one
        return str(told(level.sku)), stock_figures.place_of(self.rules, level)

    def _is_carried_by_another(self, case: Case, carrier: int | None, is_taken: bool) -> bool:
        """In a dry run nothing is named: then the first row carries."""
        if carrier is None:
            return is_taken and not self.counts_each
        return carrier != case.delivery.thing_id

    def _fill(self, case: Case, level: StockLevel, key: Key, facts: _Facts) -> None:
        rows = [row for row in facts.rows.get(key[0], []) if row.is_sold_from and row.place == key[1]]
        parts = facts.parts.get(key[0])
        if not rows and parts is None and self.job.stock_locations and case.destination_id is None:
            places = ", ".join(self.job.stock_locations)
            case.ending = Ending(State.FILTERED, f"Nothing of it lies in {places}."[:300])
            return
        buffer = Buffer(self.job.stock_buffer, self.job.stock_buffer_percent)
        offer = available(key, facts.rows, facts.sold, facts.parts, buffer, facts.complete_at)
        number = offer.available
        if case.parcel.recount and self._is_unsure(facts, key):
            number = min(number, _offered(case, number))
        summed = facts.sums.get(key)
        if summed is not None and summed.rows > 1:
            level = msgspec.structs.replace(level, on_hand=summed.on_hand, allocated=summed.allocated)
        case.record = msgspec.structs.replace(level, available=Decimal(number))
        case.record_data = as_data(case.record)

    def _is_unsure(self, facts: _Facts, key: Key) -> bool:
        """A figure was read since the channels' orders were: a unit of it may be sold already. Until the row itself
        has waited for these orders, a sale elsewhere only lowers what is offered."""
        known_until = stock_units.orders_known_until(self.job)
        if known_until is None:
            return False
        rows = [row for leaf in parts_of(key[0], facts.parts) for row in facts.rows.get(leaf, [])]
        newest = max((row.read_at for row in rows), default=None)
        return (
            newest is not None
            and newest > known_until
            and shared_clock.now() - newest < stock_units.ORDERS_READ_WAIT
        )


def _offered(case: Case, otherwise: int) -> int:
    """What the channel was told last."""
    last = (case.delivery.written_state or {}).get("available")
    return otherwise if last is None else int(Decimal(last))


@dataclass(frozen=True)
class _Sum:
    rows: int
    on_hand: Decimal
    allocated: Decimal | Any


@dataclass(frozen=True)
class _Facts:
    """What the tables say about the SKUs of a group. A fixed number of queries, whatever the number of rows."""

    rows: dict[str, list[Row]]
    sold: dict[str, list[Sold]]
    parts: Parts
    sums: dict[Key, _Sum]
    complete_at: datetime | None

    @classmethod
    def of(
        cls, job: SyncJob, rules: JobRules, keys: Iterable[Key], parts: Parts, cases: Sequence[Case]
    ) -> _Facts:
        skus = {sku for sku, _ in keys}
        leaves = {leaf for sku in skus for leaf in parts_of(sku, parts)}
        levels = _levels(job, rules, leaves, cases)
        rows: dict[str, list[Row]] = defaultdict(list)
        grouped: dict[Key, list[StockLevel]] = defaultdict(list)
        for level, read_at in levels:
            row = _row(job, rules, level, read_at)
            rows[str(level.sku)].append(row)
            if row.is_sold_from:
                grouped[str(level.sku), row.place].append(level)
        sold: dict[str, list[Sold]] = defaultdict(list)
        on_their_way = leaves | touched(leaves, parts)
        for order in UnitsInFlight.objects.filter(holder_id=job.source_id, sku__in=on_their_way):
            sold[order.sku].append(Sold(order.quantity, order.accepted, order.accepted_at))
        sums = {key: _sum(of_key) for key, of_key in grouped.items()}
        return cls(rows, sold, parts, sums, stock_figures.complete_at(job))


def _levels(
    job: SyncJob, rules: JobRules, skus: set[str], cases: Sequence[Case]
) -> list[tuple[StockLevel, datetime]]:
    """The rows as they are kept, and as the cases show them where that is newer (nothing is kept in a dry run)."""
    found: dict[str, tuple[StockLevel, datetime]] = {}
    for of_sku in stock_figures.figures_of(job, skus).values():
        for figure in of_sku:
            level = stock_figures.level_of(rules.read, figure.payload)
            if level is not None:
                found[figure.external_id] = (level, figure.read_at)
    for case in cases:
        parcel, level = case.parcel, case.stock_row
        if parcel.counted or level is None or told(level.sku) not in skus:
            continue
        read_at = datetime.fromtimestamp(parcel.read_at, UTC)
        if parcel.external_id not in found or found[parcel.external_id][1] < read_at:
            found[parcel.external_id] = (level, read_at)
    return list(found.values())


def _row(job: SyncJob, rules: JobRules, level: StockLevel, read_at: datetime) -> Row:
    sellable = _number(level.on_hand) - _number(level.allocated)
    if not isinstance(level.on_hand, Decimal) and isinstance(level.available, Decimal):
        sellable = level.available
    is_sold_from = not job.stock_locations or str(told(level.location)) in job.stock_locations
    return Row(int(sellable), read_at, stock_figures.place_of(rules, level), is_sold_from)


def _sum(levels: Sequence[StockLevel]) -> _Sum:
    allocated = [level.allocated for level in levels if isinstance(level.allocated, Decimal)]
    return _Sum(
        len(levels),
        sum((_number(level.on_hand) for level in levels), Decimal(0)),
        sum(allocated, Decimal(0)) if allocated else ABSENT,
    )


def _number(value: Any) -> Decimal:
    return Decimal(0) if value is ABSENT or value is None else Decimal(value)
