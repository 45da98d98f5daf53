"""What processes have used, read from /proc. Linux."""

from __future__ import annotations

import os
from pathlib import Path

from tests.integrations.processes.family import descendants

TICKS = os.sysconf("SC_CLK_TCK")


def processor_seconds(pid: int) -> float:
    """User and system time of a process and all below it, and of those of them that ended and were waited for."""
    return sum(sum(map(int, fields[11:15])) for fields in _family(pid).values()) / TICKS


def megabytes(pid: int) -> float:
    """Shared pages counted once."""
    return sum(_proportional(each) for each in _family(pid)) / 1024


def _family(pid: int) -> dict[int, list[str]]:
    found = {}
    for each in (pid, *descendants(pid)):
        try:
            found[each] = Path(f"/proc/{each}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
    return found


def _proportional(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)
