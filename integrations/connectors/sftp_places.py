"""Folders of an SFTP server. What is read is copied to this machine first, so that a page does not wait for its rows.

Only the plain commands of version 3 are needed, and two of OpenSSH's own where a file is replaced:
https://github.com/openssh/openssh-portable/blob/master/PROTOCOL
"""

from __future__ import annotations

import contextlib
import errno
import posixpath
import stat
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from integrations.connectors.files_places import (
    MOST_BYTES,
    MOST_NAMES,
    OURS,
    Changed,
    Entry,
    Fill,
    Folder,
    Place,
    free_name,
    too_many,
)
from integrations.connectors.files_words import parts_of
from integrations.connectors.sftp_session import READING, WRITING, Session, Sessions
from integrations.exceptions import Failure, Kind

if TYPE_CHECKING:
    import paramiko

PART = 32_768
_OPENSSH, _EXTENDED = "openssh.com", 200


class SftpPlace(Place):
    """`path`: where the connection's folders begin; "" is where the server puts our user."""

    def __init__(self, sessions: Sessions, path: str) -> None:
        self._sessions = sessions
        self._path = path
        self.address = sessions.server.address

    @property
    def name(self) -> str:  # type: ignore[override]
        return self._sessions.name

    @contextmanager
    def folder(self, path: str, *, make: bool = False) -> Iterator[Folder]:
        with self._sessions.session(WRITING if make else READING) as session:
            yield SftpFolder(session, self._path, path, make)

    def close(self) -> None:
        self._sessions.close()


class SftpFolder(Folder):
    def __init__(self, session: Session, root: str, path: str, make: bool) -> None:
        self._session = session
        self._sftp = session.sftp
        self._root = root
        self._path = self._opened(path, make)

    def _opened(self, path: str, make: bool) -> str:
        """Part by part, each of which must be a folder and no link: others may put links into a drop for files."""
        whole = self._root or "."
        self._check_folder(self._sftp.stat(whole))
        for part in parts_of(path):
            whole = posixpath.join(whole, part)
            try:
                found = self._sftp.lstat(whole)
            except FileNotFoundError:
                if not make:
                    raise
                self._sftp.mkdir(whole)
                found = self._sftp.lstat(whole)
            self._check_folder(found)
        return whole

    def _check_folder(self, found: paramiko.SFTPAttributes) -> None:
        if found.st_mode is not None and not stat.S_ISDIR(found.st_mode):
            raise OSError(errno.ELOOP, "a link, or no folder")

    def _at(self, name: str) -> str:
        return posixpath.join(self._path, name)

    def entries(self) -> list[Entry]:
        found = []
        for number, told in enumerate(self._sftp.listdir_iter(self._path)):
            if number >= MOST_NAMES:
                raise too_many(self._session.name)
            if number % 100 == 0:
                self._session.go_on()
            entry = _entry(told.filename, told)
            if entry is not None:
                found.append(entry)
        return found

    def look(self, name: str) -> Entry | None:
        try:
            return _entry(name, self._sftp.lstat(self._at(name)))
        except FileNotFoundError:
            return None

    def open(self, entry: Entry) -> BinaryIO:
        if self.look(entry.name) != entry or entry.size > MOST_BYTES:
            raise Changed
        copy = cast(BinaryIO, tempfile.TemporaryFile())  # noqa: SIM115  # whoever asked for it closes it
        try:
            with self._sftp.open(self._at(entry.name), "rb") as file:
                file.prefetch(entry.size)
                while part := file.read(PART):
                    self._session.go_on()
                    copy.write(part)
                    if copy.tell() > entry.size:
                        raise Changed
            if copy.tell() != entry.size or self.look(entry.name) != entry:
                raise Changed
            copy.seek(0)
        except FileNotFoundError:
            copy.close()
            raise Changed from None
        except BaseException:
            copy.close()
            raise
        return copy

    def publish(self, name: str, fill: Fill, was: Entry | None) -> None:
        between = self._at(f".{name}.{uuid.uuid4().hex[:8]}{OURS}")
        try:
            self._upload(between, fill)
            if self.look(name) != was:
                raise Changed
        except (Changed, Failure):
            with contextlib.suppress(OSError, EOFError):
                self._sftp.remove(between)
            raise
        self._replace(between, self._at(name), is_new=was is None)

    def _upload(self, path: str, fill: Fill) -> None:
        """Made here first: a format may want to go back in its file."""
        with tempfile.TemporaryFile() as made:
            fill(cast(BinaryIO, made))
            size = made.tell()
            made.seek(0)
            with self._sftp.open(path, "wx") as file:
                file.set_pipelined(True)
                while part := made.read(PART):
                    self._session.go_on()
                    file.write(part)
                file.set_pipelined(False)
                file.flush()
                self._to_disk(file)
        if self._sftp.stat(path).st_size != size:
            raise OSError("not all of it arrived")

    def _to_disk(self, file: paramiko.SFTPFile) -> None:
        """Where the server can."""
        with contextlib.suppress(OSError):
            cast(Any, self._sftp)._request(_EXTENDED, f"fsync@{_OPENSSH}", file.handle)

    def _replace(self, between: str, path: str, *, is_new: bool) -> None:
        """From here on an answer that is lost leaves a doubt; the same call done again has no other effect."""
        try:
            try:
                self._sftp.posix_rename(between, path)
            except OSError as error:
                if error.errno is not None or not is_new:
                    raise
                # A server without OpenSSH's command: its own overwrites nothing, and here nothing is to be.
                self._sftp.rename(between, path)
        except OSError as error:
            if error.errno is None and not is_new and not _is_lost(error):
                raise Failure.config(
                    "no_replacing",
                    f"{self._session.name} cannot put a file in the place of another in one step. Choose one file per "
                    "batch at write.file.",
                ) from error
            if _is_lost(error):
                raise self._doubt() from error
            raise
        except Exception as error:
            raise self._doubt() from error

    def _doubt(self) -> Failure:
        return Failure(
            Kind.TRANSIENT,
            "lost_answer",
            f"The connection to {self._session.name} broke before it could say whether the file is there. The same is "
            "written again, which does no harm.",
            in_doubt=True,
        )

    def move(self, entry: Entry, path: str) -> None:
        if self.look(entry.name) != entry:
            raise Changed
        target = SftpFolder(self._session, self._root, path, make=True)
        name = free_name(entry, target._is_there)
        # Version 3's own rename: it never overwrites.
        self._sftp.rename(self._at(entry.name), target._at(name))
        found = target.look(name)
        if found is None or (found.size, found.time) != (entry.size, entry.time):
            # Somebody put another file there between the look and the step: it has not been read.
            self._sftp.rename(target._at(name), self._at(entry.name))
            raise Changed

    def clear(self, name: str) -> None:
        with contextlib.suppress(FileNotFoundError):
            self._sftp.remove(self._at(name))

    @contextmanager
    def locked(self) -> Iterator[None]:
        """The protocol has no locks. One call at a time is what the connection's limit lets through, and before a file
        is replaced it is looked at once more."""
        yield

    def _is_there(self, name: str) -> bool:
        try:
            self._sftp.lstat(self._at(name))
        except FileNotFoundError:
            return False
        return True


def _entry(name: str, found: paramiko.SFTPAttributes) -> Entry | None:
    """None for what is no plain file."""
    if found.st_mode is None or not stat.S_ISREG(found.st_mode):
        return None
    return Entry(name, found.st_size or 0, (found.st_mtime or 0) * 1_000_000)


def _is_lost(error: OSError) -> bool:
    return isinstance(error, TimeoutError) or "closed" in str(error).lower() or error.errno in (
        errno.ECONNRESET, errno.EPIPE, errno.ECONNABORTED, errno.ETIMEDOUT,
    )  # fmt: skip
