"""Which addresses and files may be reached, how it is told what was refused, and that no secret is in what is told."""

from __future__ import annotations

import json
import socket
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
import pytest
from pytest_django import Settings

from integrations.connectors import registry
from integrations.connectors.sql import SqlConnector
from integrations.connectors.sql_failures import failure_of
from integrations.exceptions import DeclarationError, Failure, Kind
from integrations.http.guard import Guard
from tests.integrations.connectors.sql.databases import ORDERS, Database, upsert, write

SECRET = "a-very-secret-password"
SERVERS = pytest.mark.parametrize(
    "database",
    [pytest.param("postgresql", marks=pytest.mark.postgres), pytest.param("mysql", marks=pytest.mark.mysql)],
    indirect=True,
)
READ = {"items": {"key": "id", "read": {}}}


def refused(connector: SqlConnector) -> Failure:
    with pytest.raises(Failure) as caught:
        connector.read(next(iter(connector.resources())), since=None, position=None)
    failure = caught.value
    assert SECRET not in json.dumps([failure.sentence, failure.evidence], default=str)
    assert SECRET not in json.dumps([list(step) for step in connector.test().steps])
    connector.close()
    return failure


@SERVERS
@pytest.mark.parametrize("networks", [[], ["10.0.0.0/8"], ["127.0.0.1/32 80"]])
def test_a_private_address_is_reached_only_where_it_is_named_with_its_port(
    database: Database, networks: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[Any] = []
    database.guard = Guard(networks)
    with monkeypatch.context() as patched:
        patched.setattr(socket.socket, "connect", lambda *place: opened.append(place))
        patched.setattr("psycopg.connect", lambda **place: opened.append(place))
        failure = refused(database.connector(READ))
    assert (failure.kind, failure.code, failure.connection_wide) == (Kind.CONFIG, "host_not_allowed", True)
    assert opened == []


@SERVERS
def test_the_address_that_was_judged_is_the_one_that_is_called(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name that leads elsewhere the second time gains nothing: it is asked for once."""
    asked: list[str] = []
    real = socket.getaddrinfo

    def resolve(host: Any, port: Any, *args: Any, **more: Any) -> Any:
        asked.append(str(host))
        there = "127.0.0.1" if len(asked) == 1 else "127.0.0.2"
        return real(there if host == "db.example.com" else host, port, *args, **more)

    connector = database.connector(ORDERS, host="db.example.com")
    with monkeypatch.context() as patched:
        patched.setattr(socket, "getaddrinfo", resolve)
        write(connector, {"id": "1"})
    assert asked == ["db.example.com"]
    assert database.rows("SELECT id FROM orders") == [("1",)]
    connector.close()


@SERVERS
def test_the_guard_of_the_installation_counts_where_none_is_given(
    database: Database, settings: Settings
) -> None:
    given = {"kind": database.kind, **database.settings, "tables": ORDERS}
    settings.PRIVATE_NETWORKS = []
    connector = registry.connect("sql", given, database.secrets, name="The BI store")
    with pytest.raises(Failure) as caught:
        connector.send(connector.prepare("orders", upsert({"id": "1"}), 0, ""))
    assert caught.value.code == "host_not_allowed"
    connector.close()
    settings.PRIVATE_NETWORKS = [f"127.0.0.1/32 {database.settings['port']}"]
    connector = registry.connect("sql", given, database.secrets, name="The BI store")
    connector.send(connector.prepare("orders", upsert({"id": "1"}), 0, ""))
    connector.close()


@contextmanager
def role(database: Database, what: str) -> Iterator[str]:
    """A role of PostgreSQL's, for as long as the test takes."""
    name = f"crossdock_{uuid.uuid4().hex[:10]}"
    database.run(f"CREATE ROLE {name} {what}", f"GRANT USAGE ON SCHEMA public TO {name}")
    yield name
    database.run(f"DROP OWNED BY {name}", f"DROP ROLE {name}")


@SERVERS
@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"database": "nowhere_at_all"}, "no_database"),
        ({"host": "no-such-host.invalid"}, "unknown_host"),
        ({"port": 1}, "host_down"),
        ({"user": "nobody_at_all"}, "unauthorized"),
    ],
)
def test_what_is_wrong_with_the_address_is_told_apart(
    database: Database, changed: dict[str, Any], code: str
) -> None:
    database.guard = Guard([f"127.0.0.1/32 {database.settings['port']} 1"])
    failure = refused(database.connector(READ, **changed))
    assert (failure.code, failure.connection_wide) == (code, True)
    assert failure.kind == (Kind.TRANSIENT if code == "host_down" else Kind.CONFIG)
    assert not failure.in_doubt


@pytest.mark.mysql
@pytest.mark.parametrize("database", ["mysql"], indirect=True)
def test_a_wrong_password_is_the_connections_trouble(database: Database) -> None:
    failure = refused(replace(database, secrets={"password": SECRET}).connector(READ))
    assert (failure.kind, failure.code, failure.connection_wide) == (Kind.CONFIG, "unauthorized", True)
    assert "password" in failure.sentence


@pytest.mark.postgres
@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_one_who_may_not_log_in_is_the_connections_trouble(database: Database) -> None:
    """The tests' server asks nobody for a password; who may not log in is refused at the same door."""
    with role(database, "NOLOGIN") as user:
        failure = refused(replace(database, secrets={"password": SECRET}).connector(READ, user=user))
    assert (failure.kind, failure.code, failure.connection_wide) == (Kind.CONFIG, "unauthorized", True)


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ('FATAL:  password authentication failed for user "crossdock"', "unauthorized"),
        (
            'FATAL:  no pg_hba.conf entry for host "10.1.0.9", user "x", database "bi", no encryption',
            "unauthorized",
        ),
        ("FATAL:  sorry, too many clients already", "too_many_connections"),
        ("FATAL:  the database system is starting up", "host_down"),
        ("server does not support SSL, but SSL was required", "certificate"),
        ('server certificate for "a" does not match host name "b"', "certificate"),
    ],
)
def test_what_postgresql_says_at_the_door_is_understood(said: str, code: str) -> None:
    error = psycopg.OperationalError(
        f'connection failed: connection to server at "10.1.0.7", port 5432 failed: {said}'
    )
    assert failure_of("The BI store", error).code == code


@pytest.mark.postgres
@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_missing_rights_in_postgresql_are_told_as_such(database: Database) -> None:
    database.run("CREATE TABLE items (id INTEGER PRIMARY KEY)")
    with role(database, "LOGIN") as user:
        connector = database.connector({**READ, **ORDERS}, user=user)
        for do in (
            lambda: connector.read("items", since=None, position=None),
            lambda: write(connector, {"id": "1"}),
        ):
            with pytest.raises(Failure) as caught:
                do()
            assert (caught.value.kind, caught.value.code) == (Kind.CONFIG, "forbidden")
            assert not caught.value.connection_wide
        connector.close()


@pytest.mark.mysql
@pytest.mark.parametrize("database", ["mysql"], indirect=True)
def test_missing_rights_in_mariadb_are_told_as_such(database: Database) -> None:
    word = {"key": "id", "schema": "mysql", "table": "of_ours", "write": {}}
    connector = database.connector({"items": word})
    with pytest.raises(Failure) as caught:
        write(connector, {"id": "1"}, "items")
    assert (caught.value.kind, caught.value.code) == (Kind.CONFIG, "forbidden")
    connector.close()


@SERVERS
def test_an_encrypted_connection_is_made_where_it_is_asked_for(database: Database) -> None:
    """The tests' servers have a certificate of their own making, or none: it is never taken for a trusted one."""
    failure = refused(database.connector(READ, tls="verified"))
    assert (failure.kind, failure.code, failure.connection_wide) == (Kind.CONFIG, "certificate", True)


def test_an_sqlite_file_is_opened_in_the_named_folder_alone(sqlite_folder: Path, settings: Settings) -> None:
    outside = sqlite_folder.parent / "secret.sqlite3"
    outside.touch()
    (sqlite_folder / "link").symlink_to(outside)
    for name in ("../secret.sqlite3", str(outside), "link", ".", "a/../../secret.sqlite3"):
        with pytest.raises(DeclarationError) as caught:
            Database("sqlite", {"database": name}).connector(ORDERS)
        assert caught.value.field == "database"
    settings.SQLITE_FOLDER = ""
    with pytest.raises(DeclarationError, match="SQLITE_FOLDER"):
        Database("sqlite", {"database": "x.sqlite3"}).connector(ORDERS)


def test_a_link_that_is_put_in_its_place_afterwards_is_not_followed(sqlite_folder: Path) -> None:
    connector = Database("sqlite", {"database": "x.sqlite3"}).connector(ORDERS)
    outside = sqlite_folder.parent / "secret.sqlite3"
    outside.touch()
    (sqlite_folder / "x.sqlite3").symlink_to(outside)
    with pytest.raises(Failure):
        write(connector, {"id": "1"})
    assert outside.stat().st_size == 0
    connector.close()


def test_reading_makes_no_file(sqlite_folder: Path) -> None:
    failure = refused(Database("sqlite", {"database": "typo.sqlite3"}).connector(READ))
    assert (failure.kind, failure.code) == (Kind.CONFIG, "no_database")
    assert list(sqlite_folder.iterdir()) == []


def test_a_file_that_is_no_database_or_may_not_be_written_is_told(sqlite_folder: Path) -> None:
    (sqlite_folder / "text.sqlite3").write_text("no database at all, but long enough to be looked at" * 20)
    failure = refused(Database("sqlite", {"database": "text.sqlite3"}).connector(READ))
    assert (failure.kind, failure.code) == (Kind.CONFIG, "no_database")


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"kind": "oracle"}, "kind"),
        ({"database": ""}, "database"),
        ({"host": ""}, "host"),
        ({"host": "a,b"}, "host"),
        ({"host": "/var/run/postgresql"}, "host"),
        ({"port": "many"}, "port"),
        ({"port": 70_000}, "port"),
        ({"tls": "maybe"}, "tls"),
        ({"user": ""}, "user"),
        ({"zone": "Moon/Base"}, "zone"),
    ],
)
def test_settings_without_sense_are_refused_in_their_place(changed: dict[str, Any], field: str) -> None:
    settings = {"host": "db.example.com", "database": "bi", "user": "crossdock", "kind": "postgresql"}
    with pytest.raises(DeclarationError) as caught:
        SqlConnector({**settings, "tables": ORDERS, **changed}, {})
    assert caught.value.field == field


def test_whoever_changes_where_the_password_goes_enters_it_anew() -> None:
    """The form compares these; a weaker encryption is another place as well."""
    settings = {
        "host": "db.example.com",
        "database": "bi",
        "user": "x",
        "kind": "postgresql",
        "tables": ORDERS,
    }
    found = {
        SqlConnector({**settings, **changed}, {}).base_url
        for changed in ({}, {"host": "other.example.com"}, {"port": 6432}, {"tls": "off"}, {"kind": "mysql"})
    }
    assert len(found) == 5
