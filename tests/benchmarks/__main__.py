"""`make bench`: what the portal does in a second, beside a script that keeps nothing. Prints a table.

Every guarantee is on and every setting is its default: state per record, intents, encrypted batches, synchronous
writes. ORDERS= as many; needs nothing but the portal, and PostgreSQL's programs for the rows that use it.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from tests.chaos import database
from tests.chaos.portal import free_port

from . import hooks, processes

ROOT = Path(__file__).resolve().parents[2]
PORTAL = str(Path(__file__).parent / "portal.sh")
SECRETS = {"TOKEN": "a token of the benchmark's", "WEBHOOK_SECRET": "a secret of the benchmark's"}
SQLITE, POSTGRESQL, SCRIPT = "portal, SQLite", "portal, PostgreSQL", "script of 16 threads"
LONGEST = 600.0


@dataclass(frozen=True)
class Job:
    """`share`: of the orders asked for; slow jobs take fewer."""

    name: str
    faults: dict[str, Any] = field(default_factory=dict)
    surroundings: dict[str, str] = field(default_factory=dict)
    share: float = 1.0
    webhooks: bool = False
    # Whom the script's row would tell nothing of.
    portal_only: bool = False


JOBS = [
    Job("J1 no latency"),
    Job("J1 in batches", surroundings={"BENCH_BATCH": "1"}, portal_only=True),
    Job("J2 50 ms", {"latency_ms": 50}, share=0.2),
    Job("J2 50 ms, 64 calls", {"latency_ms": 50}, {"BENCH_CALLS": "64"}, share=0.2, portal_only=True),
    Job("J3 429 and 500", {"per_second": 200, "fails": 0.02}, {"BENCH_JOB": "J3"}, share=0.2),
    Job("J4 webhooks", share=0.5, webhooks=True, portal_only=True),
]


@dataclass
class Row:
    job: str
    who: str
    orders: int
    books: dict[str, Any]
    cpu: float
    megabytes: float
    acknowledged: hooks.Answered | None = None

    @property
    def rate(self) -> float:
        return float(self.books["made"] / self.books["seconds"]) if self.books["seconds"] > 0 else 0.0

    @property
    def is_right(self) -> bool:
        books = self.books
        return bool(books["made"] == self.orders and not books["doubled"] and not books["early"])

    def told(self) -> str:
        """What is not as it must be, else what was met on the way."""
        names = ("doubled", "early", "replayed", "refused", "failed")
        met = [f"{name} {self.books[name]}" for name in names if self.books[name]]
        if self.books["made"] != self.orders:
            met.insert(0, f"{self.orders - self.books['made']} missing")
        return ", ".join(met) or "each once"


class Systems:
    """The shop and the warehouse, as a process of their own."""

    def __init__(self) -> None:
        command = [sys.executable, "-m", "tests.benchmarks.systems"]
        self.process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        self.base = f"http://127.0.0.1:{self.process.stdout.readline().strip()}"

    def forget(self, faults: dict[str, Any]) -> None:
        self._control(json.dumps(faults).encode())

    def books(self) -> dict[str, Any]:
        return self._control()

    def _control(self, body: bytes | None = None) -> dict[str, Any]:
        with urllib.request.urlopen(f"{self.base}/control", body, timeout=30) as answer:
            found: dict[str, Any] = json.load(answer)
            return found


class Bench:
    def __init__(self, systems: Systems, orders: int) -> None:
        self.systems = systems
        self.orders = orders

    def script(self, job: Job) -> Row:
        orders = self._prepare(job)
        environment = self._environment(job)
        process = _start([sys.executable, "-m", "tests.benchmarks.script"], environment)
        most, used = 0.0, 0.0
        while process.poll() is None:
            most = max(most, processes.megabytes(process.pid))
            used = max(used, processes.processor_seconds(process.pid))
            time.sleep(0.1)
        assert process.returncode == 0, "the script failed"
        return Row(job.name, SCRIPT, orders, self.systems.books(), used, most)

    def portal(self, job: Job, who: str) -> Row:
        orders = self._prepare(job)
        with _database(who) as url, tempfile.TemporaryDirectory(prefix="crossdock-bench-") as state:
            environment = self._environment(job) | ({"DATABASE_URL": url} if url else {})
            subprocess.run([PORTAL, "prepare", state], env=environment, check=True, stdout=subprocess.DEVNULL)
            if job.webhooks:
                return self._by_webhooks(job, who, orders, state, environment)
            with _running([PORTAL, "work", state], environment, settle=4.0) as pid:
                watched = _Watched(pid)
                subprocess.run(
                    [PORTAL, "batch", state], env=environment, check=True, stdout=subprocess.DEVNULL
                )
                return Row(job.name, who, orders, self.systems.books(), *watched.used())

    def _by_webhooks(self, job: Job, who: str, orders: int, state: str, environment: dict[str, str]) -> Row:
        port = free_port()
        with _running([PORTAL, "serve", state, str(port)], environment, settle=0.0) as pid:
            hooks.await_portal(port)
            time.sleep(4.0)
            watched = _Watched(pid)
            began = time.monotonic()
            answered = hooks.send(port, SECRETS["WEBHOOK_SECRET"], orders)
            _await(lambda: self.systems.books()["made"] >= orders)
            books = self.systems.books() | {"seconds": time.monotonic() - began}
            return Row(job.name, who, orders, books, *watched.used(), answered)

    def _prepare(self, job: Job) -> int:
        orders = max(int(self.orders * job.share), 1)
        self.systems.forget({"orders": orders, **job.faults})
        return orders

    def _environment(self, job: Job) -> dict[str, str]:
        base = self.systems.base
        addresses = {"SHOP_URL": f"{base}/shop", "WAREHOUSE_URL": f"{base}/warehouse"}
        without = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
        return {**without, **SECRETS, **addresses, **job.surroundings}


class _Watched:
    def __init__(self, pid: int) -> None:
        self.pid, self.before = pid, processes.processor_seconds(pid)

    def used(self) -> tuple[float, float]:
        """Processor seconds since the beginning, and megabytes now."""
        used = processes.processor_seconds(self.pid) - self.before
        return used, processes.megabytes(self.pid)


def _start(command: list[str], environment: dict[str, str]) -> subprocess.Popen[bytes]:
    """In a session of its own, so that all of it can be ended."""
    return subprocess.Popen(
        command, cwd=ROOT, env=environment, start_new_session=True, stdout=subprocess.DEVNULL
    )


@contextmanager
def _running(command: list[str], environment: dict[str, str], settle: float) -> Iterator[int]:
    process = _start(command, environment)
    try:
        time.sleep(settle)
        yield process.pid
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


@contextmanager
def _database(who: str) -> Iterator[str]:
    """The address of a new one; "" for the portal's own SQLite file."""
    if who != POSTGRESQL:
        yield ""
        return
    server = database.Server(free_port(), durable=True)
    try:
        yield server.url
    finally:
        server.stop()


def _await(is_done: Callable[[], bool]) -> None:
    ends = time.monotonic() + LONGEST
    while not is_done() and time.monotonic() < ends:
        time.sleep(0.05)


def print_table(rows: list[Row]) -> None:
    table = Table(title="Orders from the shop to the warehouse")
    for heading in (
        "job",
        "who",
        "orders/s",
        "of the script",
        "CPU s/1000",
        "MB",
        "acks/s",
        "p99 ms",
        "check",
    ):
        table.add_column(heading, justify="left" if heading in ("job", "who", "check") else "right")
    # One script for all rows of a job: J1, J2, J3.
    scripts = {row.job[:2]: row.rate for row in rows if row.who == SCRIPT}
    for row in rows:
        beside = scripts.get(row.job[:2])
        acknowledged = row.acknowledged
        table.add_row(
            row.job,
            row.who,
            f"{row.rate:,.0f}",
            f"{row.rate / beside:.2f} ×" if beside else "",
            f"{row.cpu / row.orders * 1000:.2f}",
            f"{row.megabytes:,.0f}",
            f"{acknowledged.rate:,.0f}" if acknowledged else "",
            f"{acknowledged.p99_ms:.0f}" if acknowledged else "",
            f"[green]{row.told()}[/]" if row.is_right else f"[red]{row.told()}[/]",
        )
    Console(width=max(110, shutil.get_terminal_size().columns)).print(table)
    print("The processor time and memory of a PostgreSQL server are not in these figures.")


def main() -> int:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--orders", type=int, default=10_000)
    parser.add_argument("--only", default="", help="J1, J2, J3 or J4")
    chosen = parser.parse_args()
    lacks = database.missing()
    if lacks:
        print(f"Without PostgreSQL: {lacks}")
    systems, rows = Systems(), list[Row]()
    bench = Bench(systems, chosen.orders)
    try:
        for job in (job for job in JOBS if job.name.startswith(chosen.only)):
            for who in (SCRIPT, SQLITE, *([] if lacks else [POSTGRESQL])):
                if who == SCRIPT and job.portal_only:
                    continue
                rows.append(bench.script(job) if who == SCRIPT else bench.portal(job, who))
                print(f"{job.name}, {who}: {rows[-1].rate:,.0f}/s, {rows[-1].told()}", flush=True)
    finally:
        systems.process.kill()
    print_table(rows)
    return int(not all(row.is_right for row in rows))


if __name__ == "__main__":
    raise SystemExit(main())
