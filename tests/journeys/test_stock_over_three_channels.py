"""An hour of sales on three channels, pressed into half a minute, with faults and outages.

What "oversold" means here. A channel refuses a sale where it offers nothing itself, so more is sold than there is only
where a channel offered a unit that another had sold. Two kinds are counted apart:

- through us: a channel that could be reached offers a unit after everything that could be known was read and told;
- in the same moment: two channels sold the last unit before word of either could pass. Nothing but a buffer helps
  there, of at least what is sold of one SKU within the delay. With such a buffer nothing at all may be oversold.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from datetime import timedelta
from typing import Any

import pytest

from integrations.models import SyncJob
from integrations.sync import breaker, endings, intents, pull, stock_units, weigh
from monitoring import histogram
from monitoring.figures import figures as figures_of
from tests.sandbox.running import SandboxProcess

from .channels import CHANNELS, SHELF, Channels, Hour, faults

MOST = 8


@pytest.fixture(autouse=True)
def pressed(monkeypatch: pytest.MonkeyPatch) -> None:
    """What waits half a minute in an hour waits half a second here."""
    monkeypatch.setattr(endings, "LONGEST_PAUSE", 0.2)
    monkeypatch.setattr(stock_units, "ORDERS_READ_WAIT", timedelta(seconds=1))
    monkeypatch.setattr(stock_units, "ASK_AGAIN", 0.1)
    monkeypatch.setattr(weigh, "IN_THE_WAY", 0.1)
    monkeypatch.setattr(intents._soon, "__defaults__", (0.1,))
    monkeypatch.setattr(pull, "PAUSE_AFTER_FAILURE", timedelta(seconds=0.05))
    # Each fault that breaks a connection leaves the whole system alone for a while, ten seconds after three in a row.
    monkeypatch.setattr(breaker, "PAUSE_BEFORE", 0.02)
    monkeypatch.setattr(breaker, "FIRST_PAUSE", 0.1)
    monkeypatch.setattr(breaker, "LONGEST_PAUSE", 0.3)


def opened(process: SandboxProcess, buffer: int) -> Channels:
    world = Channels(process, buffer)
    world.fill()
    world.configure()
    return world


def delays() -> dict[str, list[float | None]]:
    """p50 and p95 of each channel in seconds, as the portal shows them."""
    found = figures_of("1h").delays
    keys = dict(SyncJob.objects.filter(pk__in=found).values_list("pk", "key"))
    return {
        keys[job].rpartition("-")[2]: [
            round(histogram.percentile(delay, share) or 0.0, 2) for share in (0.5, 0.95)
        ]
        for job, delay in found.items()
    }


def end(world: Channels, hour: Hour) -> dict[str, Any]:
    """The figures for the closing note; the fixed end of every hour is asserted."""
    tally = hour.tally
    books = world.books()
    fired = sum(rule["fired"] for rule in hour.fired)
    figures = {**asdict(tally), "faults_fired": fired, "seed": hour.seed, "delays": delays()}
    figures["longest_turn_seconds"] = round(world.longest_turn, 1)
    print("\n" + json.dumps({name: value for name, value in figures.items() if name != "said"}))
    assert tally.said == []
    assert world.unsettled_said() == []
    for channel in CHANNELS:
        assert world.offers(books, channel) == world.by_the_rule(books, channel), channel
    references = [order["reference"] for order in books["warehouse"].get("orders", [])]
    assert len(references) == len(set(references)), "an order came to the warehouse twice"
    return figures


@pytest.mark.long
@pytest.mark.timeout(900)
def test_with_a_buffer_of_what_is_sold_within_the_delay_not_one_unit_is_oversold(
    process: SandboxProcess, transactional_db: None
) -> None:
    world = opened(process, buffer=MOST)
    hour = Hour(world, seed=20260504, most=MOST, faults=list(faults()))
    tally = hour.run(rounds=int(os.environ.get("ROUNDS", "12")))
    figures = end(world, hour)
    assert tally.most_within_one_delay <= MOST
    assert (tally.through_us, tally.same_moment) == (0, 0)
    assert all(world.free(world.books())[sku] >= 0 for sku in SHELF)
    assert set(figures["delays"]) == set(CHANNELS.values())
    assert tally.sales > 50
    assert tally.outages > 0
    assert figures["faults_fired"] > 10


@pytest.mark.long
@pytest.mark.timeout(900)
def test_without_a_buffer_only_what_is_sold_in_the_same_moment_is_oversold(
    process: SandboxProcess, transactional_db: None
) -> None:
    world = opened(process, buffer=0)
    hour = Hour(world, seed=7, most=20, faults=list(faults()))
    tally = hour.run(rounds=int(os.environ.get("ROUNDS", "6")))
    end(world, hour)
    assert tally.through_us == 0


@pytest.mark.siege
@pytest.mark.timeout(3600)
def test_an_hour_of_thousands_of_sales(process: SandboxProcess, transactional_db: None) -> None:
    """ROUNDS and SEED choose how long, and which hour."""
    rounds = int(os.environ.get("ROUNDS", "700"))
    world = opened(process, buffer=MOST)
    hour = Hour(world, seed=int(os.environ.get("SEED", "1")), most=MOST, faults=list(faults()))
    tally = hour.run(rounds)
    end(world, hour)
    assert (tally.through_us, tally.same_moment) == (0, 0)
    assert tally.sales > rounds
