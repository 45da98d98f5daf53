"""One budget for worker processes of several hosts, seen by the vendor: real processes call a real HTTP server."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from tests.integrations.answering import Asked, Platform, Says
from tests.integrations.processes.conftest import ROOT, Portal, migrated

__all__ = ["migrated"]

pytestmark = pytest.mark.slow
SECONDS = 5.0


@dataclass
class Vendor:
    """Keeps when each call arrived. `refuse_at`: the number of the call that is told to wait, in the `form` given."""

    platform: Platform
    arrivals: list[float] = field(default_factory=list)
    tests: int = 0
    refuse_at: int = 0
    form: str = "seconds"
    refused_at: float = 0.0
    free_at: float = 0.0
    slow: float = 0.0
    at_once: int = 0
    most_at_once: int = 0

    def __post_init__(self) -> None:
        self.platform.on("/things/1", self._thing)
        self.platform.on("/things", Says([{"id": 1}]))

    def _thing(self, asked: Asked) -> Says:
        self.arrivals.append(time.monotonic())
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        if len(self.arrivals) == self.refuse_at:
            self.at_once -= 1
            return self._refusal()
        if self.slow:
            time.sleep(self.slow)
        self.at_once -= 1
        return Says({"id": 1})

    def _refusal(self) -> Says:
        """A date knows whole seconds only: the third from now begins in two to three."""
        self.refused_at, now = time.monotonic(), time.time()
        until = int(now) + 3 if self.form == "date" else now + 2
        self.free_at = self.refused_at + (until - now)
        date = time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(until))
        return Says({}, 429, headers={"Retry-After": date if self.form == "date" else "2"})


@dataclass
class Hosts:
    """Process groups with environments of their own, over one database."""

    portal: Portal
    database: str
    started: list[subprocess.Popen[str]] = field(default_factory=list)

    def start(self, role: str, *arguments: str, host: str = "one") -> subprocess.Popen[str]:
        folder = self.portal.folder / host
        folder.mkdir(exist_ok=True)
        mine = {"PORTAL_VAR": str(folder), "DATABASE_URL": self.database, "PRIVATE_NETWORKS": "127.0.0.0/8"}
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.integrations.sync.calling", role, *arguments],
            cwd=ROOT,
            env={**self.portal.environment, **mine},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        self.started.append(process)
        return process

    def begin(self, *processes: subprocess.Popen[str]) -> None:
        """All are there before any of them begins."""
        for process in processes:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
        for process in processes:
            assert process.stdin is not None
            process.stdin.write("go\n")
            process.stdin.flush()

    def answer(self, process: subprocess.Popen[str]) -> Any:
        said, _ = process.communicate(timeout=20)
        return json.loads(said.splitlines()[-1])

    def do(self, role: str, *arguments: str) -> Any:
        process = self.start(role, *arguments)
        self.begin(process)
        return self.answer(process)

    def workers(self, seconds: float = SECONDS, threads: int = 8) -> list[subprocess.Popen[str]]:
        """Four worker processes on two hosts."""
        return [
            self.start("backfill", str(seconds), str(threads), host=host)
            for host in ("one", "one", "two", "two")
        ]


@pytest.fixture
def vendor(platform: Platform) -> Vendor:
    return Vendor(platform)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def hosts(request: pytest.FixtureRequest, migrated: Path, tmp_path: Path) -> Iterator[Hosts]:
    portal = Portal(tmp_path)
    if request.param == "sqlite":
        shutil.copy(migrated, tmp_path / "portal.sqlite3")
        made = Hosts(portal, f"sqlite:///{tmp_path / 'portal.sqlite3'}")
    else:
        made = Hosts(portal, request.getfixturevalue("postgres_url"))
        environment = {**portal.environment, "DATABASE_URL": made.database}
        command = [sys.executable, "manage.py", "migrate", "--verbosity", "0"]
        subprocess.run(command, cwd=ROOT, env=environment, check=True)
    yield made
    for process in made.started:
        if process.poll() is None:
            os.killpg(process.pid, 9)
        process.communicate()


def most_in_a_second(moments: list[float]) -> int:
    """In any window of one second that begins with one of them."""
    in_order, first, most = sorted(moments), 0, 0
    for place, moment in enumerate(in_order):
        while moment - in_order[first] >= 1.0:
            first += 1
        most = max(most, place - first + 1)
    return most


def test_four_workers_on_two_hosts_keep_to_one_limit_and_use_it_up(hosts: Hosts, vendor: Vendor) -> None:
    hosts.do("prepare", vendor.platform.base, json.dumps({"requests_per_second": 50}))
    workers = hosts.workers()
    hosts.begin(*workers)
    answers = [hosts.answer(worker) for worker in workers]
    releases = [us / 1_000_000 for answer in answers for us in answer["releases"]]
    assert len(releases) == len(vendor.arrivals)
    assert most_in_a_second(releases) <= 50
    assert most_in_a_second(vendor.arrivals) <= 53
    assert len(releases) / (max(releases) - min(releases)) >= 45
    assert min(len(answer["releases"]) for answer in answers) >= len(releases) / 10, (
        "shared, not taken by one"
    )


@pytest.mark.parametrize("form", ["seconds", "date"])
def test_after_a_429_nobody_on_any_host_calls_before_its_time_is_over(
    hosts: Hosts, vendor: Vendor, form: str
) -> None:
    hosts.do("prepare", vendor.platform.base, json.dumps({"requests_per_second": 100, "burst": 5}))
    vendor.refuse_at, vendor.form = 50, form
    workers = hosts.workers()
    hosts.begin(*workers)
    for worker in workers:
        hosts.answer(worker)
    # What was on its way, and what the other processes let out before they looked: a fifth of a second.
    quiet = [moment for moment in vendor.arrivals if moment > vendor.refused_at + 0.3]
    assert min(quiet) >= vendor.free_at
    silences = [later - earlier for earlier, later in pairwise(sorted(vendor.arrivals))]
    assert max(silences) > 1.5
    assert len(quiet) > 20, "and then it goes on"


def test_the_calls_at_the_same_time_are_limited_for_all_workers_together(
    hosts: Hosts, vendor: Vendor
) -> None:
    hosts.do("prepare", vendor.platform.base, json.dumps({"concurrent": 6}))
    vendor.slow = 0.1
    workers = hosts.workers(4.0)
    hosts.begin(*workers)
    answers = [hosts.answer(worker) for worker in workers]
    assert vendor.most_at_once <= 6
    assert len(vendor.arrivals) >= 0.7 * 6 * 4.0 / 0.1
    assert min(len(answer["releases"]) for answer in answers) > 0, "each has its share"


def test_the_test_button_answers_while_a_backfill_uses_up_the_budget(hosts: Hosts, vendor: Vendor) -> None:
    limits = {"requests_per_second": 20, "concurrent": 4}
    hosts.do("prepare", vendor.platform.base, json.dumps(limits))
    vendor.slow = 0.1
    workers = hosts.workers()
    person = hosts.start("press_test", host="two")
    hosts.begin(*workers, person)
    # It is pressed in the middle of it all: the workers were let go before.
    pressed = hosts.answer(person)
    for worker in workers:
        hosts.answer(worker)
    assert pressed["ok"], pressed["sentence"]
    assert pressed["seconds"] < 2.0
    assert most_in_a_second(vendor.arrivals) <= 22
