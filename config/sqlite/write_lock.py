"""One fair lock before each write transaction of a SQLite database.

SQLite's own waiting polls: whoever looks at the right moment gets the lock, and a small write starves beside two
that write batches. Here those who wait are served in turn, and a process that somebody waits for (the web server)
before the others. SQLite's lock remains the one that keeps the file whole; this one only orders those who queue for
it, so a statement that slips past it does no harm.
"""

from __future__ import annotations

import fcntl
import os
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_open_locks: weakref.WeakSet[WriteLock] = weakref.WeakSet()
_goes_first = False


def go_first() -> None:
    """This process's writers are served before those of others that wait. For short writes only."""
    global _goes_first  # noqa: PLW0603  # it is a property of the process, as its priority is
    _goes_first = True


class WriteLock:
    """Excludes all other processes and threads that hold a WriteLock of their own on the same database.

    The lock ends with its holder, also by kill -9: the kernel gives it back with the open file.
    """

    def __init__(self, database: str | os.PathLike[str], *, goes_first: bool | None = None) -> None:
        """`goes_first` None: as the process does."""
        self._paths = [Path(f"{database}.{part}") for part in ("lock", "turn", "first")]
        self._goes_first = _goes_first if goes_first is None else goes_first
        self._files: list[int] | None = None
        self.held = False
        _open_locks.add(self)

    def acquire(self) -> None:
        """Waits for its turn. An exception raised by a signal's handler ends the waiting."""
        if self.held:
            return
        lock, turn, first = self._opened()
        # The turnstile: the first in the queue waits inside it. Without it a writer that comes back at once
        # takes the lock again before the one it woke has run.
        with _locked(first if self._goes_first else turn):
            fcntl.flock(lock, fcntl.LOCK_EX)
            self.held = True
            if not self._goes_first and _is_taken(first):
                # Once only, so that webhooks without an end do not keep the workers from their turn.
                self.release()
                with _locked(first):
                    pass
                fcntl.flock(lock, fcntl.LOCK_EX)
                self.held = True

    def release(self) -> None:
        if not self.held or self._files is None:
            return
        self.held = False
        fcntl.flock(self._files[0], fcntl.LOCK_UN)

    def close(self) -> None:
        self.release()
        self.forget()

    def forget(self) -> None:
        """Closes the files without unlocking: what a forked child must do with its parent's lock."""
        files, self._files, self.held = self._files, None, False
        for descriptor in files or ():
            os.close(descriptor)

    def __del__(self) -> None:
        # A thread may end without closing its connection.
        self.forget()

    def _opened(self) -> list[int]:
        if self._files is None:
            flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC
            self._files = [os.open(path, flags, 0o600) for path in self._paths]
        return self._files


@contextmanager
def _locked(file: int) -> Iterator[None]:
    fcntl.flock(file, fcntl.LOCK_EX)
    try:
        yield
    finally:
        fcntl.flock(file, fcntl.LOCK_UN)


def _is_taken(file: int) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    fcntl.flock(file, fcntl.LOCK_UN)
    return False


def _forget_the_parents_locks() -> None:
    # A child shares its parent's open files: unlocking in the child would unlock the parent, and keeping them open
    # would keep the lock after the parent's death.
    for lock in list(_open_locks):
        lock.forget()


os.register_at_fork(after_in_child=_forget_the_parents_locks)
