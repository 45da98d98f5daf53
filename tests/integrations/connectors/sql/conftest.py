"""Every test here is tried on each database that there is."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from pytest_django import Settings

from integrations.http.guard import Guard
from tests.integrations.connectors.sql import databases
from tests.integrations.connectors.sql.databases import Database


@pytest.fixture
def sqlite_folder(tmp_path: Path, settings: Settings) -> Path:
    folder = tmp_path / "allowed"
    folder.mkdir()
    settings.SQLITE_FOLDER = str(folder)
    return folder


@pytest.fixture(scope="module")
def _postgres() -> Iterator[Database]:
    with databases.postgres() as found:
        yield found


@pytest.fixture(scope="module")
def _mariadb() -> Iterator[Database]:
    with databases.mariadb() as found:
        yield found


@pytest.fixture(
    params=[
        pytest.param("postgresql", marks=pytest.mark.postgres),
        pytest.param("mysql", marks=pytest.mark.mysql),
        "sqlite",
    ]
)
def database(request: pytest.FixtureRequest) -> Iterator[Database]:
    """Empty at the start of each test."""
    if request.param == "sqlite":
        request.getfixturevalue("sqlite_folder")
        yield Database("sqlite", {"database": f"{uuid.uuid4().hex}.sqlite3"}, guard=Guard(ports=()))
        return
    found: Database = request.getfixturevalue("_postgres" if request.param == "postgresql" else "_mariadb")
    yield replace(found)
    _empty(found)


def _empty(database: Database) -> None:
    if database.kind == "postgresql":
        database.run("DROP SCHEMA public CASCADE", "CREATE SCHEMA public")
        return
    query = "SELECT table_name, table_type FROM information_schema.tables WHERE table_schema = DATABASE()"
    for name, kind in database.rows(query):
        database.run(f"DROP {'VIEW' if kind == 'VIEW' else 'TABLE'} `{name}`")
