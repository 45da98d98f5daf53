"""SFTP servers of the tests' own: paramiko's, in this process, over real sockets; OpenSSH's where there is one."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import paramiko
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from paramiko import SFTPAttributes, SFTPHandle, SFTPServer, common
from paramiko.sftp import SFTP_FAILURE, SFTP_OK, SFTP_OP_UNSUPPORTED, SFTP_PERMISSION_DENIED
from typing_extensions import Buffer

USER, PASSWORD = "crossdock", "a-very-secret-password"
SSHD = "/usr/sbin/sshd"


def new_key(passphrase: str = "") -> str:
    """As ssh-keygen writes it."""
    how = serialization.BestAvailableEncryption(passphrase.encode()) if passphrase else None
    return (
        Ed25519PrivateKey.generate()
        .private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.OpenSSH,
            how or serialization.NoEncryption(),
        )
        .decode()
    )


@dataclass
class Server:
    """`root` is what its user sees. `asked` has the names of the commands; `fails` says what one of them does instead:
    "cut" after it was done, or "cut before" it, "refuse" or "forbid"; `lacks`: commands that it does not know."""

    root: Path
    host_key: paramiko.PKey
    users_key: paramiko.PKey | None = None
    asked: list[str] = field(default_factory=list)
    passwords: list[str] = field(default_factory=list)
    fails: dict[str, str] = field(default_factory=dict)
    lacks: set[str] = field(default_factory=set)
    wants_both: bool = False
    port: int = 0

    @property
    def known_host(self) -> str:
        return f"127.0.0.1 {self.host_key.get_name()} {self.host_key.get_base64()}"

    @contextmanager
    def running(self) -> Iterator[Server]:
        listener = socket.create_server(("127.0.0.1", 0))
        self.port = listener.getsockname()[1]
        opened: list[paramiko.Transport] = []

        def accept() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                transport = paramiko.Transport(connection)
                opened.append(transport)
                transport.add_server_key(self.host_key)
                transport.set_subsystem_handler(
                    "sftp", SFTPServer, _Files, server_told=self, transport=transport
                )
                try:
                    transport.start_server(server=_Door(self))
                except (paramiko.SSHException, EOFError, OSError):
                    transport.close()

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        yield self
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(5)
        for transport in opened:
            transport.close()


class _Door(paramiko.ServerInterface):
    def __init__(self, told: Server) -> None:
        self._told = told

    def get_allowed_auths(self, username: str) -> str:
        return "publickey,password"

    def check_auth_password(self, username: str, password: str) -> int:
        self._told.passwords.append(password)
        right = (username, password) == (USER, PASSWORD)
        return int(common.AUTH_SUCCESSFUL if right else common.AUTH_FAILED)

    def check_auth_publickey(self, username: str, key: paramiko.PKey) -> int:
        if key != self._told.users_key:
            return int(common.AUTH_FAILED)
        return int(common.AUTH_PARTIALLY_SUCCESSFUL if self._told.wants_both else common.AUTH_SUCCESSFUL)

    def check_channel_request(self, kind: str, chanid: int) -> int:
        return int(common.OPEN_SUCCEEDED)


class _Files(paramiko.SFTPServerInterface):
    def __init__(self, server: Any, *args: Any, server_told: Server, transport: Any, **more: Any) -> None:
        super().__init__(server, *args, **more)
        self._told = server_told
        self._transport = transport

    def _at(self, path: str) -> Path:
        return self._told.root / path.lstrip("/")

    def _done(self, command: str, do: Any) -> Any:
        self._told.asked.append(command)
        if command in self._told.lacks:
            return SFTP_OP_UNSUPPORTED
        told = self._told.fails.get(command, "")
        if told == "refuse":
            return SFTP_FAILURE
        if told == "forbid":
            return SFTP_PERMISSION_DENIED
        if told == "cut before":
            self._transport.close()
            return SFTP_FAILURE
        try:
            found = do()
        except OSError as error:
            return SFTPServer.convert_errno(error.errno or 0)
        if told == "cut":
            self._transport.close()
        return SFTP_OK if found is None else found

    def list_folder(self, path: str) -> Any:
        return self._done(
            "list",
            lambda: [SFTPAttributes.from_stat(os.lstat(one), one.name) for one in self._at(path).iterdir()],
        )

    def stat(self, path: str) -> Any:
        return self._done("stat", lambda: SFTPAttributes.from_stat(self._at(path).stat()))

    def lstat(self, path: str) -> Any:
        return self._done("lstat", lambda: SFTPAttributes.from_stat(os.lstat(self._at(path))))

    def open(self, path: str, flags: int, attr: Any) -> Any:
        def do() -> SFTPHandle:
            opened = os.open(self._at(path), flags, 0o644)
            writes = bool(flags & (os.O_WRONLY | os.O_RDWR))
            handle = _Handle(flags)
            handle.told = self
            file = os.fdopen(opened, "wb" if writes else "rb")
            handle.filename = str(self._at(path))
            handle.readfile = handle.writefile = file
            return handle

        return self._done("open", do)

    def remove(self, path: str) -> Any:
        return self._done("remove", lambda: self._at(path).unlink())

    def rename(self, oldpath: str, newpath: str) -> Any:
        def do() -> Any:
            if self._at(newpath).exists():
                return SFTP_FAILURE
            self._at(oldpath).rename(self._at(newpath))
            return None

        return self._done("rename", do)

    def posix_rename(self, oldpath: str, newpath: str) -> Any:
        return self._done("posix_rename", lambda: os.replace(self._at(oldpath), self._at(newpath)))  # noqa: PTH105

    def mkdir(self, path: str, attr: Any) -> Any:
        return self._done("mkdir", lambda: self._at(path).mkdir())


class _Handle(SFTPHandle):
    told: Any = None
    filename: str = ""
    readfile: Any = None
    writefile: Any = None

    def write(self, offset: int, data: Buffer) -> int:
        return int(self.told._done("write", lambda: SFTPHandle.write(self, offset, data)))

    def stat(self) -> Any:
        return SFTPAttributes.from_stat(os.fstat(self.readfile.fileno()))


@contextmanager
def openssh(folder: Path, root: Path, host_key: str, users_key: paramiko.PKey) -> Iterator[int]:
    """The port of OpenSSH's own server, which lets this machine's user in with that key and puts it into `root`."""
    listener = socket.create_server(("127.0.0.1", 0))
    port = int(listener.getsockname()[1])
    listener.close()
    (folder / "host").write_text(host_key)
    (folder / "host").chmod(0o600)
    (folder / "keys").write_text(f"{users_key.get_name()} {users_key.get_base64()}\n")
    (folder / "sshd.conf").write_text(
        f"Port {port}\nListenAddress 127.0.0.1\nHostKey {folder}/host\nPidFile {folder}/pid\n"
        f"AuthorizedKeysFile {folder}/keys\nStrictModes no\nUsePAM no\nPermitRootLogin yes\n"
        f"Subsystem sftp internal-sftp -d {root}\n"
    )
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(exist_ok=True)
    command = [shutil.which("sshd") or SSHD, "-D", "-e", "-f", str(folder / "sshd.conf")]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, stderr=log)
    try:
        _await(port)
        yield port
    finally:
        process.terminate()
        process.wait(10)


def _await(port: int) -> None:
    for _ in range(100):
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.05)
    raise AssertionError("sshd does not answer.")


def has_openssh() -> bool:
    return bool(shutil.which("sshd")) or Path(SSHD).exists()
