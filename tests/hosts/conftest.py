"""An installation on three hosts, with its PostgreSQL, its Redis, and a destination that takes 50 ms for a call."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, LiteralString

import psycopg
import pytest

from tests.integrations.processes.family import until

from .network import ROOT, Host, Network, network
from .servers import Redis, free_port, missing, postgres

LATENCY_MS = 50
# Workers of a host: one carries the orders, one is left for others.
WORKERS = 2
CALLS_BY_HOST = 8
READY = "ready for work"
HOSTS = ("anna", "berta", "clara")


@dataclass
class Installation:
    network: Network
    database: str
    redis: Redis
    destination: str
    environment: dict[str, str]
    orders: int = 0

    @property
    def hosts(self) -> list[Host]:
        return self.network.hosts

    @property
    def database_address(self) -> str:
        return self.network.here[1]

    @property
    def redis_address(self) -> str:
        return self.network.here[2]

    @property
    def lease_seconds(self) -> float:
        """A lease is as long as the setting says, or as one call may take at most and a little more."""
        return 35.0

    def run(self, *words: str) -> None:
        """Runs Python with `words` to its end, in the installation's environment, on this side."""
        done = subprocess.run(
            [sys.executable, *words],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr

    def start(self, hosts: Sequence[Host], *command: str, **environment: str) -> None:
        """Returns when each of them is ready for work."""
        ready = {host.name: host.told().count(READY) for host in hosts}
        for host in hosts:
            host.start(*(command or ("work",)), **environment)
        self.until(
            lambda: all(host.told().count(READY) >= ready[host.name] + WORKERS for host in hosts),
            "not each host has its workers",
        )

    def fill(self, orders: int) -> None:
        """So many more orders come in."""
        self.run("-m", "tests.hosts.portal", "fill", str(self.orders), str(self.orders + orders))
        self.orders += orders

    def books(self) -> dict[str, Any]:
        with urllib.request.urlopen(f"{self.destination}/books", timeout=30) as answer:
            found: dict[str, Any] = json.load(answer)
        return found

    def made(self) -> int:
        return len(self.books()["made"])

    def asked(self, question: LiteralString) -> list[Any]:
        with psycopg.connect(self.database) as database:
            return database.execute(question).fetchall()

    def execute(self, order: LiteralString) -> None:
        with psycopg.connect(self.database, autocommit=True) as database:
            database.execute(order)

    def sweeps(self) -> int:
        return int(self.asked("SELECT COUNT(*) FROM swept")[0][0])

    def is_settled(self) -> bool:
        return self.asked("SELECT COUNT(*) FROM integrations_batch WHERE settled_at IS NULL") == [(0,)]

    def hosts_at_work(self) -> set[str]:
        held = self.asked("SELECT lease_holder FROM integrations_batch WHERE lease_until > now()")
        return {holder.partition("/")[0] for (holder,) in held}

    def workers_of(self, host: Host) -> set[str]:
        """How often they were started: a cluster that falls is ready for work again."""
        return {line.rpartition(" ")[2] for line in host.told().splitlines() if READY in line}

    def until(self, holds: Callable[[], bool], otherwise: str, seconds: float = 60.0) -> None:
        try:
            until(holds, otherwise, seconds)
        except AssertionError as late:
            told = "\n".join(f"--- {host.name}\n{host.told()[-3000:]}" for host in self.hosts)
            raise AssertionError(f"{late}\n{told}") from None

    def agrees(self) -> None:
        """Both sides' books: every order was made there once and is delivered here, and nothing is left open."""
        counted = Counter(reference for reference, _ in self.books()["made"])
        assert [reference for reference, times in counted.items() if times > 1] == []
        assert set(counted) == {f"A{number}" for number in range(self.orders)}
        states = self.asked("SELECT state, COUNT(*) FROM integrations_delivery GROUP BY state")
        assert states == [("delivered", self.orders)]
        assert self.asked("SELECT COUNT(*) FROM integrations_intent WHERE settled_at IS NULL") == [(0,)]


def plain_rate(destination: str, processes: int, seconds: float = 4.0) -> float:
    """Calls per second of plain threads, as many as the hosts may have under way; what is asked is not in the books."""
    words = [sys.executable, "-m", "tests.hosts.plain", destination, str(CALLS_BY_HOST), str(seconds)]
    running = [subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE) for _ in range(processes)]
    return sum(float(process.communicate(timeout=60)[0]) for process in running)


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    if reason := missing():
        pytest.skip(reason)
    folder = tmp_path_factory.mktemp("hosts")
    with network(folder) as net, postgres(folder, net.here[1]) as database:
        redis = Redis(folder, net.here[2])
        redis.start()
        port = free_port(net.here[0])
        words = ["-m", "tests.hosts.destination", net.here[0], str(port), str(LATENCY_MS)]
        server = subprocess.Popen([sys.executable, *words], cwd=ROOT)
        made = Installation(net, database, redis, f"http://{net.here[0]}:{port}", {})
        # What every host has in common. All else is the default.
        made.environment.update(
            os.environ,
            PORTAL_ENV_FILE="",
            DJANGO_SETTINGS_MODULE="config.settings",
            PYTHONPATH=str(ROOT),
            PORTAL_VAR=str(folder / "var"),
            WORKERS=str(WORKERS),
            LEASE_SECONDS="15",
            QUEUE_LOG_LEVEL="INFO",
            PRIVATE_NETWORKS="10.213.0.0/16,127.0.0.0/8",
            DATABASE_URL=database,
            REDIS_URL=redis.url,
        )
        try:
            made.run("manage.py", "migrate", "--verbosity", "0")
            calls = f"{CALLS_BY_HOST * len(HOSTS)}/{CALLS_BY_HOST}"
            made.run("-m", "tests.hosts.portal", "configure", made.destination, calls)
            for name in HOSTS:
                net.add(name, made.environment | {"PORTAL_VAR": str(folder / name)})
            yield made
        finally:
            server.kill()
            server.wait()
            for host in net.hosts:
                host.kill()
            redis.stop()


@pytest.fixture
def installation(everything: Installation) -> Iterator[Installation]:
    """The same servers and books for all tests of a file; each starts its hosts anew."""
    yield everything
    for host in everything.hosts:
        host.kill()
