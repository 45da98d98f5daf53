"""The rule against a naive one that goes through every unit of every order by itself."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from integrations.sync.rules import JobRules
from integrations.sync.stock import KIND, Buffer, Row, Sold, available
from integrations.sync.stock_figures import place_of
from mappings.bundles import expanded
from mappings.owners import LeftOut, Owners
from mappings.records import StockLevel
from mappings.translate import RuleData, compile_rules

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
SHELF = ("CUP", "LID", "SAUCER")
BILLS = {"SET": {"CUP": 2, "SAUCER": 2}, "PICNIC": {"SET": 1, "LID": 3, "CUP": 1}}
# Taken apart by hand.
BY_HAND = {"SET": {"CUP": 2, "SAUCER": 2}, "PICNIC": {"CUP": 3, "SAUCER": 2, "LID": 3}}

minutes = st.integers(-30, 30)


@st.composite
def row(draw: st.DrawFn) -> Row:
    return Row(draw(st.integers(-5, 60)), NOON + timedelta(minutes=draw(minutes)), "", draw(st.booleans()))


@st.composite
def order(draw: st.DrawFn) -> Sold:
    accepted_at = draw(st.none() | minutes)
    at = None if accepted_at is None else NOON + timedelta(minutes=accepted_at)
    return Sold(draw(st.integers(0, 6)), draw(st.integers(0, 6)) if at else 0, at)


all_rows = st.fixed_dictionaries({sku: st.lists(row(), max_size=3) for sku in SHELF})
all_orders = st.fixed_dictionaries({sku: st.lists(order(), max_size=3) for sku in (*SHELF, *BILLS)})
read_through = st.none() | minutes.map(lambda number: NOON + timedelta(minutes=number))


def naively(
    sku: str,
    rows: dict[str, list[Row]],
    sold: dict[str, list[Sold]],
    buffer: Buffer,
    complete_at: datetime | None,
) -> int:
    there = sum(one.sellable for one in rows[sku] if one.is_sold_from)
    gone = 0
    for name, orders in sold.items():
        number = BY_HAND.get(name, {name: 1}).get(sku, 0)
        for one in orders:
            missing = max(one.quantity, one.accepted)
            if one.accepted_at is not None and rows[sku]:
                known = [max(row.read_at, complete_at or row.read_at) for row in rows[sku]]
                shown_again = any(row.read_at > one.accepted_at for row in rows[sku])
                if shown_again and all(moment > one.accepted_at for moment in known):
                    missing = max(one.quantity - one.accepted, 0)
            gone += number * missing
    kept = max(buffer.units, math.ceil(max(there, 0) * buffer.percent / 100))
    return max(there - gone - kept, 0)


@settings(max_examples=300, deadline=None)
@given(all_rows, all_orders, st.integers(0, 5), st.sampled_from([0, 10, 25]), read_through)
def test_every_sku_and_every_bundle_is_offered_as_a_naive_count_says(
    rows: dict[str, list[Row]],
    sold: dict[str, list[Sold]],
    units: int,
    percent: int,
    complete_at: datetime | None,
) -> None:
    parts, buffer = expanded(BILLS), Buffer(units, percent)
    shelf = {sku: naively(sku, rows, sold, buffer, complete_at) for sku in SHELF}
    for sku in SHELF:
        assert available((sku, ""), rows, sold, parts, buffer, complete_at).available == shelf[sku]
    for bundle, needed in BY_HAND.items():
        fewest = min(shelf[part] // number for part, number in needed.items())
        assert available((bundle, ""), rows, sold, parts, buffer, complete_at).available == fewest


@settings(max_examples=200, deadline=None)
@given(all_rows, all_orders, read_through, st.sampled_from([*SHELF, *BILLS]), st.integers(1, 4))
def test_a_further_sale_never_raises_what_is_offered_of_anything(
    rows: dict[str, list[Row]],
    sold: dict[str, list[Sold]],
    complete_at: datetime | None,
    what: str,
    number: int,
) -> None:
    parts, after = expanded(BILLS), {**sold, what: [*sold[what], Sold(number)]}
    for sku in (*SHELF, *BILLS):
        before = available((sku, ""), rows, sold, parts, Buffer(), complete_at).available
        assert available((sku, ""), rows, after, parts, Buffer(), complete_at).available <= before


@settings(max_examples=200, deadline=None)
@given(all_rows, all_orders, st.sampled_from(["SET", "PICNIC"]))
def test_a_bundle_that_is_offered_can_be_packed_from_what_is_offered_of_its_parts(
    rows: dict[str, list[Row]], sold: dict[str, list[Sold]], bundle: str
) -> None:
    parts = expanded(BILLS)
    offered = available((bundle, ""), rows, sold, parts, Buffer()).available
    for part, number in BY_HAND[bundle].items():
        assert offered * number <= available((part, ""), rows, sold, parts, Buffer()).available


def test_each_place_of_the_channel_is_counted_by_itself_and_lowered_by_every_unit_in_flight() -> None:
    """Nobody knows from which place the owner will take it."""
    rows = {"CUP": [Row(5, NOON, "1"), Row(3, NOON, "1"), Row(9, NOON, "2")]}
    sold = {"CUP": [Sold(2)]}
    assert available(("CUP", "1"), rows, sold, {}, Buffer()).available == 6
    assert available(("CUP", "2"), rows, sold, {}, Buffer()).available == 7


def test_the_larger_of_the_units_and_the_share_is_kept_back() -> None:
    assert Buffer(2, 10).of(100) == 10
    assert Buffer(2, 10).of(11) == 2
    assert Buffer(0, 10).of(11) == 2
    assert Buffer(0, 10).of(-4) == 0


def test_a_unit_taken_from_another_location_is_held_back_until_the_list_was_read_through() -> None:
    """Accepted at 11:50; MAIN was read at 12:00, NORTH last at 11:00: it may have been taken from there."""
    rows = {"CUP": [Row(5, NOON), Row(5, NOON - timedelta(hours=1))]}
    sold = {"CUP": [Sold(1, 1, NOON - timedelta(minutes=10))]}
    assert available(("CUP", ""), rows, sold, {}, Buffer()).available == 9
    assert available(("CUP", ""), rows, sold, {}, Buffer(), NOON - timedelta(minutes=20)).available == 9
    assert available(("CUP", ""), rows, sold, {}, Buffer(), NOON).available == 10


def rules_that_write(told: list[RuleData], value_maps: dict[str, dict[str, str]]) -> JobRules:
    write = compile_rules(told, "write", KIND, value_maps)
    return JobRules(compile_rules([], "read", KIND), write, "1.1", owners=Owners([]), left_out=LeftOut())


def test_a_channel_with_places_of_its_own_is_known_by_its_mapping() -> None:
    """Two of the owner's locations are one place there; what its value map does not know stays by itself."""
    places = {"where": {"MAIN": "1", "NORTH": "1", "OUTLET": "2"}}
    told = [
        RuleData(target="sku", source="sku"),
        RuleData(target="place", source="location", value_map="where"),
    ]
    rules = rules_that_write(told, places)
    found = [
        place_of(rules, StockLevel(sku="CUP", location=name)) for name in ("MAIN", "NORTH", "OUTLET", "ATTIC")
    ]
    assert found == ["1", "1", "2", "? ATTIC"]


def test_a_location_of_the_connection_is_no_place_of_the_channel() -> None:
    told = [RuleData(target="place", source="context.connection.location")]
    rules = rules_that_write(told, {})
    assert place_of(rules, StockLevel(sku="CUP", location="MAIN")) == ""
