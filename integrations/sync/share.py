"""No destination holds more than its share of a host's workers: one is always left for the others.

A place is a lock on a file of this host, which the kernel gives back when its worker dies, in whatever way.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings


def places() -> int:
    return max(int(settings.Q_CLUSTER["workers"]) - 1, 1)


@contextmanager
def place(connection_id: int) -> Iterator[bool]:
    """Takes one of this host's places for a destination, as long as the block lasts; False where all are taken."""
    taken = _take(connection_id)
    try:
        yield taken is not None
    finally:
        if taken is not None:
            os.close(taken)


def _take(connection_id: int) -> int | None:
    folder = Path(settings.VAR) / "places"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for number in range(places()):
        file = os.open(folder / f"{connection_id}-{number}", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(file)
            continue
        return file
    return None
