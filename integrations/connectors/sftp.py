"""Files on an SFTP server: the connector of `files.py` with another place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from integrations.connectors.base import SettingField
from integrations.connectors.facts import Facts, Group, Verified
from integrations.connectors.files import FILES, LACKS, TRAPS, ZONE, FilesConnector
from integrations.connectors.files_words import check_folder
from integrations.connectors.sftp_places import SftpPlace
from integrations.connectors.sftp_session import CALL, Sessions, server_of
from integrations.http.guard import Guard

FACTS = Facts(
    group=Group.DATA,
    documentation="https://www.openssh.com/manual.html",
    credentials=(
        "Have a user of its own made on the server, which reaches only the folder of these files.",
        (
            "Give it a password, or a key: ssh-keygen -t ed25519 -f crossdock makes one; crossdock.pub goes to the "
            "server, the content of crossdock into the field here."
        ),
        (
            "Ask the server's operator for its host key. ssh-keyscan -p 22 sftp.example.com shows what it sends; "
            "compare the fingerprints (ssh-keygen -lf -), then enter the line here."
        ),
        "Have whoever runs Crossdock name the server's address and port in PRIVATE_NETWORKS, as 10.1.0.7/32 22.",
        "Enter address, user and secret here, and declare the files.",
    ),
    verified=Verified.REAL,
    verified_against="OpenSSH 9.2's server and paramiko 5.1's. Others were not tried",
    limits="None by the protocol. Crossdock makes at most 2 calls at a time, and 1 where it writes files of a day.",
    traps=(
        "The server's address must be named in PRIVATE_NETWORKS with its port, also where it is a public one.",
        "A server that shows another key than the pinned one is not spoken to, until a person enters the new key.",
        *TRAPS,
        "Files of a day need a server that can put a file in the place of another in one step, as OpenSSH can.",
        "A file is copied here before it is read; that must be done within 25 seconds.",
    ),
    lacks=(
        *LACKS,
        "FTP and FTPS are not spoken. A server that wants a key and a one-time code cannot be connected.",
    ),
)


class SftpConnector(FilesConnector):
    platform = "sftp"
    label = "Files over SFTP (CSV, Parquet)"
    settings_fields = (
        SettingField("host", "Host", help_text="As sftp.example.com or 10.1.0.7."),
        SettingField("port", "Port", required=False, kind="integer", help_text="22 if empty."),
        SettingField("user", "User", help_text="One of its own, with no more rights than it needs."),
        SettingField("password", "Password", required=False, secret=True, help_text="Or a private key."),
        SettingField(
            "private_key",
            "Private key",
            required=False,
            secret=True,
            help_text="Whole, from BEGIN to END, in OpenSSH's or PEM form.",
        ),
        SettingField("passphrase", "Passphrase of the private key", required=False, secret=True),
        SettingField(
            "known_host",
            "The server's host key",
            help_text="As ssh-keyscan prints it: sftp.example.com ssh-ed25519 AAAA… No other key is ever accepted.",
        ),
        SettingField(
            "folder",
            "Folder",
            required=False,
            help_text="Where these files are; if empty, where the server puts the user. It may begin with a /.",
        ),
        ZONE,
        FILES,
    )
    facts = FACTS
    timeout_seconds = CALL

    def _placed(
        self, settings: Mapping[str, Any], secrets: Mapping[str, Any], guard: Guard | None
    ) -> SftpPlace:
        path = str(settings.get("folder") or "")
        check_folder(path.lstrip("/"), "folder")
        self._sessions = Sessions(server_of(settings, secrets), guard, self.label)
        return SftpPlace(self._sessions, path.rstrip("/") or path)

    def be_called(self, name: str) -> None:
        self._sessions.name = name
