"""Real processes, real HTTP, systems that misbehave, and a killer; afterwards both sides' books are compared."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import sys
import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from integrations.demo import stage
from integrations.demo.sandbox_side import SandboxSide
from integrations.sandbox.check import check
from tests.integrations.processes.conftest import Portal
from tests.integrations.processes.family import children, descendants
from tests.sandbox.running import SandboxProcess

pytestmark = [
    pytest.mark.chaos,
    pytest.mark.timeout(300),
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks into /proc, which only Linux has"),
]

# Few, so that all tests together stay short. KILLS in the environment makes it harder, SEED the same again.
KILLS = int(os.environ.get("KILLS", "4"))
ORDERS = 480
# So many orders must have arrived between two kills: each hits a portal that is at work.
APART = 60
PATIENCE = 240.0


class Chaos:
    def __init__(self, portal: Portal, sandbox: SandboxProcess, seed: int) -> None:
        self.portal, self.sandbox, self.chance = portal, sandbox, random.Random(seed)
        self.ends = time.monotonic() + PATIENCE
        self.killed: Counter[str] = Counter()

    def arrived(self) -> int:
        answer = self.sandbox.ask("GET", "/warehouse/orders?page=1&per_page=1", timeout=30)
        return int(answer.body["total"])

    def has(self, orders: int) -> bool:
        return self.arrived() >= orders

    def asked(self, question: str) -> list[Any]:
        path = self.portal.folder / "portal.sqlite3"
        with closing(sqlite3.connect(path, timeout=30)) as database:
            return database.execute(question).fetchall()

    def until(self, holds: Callable[[], bool], otherwise: str) -> None:
        while not holds():
            assert time.monotonic() < self.ends, f"{otherwise}; log:\n{self.portal.told()[-4000:]}"
            time.sleep(0.05)

    def kill_someone(self) -> None:
        """Any process of the queue: main, sentinel, a worker, the one that saves or the one that fetches."""
        clusters = children(self.portal.supervisor)
        family = [pid for cluster in clusters for pid in (cluster, *descendants(cluster))]
        if not family:
            return
        victim = self.chance.choice(family)
        self.killed[f"{family.index(victim)} of {len(family)}"] += 1
        try:
            os.kill(victim, signal.SIGKILL)
        except ProcessLookupError:
            self.killed["gone already"] += 1

    def rampage(self) -> None:
        seen = 0
        for _ in range(KILLS):
            wanted = min(seen + APART, ORDERS)
            self.until(partial(self.has, wanted), "the portal stands still")
            seen = self.arrived()
            if seen < ORDERS:
                self.kill_someone()

    def settled(self) -> bool:
        question = "SELECT COUNT(*) FROM integrations_batch WHERE settled_at IS NULL"
        return self.arrived() >= ORDERS and self.asked(question) == [(0,)]


@pytest.fixture
def chaos(portal: Portal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Chaos:
    sandbox = SandboxProcess(tmp_path / "sandbox", ["--seed", "demo", "--faults", "demo"]).start()
    monkeypatch.setenv("PRIVATE_NETWORKS", "127.0.0.0/8")
    for name, value in SandboxSide(sandbox.base, sandbox.tokens).environment().items():
        monkeypatch.setenv(name, value)
    portal.run("apply", str(stage.CONFIGURATION))
    seed = int(os.environ.get("SEED", "0")) or random.SystemRandom().randrange(1, 10_000)
    return Chaos(portal, sandbox, seed)


def test_nothing_is_lost_or_doubled_whatever_dies(chaos: Chaos, request: pytest.FixtureRequest) -> None:
    request.addfinalizer(chaos.sandbox.kill)
    chaos.portal.supervisor = chaos.portal.start("work")
    chaos.rampage()
    chaos.until(chaos.settled, "not all was settled")
    states: dict[str, int] = dict(
        chaos.asked(
            "SELECT d.state, COUNT(*) FROM integrations_delivery d JOIN integrations_syncjob j ON j.id = d.job_id"
            " WHERE j.key = 'orders-to-warehouse' GROUP BY d.state"
        )
    )
    print(f"{sum(chaos.killed.values())} kills {dict(chaos.killed)}, states {states}")
    found = check(chaos.sandbox.base, chaos.sandbox.tokens["control"], stock=False)
    assert found.differences == []
    assert states == {"delivered": ORDERS, "failed": 12, "filtered": 8}
    open_intents = chaos.asked("SELECT COUNT(*) FROM integrations_intent WHERE settled_at IS NULL")
    assert open_intents == [(0,)]
    assert sum(chaos.killed.values()) >= min(KILLS, 4) - 1
