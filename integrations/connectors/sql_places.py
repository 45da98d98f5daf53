"""Where a database is, and connections to it: to a judged address only, encrypted where asked, never for long."""

from __future__ import annotations

import os
import re
import sqlite3
import ssl
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import certifi
import psycopg
import pymysql
from pymysql.connections import Connection as MySQLConnection
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.pool import QueuePool

from integrations.connectors.sql_failures import Changed, TooSlow, failure_of, is_out_of_date
from integrations.exceptions import DeclarationError, Failure
from integrations.http.guard import Guard, installed_guard
from integrations.http.plain_sockets import open_socket

POSTGRESQL, MYSQL, SQLITE = "postgresql", "mysql", "sqlite"
PORTS = {POSTGRESQL: 5432, MYSQL: 3306}
VERIFIED, ENCRYPTED, OFF = "verified", "encrypted", "off"

# Seconds. The last statement of a call begins before TOTAL is over; together they are less than the 30 of a lease.
CONNECT, LOCK, STATEMENT, TOTAL = 5.0, 3.0, 8.0, 15.0
CALL = CONNECT + TOTAL + STATEMENT
CONNECTIONS = 4
# SQLite asks so often whether the time is over, in steps of its machine.
STEPS = 10_000

_HOST = re.compile(r"[A-Za-z0-9._:-]{1,253}")


@dataclass(frozen=True)
class Place:
    """`path` is the file of an SQLite database, None for the others."""

    kind: str
    host: str = ""
    port: int = 0
    database: str = ""
    user: str = ""
    password: str = field(default="", repr=False)
    tls: str = VERIFIED
    path: Path | None = None

    @property
    def address(self) -> str:
        """For whoever must know where the password goes, and how."""
        return f"{self.kind}+{self.tls}://{self.host}:{self.port}" if self.path is None else ""

    @property
    def name(self) -> str:
        return f"{self.host}:{self.port}" if self.path is None else self.path.name


def place_of(settings: Mapping[str, Any], secrets: Mapping[str, Any]) -> Place:
    """Raises DeclarationError."""
    kind = str(settings.get("kind") or "")
    database = str(settings.get("database") or "")
    if kind not in (POSTGRESQL, MYSQL, SQLITE):
        raise DeclarationError("kind", "Choose postgresql, mysql (also for MariaDB) or sqlite.")
    if not database:
        raise DeclarationError("database", "Name the database, or the file of an SQLite database.")
    if kind == SQLITE:
        return Place(SQLITE, path=_file(database))
    host = str(settings.get("host") or "")
    if not _HOST.fullmatch(host):
        raise DeclarationError("host", "Name the host of the database, as db.example.com or 10.1.0.7.")
    port = settings.get("port") or PORTS[kind]
    if not isinstance(port, int) or not 0 < port < 65_536:
        raise DeclarationError("port", "A port is a number from 1 to 65535.")
    tls = str(settings.get("tls") or VERIFIED)
    if tls not in (VERIFIED, ENCRYPTED, OFF):
        raise DeclarationError("tls", f"Choose {VERIFIED}, {ENCRYPTED} or {OFF}.")
    if not settings.get("user"):
        raise DeclarationError("user", "Name the database user that Crossdock logs in as.")
    return Place(kind, host, port, database, str(settings["user"]), str(secrets.get("password") or ""), tls)


def _file(name: str) -> Path:
    """Only below the folder that this installation allows, whatever links and dots the name has."""
    from django.conf import settings

    allowed = str(getattr(settings, "SQLITE_FOLDER", "") or "")
    if not allowed:
        raise DeclarationError(
            "kind",
            "SQLite files cannot be used here: whoever runs Crossdock has not named a folder for them in "
            "SQLITE_FOLDER.",
        )
    folder = Path(allowed).resolve()
    path = (folder / name).resolve()
    if folder not in path.parents:
        raise DeclarationError(
            "database", "Name a file within the folder for SQLite databases, without its path."
        )
    return path


class Sessions:
    """The connections of one connector, shared by its threads. Nothing is opened before it is needed."""

    def __init__(self, place: Place, guard: Guard | None, name: str, *, makes_files: bool) -> None:
        self.place = place
        self.name = name
        opener: dict[str, Callable[[], Any]] = {
            POSTGRESQL: lambda: _open_postgres(place, guard or installed_guard()),
            MYSQL: lambda: _open_mysql(place, guard or installed_guard()),
            SQLITE: lambda: _open_sqlite(place, makes_files),
        }
        url = {POSTGRESQL: "postgresql+psycopg://", MYSQL: "mysql+pymysql://", SQLITE: "sqlite://"}[
            place.kind
        ]
        self.engine = _engine(url, opener[place.kind])

    def close(self) -> None:
        self.engine.dispose()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Raises Failure."""
        try:
            with self._connected("AUTOCOMMIT") as connection:
                yield connection
        except Failure:
            raise
        except Exception as error:
            raise failure_of(self.name, error) from error

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """One transaction. Raises Failure, or Changed where a table is not any more what it was taken for.

        Until the COMMIT leaves, whatever breaks has had no effect. What breaks in place of its answer is in doubt.
        """
        at_commit = False
        try:
            with self._connected() as connection:
                begun = connection.begin()
                try:
                    yield connection
                except BaseException:
                    begun.rollback()
                    raise
                at_commit = True
                begun.commit()
        except (Changed, Failure):
            raise
        except Exception as error:
            if is_out_of_date(error):
                raise Changed from error
            raise failure_of(self.name, error, at_commit=at_commit) from error

    @contextmanager
    def _connected(self, isolation_level: str | None = None) -> Iterator[Connection]:
        with self.engine.connect() as connection:
            options: dict[str, Any] = {"ends": time.monotonic() + TOTAL}
            if isolation_level is not None:
                options["isolation_level"] = isolation_level
            yield connection.execution_options(**options)


def _engine(url: str, opener: Callable[[], Any]) -> Engine:
    engine = create_engine(
        url,
        creator=opener,
        poolclass=QueuePool,
        pool_size=CONNECTIONS,
        max_overflow=CONNECTIONS,
        pool_timeout=CONNECT,
    )
    event.listen(engine, "before_cursor_execute", _in_time)
    if engine.dialect.name == SQLITE:
        event.listen(engine, "begin", _begin_at_once)
    return engine


def _in_time(connection: Connection, *_: Any) -> None:
    ends = connection.get_execution_options().get("ends")
    if ends is not None and time.monotonic() > ends:
        raise TooSlow


def _open_postgres(place: Place, guard: Guard) -> Any:
    """libpq opens the socket itself, but to `hostaddr`: the name is for the certificate alone."""
    judged = guard.addresses(place.host, place.port)[:2]
    connection = psycopg.connect(
        host=",".join([place.host] * len(judged)),
        hostaddr=",".join(address for _, (address, _) in judged),
        port=place.port,
        dbname=place.database,
        user=place.user,
        password=place.password,
        # Nothing of the machine's own: no password file, no ticket of its user.
        passfile=f"{os.devnull}/none",
        gssencmode="disable",
        application_name="crossdock",
        connect_timeout=int(CONNECT),
        keepalives_idle=5,
        keepalives_interval=2,
        keepalives_count=3,
        tcp_user_timeout=int(STATEMENT * 1000),
        # A pooler between us and the server does not know statements that were prepared.
        prepare_threshold=None,
        **_postgres_tls(place.tls),
    )
    limits = {
        "statement_timeout": STATEMENT,
        "lock_timeout": LOCK,
        "idle_in_transaction_session_timeout": CALL,
    }
    for name, seconds in limits.items():
        connection.execute(f"SET {name} = {int(seconds * 1000)}")
    connection.execute("SET TIME ZONE 'UTC'")
    connection.commit()
    return connection


def _postgres_tls(tls: str) -> dict[str, Any]:
    """https://www.postgresql.org/docs/current/libpq-connect.html: without encryption no password is sent in clear."""
    if tls == VERIFIED:
        return {"sslmode": "verify-full", "sslrootcert": _authorities()}
    if tls == ENCRYPTED:
        return {"sslmode": "require"}
    return {"sslmode": "disable", "require_auth": "!password"}


def _authorities() -> str:
    """Whom certificates are trusted from: this machine's own choice, or those that are known everywhere."""
    return os.environ.get("SSL_CERT_FILE") or certifi.where()


class _NotInClear:
    """Takes the place of the driver's ways to send the password as it is."""

    def __init__(self, connection: Any) -> None:
        raise pymysql.err.OperationalError(1251, "the server wants the password in clear")


def _open_mysql(place: Place, guard: Guard) -> Any:
    connection: MySQLConnection[Any] = pymysql.connect(
        host=place.host,
        port=place.port,
        user=place.user,
        password=place.password,
        database=place.database,
        charset="utf8mb4",
        connect_timeout=int(CONNECT),
        read_timeout=STATEMENT + 2,
        write_timeout=STATEMENT + 2,
        defer_connect=True,
        local_infile=False,
        **_mysql_tls(place.tls),
    )
    opened = open_socket(guard, place.host, place.port, CONNECT)
    try:
        connection.connect(opened)
    except BaseException:
        opened.close()
        raise
    with connection.cursor() as cursor:
        cursor.execute(
            "SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE,ERROR_FOR_DIVISION_BY_ZERO,"
            f"NO_ENGINE_SUBSTITUTION', time_zone = '+00:00', innodb_lock_wait_timeout = {int(LOCK)}, "
            f"lock_wait_timeout = {int(LOCK)}"
        )
        cursor.execute("SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED")
        is_mariadb = "mariadb" in str(getattr(connection, "server_version", "")).lower()
        limit = (
            f"max_statement_time = {STATEMENT}"
            if is_mariadb
            else f"max_execution_time = {int(STATEMENT * 1000)}"
        )
        cursor.execute(f"SET SESSION {limit}")
    return connection


def _mysql_tls(tls: str) -> dict[str, Any]:
    if tls == OFF:
        return {
            "ssl_disabled": True,
            "auth_plugin_map": {"mysql_clear_password": _NotInClear, "dialog": _NotInClear},
        }
    context = ssl.create_default_context(cafile=_authorities())
    if tls == ENCRYPTED:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return {"ssl": context}


def _open_sqlite(place: Place, makes_files: bool) -> sqlite3.Connection:
    path = cast(Path, place.path)
    mode = "rwc" if makes_files else "rw"
    # The file is looked for again: a link may have been put in its place since the settings were judged.
    if path.resolve() != path:
        raise sqlite3.OperationalError("the file is not where it was")
    return sqlite3.connect(
        f"{path.as_uri()}?mode={mode}", uri=True, timeout=LOCK, isolation_level=None, check_same_thread=False
    )


def _begin_at_once(connection: Connection) -> None:
    """The write lock is taken at the start, where waiting for it is possible; each call has its time."""
    ends = time.monotonic() + STATEMENT
    driver = cast(sqlite3.Connection, connection.connection.driver_connection)
    driver.set_progress_handler(lambda: int(time.monotonic() > ends), STEPS)
    if connection.get_execution_options().get("isolation_level") != "AUTOCOMMIT":
        connection.exec_driver_sql("BEGIN IMMEDIATE")
