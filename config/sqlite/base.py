"""Django's SQLite backend with one fair lock around each write transaction (see write_lock)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Any

from django.db.backends.sqlite3.base import DatabaseWrapper as SQLiteDatabase
from django.db.backends.sqlite3.base import SQLiteCursorWrapper

from .write_lock import WriteLock

_WRITES = re.compile(r"\s*(?:INSERT|UPDATE|DELETE|REPLACE)\b", re.IGNORECASE)


class DatabaseWrapper(SQLiteDatabase):
    """The lock is taken before BEGIN and given back by commit, rollback and close, or when BEGIN fails.

    A single statement outside a transaction is a write transaction of its own, and takes its turn as well. A
    database in memory has no other process to wait for, and no lock.
    """

    def __init__(self, settings_dict: dict[str, Any], alias: str = "default") -> None:
        super().__init__(settings_dict, alias)
        self.write_lock: WriteLock | None = None

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        name = str(conn_params["database"])
        if not self.is_in_memory_db() and not name.startswith("file:"):
            # The first start of an installation: its folder holds secrets, though encrypted.
            Path(name).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.write_lock = WriteLock(name)
        return super().get_new_connection(conn_params)

    def create_cursor(self, name: str | None = None) -> Any:
        if self.write_lock is None:
            return super().create_cursor(name)
        return self.connection.cursor(factory=partial(TakingTurns, database=self))

    def _start_transaction_under_autocommit(self) -> None:
        if self.write_lock is not None:
            self.write_lock.acquire()
        try:
            super()._start_transaction_under_autocommit()  # type: ignore[misc] # the stubs leave it out
        except BaseException:
            self._release()
            raise

    def _commit(self) -> None:
        super()._commit()  # type: ignore[misc] # the same
        # Not when the commit failed: the transaction is still open then, and Django rolls it back next.
        self._release()

    def _rollback(self) -> None:
        try:
            super()._rollback()  # type: ignore[misc] # the same
        finally:
            self._release()

    def _close(self) -> None:
        try:
            super()._close()  # type: ignore[misc] # the same
        finally:
            if self.write_lock is not None:
                self.write_lock.close()

    def _release(self) -> None:
        if self.write_lock is not None:
            self.write_lock.release()


class TakingTurns(SQLiteCursorWrapper):
    """A cursor that waits for its turn before a single write outside a transaction."""

    def __init__(self, connection: Any, *, database: DatabaseWrapper) -> None:
        super().__init__(connection)
        self._database = database

    def execute(self, query: str, params: Any = None) -> Any:
        return self._in_turn(query, partial(super().execute, query, params))

    def executemany(self, query: str, param_list: Iterable[Any]) -> Any:
        return self._in_turn(query, partial(super().executemany, query, param_list))

    def _in_turn(self, query: str, run: Callable[[], Any]) -> Any:
        lock = self._database.write_lock
        if lock is None or lock.held or self._database.in_atomic_block or not _WRITES.match(query):
            return run()
        lock.acquire()
        try:
            return run()
        finally:
            lock.release()
