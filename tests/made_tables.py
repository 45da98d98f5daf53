"""After a test that commits, the tables in memory are again as they were made.

Django empties each of them by itself and then makes all permissions anew, which takes longer than most of these tests.
Copying the whole database back takes some milliseconds.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest
from django.db import connection
from django.test import TransactionTestCase

# Seconds between two tries while a thread of the test still uses the tables, and how often.
PAUSE, TRIES = 0.01, 500


@contextmanager
def copied_back() -> Iterator[None]:
    """Inside, `TransactionTestCase` copies the tables back as they are now. Only for a database in memory."""
    made = sqlite3.connect(":memory:", check_same_thread=False)
    with closing(made), pytest.MonkeyPatch.context() as patched:
        connection.ensure_connection()
        connection.connection.backup(made)
        patched.setattr(TransactionTestCase, "_fixture_teardown", lambda _: restore(made))
        yield


def restore(made: sqlite3.Connection) -> None:
    """Numbers go on where they were, as after Django's own flush: processes keep what they know by number."""
    connection.ensure_connection()
    database: sqlite3.Connection = connection.connection
    numbers = database.execute("SELECT name, seq FROM sqlite_sequence").fetchall()
    copy(made, database)
    with closing(database.cursor()) as cursor:
        cursor.execute("BEGIN")
        cursor.execute("DELETE FROM sqlite_sequence")
        cursor.executemany("INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", numbers)
        cursor.execute("COMMIT")


def copy(made: sqlite3.Connection, database: sqlite3.Connection) -> None:
    """Tables that threads share in memory know no waiting: whoever finds them locked is told so at once."""
    for left in reversed(range(TRIES)):
        try:
            made.backup(database)
            return
        except sqlite3.OperationalError:
            if not left:
                raise
            time.sleep(PAUSE)
