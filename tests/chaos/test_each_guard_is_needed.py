"""A worker that was stopped changes nothing when it comes back; and without its guards the engine would be caught.

Worker processes without a queue, so that who does what is settled and not left to chance. For each guard: first as it
is (both sides agree), then with the guard taken out (the comparison tells the harm).
"""

from __future__ import annotations

import os
import signal
import subprocess
from typing import Any

import pytest

from tests.integrations.processes.family import lives, until

from .ambush import KILL, REQUEST_LEFT, STOP, TOKEN_REFRESH, WEIGHED
from .conftest import linux
from .sabotage import ACCESS, INTENT, LEASE, NO_LOCK
from .siege import Siege
from .workers import (
    DUE_AT_ONCE,
    ask_for,
    carry,
    carry_all,
    caught,
    let_go_on,
    place,
    until_leases_are_over,
)
from .world import BY_CONSENT, KEYS, KINDS, LOOKUP, NEITHER, SECOND

pytestmark = [pytest.mark.siege, pytest.mark.chaos, pytest.mark.timeout(300), linux]

ENGINE = ("batch", "delivery", "intent", "outcome", "errorrecord", "externalid", "syncrun")


def engine_tables(siege: Siege) -> dict[str, list[Any]]:
    return {name: siege.portal.asked(f"SELECT * FROM integrations_{name} ORDER BY id") for name in ENGINE}


def open_doubts(siege: Siege) -> list[str]:
    rows = siege.portal.asked(
        "SELECT j.key FROM integrations_errorrecord e JOIN integrations_syncjob j ON j.id = e.job_id"
        " WHERE e.settled_at IS NULL AND e.place = 'in_doubt' ORDER BY j.key"
    )
    return [key for (key,) in rows]


def hows(siege: Siege, *jobs: str) -> set[tuple[str, str]]:
    """What is wrong, and with which order, with these jobs and what is left open."""
    found = siege.differences()
    return {(found.how, found.order) for found in found if found.job in (*jobs, "portal")}


def test_a_stopped_worker_changes_nothing_when_it_comes_back(calm: Siege) -> None:
    """Its lease went to another meanwhile. With a key the write is sent again; without one nobody knows whether the
    stopped worker is about to send it, so a person is asked, also where the thing could be looked up."""
    # What waits for the person's answer is not due again before it is said so below.
    calm.portal.surroundings["CHAOS_PERSON_MAY_TAKE"] = "600"
    place(calm, "1001")
    stopped = caught(calm, REQUEST_LEFT, STOP, *KINDS)
    until_leases_are_over(calm)
    carry_all(calm, *KINDS)
    assert open_doubts(calm) == [LOOKUP, NEITHER]
    ask_for(calm, "1001", 2)
    carry_all(calm, *KINDS)
    before = engine_tables(calm)

    let_go_on(stopped)

    assert engine_tables(calm) == before
    calm.portal.run("operate", "--once")
    calm.portal.changed(DUE_AT_ONCE)
    carry_all(calm, *KINDS)
    assert open_doubts(calm) == []
    assert hows(calm, *KINDS) == set()

    # Without the condition of the lease the one that comes back overwrites what was settled since.
    place(calm, "1002")
    stopped = caught(calm, REQUEST_LEFT, STOP, KEYS, CHAOS_SABOTAGE=LEASE)
    until_leases_are_over(calm)
    carry_all(calm, KEYS)
    assert hows(calm, KEYS) == set()
    assert outcomes(calm)[0] == "delivered"
    let_go_on(stopped)
    # Its call was over long ago: it says that the record is to be tried again, of a record that is there.
    assert outcomes(calm)[0] != "delivered"


def outcomes(siege: Siege) -> list[str]:
    """The newest first."""
    return [
        state for (state,) in siege.portal.asked("SELECT state FROM integrations_outcome ORDER BY id DESC")
    ]


def test_what_was_about_to_leave_is_written_down_first(calm: Siege) -> None:
    """A worker is killed between its request and the answer; the next one finds the Intent, or finds none."""
    place(calm, "1001")
    for process in caught(calm, REQUEST_LEFT, KILL, *KINDS):
        assert process.wait(60) == -signal.SIGKILL
    until_leases_are_over(calm)
    carry_all(calm, *KINDS)
    assert open_doubts(calm) == [NEITHER]
    calm.portal.run("operate", "--once")
    carry_all(calm, NEITHER)
    assert hows(calm, *KINDS) == set()

    place(calm, "1002")
    (process,) = caught(calm, REQUEST_LEFT, KILL, KEYS, CHAOS_SABOTAGE=INTENT)
    assert process.wait(60) == -signal.SIGKILL
    until_leases_are_over(calm)
    carry_all(calm, KEYS)
    assert ("doubled", "1002") in hows(calm, KEYS)


def test_one_key_has_one_writer(calm: Siege) -> None:
    """Two jobs carry the same order to the same warehouse; both have weighed it before either has sent it."""
    place(calm, "1001")
    meet_at_the_lock(calm)
    carry_all(calm, KEYS, SECOND)
    assert hows(calm, KEYS) == set()

    calm.portal.changed(NO_LOCK)
    place(calm, "1002")
    meet_at_the_lock(calm)
    carry_all(calm, KEYS, SECOND)
    assert ("doubled", "1002") in hows(calm, KEYS)


def test_an_access_that_is_good_once_is_renewed_by_one(calm: Siege) -> None:
    """A worker stands still between the platform's new token and our writing it down; another needs one too."""
    place(calm, "1001")
    stopped = caught_while_renewing(calm, STOP)
    place(calm, "1002")
    assert carry(calm, BY_CONSENT, CHAOS_CARRY_AT_MOST="5").wait(60) == 0
    assert calm.world.consents()["burnt"] == 0
    let_go_on(stopped)
    settle_without_waiting(calm)
    assert calm.world.consents() == {"given": 1, "renewed": 1, "burnt": 0, "unheard": 0}

    place(calm, "1003")
    stopped = caught_while_renewing(calm, STOP)
    place(calm, "1004")
    assert carry(calm, BY_CONSENT, CHAOS_SABOTAGE=ACCESS, CHAOS_CARRY_AT_MOST="5").wait(60) == 0
    assert calm.world.consents()["burnt"] == 1
    let_go_on(stopped)


def test_an_access_whose_renewer_was_killed_is_asked_for_and_all_goes_on(calm: Siege) -> None:
    """Nobody has the new token, and the old one is worth nothing: a person says yes again, and nothing is lost."""
    place(calm, "1001")
    for process in caught_while_renewing(calm, KILL):
        assert process.wait(60) == -signal.SIGKILL
    until_leases_are_over(calm)
    carry_all(calm, BY_CONSENT)
    halted = f"SELECT state FROM integrations_syncjob WHERE key = '{BY_CONSENT}'"
    assert calm.portal.asked(halted)[0][0] == "halted"
    calm.portal.run("operate", "--once")
    settle_without_waiting(calm)
    assert calm.world.consents() == {"given": 2, "renewed": 1, "burnt": 1, "unheard": 1}


def caught_while_renewing(siege: Siege, deed: str) -> list[subprocess.Popen[bytes]]:
    siege.world.sandboxes[BY_CONSENT].fault(
        "warehouse", "expired_token", method="POST", path="^/orders", count=1
    )
    return caught(siege, TOKEN_REFRESH, deed, BY_CONSENT)


def settle_without_waiting(siege: Siege) -> None:
    until_leases_are_over(siege)
    siege.portal.changed(DUE_AT_ONCE)
    carry_all(siege, BY_CONSENT)
    siege.portal.run("operate", "--once")
    siege.portal.changed(DUE_AT_ONCE)
    carry_all(siege, BY_CONSENT)
    assert hows(siege, BY_CONSENT) == set()


def meet_at_the_lock(siege: Siege) -> None:
    # Leases that outlast the meeting: it is not they that part the two.
    first, second = caught(siege, WEIGHED, STOP, KEYS, SECOND, LEASE_SECONDS="60")
    siege.portal.ambushes.lay(REQUEST_LEFT, STOP, SECOND)
    os.kill(second.pid, signal.SIGCONT)
    until(lambda: siege.portal.ambushes.sprung()[-1].point == REQUEST_LEFT, "the second does not send")
    # The second's write is still on its way when the first goes on.
    os.kill(first.pid, signal.SIGCONT)
    left = "SELECT COUNT(*) FROM integrations_intent"
    known = siege.portal.number(left)
    until(
        lambda: not lives(first.pid) or siege.portal.number(left) > known or _rests(siege), "it stands still"
    )
    let_go_on([second])
    assert first.wait(60) == 0


def _rests(siege: Siege) -> bool:
    waits = "SELECT COUNT(*) FROM integrations_delivery WHERE state_reason = 'An earlier write of it is on its way.'"
    return siege.portal.number(waits) > 0
