"""Makes the queue's processes fall together, for a supervisor to start them anew.

The queue's workers wait inside a lock that all of them share. One that is killed while it waits (the kernel's
out-of-memory killer is enough) keeps the lock for ever, and the others wait on without an error. The queue notices
the death and puts a new worker beside it, which waits as well. So an unclean death of any one ends all of them at
once, before the abandoned lock can matter; the tables know what is left to do.
"""

from __future__ import annotations

import ctypes
import logging
import os
import signal
import sys
from collections.abc import Callable

_PR_SET_PDEATHSIG = 1


def dies_with_parent() -> Callable[[], None]:
    """What a child calls right after its fork, so that it is killed when this process ends in whatever way.

    Prepared here, in the parent, because little is safe between a fork and what follows it. Linux only; elsewhere
    it does nothing, and a parent that is killed outright leaves its children.
    """
    if not sys.platform.startswith("linux"):
        return lambda: None
    set_option = ctypes.CDLL(None, use_errno=True).prctl
    parent = os.getpid()

    def promise() -> None:
        if set_option(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0) != 0:
            os._exit(70)
        # The parent may have ended before the promise was made.
        if os.getppid() != parent:
            os._exit(70)

    return promise


class FallingHandler(logging.Handler):
    """Kills its own process at a CRITICAL record: the queue logs at that level only that a child died uncleanly."""

    def __init__(self) -> None:
        super().__init__(level=logging.CRITICAL)

    def emit(self, record: logging.LogRecord) -> None:
        sys.stderr.write(f"The queue falls together, to be started anew: {record.getMessage()}\n")
        sys.stderr.flush()
        # Not an exit: leaving in order would wait for the very processes that can no longer move.
        os.kill(os.getpid(), signal.SIGKILL)


def install() -> None:
    """For the process that runs the queue; every process forked from it inherits both halves."""
    next_promise: list[Callable[[], None]] = []
    os.register_at_fork(
        before=lambda: next_promise.append(dies_with_parent()),
        after_in_parent=next_promise.clear,
        after_in_child=lambda: next_promise.pop()(),  # noqa: PLW0108 (taken when the fork comes)
    )
    logging.getLogger("django-q").addHandler(FallingHandler())
