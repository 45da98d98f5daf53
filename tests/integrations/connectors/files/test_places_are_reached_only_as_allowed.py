"""Which folders and servers are reached, what is told of those that are not, and that no secret is in what is told."""

from __future__ import annotations

import io
import json
import socket
from dataclasses import replace
from pathlib import Path
from typing import Any

import paramiko
import pytest
from pytest_django import Settings

from integrations.connectors import registry, sftp_session
from integrations.connectors.files import FilesConnector, FolderConnector
from integrations.connectors.sftp import SftpConnector
from integrations.exceptions import DeclarationError, Failure, Kind
from integrations.http.guard import Guard
from tests.integrations.connectors.files.drops import Drop, read_all, reading, write, writing
from tests.integrations.connectors.files.server import PASSWORD, Server, new_key

# Put together here: a file of the project holds nothing that looks like a key.
BROKEN = " ".join(f"-----{word} OPENSSH PRIVATE KEY-----" for word in ("BEGIN", "END"))


def refused(connector: FilesConnector) -> Failure:
    with pytest.raises(Failure) as caught:
        connector.read("rows", since=None, position=None)
    failure = caught.value
    told = json.dumps([failure.sentence, failure.evidence, [list(step) for step in connector.test().steps]])
    assert PASSWORD not in told
    assert "PRIVATE KEY" not in told
    connector.close()
    return failure


@pytest.mark.parametrize("networks", [[], ["10.0.0.0/8"], ["127.0.0.1/32"], ["127.0.0.1/32 80"]])
def test_a_server_is_reached_only_where_it_is_named_with_its_port(
    sftp: Drop, networks: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[Any] = []
    sftp.guard = Guard(networks)
    settings = {**sftp.settings, "port": 22}
    connector = replace(sftp, settings=settings).connector(reading())
    with monkeypatch.context() as patched:
        patched.setattr(socket.socket, "connect", lambda *place: opened.append(place))
        failure = refused(connector)
    assert (failure.kind, failure.code, failure.connection_wide) == (Kind.CONFIG, "host_not_allowed", True)
    assert opened == []


def test_the_address_that_was_judged_is_the_one_that_is_called(
    sftp: Drop, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    real = socket.getaddrinfo

    def resolve(host: Any, port: Any, *args: Any, **more: Any) -> Any:
        asked.append(str(host))
        return real("127.0.0.1" if len(asked) == 1 else "127.0.0.2", port, *args, **more)

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    assert read_all(sftp.connector(reading(), host="sftp.example.com")) == []
    assert asked == ["sftp.example.com"]


def test_the_guard_of_the_installation_counts_where_none_is_given(sftp: Drop, settings: Settings) -> None:
    given = {**sftp.settings, "files": reading()}
    settings.PRIVATE_NETWORKS = []
    connector = registry.connect("sftp", given, sftp.secrets, name="The partner's server")
    assert refused_code(connector) == "host_not_allowed"
    settings.PRIVATE_NETWORKS = [f"127.0.0.1/32 {sftp.server.port}"]
    connector = registry.connect("sftp", given, sftp.secrets, name="The partner's server")
    assert connector.test().ok
    connector.close()


def refused_code(connector: Any) -> str:
    with pytest.raises(Failure) as caught:
        connector.read("rows", since=None, position=None)
    assert caught.value.sentence
    return caught.value.code


def another(kind: str = "ed25519") -> str:
    if kind == "rsa":
        key: paramiko.PKey = paramiko.RSAKey.generate(2048)
    else:
        key = paramiko.Ed25519Key.from_private_key(io.StringIO(new_key()))
    return f"127.0.0.1 {key.get_name()} {key.get_base64()}"


@pytest.mark.parametrize("kind", ["ed25519", "rsa"])
def test_a_server_with_another_key_is_told_nothing(sftp: Drop, kind: str) -> None:
    failure = refused(sftp.connector(reading(), known_host=another(kind)))
    assert (failure.kind, failure.code, failure.connection_wide) == (Kind.CONFIG, "host_key_changed", True)
    assert "Nothing was sent" in failure.sentence
    assert "Ask the server's operator" in failure.sentence
    assert sftp.server.passwords == []
    if kind == "ed25519":
        assert sftp_session.fingerprint(sftp.server.host_key.asbytes()) in failure.sentence


def test_a_server_may_have_several_known_keys(sftp: Drop) -> None:
    known = f"# a comment\n{another()}\n[127.0.0.1]:{sftp.server.port} {sftp.server.known_host.partition(' ')[2]} x\n"
    assert read_all(sftp.connector(reading(), known_host=known)) == []


def test_an_rsa_key_of_a_server_is_known_too(sftp: Drop, tmp_path: Path) -> None:
    with Server(sftp.root, paramiko.RSAKey.generate(2048)).running() as server:
        there = replace(sftp, guard=Guard([f"127.0.0.1/32 {server.port}"]))
        connector = there.connector(reading(), port=server.port, known_host=server.known_host)
        assert read_all(connector) == []
        connector.close()


def test_a_wrong_password_is_the_connections_trouble(sftp: Drop) -> None:
    failure = refused(replace(sftp, secrets={"password": "wrong"}).connector(reading()))
    assert (failure.kind, failure.code, failure.connection_wide) == (Kind.CONFIG, "unauthorized", True)


@pytest.mark.parametrize("passphrase", ["", "a passphrase"])
@pytest.mark.parametrize("one_line", [False, True])
def test_a_private_key_lets_us_in_however_it_was_pasted(sftp: Drop, passphrase: str, one_line: bool) -> None:
    text = new_key(passphrase)
    sftp.server.users_key = paramiko.Ed25519Key.from_private_key(io.StringIO(text), passphrase or None)
    given = text.replace("\n", " ") if one_line else text
    connector = replace(sftp, secrets={"private_key": given, "passphrase": passphrase}).connector(reading())
    assert read_all(connector) == []
    assert sftp.server.passwords == []
    connector.close()


@pytest.mark.parametrize("kind", [paramiko.RSAKey, paramiko.ECDSAKey])
def test_keys_of_other_kinds_and_forms_let_us_in(sftp: Drop, kind: Any) -> None:
    key = kind.generate(2048) if kind is paramiko.RSAKey else kind.generate()
    written = io.StringIO()
    key.write_private_key(written)
    sftp.server.users_key = key
    connector = replace(sftp, secrets={"private_key": written.getvalue()}).connector(reading())
    assert read_all(connector) == []
    connector.close()


@pytest.mark.parametrize(
    "key",
    ["nonsense", BROKEN, "locked"],
)
def test_a_private_key_that_cannot_be_read_is_told(sftp: Drop, key: str) -> None:
    given = new_key("a passphrase") if key == "locked" else key
    failure = refused(replace(sftp, secrets={"private_key": given}).connector(reading()))
    assert (failure.kind, failure.code) == (Kind.CONFIG, "private_key")


def test_a_server_may_want_key_and_password(sftp: Drop) -> None:
    text = new_key()
    sftp.server.users_key = paramiko.Ed25519Key.from_private_key(io.StringIO(text))
    sftp.server.wants_both = True
    secrets = {"private_key": text, "password": PASSWORD}
    assert read_all(replace(sftp, secrets=secrets).connector(reading())) == []


@pytest.mark.parametrize(
    ("changed", "code"),
    [({"host": "no-such-host.invalid"}, "unknown_host"), ({"port": 1}, "host_down")],
)
def test_what_is_wrong_with_the_address_is_told_apart(sftp: Drop, changed: dict[str, Any], code: str) -> None:
    sftp.guard = Guard(["127.0.0.1/32 1"])
    failure = refused(sftp.connector(reading(), **changed))
    assert (failure.code, failure.connection_wide, failure.in_doubt) == (code, True, False)
    assert failure.kind == (Kind.TRANSIENT if code == "host_down" else Kind.CONFIG)


def test_a_server_that_says_nothing_is_waited_for_a_short_time(
    sftp: Drop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sftp_session, "CONNECT", 0.3)
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    sftp.guard = Guard([f"127.0.0.1/32 {port}"])
    failure = refused(sftp.connector(reading(), port=port))
    assert (failure.kind, failure.connection_wide) == (Kind.TRANSIENT, True)
    listener.close()


def test_a_call_that_takes_too_long_ends(sftp: Drop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("integrations.connectors.sftp_places.READING", -1.0)
    sftp.put("a.csv", "id\n1\n")
    failure = refused(sftp.connector(reading()))
    assert (failure.kind, failure.code) == (Kind.TRANSIENT, "too_slow")


def test_a_session_that_broke_is_opened_anew(sftp: Drop) -> None:
    connector = sftp.connector(reading())
    assert read_all(connector) == []
    sftp.server.fails["list"] = "cut before"
    with pytest.raises(Failure) as caught:
        connector.read("rows", since=None, position=None)
    assert (caught.value.kind, caught.value.code) == (Kind.TRANSIENT, "host_down")
    sftp.server.fails.clear()
    assert read_all(connector) == []
    connector.close()


def test_one_login_serves_many_calls(sftp: Drop) -> None:
    connector = sftp.connector({**writing(folder="out")})
    for number in range(3):
        write(connector, {"id": str(number)})
    assert sftp.server.passwords == [PASSWORD]
    connector.close()


@pytest.mark.parametrize(("command", "kind"), [("open", Kind.CONFIG), ("list", Kind.CONFIG)])
def test_what_a_server_refuses_without_saying_why_is_not_tried_again(
    sftp: Drop, command: str, kind: Kind
) -> None:
    sftp.put("a.csv", "id\n1\n")
    sftp.server.fails[command] = "refuse"
    failure = refused(sftp.connector(reading()))
    assert failure.kind == kind


def test_a_file_that_may_not_be_read_is_named(sftp: Drop) -> None:
    sftp.put("a.csv", "id\n1\n")
    sftp.server.fails["open"] = "forbid"
    failure = refused(sftp.connector(reading()))
    assert (failure.kind, failure.code) == (Kind.CONFIG, "forbidden")
    assert "may not read a.csv" in failure.sentence


def test_a_missing_folder_is_told_and_reading_makes_none(drop: Drop) -> None:
    failure = refused(drop.connector(reading(folder="in")))
    assert (failure.kind, failure.code, failure.connection_wide) == (Kind.CONFIG, "no_folder", True)
    assert not (drop.root / "in").exists()


def test_a_link_on_a_server_is_not_followed(sftp: Drop, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "a.csv").write_text("id\n1\n")
    (sftp.root / "in").symlink_to(tmp_path / "elsewhere")
    (sftp.root / "b.csv").symlink_to(tmp_path / "elsewhere" / "a.csv")
    assert refused(sftp.connector(reading(folder="in"))).code == "outside"
    assert read_all(sftp.connector(reading())) == []


PATHS = ["../x", "a/../../x", "/etc", "a/./b", "..", "a\\b", "a\0b"]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("place", ["folder", "read", "done", "write"])
def test_a_path_that_leads_out_is_refused_in_its_place(path: str, place: str) -> None:
    files = {
        "folder": reading(),
        "read": reading(folder=path),
        "done": reading(done=path),
        "write": writing(folder=path),
    }[place]
    with pytest.raises(DeclarationError) as caught:
        FolderConnector({"folder": path if place == "folder" else "", "files": files}, {})
    assert caught.value.field.endswith("folder" if place != "done" else "done")


def test_a_folder_of_this_machine_needs_a_root_that_is_allowed(settings: Settings) -> None:
    settings.FILES_ROOT = ""
    failure = refused(FolderConnector({"files": reading()}, {}))
    assert (failure.kind, failure.code, failure.connection_wide) == (Kind.CONFIG, "no_root", True)
    assert "FILES_ROOT" in failure.sentence


@pytest.mark.parametrize(
    ("named", "said"),
    [("gone", "is not there"), ("a.csv", "is no folder"), ("../files", "is not absolute")],
)
def test_a_root_that_is_none_is_told_by_its_name(
    named: str, said: str, tmp_path: Path, settings: Settings
) -> None:
    (tmp_path / "a.csv").write_text("id\n")
    root = named if named.startswith(".") else str(tmp_path / named)
    settings.FILES_ROOT = root
    failure = refused(FolderConnector({"files": reading()}, {}))
    assert (failure.kind, failure.code, failure.connection_wide) == (Kind.CONFIG, "no_root", True)
    assert f"FILES_ROOT of this installation names {root}, which {said}" in failure.sentence
    assert ".env" in failure.sentence


def test_a_link_that_is_put_in_its_place_afterwards_is_not_followed(folder: Drop, files_root: Path) -> None:
    connector = folder.connector({**writing(folder="out")})
    (folder.root / "out").symlink_to(files_root.parent)
    with pytest.raises(Failure) as caught:
        write(connector, {"id": "1"})
    assert caught.value.code == "outside"
    assert sorted(one.name for one in files_root.parent.iterdir() if one.suffix) == ["secret.csv"]


def test_a_pipe_is_no_file_and_keeps_nobody_waiting(folder: Drop) -> None:
    import os

    os.mkfifo(folder.root / "a.csv")
    assert read_all(folder.connector(reading())) == []


@pytest.mark.parametrize(
    ("settings", "field"),
    [
        ({"host": ""}, "host"),
        ({"host": "a/b"}, "host"),
        ({"port": 70_000}, "port"),
        ({"user": ""}, "user"),
        ({"known_host": ""}, "known_host"),
        ({"known_host": "sftp.example.com ssh-ed25519 !!"}, "known_host"),
        ({"folder": "../x"}, "folder"),
        ({"zone": "Moon/Base"}, "zone"),
        ({"files": {}}, "files"),
        ({"files": {"rows": {"key": "id"}}}, "files.rows"),
        ({"files": {"rows": {"key": [], "write": {}}}}, "files.rows.key"),
        ({"files": {"rows": {"key": "id", "read": {}}}}, "files.rows.read.pattern"),
        ({"files": reading(patern="x")}, "files.rows.read.patern"),
        ({"files": reading(pattern="in/*.csv")}, "files.rows.read.pattern"),
        ({"files": reading(settle=-1)}, "files.rows.read.settle"),
        ({"files": reading(size=0)}, "files.rows.read.size"),
        ({"files": reading(folder="in", done="in/")}, "files.rows.read.done"),
        ({"files": reading(lines="lines", repeated="last")}, "files.rows.read.repeated"),
        ({"files": reading(names=["a", "a"])}, "files.rows.read.names"),
        ({"files": reading(format="parquet", names=["a"])}, "files.rows.read.names"),
        ({"files": reading(csv={"delimiter": "ab"})}, "files.rows.csv.delimiter"),
        ({"files": reading(csv={"quote": ","})}, "files.rows.csv.quote"),
        ({"files": writing(csv={"bom": True, "encoding": "cp1252"})}, "files.rows.csv.bom"),
        ({"files": writing(columns=["v"])}, "files.rows.write.columns"),
        ({"files": writing(columns=["id", "id"])}, "files.rows.write.columns"),
        ({"files": writing(columns={"=id": "id"})}, "files.rows.write.columns"),
        ({"files": writing(name="../x")}, "files.rows.write.name"),
        (
            {
                "files": {
                    "a": {"key": "id", "write": {"name": "x"}},
                    "b": {"key": "id", "write": {"name": "x"}},
                }
            },
            "files.b.write.name",
        ),
    ],
)
def test_settings_without_sense_are_refused_in_their_place(settings: dict[str, Any], field: str) -> None:
    given = {"host": "sftp.example.com", "user": "x", "known_host": another(), "files": reading()}
    with pytest.raises(DeclarationError) as caught:
        SftpConnector({**given, **settings}, {})
    assert caught.value.field == field


def test_whoever_changes_where_the_password_goes_enters_it_anew() -> None:
    """Another pinned key is another place as well."""
    first = another()
    given = {"host": "sftp.example.com", "user": "x", "known_host": first, "files": reading()}
    found = {
        SftpConnector({**given, **changed}, {}).base_url
        for changed in ({}, {"host": "other.example.com"}, {"port": 2222}, {"known_host": another()})
    }
    assert len(found) == 4


def test_the_test_button_tells_what_is_wrong_with_the_newest_file(drop: Drop) -> None:
    drop.put("a.csv", "id,v\n1,a\n", age=900)
    drop.put("b.csv", "key;v\n1;a\n", age=800)
    report = drop.connector(reading()).test()
    assert not report.ok
    assert report.sentence().startswith("b.csv: It has no column id; it has: key;v.")


def test_the_test_button_tells_what_is_there(drop: Drop) -> None:
    drop.put("a.csv", "id,v\n1,a\n")
    files = {**reading(), "written": {"key": "id", "write": {"folder": "out"}}}
    report = drop.connector(files).test()
    assert report.ok
    assert [step.sentence for step in report.steps][1:] == [
        "1 files match; a.csv has 2 columns.",
        "The folder is there, with 0 files.",
    ]
