"""Who holds a lease, and whether that process is proven dead."""

from __future__ import annotations

import os
import socket
from functools import lru_cache
from pathlib import Path


def this_process() -> str:
    """`host/boot/pid/start`: the start time tells a process from a later one with the same number."""
    return _describe(os.getpid())


@lru_cache(maxsize=4)
def _describe(process_id: int) -> str:
    return f"{socket.gethostname()[:60]}/{_boot()}/{process_id}/{_started(process_id)}"


def is_proven_dead(holder: str) -> bool:
    """True only where it can be seen: the process was of this host and is gone, or the host was started anew.

    A process of another host, or one that is merely stopped, is never proven dead.
    """
    parts = holder.split("/")
    if len(parts) != 4 or parts[0] != socket.gethostname()[:60]:
        return False
    if parts[1] != _boot():
        return bool(parts[1] and _boot())
    started = _started(int(parts[2]))
    return started == "" or (parts[3] != "" and started != parts[3])


@lru_cache(maxsize=1)
def _boot() -> str:
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()[:13]
    except OSError:
        return ""


def _started(process_id: int) -> str:
    try:
        text = Path(f"/proc/{process_id}/stat").read_text()
    except OSError:
        return "" if not _exists(process_id) else "?"
    fields = text.rsplit(")", 1)[1].split()
    return "" if fields[0] in "ZX" else fields[19]


def _exists(process_id: int) -> bool:
    try:
        os.kill(process_id, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
