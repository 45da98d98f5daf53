"""What a folder or a server of files refused, in our four kinds. The system's own words hold paths and are left out."""

from __future__ import annotations

import errno
import socket
from collections.abc import Iterator
from contextlib import contextmanager

from integrations.exceptions import Failure, Kind
from integrations.http.guard import Refused

_CONFIG, _TRANSIENT = Kind.CONFIG, Kind.TRANSIENT
# (kind, code, sentence, connection_wide). {name} is how the connection is called.
_Meaning = tuple[Kind, str, str, bool]

NO_FOLDER: _Meaning = (
    _CONFIG, "no_folder",
    "{name} has no such folder. Correct it at the connection, or have it made there.", True,
)  # fmt: skip
_RIGHT: _Meaning = (
    _CONFIG, "forbidden",
    "{name} does not allow this to our user. Have it given the right to this folder there, then retry.", True,
)  # fmt: skip
_READ_ONLY: _Meaning = (
    _CONFIG, "read_only", "{name} takes no writes at present: it is read-only. Have that changed there.", True,
)  # fmt: skip
_NO_ROOM: _Meaning = (_CONFIG, "no_room", "{name} has no room left. Make some there, then retry.", True)
_OUTSIDE: _Meaning = (
    _CONFIG, "outside",
    ("{name}: a folder or file here is a link, or no plain file. Links are not followed, since they lead outside. "
    "Put the files themselves there."), True,
)  # fmt: skip
_TAKEN: _Meaning = (
    _CONFIG, "name_taken",
    "{name}: where a file is to be, there is a folder of its name, or the other way round. Move it away there.", False,
)  # fmt: skip
_LOST: _Meaning = (_TRANSIENT, "host_down", "The connection to {name} broke. It is tried again.", True)
_SLOW: _Meaning = (_TRANSIENT, "too_slow", "{name} did not answer in time. It is tried again.", False)
_UNSAID: _Meaning = (
    _CONFIG, "refused",
    ("{name} refused it without saying why. Often it has no room left, or our user may not write or rename there. Look "
    "there, then retry."), False,
)  # fmt: skip

_BY_NUMBER: dict[int, _Meaning] = {
    errno.ENOENT: NO_FOLDER,
    **dict.fromkeys((errno.EACCES, errno.EPERM), _RIGHT),
    errno.EROFS: _READ_ONLY,
    **dict.fromkeys((errno.ENOSPC, errno.EDQUOT, errno.EFBIG), _NO_ROOM),
    errno.ELOOP: _OUTSIDE,
    **dict.fromkeys((errno.ENOTDIR, errno.EISDIR, errno.EEXIST, errno.ENOTEMPTY), _TAKEN),
    **dict.fromkeys(
        (errno.EIO, errno.ESTALE, errno.ECONNRESET, errno.ECONNREFUSED, errno.ECONNABORTED, errno.EPIPE,
        errno.EHOSTUNREACH, errno.ENETUNREACH, errno.ENETDOWN, errno.EBUSY, errno.EMFILE, errno.ENFILE), _LOST,
    ),
    errno.ETIMEDOUT: _SLOW,
}  # fmt: skip


def failure_of(name: str, error: BaseException) -> Failure:
    if isinstance(error, Failure):
        return error
    if isinstance(error, Refused):
        return Failure.config("host_not_allowed", str(error), connection_wide=True)
    if isinstance(error, socket.gaierror):
        return _unresolved(name, error)
    if isinstance(error, TimeoutError):
        return made(name, _SLOW)
    if isinstance(error, EOFError):
        return made(name, _LOST)
    if isinstance(error, OSError):
        if error.errno is None:
            return made(name, _LOST if str(error) in ("Socket is closed", "File is closed") else _UNSAID)
        number = errno.errorcode.get(error.errno, str(error.errno))
        return made(name, _BY_NUMBER.get(error.errno, _UNSAID), {"error": number})
    return Failure.bug(error)


def _unresolved(name: str, error: socket.gaierror) -> Failure:
    if error.errno == socket.EAI_AGAIN:
        return made(name, _LOST, {"cause": "the name could not be looked up"})
    return Failure.config(
        "unknown_host",
        f"{name}: there is no host of this name. Correct it at the connection.",
        connection_wide=True,
    )


def made(name: str, meaning: _Meaning, evidence: dict[str, str] | None = None) -> Failure:
    kind, code, sentence, connection_wide = meaning
    return Failure(kind, code, sentence.format(name=name), evidence=evidence, connection_wide=connection_wide)


def too_slow(name: str) -> Failure:
    return made(name, _SLOW)


@contextmanager
def told(name: str) -> Iterator[None]:
    """Whatever goes wrong inside comes out as a Failure."""
    try:
        yield
    except Failure:
        raise
    except Exception as error:
        raise failure_of(name, error) from error
