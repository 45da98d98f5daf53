"""Who holds a lease, and whether that process is proven dead."""

from __future__ import annotations

import os
import socket
from functools import lru_cache
from pathlib import Path


def this_process() -> str:
    """`host/machine/boot/space/pid/start`.

    The start time tells a process from a later one with the same number; the space is the process numbers' own
    (two containers on one machine may both have a process 7); the machine and its boot tell hosts of one name apart.
    """
    return _describe(os.getpid())


@lru_cache(maxsize=4)
def _describe(process_id: int) -> str:
    return (
        f"{socket.gethostname()[:60]}/{_machine()}/{_boot()}/{_space()}/{process_id}/{_started(process_id)}"
    )


def is_proven_dead(holder: str) -> bool:
    """True only where it can be seen: the process was of this host and is gone, or the host was started anew.

    A process of another host, of another container, or one that is merely stopped, is never proven dead.
    """
    parts = holder.split("/")
    if len(parts) != 6:
        return False
    host, machine, boot, space, process_id, start = parts
    if host != socket.gethostname()[:60] or machine != _machine():
        return False
    if boot != _boot():
        # Without a number of its own, a machine of the same name may be another one.
        return bool(machine and boot and _boot())
    if space != _space() or not space:
        return False
    started = _started(int(process_id))
    return started == "" or (start != "" and started != start)


@lru_cache(maxsize=1)
def _machine() -> str:
    """The number that an installed system gives itself; containers often have none, or their image's."""
    return "" if _in_container() else _read("/etc/machine-id")[:8]


def _in_container() -> bool:
    """Started by a container engine: the process numbers' first is no system's own init."""
    return Path("/.dockerenv").exists() or Path("/run/.containerenv").exists() or "container" in os.environ


@lru_cache(maxsize=1)
def _boot() -> str:
    return _read("/proc/sys/kernel/random/boot_id")[:13]


@lru_cache(maxsize=1)
def _space() -> str:
    try:
        return str(Path("/proc/self/ns/pid").stat().st_ino)
    except OSError:
        return ""


def _read(path: str) -> str:
    try:
        return Path(path).read_text().strip()
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
