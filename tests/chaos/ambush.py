"""How the killer and the portal's processes meet: through files, so that neither waits for the other.

The killer lays an ambush: a file named for the point and the deed. The first process that reaches the point takes
the file away (a rename succeeds for one alone), writes down that it was there, and kills or stops itself.
"""

from __future__ import annotations

import json
import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path

PAGE_FETCHED = "after the page is fetched"
WEIGHED = "before the intent is stored"
INTENT_STORED = "after the intent is stored"
REQUEST_LEFT = "after the request left"
OUTCOME_UNCOMMITTED = "before the outcome commits"
TOKEN_REFRESH = "in the middle of a token refresh"
HAND_OVER_BEGINS = "before a hand-over begins"
HAND_OVER_HALF = "in the middle of a hand-over"
HAND_OVER_UNCOMMITTED = "before a hand-over commits"
HAND_OVER_COMMITTED = "after a hand-over commits"
# Those that each run of the suite strikes at. At WEIGHED nothing of ours is at risk; it serves a test of its own, and
# so do the hand-overs, since the suite's three warehouses are each other's rivals.
POINTS = (PAGE_FETCHED, INTENT_STORED, REQUEST_LEFT, OUTCOME_UNCOMMITTED, TOKEN_REFRESH)
HAND_OVERS = (HAND_OVER_BEGINS, HAND_OVER_HALF, HAND_OVER_UNCOMMITTED, HAND_OVER_COMMITTED)

KILL, STOP = "kill", "stop"

SIGNALS = {KILL: signal.SIGKILL, STOP: signal.SIGSTOP}


@dataclass(frozen=True)
class Sprung:
    """Who met an ambush. `job`: whose batch or page it had in hand."""

    point: str
    deed: str
    job: str
    pid: int


class Ambushes:
    def __init__(self, folder: Path) -> None:
        self.laid = folder / "laid"
        self.log = folder / "sprung.jsonl"
        self.reading = folder / "reading"
        for place in (self.laid, self.reading):
            place.mkdir(parents=True, exist_ok=True)

    # The killer's side.

    def lay(self, point: str, deed: str, job: str = "") -> None:
        (self.laid / _name(point, deed, job)).touch()

    def take_back(self, point: str, deed: str, job: str = "") -> bool:
        """Whether it was still there: nobody came that way."""
        try:
            (self.laid / _name(point, deed, job)).unlink()
        except FileNotFoundError:
            return False
        return True

    def sprung(self, after: int = 0) -> list[Sprung]:
        """Those after the first `after`, in their order."""
        lines = self.log.read_text().splitlines() if self.log.exists() else []
        return [Sprung(**json.loads(line)) for line in lines[after:]]

    def readers(self) -> dict[int, str]:
        """Processes that have a page in flight, and for which job. Some may have died with it."""
        found = {}
        for mark in self.reading.iterdir():
            try:
                found[int(mark.name)] = mark.read_text()
            except FileNotFoundError:
                continue
        return found

    # The portal's side.

    def reached(self, point: str, job: str) -> None:
        """Returns at once, unless somebody lies in wait here; or later, or never."""
        for deed, number in SIGNALS.items():
            for name in (_name(point, deed, job), _name(point, deed, "")):
                if self._met(self.laid / name):
                    told = {"point": point, "deed": deed, "job": job, "pid": os.getpid()}
                    with self.log.open("a") as log:
                        log.write(json.dumps(told) + "\n")
                    os.kill(os.getpid(), number)
                    # A signal to oneself may arrive on another thread, a moment later.
                    time.sleep(0.05)
                    return

    def _met(self, laid: Path) -> bool:
        try:
            laid.rename(laid.parent.parent / f"{laid.name}.{os.getpid()}")
        except FileNotFoundError:
            return False
        return True


def _name(point: str, deed: str, job: str) -> str:
    return f"{point}.{deed}.{job or 'any'}"
