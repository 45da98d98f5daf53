"""The portal under attack: two groups of workers as on two machines, a web server, the operator; one database."""

from __future__ import annotations

import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg

from tests.integrations.processes.family import children, descendants, lives

from .ambush import Ambushes

ROOT = Path(__file__).resolve().parents[2]
WORKERS = 3
GROUPS = ("first", "second")
SHORTEST_LEASE = 7.0


@dataclass
class ChaosPortal:
    folder: Path
    postgres: str = ""
    redis: str = ""
    surroundings: dict[str, str] = field(default_factory=dict)
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.ambushes = Ambushes(self.folder)
        self.web = f"127.0.0.1:{free_port()}"

    @property
    def environment(self) -> dict[str, str]:
        return {
            **os.environ,
            **self.surroundings,
            "DJANGO_SETTINGS_MODULE": "tests.chaos.settings",
            "CHAOS_FOLDER": str(self.folder),
            "PORTAL_ENV_FILE": "",
            "SECRET_KEY": "a key for tests alone, which protects nothing at all",
            "SALT_KEY": "a salt for tests alone",
            "PORTAL_VAR": str(self.folder),
            "DATABASE_URL": self.postgres or f"sqlite:///{self.sqlite}",
            "REDIS_URL": self.redis,
            "WORKERS": str(WORKERS),
            "LEASE_SECONDS": str(SHORTEST_LEASE),
            "WEB_PROCESSES": "1",
            "QUEUE_POLL": "0.05",
            "PYTHONPATH": str(ROOT),
        }

    @property
    def sqlite(self) -> Path:
        return self.folder / "portal.sqlite3"

    # Processes.

    def run(self, *arguments: str, **more: str) -> str:
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=self.environment | more,
            capture_output=True,
            check=False,
            text=True,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def start(self, name: str, *arguments: str, **more: str) -> subprocess.Popen[bytes]:
        """`manage.py <arguments>`, which goes on running under this name; its output is in `<name>.log`."""
        with self.log(name).open("ab") as log:
            self.processes[name] = subprocess.Popen(
                [sys.executable, "manage.py", *arguments],
                cwd=ROOT,
                env=self.environment | more,
                stdout=log,
                stderr=log,
            )
        return self.processes[name]

    def start_all(self) -> None:
        for name in GROUPS:
            self.start(name, "work")
        self.start("web", "serve", self.web)
        self.start("operator", "operate")

    def start_what_fell(self) -> None:
        """As an init system does: a supervisor that was killed is started anew."""
        for name in (*GROUPS, "web", "operator"):
            if name in self.processes and self.processes[name].poll() is not None:
                arguments = ("serve", self.web) if name == "web" else ("operate",)
                self.start(name, *(("work",) if name in GROUPS else arguments))

    def end(self) -> None:
        for process in self.processes.values():
            if process.poll() is None:
                for pid in descendants(process.pid):
                    _continue(pid)
                process.kill()
            process.wait()

    def log(self, name: str) -> Path:
        return self.folder / f"{name}.log"

    def told(self, characters: int = 2500) -> str:
        logs = [*GROUPS, "web", "operator"]
        return "\n".join(
            f"--- {name}\n{self.log(name).read_text('utf-8', 'replace')[-characters:]}"
            for name in logs
            if self.log(name).exists()
        )

    def roles(self, group: str) -> dict[int, str]:
        """Process → what it is, of one group that stands whole; else nothing."""
        supervisor = self.processes[group].pid
        for main in children(supervisor):
            for guard in children(main):
                workers = children(guard)
                if len(workers) == WORKERS + 2:
                    *of_work, monitor, pusher = workers
                    found = {supervisor: "supervisor", main: "main", guard: "guard"}
                    return found | dict.fromkeys(of_work, "worker") | {monitor: "monitor", pusher: "pusher"}
        return {}

    def web_processes(self) -> dict[int, str]:
        supervisor = self.processes["web"].pid
        found = {}
        for main in children(supervisor):
            found[main] = "web main"
            found |= dict.fromkeys(children(main), "web")
        return found if "web" in found.values() else {}

    def group_of(self, pid: int) -> str:
        """ "" where it belongs to none that lives."""
        return next((name for name in GROUPS if pid in descendants(self.processes[name].pid)), "")

    # Tables.

    def asked(self, question: str) -> list[Any]:
        """Waits for a server that was just restarted."""
        ends = time.monotonic() + 20
        while True:
            try:
                return self._asked(question)
            except psycopg.OperationalError:
                if time.monotonic() > ends:
                    raise
                time.sleep(0.1)

    def _asked(self, question: str) -> list[Any]:
        if self.postgres:
            with psycopg.connect(self.postgres, connect_timeout=5) as database:
                return database.execute(question.encode()).fetchall()
        with closing(sqlite3.connect(self.sqlite, timeout=30)) as database:
            return database.execute(question).fetchall()

    def changed(self, statement: str) -> None:
        if self.postgres:
            with psycopg.connect(self.postgres) as database:
                database.execute(statement.encode())
            return
        with closing(sqlite3.connect(self.sqlite, timeout=30)) as file, file:
            file.execute(statement)

    def number(self, question: str) -> int:
        return int(self.asked(question)[0][0])

    def claims(self) -> dict[int, str]:
        """Living process → job, of those that have a batch claimed or a page in flight."""
        rows = self.asked(
            "SELECT b.lease_holder, j.key FROM integrations_batch b JOIN integrations_syncjob j ON j.id = b.job_id"
            " WHERE b.settled_at IS NULL AND b.lease_token <> ''"
        )
        held = {int(holder.split("/")[-2]): job for holder, job in rows}
        return {pid: job for pid, job in (self.ambushes.readers() | held).items() if lives(pid)}


def _continue(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGCONT)
    except ProcessLookupError:
        return


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
