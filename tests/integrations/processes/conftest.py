"""A portal of the test's own: database, settings and processes, apart from Django's test database."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from django_q.signing import SignedPackage

from .family import LONGEST, lives, until

ROOT = Path(__file__).resolve().parents[3]


@dataclass
class Portal:
    """Runs manage.py's commands as real processes over one SQLite file."""

    folder: Path
    supervisor: int = 0
    started: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def environment(self) -> dict[str, str]:
        return {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "PORTAL_ENV_FILE": "",
            "PORTAL_VAR": str(self.folder),
            "DATABASE_URL": f"sqlite:///{self.folder / 'portal.sqlite3'}",
            "REDIS_URL": "",
            "WORKERS": "1",
            "QUEUE_POLL": "0.05",
            "QUEUE_LOG_LEVEL": "INFO",
            "PYTHONPATH": str(ROOT),
        }

    @property
    def notebook(self) -> Path:
        return self.folder / "notebook.txt"

    def lines(self) -> list[str]:
        return self.notebook.read_text().split() if self.notebook.exists() else []

    def start(self, *arguments: str) -> int:
        """The process id of `manage.py <arguments>`, which goes on running; its output is in `log`."""
        with self.log.open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "manage.py", *arguments],
                cwd=ROOT,
                env=self.environment,
                stdout=log,
                stderr=log,
            )
        self.started.append(process)
        return process.pid

    @property
    def log(self) -> Path:
        return self.folder / "log.txt"

    def run(self, *arguments: str) -> None:
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            check=False,
            text=True,
        )
        assert done.returncode == 0, done.stdout + done.stderr

    def enqueue(self, function: str, *lines: str) -> None:
        """Has a worker run notebook's `function`, once for each line.

        Writes the queue's row itself: this process's own connection is to another database.
        """
        with closing(sqlite3.connect(self.folder / "portal.sqlite3", timeout=LONGEST)) as database, database:
            for line in lines or ("",):
                task: dict[str, Any] = {
                    "id": uuid.uuid4().hex,
                    "name": f"{function} {line}",
                    "func": f"tests.integrations.processes.notebook.{function}",
                    "args": (str(self.notebook), line) if line else (str(self.notebook),),
                    "kwargs": {},
                    "started": timezone.now(),
                }
                database.execute(
                    "INSERT INTO django_q_ormq (key, payload, lock) VALUES (?, ?, ?)",
                    ("crossdock", SignedPackage.dumps(task), "2000-01-01 00:00:00"),
                )

    def wait_for_lines(self, *wanted: str) -> None:
        until(
            lambda: set(wanted) <= set(self.lines()), f"{wanted} not in {self.lines()}; log:\n{self.told()}"
        )

    def told(self) -> str:
        return self.log.read_text() if self.log.exists() else ""

    def exit_code(self, pid: int) -> int:
        (process,) = [process for process in self.started if process.pid == pid]
        try:
            return process.wait(LONGEST)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"It goes on after {LONGEST} s; log:\n{self.told()}") from None


@pytest.fixture(autouse=True)
def _not_started_with_nohup() -> Iterator[None]:
    """Processes heed it, however these tests themselves were started."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, before)


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with all tables, made once and copied by each test."""
    portal = Portal(tmp_path_factory.mktemp("migrated"))
    portal.run("migrate", "--verbosity", "0")
    return portal.folder / "portal.sqlite3"


@pytest.fixture
def portal(migrated: Path, tmp_path: Path) -> Iterator[Portal]:
    shutil.copy(migrated, tmp_path / "portal.sqlite3")
    yield from ended(Portal(tmp_path))


def ended(portal: Portal) -> Iterator[Portal]:
    """Gives the portal, and ends afterwards what it started."""
    yield portal
    for process in portal.started:
        if lives(process.pid):
            process.kill()
        process.wait()
