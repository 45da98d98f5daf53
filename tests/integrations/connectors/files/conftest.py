"""Every test here is tried in a folder, on paramiko's server, and on OpenSSH's where it is installed."""

from __future__ import annotations

import getpass
import io
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import paramiko
import pytest
from pytest_django import Settings

from integrations.http.guard import Guard
from tests.integrations.connectors.files import server as servers
from tests.integrations.connectors.files.drops import Drop
from tests.integrations.connectors.files.server import Server


@pytest.fixture
def files_root(tmp_path: Path, settings: Settings) -> Path:
    """The folder that this installation allows; beside it lies what it must not reach."""
    root = tmp_path / "allowed"
    root.mkdir()
    (tmp_path / "secret.csv").write_text("id\r\n1\r\n")
    settings.FILES_ROOT = str(root)
    return root


def key_of(text: str, passphrase: str = "") -> paramiko.PKey:
    return paramiko.Ed25519Key.from_private_key(io.StringIO(text), passphrase or None)


@pytest.fixture
def folder(files_root: Path) -> Iterator[Drop]:
    (files_root / "drop").mkdir()
    with closing(Drop("folder", files_root / "drop", {"folder": "drop"}, guard=Guard(ports=()))) as drop:
        yield drop


@pytest.fixture
def sftp(tmp_path: Path) -> Iterator[Drop]:
    root = tmp_path / "served"
    root.mkdir()
    with Server(root, key_of(servers.new_key())).running() as running:
        settings = {
            "host": "127.0.0.1",
            "port": running.port,
            "user": servers.USER,
            "known_host": running.known_host,
        }
        guard = Guard([f"127.0.0.1/32 {running.port}"])
        with closing(Drop("sftp", root, settings, {"password": servers.PASSWORD}, guard, running)) as drop:
            yield drop


@pytest.fixture
def openssh(tmp_path: Path) -> Iterator[Drop]:
    root, ours = tmp_path / "served", tmp_path / "sshd"
    root.mkdir()
    ours.mkdir()
    host_key, users_key = servers.new_key(), servers.new_key()
    with servers.openssh(ours, root, host_key, key_of(users_key)) as port:
        known = key_of(host_key)
        settings = {
            "host": "127.0.0.1",
            "port": port,
            "user": getpass.getuser(),
            "known_host": f"127.0.0.1 {known.get_name()} {known.get_base64()}",
            "folder": str(root),
        }
        guard = Guard([f"127.0.0.1/32 {port}"])
        with closing(Drop("sftp", root, settings, {"private_key": users_key}, guard)) as drop:
            yield drop


PLACES = ["folder", "sftp", *(["openssh"] if servers.has_openssh() else [])]


@pytest.fixture(params=PLACES)
def drop(request: pytest.FixtureRequest) -> Drop:
    found: Drop = request.getfixturevalue(request.param)
    return found
