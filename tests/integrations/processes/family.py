"""Looks at real processes: who lives, and who is whose child. Linux."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

LONGEST = 40.0


def lives(pid: int) -> bool:
    """A zombie does not: it has ended, and only waits for somebody to ask how."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state not in "ZX"


def children(pid: int) -> list[int]:
    """In the order of their birth."""
    try:
        threads = list(Path(f"/proc/{pid}/task").iterdir())
        found = [int(child) for thread in threads for child in (thread / "children").read_text().split()]
    except (FileNotFoundError, ProcessLookupError):
        return []
    return [child for child in found if lives(child)]


def descendants(pid: int) -> Iterator[int]:
    for child in children(pid):
        yield child
        yield from descendants(child)


def has_rested(pid: int, seconds: float = 0.5) -> bool:
    """It has not run at all for so long: what it was about is done, and it waits."""
    before = _processor_time(pid)
    time.sleep(seconds)
    return _processor_time(pid) == before


def _processor_time(pid: int) -> tuple[str, str]:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return fields[11], fields[12]


def until(condition: Callable[[], bool], what: str, seconds: float = LONGEST) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"After {seconds:.0f} s: {what}")
        time.sleep(0.02)
