"""Worlds under siege: each test has a shop, three warehouses, a portal and a database of its own."""

from __future__ import annotations

import os
import random
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integrations.processes.conftest import migrated

from . import database
from .portal import free_port
from .siege import Siege, besieged

__all__ = ["migrated"]

linux = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="looks into /proc, which only Linux has"
)


@pytest.fixture
def seed() -> int:
    """SEED in the environment plays the same chances again."""
    found = int(os.environ.get("SEED", "0")) or random.SystemRandom().randrange(1, 10_000)
    print(f"SEED={found}")
    return found


@pytest.fixture
def siege(migrated: Path, tmp_path: Path, seed: int) -> Iterator[Siege]:
    with besieged(tmp_path, seed) as made:
        shutil.copy(migrated, made.portal.sqlite)
        yield made


@pytest.fixture
def calm(migrated: Path, tmp_path: Path) -> Iterator[Siege]:
    """Nobody strikes by chance, answers come at once and sessions last; the test says who does what, and when."""
    with besieged(tmp_path, 1, slow=False) as made:
        shutil.copy(migrated, made.portal.sqlite)
        made.prepare(every_seconds=0, second=True)
        yield made


@pytest.fixture
def server() -> Iterator[database.Server]:
    if reason := database.missing():
        pytest.skip(reason)
    made = database.Server(free_port())
    yield made
    made.stop()


@pytest.fixture
def siege_on_servers(server: database.Server, redis_url: str, tmp_path: Path, seed: int) -> Iterator[Siege]:
    with besieged(tmp_path, seed, postgres=server.url, redis=redis_url) as made:
        made.portal.run("migrate", "--verbosity", "0")
        yield made
