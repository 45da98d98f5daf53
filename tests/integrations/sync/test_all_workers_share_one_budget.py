"""One budget for worker processes of several hosts, seen by the vendor: real processes call a real HTTP server."""

from __future__ import annotations

import json
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
from tests.integrations.processes.family import until

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


class Process:
    """One on a host, which does what it is asked, one thing after the other."""

    def __init__(self, environment: dict[str, str]) -> None:
        self._popen = subprocess.Popen(
            [sys.executable, "-m", "tests.integrations.sync.calling"],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def is_ready(self) -> bool:
        assert self._popen.stdout is not None
        return self._popen.stdout.readline() == "ready\n"

    def begin(self, role: str, *arguments: object) -> None:
        assert self._popen.stdin is not None
        self._popen.stdin.write(json.dumps([role, *arguments]) + "\n")
        self._popen.stdin.flush()

    def answer(self) -> Any:
        assert self._popen.stdout is not None
        return json.loads(self._popen.stdout.readline())

    def kill(self) -> None:
        self._popen.kill()
        self._popen.communicate()


class Hosts:
    """Four worker processes on two hosts, and a web process on one of them, over one database."""

    def __init__(self, portal: Portal, database: str) -> None:
        self._portal, self._database = portal, database
        self._workers = [self._start(host) for host in ("one", "one", "two", "two")]
        self._web = self._start("two")
        self._connection = 0
        assert all(process.is_ready() for process in self.processes)

    @property
    def processes(self) -> list[Process]:
        return [*self._workers, self._web]

    def _start(self, host: str) -> Process:
        folder = self._portal.folder / host
        folder.mkdir(exist_ok=True)
        mine = {
            "PORTAL_VAR": str(folder),
            "DATABASE_URL": self._database,
            "PRIVATE_NETWORKS": "127.0.0.0/8",
        }
        return Process({**self._portal.environment, **mine})

    def connect(self, vendor: Vendor, limits: dict[str, Any]) -> None:
        self._web.begin("prepare", vendor.platform.base, limits)
        self._connection = self._web.answer()["pk"]

    def begin_backfill(self, seconds: float = SECONDS, threads: int = 8) -> None:
        for worker in self._workers:
            worker.begin("backfill", self._connection, seconds, threads)

    def end_backfill(self) -> list[list[float]]:
        """For each worker, the moments by the portal's clock at which its calls left."""
        answers = [worker.answer() for worker in self._workers]
        return [[us / 1_000_000 for us in answer["releases"]] for answer in answers]

    def press_test(self) -> Any:
        self._web.begin("press_test", self._connection)
        return self._web.answer()


@pytest.fixture
def vendor(platform: Platform) -> Vendor:
    return Vendor(platform)


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def hosts(
    request: pytest.FixtureRequest, migrated: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Hosts]:
    portal = Portal(tmp_path_factory.mktemp("hosts"))
    if request.param == "sqlite":
        shutil.copy(migrated, portal.folder / "portal.sqlite3")
        database = f"sqlite:///{portal.folder / 'portal.sqlite3'}"
    else:
        database = request.getfixturevalue("postgres_url")
        command = [sys.executable, "manage.py", "migrate", "--verbosity", "0"]
        subprocess.run(command, cwd=ROOT, env={**portal.environment, "DATABASE_URL": database}, check=True)
    made = Hosts(portal, database)
    yield made
    for process in made.processes:
        process.kill()


def most_in_a_second(moments: list[float]) -> int:
    """In any window of one second that begins with one of them."""
    in_order, first, most = sorted(moments), 0, 0
    for place, moment in enumerate(in_order):
        while moment - in_order[first] >= 1.0:
            first += 1
        most = max(most, place - first + 1)
    return most


def test_four_workers_on_two_hosts_keep_to_one_limit_and_use_it_up(hosts: Hosts, vendor: Vendor) -> None:
    hosts.connect(vendor, {"requests_per_second": 50})
    hosts.begin_backfill()
    by_worker = hosts.end_backfill()
    releases = [moment for moments in by_worker for moment in moments]
    assert len(releases) == len(vendor.arrivals)
    assert most_in_a_second(releases) <= 50
    assert most_in_a_second(vendor.arrivals) <= 53
    assert len(releases) / (max(releases) - min(releases)) >= 45
    assert min(map(len, by_worker)) >= len(releases) / 10, "shared, not taken by one"


@pytest.mark.parametrize("form", ["seconds", "date"])
def test_after_a_429_nobody_on_any_host_calls_before_its_time_is_over(
    hosts: Hosts, vendor: Vendor, form: str
) -> None:
    hosts.connect(vendor, {"requests_per_second": 100, "burst": 5})
    vendor.refuse_at, vendor.form = 50, form
    hosts.begin_backfill()
    hosts.end_backfill()
    # What was on its way, and what the other processes let out before they looked: a fifth of a second.
    quiet = [moment for moment in vendor.arrivals if moment > vendor.refused_at + 0.3]
    assert min(quiet) >= vendor.free_at
    silences = [later - earlier for earlier, later in pairwise(sorted(vendor.arrivals))]
    assert max(silences) > 1.5
    assert len(quiet) > 20, "and then it goes on"


def test_the_calls_at_the_same_time_are_limited_for_all_workers_together(
    hosts: Hosts, vendor: Vendor
) -> None:
    hosts.connect(vendor, {"concurrent": 6})
    vendor.slow = 0.1
    hosts.begin_backfill(4.0)
    by_worker = hosts.end_backfill()
    assert vendor.most_at_once <= 6
    assert len(vendor.arrivals) >= 0.7 * 6 * 4.0 / 0.1
    assert min(map(len, by_worker)) > 0, "each has its share"


def test_the_test_button_answers_while_a_backfill_uses_up_the_budget(hosts: Hosts, vendor: Vendor) -> None:
    hosts.connect(vendor, {"requests_per_second": 20, "concurrent": 4})
    vendor.slow = 0.1
    hosts.begin_backfill()
    until(lambda: len(vendor.arrivals) >= 20, "the backfill does not begin")
    pressed = hosts.press_test()
    hosts.end_backfill()
    assert pressed["ok"], pressed["sentence"]
    assert pressed["seconds"] < 2.0
    assert most_in_a_second(vendor.arrivals) <= 22
