"""Real processes over one database file, a real SIGKILL, and two systems that note what they were asked."""

from __future__ import annotations

import json
import signal
import sqlite3
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.growth.audits import CONFIGURATION
from tests.integrations.answering import Asked, Platform, Says
from tests.integrations.processes.conftest import ROOT, Portal, ended, migrated

__all__ = ["migrated"]

pytestmark = [
    pytest.mark.chaos,
    pytest.mark.timeout(120),
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="its processes are watched in /proc"),
]


class Sides(Platform):
    """Six articles in pages of two on either side; the fourth says 9 in the channel where it should say 4. While
    `holds` is set, the owner's second page does not come."""

    def __init__(self) -> None:
        super().__init__()
        self.holds, self.is_held, self.goes_on = True, threading.Event(), threading.Event()
        self.on("/here/stock", self._page)
        self.on("/there/stock", self._page)
        for number in range(1, 7):
            self.on(f"/there/stock/SKU-{number}", Says(_row("there", number)))

    def _page(self, asked: Asked) -> Says:
        side = asked.path.split("/")[1]
        start = int(asked.params.get("cursor", 0))
        if side == "here" and start == 2 and self.holds:
            self.is_held.set()
            self.goes_on.wait(60)
        rows = [_row(side, number) for number in range(start + 1, start + 3)]
        return Says({"stock": rows, "next": str(start + 2) if start < 4 else None})

    def lists(self) -> Counter[tuple[str, str]]:
        return Counter(
            (asked.path, asked.params.get("cursor", "0"))
            for asked in self.asked
            if asked.path.endswith("/stock")
        )


def _row(side: str, number: int) -> dict[str, Any]:
    if side == "there":
        return {"id": f"SKU-{number}", "sku": f"SKU-{number}", "available": 9 if number == 4 else number}
    return {"id": f"M-{number}", "sku": f"SKU-{number}", "location": "M", "on_hand": number, "allocated": 0}


class NearBy(Portal):
    """Both systems are on this machine."""

    @property
    def environment(self) -> dict[str, str]:
        return {**super().environment, "PRIVATE_NETWORKS": "127.0.0.0/8"}


@pytest.fixture
def sides() -> Iterator[Sides]:
    platform = Sides()
    yield platform
    platform.goes_on.set()
    platform.close()


@pytest.fixture
def portal(migrated: Path, tmp_path: Path, sides: Sides) -> Iterator[Portal]:
    (tmp_path / "portal.sqlite3").write_bytes(migrated.read_bytes())
    (tmp_path / "both.yaml").write_text(CONFIGURATION.replace("${BASE}", f"http://127.0.0.1:{sides.port}"))
    made = NearBy(tmp_path)
    made.run("apply", str(tmp_path / "both.yaml"))
    yield from ended(made)


def audit(portal: Portal) -> tuple[int, dict[str, Any]]:
    done = subprocess.run(
        [sys.executable, "manage.py", "audit", "shelves", "--json"],
        cwd=ROOT,
        env=portal.environment,
        capture_output=True,
        check=False,
        text=True,
    )
    return done.returncode, json.loads(done.stdout)


def rows(portal: Portal, question: str) -> list[Any]:
    with closing(sqlite3.connect(portal.folder / "portal.sqlite3")) as database:
        return database.execute(question).fetchall()


RUNS = "SELECT state, compared, agree, differ, source_rows, destination_rows FROM monitoring_auditrun ORDER BY id"


def test_it_is_taken_up_where_it_was_then_the_next_begins_and_nothing_is_ever_written(
    portal: Portal, sides: Sides
) -> None:
    pid = portal.start("audit", "shelves")
    assert sides.is_held.wait(60), portal.told()
    (process,) = portal.started
    process.send_signal(signal.SIGKILL)
    assert process.wait(10) == -signal.SIGKILL
    assert pid == process.pid
    assert rows(portal, RUNS) == [("running", 0, 0, 0, 2, 6)], (
        "both pages that were read are kept, and no more"
    )
    assert rows(portal, "SELECT count(*) FROM monitoring_auditedrecord") == [(2,)]
    sides.holds = False
    sides.goes_on.set()
    code, told = audit(portal)
    assert (code, rows(portal, RUNS)) == (1, [("finished", 6, 5, 1, 6, 6)]), told
    held = ("/here/stock", "2")
    assert sides.lists()[held] == 2, "the page that it fell with"
    assert set((sides.lists() - Counter([held])).values()) == {1}, "no other page is read again"
    assert rows(portal, "SELECT subject, should_say, says FROM monitoring_auditdifference") == [
        ("Stock of SKU-4", "4", "9")
    ]
    code, told = audit(portal)
    assert (code, rows(portal, RUNS)) == (1, [("finished", 6, 5, 1, 6, 6)] * 2), told
    assert {asked.method for asked in sides.asked} == {"GET"}
    assert rows(portal, "SELECT count(*) FROM integrations_intent") == [(0,)]
    assert rows(portal, "SELECT count(*) FROM monitoring_auditsight") == [(0,)]
