"""What processes have used, read from /proc. Linux."""

from __future__ import annotations

import os
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")


def processor_seconds(session: int) -> float:
    """User and system time of a session's processes, and of those of them that ended and were waited for."""
    return sum(sum(map(int, fields[11:15])) for fields in _of_session(session).values()) / TICKS


def megabytes(session: int) -> float:
    """Shared pages counted once."""
    return sum(_proportional(pid) for pid in _of_session(session)) / 1024


def _of_session(session: int) -> dict[int, list[str]]:
    found = {}
    for place in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = place.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[3]) == session:
            found[int(place.parent.name)] = fields
    return found


def _proportional(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)
