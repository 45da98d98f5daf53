"""Real processes, real HTTP, systems that misbehave, and a killer; afterwards both sides' books are compared."""

from __future__ import annotations

import os
import random
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, LiteralString

import pytest

from integrations.demo import stage
from integrations.demo.sandbox_side import SandboxSide
from integrations.sandbox.check import check
from tests.integrations.processes.family import children, descendants
from tests.sandbox.running import SandboxProcess

from .conftest import ChaosPortal

pytestmark = [
    pytest.mark.chaos,
    pytest.mark.timeout(300),
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks into /proc, which only Linux has"),
]

# SEED in the environment plays the same chances again.
ORDERS = 480
# So many orders must have arrived between two blows: each hits a portal that is at work.
APART = 40
PATIENCE = 240.0


class Chaos:
    def __init__(self, portal: ChaosPortal, sandbox: SandboxProcess, seed: int) -> None:
        self.portal, self.sandbox, self.chance = portal, sandbox, random.Random(seed)
        self.ends = time.monotonic() + PATIENCE
        self.killed: Counter[str] = Counter()
        self.stopped = 0

    def arrived(self) -> int:
        answer = self.sandbox.ask("GET", "/warehouse/orders?page=1&per_page=1", timeout=30)
        return int(answer.body["total"])

    def has(self, orders: int) -> bool:
        return self.arrived() >= orders

    def asked(self, question: LiteralString) -> list[Any]:
        return self.portal.asked(question)

    def until(self, holds: Callable[[], bool], otherwise: str) -> None:
        while not holds():
            assert time.monotonic() < self.ends, f"{otherwise}; log:\n{self.portal.told()[-4000:]}"
            time.sleep(0.05)

    def harm_someone(self) -> None:
        """Any process of the queue: main, sentinel, a worker, the one that saves or the one that fetches."""
        clusters = children(self.portal.supervisor)
        family = [pid for cluster in clusters for pid in (cluster, *descendants(cluster))]
        if not family:
            return
        victim = self.chance.choice(family)
        try:
            if self.chance.random() < 0.2:
                os.kill(victim, signal.SIGSTOP)
                time.sleep(1)
                os.kill(victim, signal.SIGCONT)
                self.stopped += 1
                return
            os.kill(victim, signal.SIGKILL)
            self.killed[f"{family.index(victim)} of {len(family)}"] += 1
        except ProcessLookupError:
            return

    def rampage(self) -> None:
        for wanted in range(APART, ORDERS, APART):
            self.until(partial(self.has, wanted), "the portal stands still")
            self.harm_someone()

    def settled(self) -> bool:
        question = "SELECT COUNT(*) FROM integrations_batch WHERE settled_at IS NULL"
        return self.arrived() >= ORDERS and self.asked(question) == [(0,)]


@pytest.fixture
def chaos(portal: ChaosPortal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Chaos]:
    yield from released(portal, tmp_path, monkeypatch)


@pytest.fixture
def chaos_on_servers(
    portal_on_servers: ChaosPortal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Chaos]:
    yield from released(portal_on_servers, tmp_path, monkeypatch)


def released(portal: ChaosPortal, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Chaos]:
    sandbox = SandboxProcess(folder / "sandbox", ["--seed", "demo", "--faults", "demo"]).start()
    monkeypatch.setenv("PRIVATE_NETWORKS", "127.0.0.0/8")
    for name, value in SandboxSide(sandbox.base, sandbox.tokens).environment().items():
        monkeypatch.setenv(name, value)
    portal.run("apply", str(stage.CONFIGURATION))
    seed = int(os.environ.get("SEED", "0")) or random.SystemRandom().randrange(1, 10_000)
    print(f"SEED={seed}")
    yield Chaos(portal, sandbox, seed)
    sandbox.kill()


def test_nothing_is_lost_or_doubled_whatever_dies(chaos: Chaos) -> None:
    play(chaos)


@pytest.mark.postgres
@pytest.mark.redis
def test_nothing_is_lost_or_doubled_on_postgresql_and_redis(chaos_on_servers: Chaos) -> None:
    play(chaos_on_servers)


def play(chaos: Chaos) -> None:
    began = time.monotonic()
    chaos.portal.supervisor = chaos.portal.start("work")
    chaos.rampage()
    chaos.until(chaos.settled, "not all was settled")
    states: dict[str, int] = dict(
        chaos.asked(
            "SELECT d.state, COUNT(*) FROM integrations_delivery d JOIN integrations_syncjob j ON j.id = d.job_id"
            " WHERE j.key = 'orders-to-warehouse' GROUP BY d.state"
        )
    )
    kills = sum(chaos.killed.values())
    print(
        f"{kills} kills {dict(chaos.killed)}, {chaos.stopped} stopped for a second, states {states}, "
        f"{time.monotonic() - began:.0f} s"
    )
    found = check(chaos.sandbox.base, chaos.sandbox.tokens["control"], stock=False)
    assert found.differences == []
    assert states == {"delivered": ORDERS, "failed": 12, "filtered": 8}
    assert chaos.asked("SELECT COUNT(*) FROM integrations_intent WHERE settled_at IS NULL") == [(0,)]
    assert kills + chaos.stopped >= 8
