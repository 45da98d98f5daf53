"""Real processes on SQLite: what a killed worker, a killed cluster and a killed supervisor leave behind."""

from __future__ import annotations

import os
import signal
import sys

import pytest

from .conftest import Portal
from .family import children, descendants, has_rested, lives, until

pytestmark = [
    pytest.mark.chaos,
    pytest.mark.timeout(300),
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks into /proc, which only Linux has"),
]


def idle_cluster(portal: Portal, line: str) -> int:
    """Has the queue work once, and gives the process id of its cluster, which waits for tasks from then on."""
    portal.enqueue("note", line)
    portal.wait_for_lines(line)
    until(lambda: len(children(portal.supervisor)) == 1, "there is no cluster")
    cluster = children(portal.supervisor)[0]
    # The line is written before the worker has told the others that it is done.
    until(lambda: has_rested(part_of(cluster, "worker")), "the worker does not come to rest")
    return cluster


def wait_until_dead(family: list[int], otherwise: str) -> None:
    until(lambda: not any(lives(pid) for pid in family), otherwise)


def part_of(cluster: int, part: str) -> int:
    (sentinel,) = children(cluster)
    # Born in this order: workers (one here), the one that saves results, the one that looks for tasks.
    worker, monitor, pusher = children(sentinel)
    return {"main": cluster, "sentinel": sentinel, "worker": worker, "monitor": monitor, "pusher": pusher}[
        part
    ]


def test_work_goes_on_whichever_idle_part_is_killed(portal: Portal) -> None:
    """The only worker waits inside the queue's lock and keeps it when it is killed: its successor would wait on."""
    portal.supervisor = portal.start("work")

    for part in ("worker", "monitor", "pusher", "sentinel", "main"):
        cluster = idle_cluster(portal, f"before-{part}")
        family = [cluster, *descendants(cluster)]
        assert len(family) == 5

        os.kill(part_of(cluster, part), signal.SIGKILL)
        wait_until_dead(family, f"some outlive the {part}")

        portal.enqueue("note", f"after-{part}-1", f"after-{part}-2")
        portal.wait_for_lines(f"after-{part}-1", f"after-{part}-2")

    # ... and a worker that dies of its task. What the fallen queue had in memory comes back only after its `retry`,
    # for which a bell has no need (the sweep rings it again); this task has no table behind it.
    cluster = idle_cluster(portal, "before-death")
    family = [cluster, *descendants(cluster)]
    portal.enqueue("die")
    wait_until_dead(family, "some outlive the worker's task")
    portal.enqueue("note", "after-death")
    portal.wait_for_lines("after-death")
    until(
        lambda: portal.told().count("it is started again in") == 6,
        "the queue was not started after each death",
    )

    assert len(portal.lines()) == len(set(portal.lines())) == 18
    assert portal.told().count("The queue falls together") == 4


def test_nothing_outlives_a_supervisor_that_is_killed(portal: Portal) -> None:
    portal.supervisor = portal.start("work")
    cluster = idle_cluster(portal, "before")
    family = [cluster, *descendants(cluster)]

    os.kill(portal.supervisor, signal.SIGKILL)
    portal.exit_code(portal.supervisor)

    wait_until_dead(family, "orphans live on")


def test_a_supervisor_that_is_asked_to_end_ends_all_in_order(portal: Portal) -> None:
    portal.supervisor = portal.start("work")
    cluster = idle_cluster(portal, "before")
    family = [cluster, *descendants(cluster)]

    os.kill(portal.supervisor, signal.SIGTERM)

    assert portal.exit_code(portal.supervisor) == 0
    assert not any(lives(pid) for pid in family)
    assert "has stopped" in portal.told()
    assert "Traceback" not in portal.told()
