"""The databases themselves, each with an empty database of the tests' own."""

from __future__ import annotations

import json
import sqlite3
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pymysql

from integrations.connectors.base import Answer, Call, Item, WriteContext
from integrations.connectors.sql import SqlConnector
from integrations.exceptions import Failure
from integrations.http.guard import Guard
from tests.conftest import mysql_server, postgres_server

Tables = dict[str, dict[str, Any]]
ORDERS: Tables = {"orders": {"key": "id", "write": {}}}


@dataclass
class Database:
    """`settings` without the tables; `guard` allows its very port and nothing else."""

    kind: str
    settings: dict[str, Any]
    secrets: dict[str, Any] = field(default_factory=dict)
    guard: Guard = field(default_factory=Guard)

    def connector(self, tables: Tables, **more: Any) -> SqlConnector:
        settings = {"kind": self.kind, **self.settings, "tables": tables, **more}
        return SqlConnector(settings, self.secrets, guard=self.guard)

    @contextmanager
    def _opened(self) -> Iterator[Any]:
        """As the database's own user would, without anything of ours."""
        at = self.settings
        if self.kind == "postgresql":
            with psycopg.connect(
                host=at["host"], port=at["port"], user=at["user"], dbname=at["database"], autocommit=True
            ) as opened:
                yield opened.cursor()
        elif self.kind == "mysql":
            with pymysql.connect(
                host=at["host"], port=at["port"], user=at["user"], database=at["database"], autocommit=True,
                password=self.secrets.get("password", ""),
            ) as opened:  # fmt: skip
                yield opened.cursor()
        else:
            from django.conf import settings

            path = Path(settings.SQLITE_FOLDER) / at["database"]
            with closing(sqlite3.connect(path, isolation_level=None)) as opened:
                yield opened.cursor()

    def run(self, *statements: str) -> None:
        with self._opened() as cursor:
            for statement in statements:
                cursor.execute(statement)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with self._opened() as cursor:
            cursor.execute(query)
            return [tuple(row) for row in cursor.fetchall()]

    def types(self, table: str) -> dict[str, str]:
        """The type of each column, as the database itself calls it."""
        if self.kind == "sqlite":
            return {row[1]: row[2].lower() for row in self.rows(f"PRAGMA table_info('{table}')")}
        found = self.rows(
            "SELECT column_name, data_type FROM information_schema.columns "
            f"WHERE table_name = '{table}' AND table_schema = "
            + ("'public'" if self.kind == "postgresql" else "DATABASE()")
        )
        return {str(name): str(kind).lower() for name, kind in found}


def upsert(body: dict[str, Any], **context: Any) -> WriteContext:
    return WriteContext("upsert", body, **context)


def call(connector: SqlConnector, body: dict[str, Any], resource: str = "orders", **context: Any) -> Call:
    return connector.prepare(resource, upsert(body, **context), 0, "")


def write(connector: SqlConnector, body: dict[str, Any], resource: str = "orders", **context: Any) -> Answer:
    return connector.send(call(connector, body, resource, **context))


def write_all(
    connector: SqlConnector, bodies: list[dict[str, Any]], **context: Any
) -> list[Answer | Failure]:
    return connector.send_batch([call(connector, body, **context) for body in bodies])


def read_all(connector: SqlConnector, resource: str, **more: Any) -> list[Item]:
    """To the end, each page as whoever took over from a dead worker would read it."""
    items: list[Item] = []
    position = more.pop("position", None)
    for _ in range(1000):
        page = connector.read(resource, since=more.get("since"), position=position)
        items += page.items
        if page.next_position is None:
            return items
        position = json.loads(json.dumps(page.next_position))
    raise AssertionError("The read does not end.")


@contextmanager
def postgres() -> Iterator[Database]:
    server = urlsplit(postgres_server())
    name = f"crossdock_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(postgres_server(), autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    host, port = "127.0.0.1", server.port or 5432
    settings = {"host": host, "port": port, "database": name, "user": server.username or "", "tls": "off"}
    yield Database("postgresql", settings, guard=Guard([f"127.0.0.1/32 {port}"]))
    with psycopg.connect(postgres_server(), autocommit=True) as connection:
        connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@contextmanager
def _as_root() -> Iterator[Any]:
    server = urlsplit(mysql_server())
    with (
        pymysql.connect(
            host=server.hostname,
            port=server.port or 3306,
            user=server.username,
            password=server.password or "",
            autocommit=True,
        ) as connection,
        connection.cursor() as cursor,
    ):
        yield cursor


@contextmanager
def mariadb() -> Iterator[Database]:
    """With a user of its own: the server's root is often let in by its socket alone."""
    server = urlsplit(mysql_server())
    name, password = f"crossdock_{uuid.uuid4().hex[:12]}", uuid.uuid4().hex
    with _as_root() as cursor:
        cursor.execute(f"CREATE DATABASE `{name}`")
        cursor.execute(f"CREATE USER '{name}'@'%' IDENTIFIED BY '{password}'")
        cursor.execute(f"GRANT ALL ON `{name}`.* TO '{name}'@'%'")
    host, port = server.hostname or "127.0.0.1", server.port or 3306
    settings = {"host": host, "port": port, "database": name, "user": name, "tls": "off"}
    yield Database("mysql", settings, {"password": password}, Guard([f"127.0.0.1/32 {port}"]))
    with _as_root() as cursor:
        cursor.execute(f"DROP DATABASE `{name}`")
        cursor.execute(f"DROP USER '{name}'@'%'")
