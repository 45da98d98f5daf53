"""A place that holds files: what is asked of it, and a folder of this machine as the plainest of them.

A file that we write appears under its name only when it is whole and on the disk, and a file of others is never
deleted or overwritten.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import stat
import time
import uuid
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from integrations.connectors.files_failures import told
from integrations.connectors.files_words import parts_of
from integrations.exceptions import Failure

# Endings of names under which others, and we, write what is not whole yet.
OURS = ".crossdock-tmp"
TEMPORARY = (OURS, ".tmp", ".temp", ".part", ".partial", ".filepart", ".crdownload", ".swp")
LOCK_FILE = ".crossdock.lock"
# Seconds: for the lock of a folder, and after which what a dead worker left is cleared away.
LOCK, LEFT_OVER = 5.0, 3_600.0
MOST_BYTES = 256 * 2**20
# More names than this are not looked through: the folder is then no drop for files.
MOST_NAMES = 50_000

Fill = Callable[[BinaryIO], None]


class Changed(Exception):
    """A file is not any more what it was when it was looked at."""


@dataclass(frozen=True)
class Entry:
    """A plain file. `time` is in microseconds since 1970, as the place tells it."""

    name: str
    size: int
    time: int

    @property
    def when(self) -> datetime:
        return datetime.fromtimestamp(self.time / 1_000_000, UTC)


class Folder(ABC):
    """One folder of a place, for as long as it is looked at. Its methods raise OSError, EOFError or Failure."""

    @abstractmethod
    def entries(self) -> list[Entry]:
        """Its plain files: neither folders nor links."""

    @abstractmethod
    def look(self, name: str) -> Entry | None:
        """None where there is no plain file of this name."""

    @abstractmethod
    def open(self, entry: Entry) -> BinaryIO:
        """To be read from anywhere in it. Raises Changed where it is another file by now."""

    @abstractmethod
    def publish(self, name: str, fill: Fill, was: Entry | None) -> None:
        """The file under this name is from now on what `fill` writes, in one step. `was`: what is there until then;
        raises Changed where it is something else."""

    @abstractmethod
    def move(self, entry: Entry, path: str) -> None:
        """Into another folder of the place, which is made if need be; what is there under its name stays. Raises
        Changed where it is another file by now, and leaves that where it is."""

    @abstractmethod
    def clear(self, name: str) -> None:
        """Takes away what a dead worker of ours left."""

    @abstractmethod
    def locked(self) -> AbstractContextManager[None]:
        """One worker at a time, as far as the place has locks."""


class Place(ABC):
    """`address`: for whoever must know where secrets go. `name`: how its sentences call it."""

    address = ""
    name = ""

    @abstractmethod
    def folder(self, path: str, *, make: bool = False) -> AbstractContextManager[Folder]:
        """Raises Failure; so does whatever fails while the folder is looked at."""

    def close(self) -> None:  # noqa: B027  # not every place holds sockets
        """Gives back sockets."""


def free_name(entry: Entry, is_taken: Callable[[str], bool]) -> str:
    """Where a file of this name was put before, the time of this one is put into its name."""
    if not is_taken(entry.name):
        return entry.name
    stem, dot, suffix = entry.name.rpartition(".")
    stem, end = (stem, f"{dot}{suffix}") if stem else (entry.name, "")
    timed = f"{stem}.{entry.when:%Y%m%dT%H%M%S%fZ}"
    names = (f"{timed}{end}", *(f"{timed}-{number}{end}" for number in range(2, 100)))
    return next(name for name in names if not is_taken(name))


def is_left_over(entry: Entry) -> bool:
    """What a worker that died was about to write."""
    return entry.name.endswith(OURS) and time.time() - entry.time / 1_000_000 > LEFT_OVER


class LocalPlace(Place):
    """Below the root that this installation allows, whatever links and dots a name has."""

    def __init__(self, path: str, name: str) -> None:
        self._parts = parts_of(path)
        self.name = name

    @contextmanager
    def folder(self, path: str, *, make: bool = False) -> Iterator[Folder]:
        with told(self.name):
            opened = self._opened([*self._parts, *parts_of(path)], make)
            try:
                yield LocalFolder(opened, self)
            finally:
                os.close(opened)

    def _opened(self, parts: list[str], make: bool) -> int:
        """Part by part, each of which must be a folder and no link: nothing can be put in its place afterwards."""
        opened = os.open(self._root(), os.O_RDONLY | os.O_DIRECTORY)
        for part in parts:
            try:
                if make:
                    with contextlib.suppress(FileExistsError):
                        os.mkdir(part, dir_fd=opened)
                inner = os.open(part, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=opened)
            except NotADirectoryError:
                raise OSError(errno.ELOOP, "a link, or no folder") from None
            finally:
                os.close(opened)
            opened = inner
        return opened

    def _root(self) -> Path:
        from django.conf import settings

        allowed = str(getattr(settings, "FILES_ROOT", "") or "")
        if not allowed:
            raise Failure.config(
                "no_root",
                f"{self.name}: folders cannot be used here: whoever runs Crossdock has not named one for them in "
                "FILES_ROOT.",
                connection_wide=True,
            )
        path = Path(allowed)
        wrong = ""
        if not path.is_absolute():
            wrong = "is not absolute: it must begin with a /"
        elif not path.exists():
            wrong = "is not there"
        elif not path.is_dir():
            wrong = "is no folder"
        if wrong:
            raise Failure.config(
                "no_root",
                f"{self.name}: FILES_ROOT of this installation names {allowed}, which {wrong}. Whoever runs Crossdock "
                "corrects it in .env, or makes the folder.",
                connection_wide=True,
            )
        return path.resolve()


class LocalFolder(Folder):
    def __init__(self, opened: int, place: LocalPlace) -> None:
        self._fd = opened
        self._place = place

    def entries(self) -> list[Entry]:
        found = []
        with os.scandir(self._fd) as listed:
            for number, one in enumerate(listed):
                if number >= MOST_NAMES:
                    raise too_many(self._place.name)
                with contextlib.suppress(FileNotFoundError):
                    if one.is_file(follow_symlinks=False):
                        found.append(_entry(one.name, one.stat(follow_symlinks=False)))
        return found

    def look(self, name: str) -> Entry | None:
        try:
            found = os.stat(name, dir_fd=self._fd, follow_symlinks=False)
        except FileNotFoundError:
            return None
        return _entry(name, found) if stat.S_ISREG(found.st_mode) else None

    def open(self, entry: Entry) -> BinaryIO:
        try:
            # A pipe that was put in its place would keep us waiting.
            flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK
            opened = os.fdopen(os.open(entry.name, flags, dir_fd=self._fd), "rb")
        except FileNotFoundError:
            raise Changed from None
        found = os.fstat(opened.fileno())
        if not stat.S_ISREG(found.st_mode) or _entry(entry.name, found) != entry:
            opened.close()
            raise Changed
        return opened

    def publish(self, name: str, fill: Fill, was: Entry | None) -> None:
        between = f".{name}.{uuid.uuid4().hex[:8]}{OURS}"
        flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
        opened = os.open(between, flags, 0o666, dir_fd=self._fd)
        try:
            with os.fdopen(opened, "w+b") as file:
                fill(file)
                file.flush()
                os.fsync(file.fileno())
            if self.look(name) != was:
                raise Changed
            os.rename(between, name, src_dir_fd=self._fd, dst_dir_fd=self._fd)
        except BaseException:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(between, dir_fd=self._fd)
            raise
        os.fsync(self._fd)

    def clear(self, name: str) -> None:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(name, dir_fd=self._fd)

    def move(self, entry: Entry, path: str) -> None:
        if self.look(entry.name) != entry:
            raise Changed
        with self._place.folder(path, make=True) as target:
            assert isinstance(target, LocalFolder)
            name = free_name(entry, lambda wanted: _is_there(target._fd, wanted))
            os.rename(entry.name, name, src_dir_fd=self._fd, dst_dir_fd=target._fd)
            found = target.look(name)
            if found is None or (found.size, found.time) != (entry.size, entry.time):
                # Somebody put another file there between the look and the step: it has not been read.
                os.link(name, entry.name, src_dir_fd=target._fd, dst_dir_fd=self._fd, follow_symlinks=False)
                os.unlink(name, dir_fd=target._fd)
                raise Changed

    @contextmanager
    def locked(self) -> Iterator[None]:
        flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW
        opened = os.open(LOCK_FILE, flags, 0o666, dir_fd=self._fd)
        try:
            _wait_for(opened, self._place.name)
            yield
        finally:
            # The system lets go of it also where the worker dies.
            os.close(opened)


def _wait_for(opened: int, name: str) -> None:
    ends = time.monotonic() + LOCK
    while True:
        try:
            return fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > ends:
                raise locked_by_others(name) from None
        time.sleep(0.02)


def locked_by_others(name: str) -> Failure:
    return Failure.transient(
        "locked", f"{name}: others write this file at this moment. It is tried again.", retry_after=2.0
    )


def too_many(name: str) -> Failure:
    return Failure.config(
        "too_many_files",
        f"{name}: the folder holds more than {MOST_NAMES:,} names. Name a folder for these files alone.",
    )


def _entry(name: str, found: os.stat_result) -> Entry:
    return Entry(name, found.st_size, found.st_mtime_ns // 1_000)


def _is_there(folder: int, name: str) -> bool:
    try:
        os.stat(name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return False
    return True
