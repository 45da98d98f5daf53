"""What each call is asked right before it leaves, in its own thread."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from typing import Any, cast

import pytest

from integrations.connectors.base import Connector, Limit, Told
from integrations.exceptions import Failure
from integrations.models import Connection
from integrations.sync import gate as gates
from integrations.sync.gate import Gate, not_sent

pytestmark = pytest.mark.django_db
PATIENCE = 10.0


class Limited:
    """Of a connector, what a gate asks."""

    def __init__(self, **limit: Any) -> None:
        self._limit = Limit(**limit)

    def limit(self) -> Limit:
        return self._limit

    def told(self) -> Told | None:
        return None

    def announced(self) -> None:
        return None


def gate_with(most: int = 4, **limit: Any) -> Gate:
    connection, _ = Connection.objects.get_or_create(key="shop", name="Shop", platform="rest")
    return Gate(connection, cast(Connector, Limited(**limit)), most)


@pytest.fixture
def gate() -> Iterator[Gate]:
    made = gate_with()
    made.look(4)
    yield made
    made.refuse(not_sent(0.0))


class Caller(threading.Thread):
    """One call that wants to leave."""

    def __init__(self, gate: Gate, *, may_still: bool = True) -> None:
        super().__init__(daemon=True)
        self.gate, self.may_still = gate, may_still
        self.came_back = threading.Event()
        self.why: Failure | None = None
        self.start()

    def run(self) -> None:
        self.why = self.gate.enter(lambda: self.may_still)
        self.came_back.set()

    @property
    def left(self) -> bool:
        return self.came_back.wait(PATIENCE) and self.why is None


def test_a_call_whose_lease_is_too_short_does_not_leave(gate: Gate) -> None:
    caller = Caller(gate, may_still=False)
    assert caller.came_back.wait(PATIENCE), "it is told at once, also where no limit keeps it"
    assert caller.why is not None
    assert caller.why.code == "not_sent"
    assert gate.inside == 0


def test_nobody_passes_on_knowledge_that_is_old(gate: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    """Meanwhile another host may have been asked to wait."""
    gate._looked_at -= gates.STALE
    caller = Caller(gate)
    assert not caller.came_back.wait(0.05)
    gate.look(1)
    assert caller.left


def test_who_is_asked_to_wait_holds_the_other_threads_at_once(gate: Gate) -> None:
    gate.hold(30)
    assert not Caller(gate).came_back.wait(0.05)


def test_what_waits_comes_back_when_it_is_recalled(gate: Gate) -> None:
    gate.hold(30)
    caller = Caller(gate)
    gate.refuse(not_sent(7.0))
    assert caller.came_back.wait(PATIENCE)
    assert caller.why is not None
    assert caller.why.retry_after == 7.0
    gate.admit()
    assert gate.inside == 0


def test_a_moment_that_has_passed_is_lost_and_not_made_up_for() -> None:
    gate = gate_with(calls_per_second=0.5)
    gate.look(1)
    assert len(gate._releases) == 1
    gate._releases[0] = (time.monotonic() - 1, time.monotonic() - 0.5)
    assert not Caller(gate).came_back.wait(0.05)
    assert len(gate._releases) == 0
    gate.refuse(not_sent(0.0))


def test_no_more_are_inside_than_may_be_at_the_same_time() -> None:
    gate = gate_with(most=4, concurrent_calls=2)
    gate.look(4)
    callers = [Caller(gate) for _ in range(3)]
    ends = time.monotonic() + PATIENCE
    while gate.inside < 2 and time.monotonic() < ends:
        gate.look(4)
    gate.look(4)
    assert sum(caller.came_back.wait(0.05) for caller in callers) == 2
    gate.leave()
    gate.look(4)
    assert all(caller.left for caller in callers)


def test_what_was_not_used_is_free_for_others_when_a_worker_rests() -> None:
    gate, other = gate_with(calls_per_second=10), gate_with(calls_per_second=10)
    gate.look(2)
    _, second = gate._releases
    gate.rest()
    other.look(1)
    now = time.monotonic()
    assert other._releases[0][0] <= max(second[0], now) + 0.02
    other.close()
