"""The portal under attack: on one SQLite file, or on PostgreSQL with Redis as its queue."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, LiteralString

import psycopg
import pytest

from tests.integrations.processes.conftest import Portal, migrated
from tests.integrations.processes.family import lives

__all__ = ["migrated", "portal", "portal_on_servers"]


@dataclass
class ChaosPortal(Portal):
    postgres: str = ""
    redis: str = ""

    @property
    def environment(self) -> dict[str, str]:
        # Leases that run out soon: a worker that was killed is replaced while the test looks on.
        found = super().environment | {"WORKERS": "2", "LEASE_SECONDS": "10"}
        return found | ({"DATABASE_URL": self.postgres, "REDIS_URL": self.redis} if self.postgres else {})

    def asked(self, question: LiteralString) -> list[Any]:
        if self.postgres:
            with psycopg.connect(self.postgres) as database:
                return database.execute(question).fetchall()
        with closing(sqlite3.connect(self.folder / "portal.sqlite3", timeout=30)) as database:
            return database.execute(question).fetchall()


@pytest.fixture
def portal(migrated: Path, tmp_path: Path) -> Iterator[ChaosPortal]:
    shutil.copy(migrated, tmp_path / "portal.sqlite3")
    yield from ended(ChaosPortal(tmp_path))


@pytest.fixture
def portal_on_servers(tmp_path: Path, postgres_url: str, redis_url: str) -> Iterator[ChaosPortal]:
    made = ChaosPortal(tmp_path, postgres=postgres_url, redis=redis_url)
    made.run("migrate", "--verbosity", "0")
    yield from ended(made)


def ended(portal: ChaosPortal) -> Iterator[ChaosPortal]:
    yield portal
    for process in portal.started:
        if lives(process.pid):
            process.kill()
        process.wait()
