"""The smallest task a worker can do: writes a line, so that one can see that somebody worked."""

from __future__ import annotations

import os
import signal


def note(file: str, line: str) -> None:
    with open(file, "a") as notebook:  # noqa: PTH123
        notebook.write(f"{line}\n")


def die(file: str) -> None:
    note(file, f"died-{os.getpid()}")
    os.kill(os.getpid(), signal.SIGKILL)
