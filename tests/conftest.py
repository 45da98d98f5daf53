"""Fixtures for all tests, and what a test needs beyond Python: where it is missing, the test says how to have it."""

from __future__ import annotations

import gc
import os
import shutil
import socket
import uuid
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pymysql
import pytest
import redis
from pytest_django import DjangoDbBlocker

ROOT = Path(__file__).resolve().parent.parent
REFERENCE = ROOT.parent / "shared"
# The one reason for a skip that a full run accepts.
NO_REFERENCE = "../shared is absent: it holds the real shops and is no part of this project"


# --- What is missing ----------------------------------------------------------------------------------


@cache
def postgres_server() -> str:
    """The address of a database on a server where tests may make their own, or ""."""
    for variable in ("TEST_DATABASE_URL", "TEST_POSTGRES_SERVER"):
        if (named := os.environ.get(variable, "")).startswith("postgres"):
            return named
    for role in dict.fromkeys([os.environ.get("USER", "root"), "postgres"]):
        address = f"postgres://{role}@127.0.0.1:5432/postgres"
        try:
            psycopg.connect(address, connect_timeout=2).close()
        except psycopg.OperationalError:
            continue
        return address
    return ""


@cache
def mysql_server() -> str:
    """The address of a MariaDB or MySQL where tests may make databases and users, or ""."""
    address = os.environ.get("TEST_MYSQL_SERVER", "mysql://root@127.0.0.1:3306")
    server = urlsplit(address)
    try:
        pymysql.connect(
            host=server.hostname,
            port=server.port or 3306,
            user=server.username,
            password=server.password or "",
            connect_timeout=2,
        ).close()
    except pymysql.MySQLError:
        return ""
    return address


@cache
def redis_server() -> str:
    address = os.environ.get("TEST_REDIS_URL", "redis://127.0.0.1:6379/15")
    try:
        redis.Redis.from_url(address, socket_connect_timeout=1).ping()
    except redis.RedisError:
        return ""
    return address


@cache
def chromium() -> str:
    names = ("chromium", "chromium-browser", "google-chrome")
    return next((path for name in names if (path := shutil.which(name))), "")


# What real systems are started with, and the packages that have it.
PROGRAMS = {"node": "nodejs and npm", "curl": "curl"}


@cache
def missing(marker: str, *programs: str) -> str:
    """Why the tests with this marker cannot run here, and what to do; "" where they can."""
    if marker == "postgres" and not postgres_server():
        return (
            "no PostgreSQL at 127.0.0.1:5432: install and start it, or set TEST_POSTGRES_SERVER=postgres://…"
        )
    if marker == "mysql" and not mysql_server():
        return (
            "no MariaDB or MySQL at 127.0.0.1:3306 that lets root in without a password: install and start it, or set "
            "TEST_MYSQL_SERVER=mysql://user:password@host:port"
        )
    if marker == "redis" and not redis_server():
        return "no Redis at 127.0.0.1:6379: install and start it, or set TEST_REDIS_URL=redis://…"
    if marker == "browser" and not chromium():
        return "no Chromium on the path: install the package chromium"
    if marker == "real":
        if not (REFERENCE / "real").is_dir():
            return NO_REFERENCE
        for program in programs or ("node",):
            if not shutil.which(program):
                return f"no {program} on the path: install {PROGRAMS[program]}"
    return ""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    elsewhere = [item for item in items if _belongs_to_the_run_on_postgres(item)]
    for item in items:
        for marker in ("postgres", "mysql", "redis", "browser", "real"):
            mark = item.get_closest_marker(marker)
            if mark and (reason := missing(marker, *mark.args)):
                item.add_marker(pytest.mark.skip(reason=reason))
    if elsewhere:
        config.hook.pytest_deselected(items=elsewhere)
        items[:] = [item for item in items if item not in elsewhere]


def _belongs_to_the_run_on_postgres(item: pytest.Item) -> bool:
    """Uses Django's own connection and needs it to be PostgreSQL, while this run is on SQLite."""
    if not item.get_closest_marker("postgres") or missing("postgres"):
        return False
    names = getattr(item, "fixturenames", ())
    needs_connection = item.get_closest_marker("django_db") or "db" in names or "transactional_db" in names
    return bool(needs_connection) and not os.environ.get("TEST_DATABASE_URL", "").startswith("postgres")


# --- What was skipped ---------------------------------------------------------------------------------

_skips = pytest.StashKey[Counter[str]]()


def pytest_configure(config: pytest.Config) -> None:
    # Modules and tests are made by the hundred thousand, and stay.
    gc.set_threshold(10_000, 20, 20)
    config.stash[_skips] = Counter()
    config.pluginmanager.register(SkipWatch(config.stash[_skips]), "skip-watch")


class SkipWatch:
    """Counts skips by reason. With FAIL_ON_SKIP set, one that ../shared does not excuse fails the run."""

    def __init__(self, reasons: Counter[str]) -> None:
        self.reasons = reasons

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.skipped and not hasattr(report, "wasxfail"):
            self._count(report.longrepr)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.skipped:
            self._count(report.longrepr)

    def _count(self, longrepr: object) -> None:
        reason = str(longrepr[2] if isinstance(longrepr, tuple) else longrepr)
        self.reasons[reason.removeprefix("Skipped: ")] += 1

    def unexcused(self) -> list[str]:
        if not os.environ.get("FAIL_ON_SKIP"):
            return []
        return [reason for reason in self.reasons if "../shared" not in reason]

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if self.unexcused() and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if not self.reasons:
            return
        terminalreporter.section("not run here")
        for reason, count in self.reasons.most_common():
            terminalreporter.line(f"{count:4}  {reason}")
        for reason in self.unexcused():
            terminalreporter.line(f"FAIL_ON_SKIP: this must run: {reason}", red=True)


# --- What stays until the end ---------------------------------------------------------------------------


def pytest_collection_finish() -> None:
    """All modules and tests are there: the garbage collector need not look through them again and again."""
    gc.freeze()


# --- Tables -------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Made once for each process. What a test commits is taken back faster than by Django where they are in memory."""
    from django.db import connection

    from tests.made_tables import copied_back

    if not (connection.vendor == "sqlite" and connection.is_in_memory_db()):  # type: ignore[attr-defined] # SQLite's
        yield
        return
    with django_db_blocker.unblock(), copied_back(), django_db_blocker.block():
        yield


# --- Servers and ports --------------------------------------------------------------------------------


@pytest.fixture(autouse=True)
def _no_rules_of_other_tests() -> None:
    """Versions never change, so processes keep them; but tests give the same numbers to other mappings."""
    from mappings.models import _left_out_of, _load_rules

    _load_rules.cache_clear()
    _left_out_of.cache_clear()


@pytest.fixture(scope="module")
def postgres_url() -> Iterator[str]:
    """The address of an empty database for the tests of one file. Mark the test `postgres`."""
    server, _, _ = postgres_server().rpartition("/")
    name = f"crossdock_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(postgres_server(), autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    yield f"{server}/{name}"
    with psycopg.connect(postgres_server(), autocommit=True) as connection:
        connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture
def redis_url() -> Iterator[str]:
    """The address of an emptied Redis database. Mark the test `redis`."""
    client = redis.Redis.from_url(redis_server())
    client.flushdb()
    yield redis_server()
    client.flushdb()
    client.close()


@pytest.fixture
def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
