"""Sessions of SFTP: to a judged address and to a server that shows the pinned key, never for long."""

from __future__ import annotations

import base64
import binascii
import hashlib
import io
import logging
import re
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from integrations.connectors.files_failures import failure_of, too_slow
from integrations.connectors.files_places import Changed
from integrations.exceptions import DeclarationError, Failure
from integrations.http.guard import Guard, installed_guard
from integrations.http.plain_sockets import open_socket

if TYPE_CHECKING:
    import paramiko

PORT = 22
# Seconds. Those of a write are together less than the 30 of a lease; no lease runs while files are read.
CONNECT, ANSWER, WRITING, READING, KEEP_ALIVE = 5.0, 8.0, 14.0, 25.0, 15
CALL = CONNECT + WRITING + ANSWER
# An idle session that is older is not trusted to be open at the other end.
IDLE = 60.0
MOST_IDLE = 2

_HOST = re.compile(r"[A-Za-z0-9._:-]{1,253}")
_KEY = re.compile(r"(ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp(?:256|384|521))\s+([A-Za-z0-9+/=]+)")
_PEM = re.compile(r"(-----BEGIN [A-Z ]+-----)(.*?)(-----END [A-Z ]+-----)", re.DOTALL)
# How a key of this kind may sign: https://www.rfc-editor.org/rfc/rfc8332 for RSA.
_SIGNS = {"ssh-rsa": ("rsa-sha2-512", "rsa-sha2-256")}


@dataclass(frozen=True)
class Server:
    """`known`: the keys that the server may show, as (kind, key in base64)."""

    host: str
    port: int
    user: str
    known: tuple[tuple[str, str], ...]
    password: str = field(default="", repr=False)
    private_key: str = field(default="", repr=False)
    passphrase: str = field(default="", repr=False)

    @property
    def address(self) -> str:
        """For whoever must know where the password goes: another key of the server is another place."""
        pinned = hashlib.blake2b(repr(sorted(self.known)).encode(), digest_size=6).hexdigest()
        return f"sftp+{pinned}://{self.host}:{self.port}"


def server_of(settings: Mapping[str, Any], secrets: Mapping[str, Any]) -> Server:
    """Raises DeclarationError."""
    host = str(settings.get("host") or "")
    if not _HOST.fullmatch(host):
        raise DeclarationError("host", "Name the host of the server, as sftp.example.com or 10.1.0.7.")
    port = settings.get("port") or PORT
    if not isinstance(port, int) or not 0 < port < 65_536:
        raise DeclarationError("port", "A port is a number from 1 to 65535.")
    if not settings.get("user"):
        raise DeclarationError("user", "Name the user that Crossdock logs in as.")
    return Server(
        host,
        port,
        str(settings["user"]),
        _known(str(settings.get("known_host") or "")),
        str(secrets.get("password") or ""),
        str(secrets.get("private_key") or ""),
        str(secrets.get("passphrase") or ""),
    )


def _known(text: str) -> tuple[tuple[str, str], ...]:
    """Out of lines as ssh-keyscan and known_hosts have them; whom they name there is not asked."""
    found = tuple((kind, key) for kind, key in _KEY.findall(text) if _is_key(key))
    if not found:
        raise DeclarationError(
            "known_host",
            "Enter the server's own key, as ssh-keyscan prints it: sftp.example.com ssh-ed25519 AAAA…. Have it "
            "compared with what the server's operator says.",
        )
    return found


def _is_key(key: str) -> bool:
    try:
        return len(base64.b64decode(key, validate=True)) > 16
    except binascii.Error:
        return False


def fingerprint(key: bytes) -> str:
    """As OpenSSH shows it."""
    return "SHA256:" + base64.b64encode(hashlib.sha256(key).digest()).decode().rstrip("=")


class Session:
    """One login. `ends`: by time.monotonic, when the present call must be over."""

    def __init__(self, transport: paramiko.Transport, sftp: paramiko.SFTPClient, name: str) -> None:
        self.transport = transport
        self.sftp = sftp
        self.name = name
        self.ends = 0.0
        self.used_at = time.monotonic()

    @property
    def is_open(self) -> bool:
        return self.transport.is_active() and time.monotonic() - self.used_at < IDLE

    def begin(self, seconds: float) -> None:
        self.ends = time.monotonic() + seconds
        channel = self.sftp.get_channel()
        if channel is not None:
            channel.settimeout(ANSWER)

    def go_on(self) -> None:
        """Raises Failure where the time of the call is over."""
        if time.monotonic() > self.ends:
            raise too_slow(self.name)

    def close(self) -> None:
        self.sftp.close()
        self.transport.close()


class Sessions:
    """Logins of one connector, each used by one call at a time. Nothing is opened before it is needed."""

    def __init__(self, server: Server, guard: Guard | None, name: str) -> None:
        self.server = server
        self.name = name
        self._guard = guard
        self._idle: list[Session] = []
        self._lock = threading.Lock()

    @contextmanager
    def session(self, seconds: float) -> Iterator[Session]:
        """For so long. Raises Failure. A session in which anything went wrong is not used again."""
        session = self._taken() or self._opened()
        session.name = self.name
        session.begin(seconds)
        try:
            yield session
        except Changed:
            self._give_back(session)
            raise
        except BaseException as error:
            session.close()
            if isinstance(error, Failure) or not isinstance(error, Exception):
                raise
            raise self.failure_of(error) from error
        else:
            self._give_back(session)

    def close(self) -> None:
        with self._lock:
            idle, self._idle = self._idle, []
        for session in idle:
            session.close()

    def _taken(self) -> Session | None:
        with self._lock:
            while self._idle:
                session = self._idle.pop()
                if session.is_open:
                    return session
                session.close()
        return None

    def _give_back(self, session: Session) -> None:
        session.used_at = time.monotonic()
        with self._lock:
            if len(self._idle) < MOST_IDLE:
                self._idle.append(session)
                return
        session.close()

    def _opened(self) -> Session:
        try:
            return self._logged_in()
        except Failure:
            raise
        except Exception as error:
            raise self.failure_of(error) from error

    def _logged_in(self) -> Session:
        import paramiko

        # What goes wrong is told as a Failure; its own log would tell it once more, with names of files.
        logging.getLogger("paramiko").setLevel(logging.CRITICAL)
        server = self.server
        opened = open_socket(self._guard or installed_guard(), server.host, server.port, CONNECT)
        transport = paramiko.Transport(opened)
        try:
            transport.banner_timeout = transport.handshake_timeout = CONNECT
            transport.auth_timeout = ANSWER
            transport.get_security_options().key_types = tuple(
                name for kind, _ in server.known for name in _SIGNS.get(kind, (kind,))
            )
            transport.start_client(timeout=CONNECT)
            self._check_key(transport.get_remote_server_key())
            self._authenticate(transport)
            transport.set_keepalive(KEEP_ALIVE)
            sftp = paramiko.SFTPClient.from_transport(transport)
            if sftp is None:
                raise EOFError
            return Session(transport, sftp, self.name)
        except BaseException:
            transport.close()
            raise

    def _check_key(self, shown: paramiko.PKey) -> None:
        """Before anything of ours is sent."""
        if (shown.get_name(), shown.get_base64()) not in self.server.known:
            raise self._another_key(fingerprint(shown.asbytes()))

    def _another_key(self, shown: str = "") -> Failure:
        pinned = " or ".join(fingerprint(base64.b64decode(key)) for _, key in self.server.known)
        what = f"shows the key {shown}" if shown else "has no key of the pinned kind"
        return Failure.config(
            "host_key_changed",
            f"{self.name} {what}; pinned is {pinned}. Nothing was sent. Ask the server's operator whether its key was "
            "changed: if so, enter the new one at the connection (ssh-keyscan shows it). If not, somebody else answers "
            "in its place.",
            connection_wide=True,
        )

    def _authenticate(self, transport: paramiko.Transport) -> None:
        """With the key where there is one, else with the password; nothing of this machine's own is tried."""
        server = self.server
        left: list[str] = []
        if server.private_key:
            left = transport.auth_publickey(server.user, self._private_key())
        if left or not server.private_key:
            left = transport.auth_password(server.user, server.password)
        if left:
            raise Failure.config(
                "unauthorized",
                f"{self.name} wants a further proof of who we are ({', '.join(left)}), which Crossdock cannot give. "
                "Have a user made that logs in with a key or a password.",
                connection_wide=True,
            )

    def _private_key(self) -> paramiko.PKey:
        import paramiko

        text = unfolded(self.server.private_key)
        for kind in (paramiko.Ed25519Key, paramiko.ECDSAKey, paramiko.RSAKey):
            try:
                return kind.from_private_key(io.StringIO(text), self.server.passphrase or None)
            except paramiko.PasswordRequiredException:
                break
            except (paramiko.SSHException, ValueError, IndexError, TypeError):
                continue
        raise Failure.config(
            "private_key",
            f"{self.name}: the private key at the connection cannot be read. Enter it whole, from BEGIN to END, in "
            "OpenSSH's or PEM form, with its passphrase where it has one.",
            connection_wide=True,
        )

    def failure_of(self, error: Exception) -> Failure:
        import paramiko

        if isinstance(error, paramiko.AuthenticationException):
            if "timeout" in str(error):
                return too_slow(self.name)
            if "transport shut down" in str(error):
                return failure_of(self.name, EOFError())
            return Failure.config(
                "unauthorized",
                f"{self.name} does not let us in. Check the user, and the password or the key of the connection.",
                connection_wide=True,
            )
        if isinstance(error, paramiko.ssh_exception.IncompatiblePeer):
            if "host key" in str(error):
                return self._another_key()
            return Failure.config(
                "incompatible",
                f"{self.name} has no encryption in common with Crossdock: it is too old. Have its SSH server renewed.",
                connection_wide=True,
            )
        if isinstance(error, paramiko.SSHException):
            return failure_of(self.name, EOFError())
        return failure_of(self.name, error)


def unfolded(text: str) -> str:
    """A key of which a form has made one line has its lines again."""
    told = _PEM.search(text)
    if told is None or "Proc-Type" in told[2]:
        return text
    body = "".join(told[2].split())
    lines = [body[at : at + 64] for at in range(0, len(body), 64)]
    return "\n".join([told[1], *lines, told[3], ""])
