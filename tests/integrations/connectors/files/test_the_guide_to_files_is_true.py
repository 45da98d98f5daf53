"""Every example in docs/connect-files.md is one that works."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any, get_args

import paramiko
import yaml

from integrations.connectors import (
    files_failures,
    files_found,
    files_places,
    files_reading,
    files_words,
    files_writing,
    sftp_places,
    sftp_session,
    sql_words,
)
from integrations.connectors.base import WriteContext
from integrations.connectors.files import EXAMPLE, FILES, FolderConnector
from integrations.connectors.sftp import SftpConnector
from integrations.http.guard import PrivateNetwork
from integrations.sync import endings
from mappings.presets import PRESETS
from tests.conftest import ROOT
from tests.integrations.connectors.files.drops import AT, Drop, write

GUIDE = (ROOT / "docs" / "connect-files.md").read_text()
SETTINGS: list[dict[str, Any]] = [
    yaml.safe_load(text) for text in re.findall(r"```yaml\n(.*?)```", GUIDE, re.DOTALL)
]
COMMANDS = re.findall(r"```sh\n(.*?)```", GUIDE, re.DOTALL)


def test_the_examples_are_taken() -> None:
    server, folder = SETTINGS
    assert set(SftpConnector(server, {}).resources()) == {"orders", "stock"}
    assert set(FolderConnector(folder, {}).resources()) == {"orders", "stock", "payments"}


def test_the_example_in_the_form_is_taken() -> None:
    assert EXAMPLE in FILES.help_text
    assert "docs/connect-files.md" in FILES.help_text
    assert set(FolderConnector({"files": yaml.safe_load(EXAMPLE)}, {}).resources()) == {"orders"}


def test_sentences_of_the_catalogue_end_once() -> None:
    """Its page puts the last period."""
    assert not any(kind.facts.verified_against.endswith(".") for kind in (FolderConnector, SftpConnector))


def test_presets_have_names_that_differ() -> None:
    for platform in ("folder", "sftp"):
        names = [preset.name for preset in PRESETS.values() if preset.platform == platform]
        assert len(set(names)) == len(names)


def test_what_is_named_for_the_installation_is_understood() -> None:
    line = re.search(r"PRIVATE_NETWORKS=(.*)", GUIDE)
    assert line is not None
    assert PrivateNetwork.parse(line[1]).ports == frozenset({22})
    example = (ROOT / ".env.example").read_text()
    assert re.search(r"FILES_ROOT=.*", GUIDE)[0] in example  # type: ignore[index]
    assert "`FILES_ROOT`" in (ROOT / "docs" / "operations.md").read_text()


def test_the_example_of_a_file_with_other_names_is_written_so(folder: Drop) -> None:
    example = SETTINGS[1]["files"]["payments"]
    body = {"id": "p1", "order_number": "1042", "amount": "12.50", "currency": "EUR", "secret": "x"}
    write(folder.connector({"rows": example}), body, kinds={"amount": "number"})
    (name,) = folder.names()
    assert folder.text(name) == "\ufeffPayment;Order;Amount;Currency\r\np1;1042;12,50;EUR\r\n"


def test_names_of_files_are_as_they_are_told(folder: Drop) -> None:
    files = {"orders": {"key": "id", "write": {}}, "stock": {"key": "id", "write": {"file": "day"}}}
    connector = folder.connector(files)
    for resource in files:
        context = WriteContext("upsert", {"id": "1"}, read_at=AT)
        connector.send(connector.prepare(resource, context, 0, ""))
    by_batch, by_day = folder.names()
    told = re.search(r"orders-\d+T\d+Z-", GUIDE)
    assert told is not None
    assert by_batch.startswith(told[0])
    assert f"`{by_day}`" in GUIDE


def test_the_commands_are_those_that_there_are() -> None:
    """They are run where OpenSSH's client is: see the next test."""
    text = "".join(COMMANDS)
    assert text.count("ssh-keygen") == 2
    assert text.count("ssh-keyscan") == 1


if shutil.which("ssh-keygen") and shutil.which("ssh-keyscan"):

    def test_the_commands_give_what_the_connection_wants(sftp: Drop, tmp_path: Path) -> None:
        text = "".join(COMMANDS).replace("-p 22 sftp.example.com", f"-p {sftp.server.port} 127.0.0.1")
        done = subprocess.run(["bash", "-ec", text], cwd=tmp_path, capture_output=True, text=True, check=True)
        known = (tmp_path / "known_host").read_text()
        assert sftp_session.fingerprint(sftp.server.host_key.asbytes()) in done.stdout
        private = (tmp_path / "crossdock_key").read_text()
        sftp.server.users_key = paramiko.Ed25519Key.from_private_key(io.StringIO(private))
        sftp.secrets = {"private_key": private}
        report = sftp.connector({"a": {"key": "id", "write": {}}}, known_host=known).test()
        assert report.ok, report.sentence()


def words_between(start: str, end: str) -> set[str]:
    part = GUIDE[GUIDE.index(start) :]
    return set(re.findall(r"^\| `(\w+)` \|", part[: part.index(end)], re.MULTILINE))


def test_the_words_are_those_there_are() -> None:
    reading = words_between("## Reading files", "- **A file is read once**")
    assert reading == {"key", "format", *files_words.Read.__struct_fields__}
    writing = words_between("## Writing files", "- **A file appears whole")
    assert writing == set(files_words.Write.__struct_fields__)
    assert words_between("| word of `csv`", "## What goes wrong") == set(files_words.Csv.__struct_fields__)


def test_the_types_it_names_are_those_there_are() -> None:
    line = next(line for line in GUIDE.splitlines() if line.startswith("| `types` |"))
    assert set(re.findall(r"`(\w+)`", line.split(":")[1])) == set(get_args(sql_words.Kind))


def test_each_error_in_the_table_is_one_that_there_is() -> None:
    table = GUIDE[GUIDE.index("## What goes wrong") :]
    codes = set(re.findall(r"`(\w+)`", "".join(re.findall(r"^\| (`.*?) \|", table, re.MULTILINE))))
    modules = (files_failures, files_places, files_reading, files_writing, sftp_places, sftp_session, endings)
    sources = "".join(Path(str(module.__file__)).read_text() for module in modules)
    assert {code for code in codes if f'"{code}"' not in sources} == set()


def test_the_limits_it_names_are_those_there_are() -> None:
    assert f"{files_found.MOST_FILES:,} files may match" in GUIDE
    read, write_word = files_words.Read(pattern="x"), files_words.Write()
    assert (read.settle, read.size, write_word.file) == (60, 500, "batch")
