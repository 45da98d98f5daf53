"""The fair lock around SQLite's write transactions: it excludes, it is always given back, and it is fair."""

from __future__ import annotations

import fcntl
import os
import signal
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.db import IntegrityError, OperationalError, connections, transaction
from pytest_django.plugin import DjangoDbBlocker

from config.sqlite.base import DatabaseWrapper
from config.sqlite.write_lock import WriteLock

ALIAS = "turns"
SECONDS = 10.0


@pytest.fixture
def file(tmp_path: Path, django_db_blocker: DjangoDbBlocker) -> Iterator[Path]:
    """A database in a file, reached in every thread by the alias "turns"."""
    path = tmp_path / "portal.sqlite3"
    base = connections.settings["default"]
    connections.settings[ALIAS] = {
        **base,
        "ENGINE": "config.sqlite",
        "NAME": str(path),
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "timeout": 0.05,
            "init_command": "PRAGMA journal_mode=WAL;",
        },
    }
    with django_db_blocker.unblock():
        run("CREATE TABLE parent (id INTEGER PRIMARY KEY)")
        run("CREATE TABLE goods (name TEXT, parent INTEGER REFERENCES parent DEFERRABLE INITIALLY DEFERRED)")
        yield path
        connections[ALIAS].close()
    del connections[ALIAS]
    del connections.settings[ALIAS]


def run(sql: str) -> None:
    with connections[ALIAS].cursor() as cursor:
        cursor.execute(sql)


def names() -> list[str]:
    with connections[ALIAS].cursor() as cursor:
        cursor.execute("SELECT name FROM goods ORDER BY rowid")
        return [row[0] for row in cursor.fetchall()]


def is_taken(file: Path, suffix: str = "lock") -> bool:
    """Whether somebody else who asks now would have to wait."""
    with Path(f"{file}.{suffix}").open("a") as probe:
        try:
            fcntl.flock(probe, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        return False


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(0.001)


def in_thread(act: Callable[[], None]) -> threading.Thread:
    def run_and_close() -> None:
        try:
            act()
        finally:
            connections[ALIAS].close()

    thread = threading.Thread(target=run_and_close, daemon=True)
    thread.start()
    return thread


def test_a_transaction_holds_the_lock_to_its_commit(file: Path) -> None:
    with transaction.atomic(using=ALIAS):
        assert is_taken(file)
        with transaction.atomic(using=ALIAS):
            run("INSERT INTO goods VALUES ('inner', NULL)")
        assert is_taken(file)

    assert not is_taken(file)
    assert names() == ["inner"]


def test_a_savepoint_that_is_undone_keeps_the_lock(file: Path) -> None:
    with transaction.atomic(using=ALIAS):
        with pytest.raises(ZeroDivisionError), transaction.atomic(using=ALIAS):
            raise ZeroDivisionError
        assert is_taken(file)

    assert not is_taken(file)


def test_a_rollback_gives_it_back(file: Path) -> None:
    with pytest.raises(ZeroDivisionError), transaction.atomic(using=ALIAS):  # noqa: PT012
        run("INSERT INTO goods VALUES ('lost', NULL)")
        raise ZeroDivisionError

    assert not is_taken(file)
    assert names() == []


def test_a_commit_that_fails_gives_it_back(file: Path) -> None:
    with pytest.raises(IntegrityError), transaction.atomic(using=ALIAS):
        run("INSERT INTO goods VALUES ('orphan', 7)")

    assert not is_taken(file)
    with transaction.atomic(using=ALIAS):
        run("INSERT INTO goods VALUES ('next', NULL)")
    assert names() == ["next"]


def test_a_transaction_that_cannot_begin_gives_it_back(file: Path) -> None:
    names()  # connected before the other begins
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    with pytest.raises(OperationalError, match="locked"), transaction.atomic(using=ALIAS):
        pytest.fail("it began")

    assert not is_taken(file)
    other.close()


def test_a_connection_closed_inside_a_transaction_gives_it_back(file: Path) -> None:
    with transaction.atomic(using=ALIAS):
        connections[ALIAS].close()
        assert not is_taken(file)

    assert names() == []


def test_another_thread_waits_and_comes_next(file: Path) -> None:
    def write() -> None:
        with transaction.atomic(using=ALIAS):
            run("INSERT INTO goods VALUES ('second', NULL)")

    with transaction.atomic(using=ALIAS):
        run("INSERT INTO goods VALUES ('first', NULL)")
        waiting = in_thread(write)
        until(lambda: is_taken(file, "turn"))  # it stands in the turnstile
        assert waiting.is_alive()
    waiting.join(SECONDS)

    assert names() == ["first", "second"]


def test_who_waits_is_served_before_who_comes_back(tmp_path: Path) -> None:
    order: list[str] = []
    mine = WriteLock(tmp_path / "x")

    def wait_for_it() -> None:
        theirs = WriteLock(tmp_path / "x")
        theirs.acquire()
        order.append("waiting")
        theirs.close()

    for _ in range(20):
        mine.acquire()
        thread = threading.Thread(target=wait_for_it, daemon=True)
        thread.start()
        until(lambda: is_taken(tmp_path / "x", "turn"))
        mine.release()
        mine.acquire()
        order.append("back")
        mine.release()
        thread.join(SECONDS)

    assert order == ["waiting", "back"] * 20


def test_a_single_write_takes_its_turn_and_a_read_does_not(file: Path) -> None:
    def write() -> None:
        run("INSERT INTO goods VALUES ('second', NULL)")

    holder = WriteLock(file)
    holder.acquire()
    waiting = in_thread(write)
    until(lambda: is_taken(file, "turn"))
    assert names() == []
    assert waiting.is_alive()
    holder.close()
    waiting.join(SECONDS)

    assert names() == ["second"]
    assert not is_taken(file)


@contextmanager
def forked(act: Callable[[], None]) -> Iterator[None]:
    """A child that has done `act`, and stays until it is killed at the end."""
    told, child_says = os.pipe()
    child = os.fork()
    if child == 0:
        act()
        os.write(child_says, b"done")
        signal.pause()
        os._exit(0)
    try:
        assert os.read(told, 4) == b"done"
        yield
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


def close_the_lock() -> None:
    database = connections[ALIAS]
    assert isinstance(database, DatabaseWrapper)
    assert database.write_lock is not None
    database.write_lock.close()


def test_a_forked_child_does_not_give_its_parents_lock_back(file: Path) -> None:
    with transaction.atomic(using=ALIAS), forked(close_the_lock):
        assert is_taken(file)


def test_a_forked_child_does_not_keep_the_lock_of_a_killed_parent(tmp_path: Path) -> None:
    parents = WriteLock(tmp_path / "x")
    name = tmp_path / "grandchild"

    def hold_and_fork() -> None:
        parents.acquire()
        grandchild = os.fork()
        if grandchild == 0:
            signal.pause()
            os._exit(0)
        name.write_text(str(grandchild))

    try:
        with forked(hold_and_fork):
            assert is_taken(tmp_path / "x")
        # The parent is gone now; the child that it made is still there.
        assert not is_taken(tmp_path / "x")
    finally:
        os.kill(int(name.read_text()), signal.SIGKILL)


def test_the_kernel_gives_back_the_lock_of_a_killed_holder(tmp_path: Path) -> None:
    with forked(WriteLock(tmp_path / "x").acquire):
        assert is_taken(tmp_path / "x")

    assert not is_taken(tmp_path / "x")


def test_a_signal_ends_the_waiting(tmp_path: Path) -> None:
    class TimeIsUp(Exception):
        pass

    def raise_it(*_: Any) -> None:
        raise TimeIsUp

    def send_it() -> None:
        until(lambda: is_taken(tmp_path / "x", "turn"))
        os.kill(os.getpid(), signal.SIGUSR1)

    holder, waiting = WriteLock(tmp_path / "x"), WriteLock(tmp_path / "x")
    holder.acquire()
    before = signal.signal(signal.SIGUSR1, raise_it)
    threading.Thread(target=send_it, daemon=True).start()
    try:
        with pytest.raises(TimeIsUp):
            waiting.acquire()
    finally:
        signal.signal(signal.SIGUSR1, before)

    assert not waiting.held
    assert not is_taken(tmp_path / "x", "turn")
    holder.close()


def test_a_lock_that_nobody_holds_on_to_leaves_no_open_file(tmp_path: Path) -> None:
    kept = WriteLock(tmp_path / "kept")
    kept.acquire()
    WriteLock(tmp_path / "x").acquire()

    assert open_files(tmp_path) == {"kept.lock", "kept.turn", "kept.first"}
    assert not is_taken(tmp_path / "x")


def open_files(folder: Path) -> set[str]:
    """Of this process: others come and go meanwhile."""
    found = [Path(os.path.realpath(f"/dev/fd/{number}")) for number in os.listdir("/dev/fd")]  # noqa: PTH208
    return {path.name for path in found if path.parent == folder}


def test_a_database_in_memory_needs_none(django_db_blocker: DjangoDbBlocker) -> None:
    database = DatabaseWrapper(
        {**connections.settings["default"], "NAME": ":memory:", "OPTIONS": {}}, "memory"
    )
    with django_db_blocker.unblock():
        database.connect()

    assert database.write_lock is None
    database.connection.close()


def served(path: Path, arrivals: list[tuple[str, bool]]) -> list[str]:
    """Who gets the lock in which order, when all of them come, one after the other, while it is held."""
    order: list[str] = []
    holder = WriteLock(path)
    holder.acquire()

    def wait_for_it(name: str, goes_first: bool) -> None:
        lock = WriteLock(path, goes_first=goes_first)
        lock.acquire()
        order.append(name)
        lock.close()

    threads = []
    for name, goes_first in arrivals:
        threads.append(threading.Thread(target=wait_for_it, args=(name, goes_first), daemon=True))
        threads[-1].start()
        until(lambda suffix="first" if goes_first else "turn": is_taken(path, suffix))  # type: ignore[misc] # bound now
    holder.close()
    for thread in threads:
        thread.join(SECONDS)
    return order


def test_the_web_server_is_served_before_a_worker_that_came_earlier(tmp_path: Path) -> None:
    for round_ in range(20):
        assert served(tmp_path / str(round_), [("worker", False), ("web", True)]) == ["web", "worker"]


def test_a_worker_lets_the_web_server_pass_once_and_not_for_ever(tmp_path: Path) -> None:
    ended = threading.Event()
    webhooks = 0

    def one_webhook_after_the_other() -> None:
        nonlocal webhooks
        lock = WriteLock(tmp_path / "x", goes_first=True)
        while not ended.is_set():
            lock.acquire()
            webhooks += 1
            lock.release()
        lock.close()

    threads = [threading.Thread(target=one_webhook_after_the_other, daemon=True) for _ in range(3)]
    for thread in threads:
        thread.start()
    worker = WriteLock(tmp_path / "x", goes_first=False)
    until(lambda: webhooks > 0)
    for _ in range(200):
        worker.acquire()
        worker.release()
    ended.set()
    for thread in threads:
        thread.join(SECONDS)

    assert webhooks > 1


def test_a_signal_ends_a_waiting_that_let_the_web_server_pass(tmp_path: Path) -> None:
    class TimeIsUp(Exception):
        pass

    def raise_it(*_: Any) -> None:
        raise TimeIsUp

    path = tmp_path / "x"
    web, worker = WriteLock(path, goes_first=True), WriteLock(path, goes_first=False)
    # A web process that stands still where it waits: it has its place and not the lock.
    with Path(f"{path}.first").open("a") as place:
        fcntl.flock(place, fcntl.LOCK_EX)
        before = signal.signal(signal.SIGUSR1, raise_it)
        alarm = threading.Timer(0.1, os.kill, (os.getpid(), signal.SIGUSR1))
        alarm.start()
        try:
            with pytest.raises(TimeIsUp):
                worker.acquire()
        finally:
            alarm.cancel()
            signal.signal(signal.SIGUSR1, before)

    assert not worker.held
    web.acquire()
    assert web.held
    web.close()
