"""Workers are killed around a hand-over, and each order is in exactly one of the two warehouses, once.

Worker processes without a queue: each meets its ambush at a point of its own. Afterwards the books of both warehouses
are read.
"""

from __future__ import annotations

import signal
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from .ambush import (
    HAND_OVER_BEGINS,
    HAND_OVER_COMMITTED,
    HAND_OVERS,
    KILL,
    REQUEST_LEFT,
    STOP,
)
from .conftest import linux
from .database import Server
from .siege import Siege, besieged
from .workers import DUE_AT_ONCE, LONGEST_WAY, carry_all, caught, let_go_on, place, until_leases_are_over
from .world import KEYS, NEITHER, SCARCE, SKU, TAKER

pytestmark = [pytest.mark.siege, pytest.mark.chaos, pytest.mark.timeout(1200), linux]

# The first of the two answers the same call twice with the same, or cannot say whether it arrived.
WAYS = [(KEYS, NEITHER), (NEITHER, KEYS)]
# Where workers of the first job fall: the last has handed its order over.
OF_FIRST = (REQUEST_LEFT, *HAND_OVERS)
LEFT = (
    "SELECT (SELECT COUNT(*) FROM integrations_batch WHERE settled_at IS NULL)"
    " + (SELECT COUNT(*) FROM integrations_errorrecord WHERE settled_at IS NULL)"
)
TURNS = 4


@pytest.fixture
def on_sqlite(migrated: Path, tmp_path: Path) -> Iterator[Siege]:
    with besieged(tmp_path, 1, slow=False) as made:
        made.portal.sqlite.write_bytes(migrated.read_bytes())
        yield made


@pytest.fixture
def on_postgresql(server: Server, tmp_path: Path) -> Iterator[Siege]:
    with besieged(tmp_path, 1, postgres=server.url, slow=False) as made:
        made.portal.run("migrate", "--verbosity", "0")
        yield made


@pytest.mark.parametrize(("first", "other"), WAYS)
def test_each_order_is_in_one_of_the_two_once_on_sqlite(on_sqlite: Siege, first: str, other: str) -> None:
    kill_around_hand_overs(on_sqlite, first, other)


@pytest.mark.postgres
@pytest.mark.parametrize(("first", "other"), WAYS)
def test_each_order_is_in_one_of_the_two_once_on_postgresql(
    on_postgresql: Siege, first: str, other: str
) -> None:
    kill_around_hand_overs(on_postgresql, first, other)


def test_a_stopped_worker_hands_nothing_over_when_it_comes_back(on_sqlite: Siege) -> None:
    """Its lease went to another, which has handed the order over meanwhile."""
    stop_around_a_hand_over(on_sqlite)


@pytest.mark.postgres
def test_a_stopped_worker_hands_nothing_over_when_it_comes_back_on_postgresql(on_postgresql: Siege) -> None:
    stop_around_a_hand_over(on_postgresql)


def kill_around_hand_overs(siege: Siege, first: str, other: str) -> None:
    """A worker falls at each point, with an order that is alone in its batch; the next may find what is left of the
    orders before it. What the last of the first job's workers has handed over is in the hands of the taker's."""
    prepare(siege, first, other)
    place(siege, "1000", SKU)
    carry_all(siege, first)
    scarce = []
    for number, point in enumerate(OF_FIRST):
        scarce.append(f"100{number + 1}")
        place(siege, scarce[-1], SCARCE)
        fall(siege, point, first)
    fall(siege, REQUEST_LEFT, TAKER)
    settle(siege, first)
    assert made(siege, first) == Counter(["1000"])
    assert made(siege, other) == Counter(scarce)
    in_order(siege, first, handed_over=len(scarce), delivered=1)


def stop_around_a_hand_over(siege: Siege) -> None:
    prepare(siege, KEYS, NEITHER)
    for number, point in (("1001", HAND_OVER_BEGINS), ("1002", HAND_OVER_COMMITTED)):
        place(siege, number, SCARCE)
        stopped = caught(siege, point, STOP, KEYS)
        until_leases_are_over(siege)
        settle(siege, KEYS)
        before = (made(siege, KEYS), made(siege, NEITHER), states(siege))
        let_go_on(stopped)
        settle(siege, KEYS)
        assert (made(siege, KEYS), made(siege, NEITHER), states(siege)) == before
    assert made(siege, NEITHER) == Counter(["1001", "1002"])
    in_order(siege, KEYS, handed_over=2, delivered=0)


def prepare(siege: Siege, first: str, other: str) -> None:
    siege.prepare(every_seconds=0, hands_over=(first, other))
    siege.world.has_no_more_of(SCARCE, first)


def fall(siege: Siege, point: str, job: str, **more: str) -> None:
    (process,) = caught(siege, point, KILL, job, **more)
    assert process.wait(LONGEST_WAY) == -signal.SIGKILL


def settle(siege: Siege, first: str) -> None:
    """Another worker goes on, and the person who is asked answers: in turns, since a retry may be refused first."""
    until_leases_are_over(siege)
    for _ in range(TURNS):
        siege.portal.changed(DUE_AT_ONCE)
        carry_all(siege, first, TAKER)
        if siege.portal.number(LEFT) == 0:
            return
        siege.portal.run("operate", "--once")


def made(siege: Siege, kind: str) -> Counter[str]:
    """Order → how often this warehouse has made it, by its own books."""
    effects = siege.world.sandboxes[kind].control("GET", "/books")["effects"]
    return Counter(
        effect["reference"]
        for effect in effects
        if effect["system"] == "warehouse" and effect["effect"] == "order.created" and not effect["replay"]
    )


def states(siege: Siege) -> dict[tuple[str, str], int]:
    rows = siege.portal.asked(
        "SELECT j.key, d.state, COUNT(*) FROM integrations_delivery d"
        " JOIN integrations_syncjob j ON j.id = d.job_id GROUP BY j.key, d.state"
    )
    return {(key, state): count for key, state, count in rows}


def in_order(siege: Siege, first: str, *, handed_over: int, delivered: int) -> None:
    """The tables say the same as the books, and nothing is left open."""
    found = states(siege)
    # What was handed over a second time, as the same version, is there already.
    there = found.pop((TAKER, "delivered"), 0) + found.pop((TAKER, "unchanged"), 0)
    wanted = {(first, "handed_over"): handed_over, (first, "delivered"): delivered}
    assert (there, found) == (handed_over, {key: count for key, count in wanted.items() if count})
    for table in ("batch", "intent", "errorrecord"):
        left = f"SELECT COUNT(*) FROM integrations_{table} WHERE settled_at IS NULL"
        assert siege.portal.number(left) == 0, table
