"""What the systems hold: documents in memory, every transaction one line of an append-only journal.

A line is written before the answer leaves, so nothing that was answered is lost when the process is killed
(a power cut may lose the last seconds: it is a sandbox). A line cut short by the kill is dropped whole.
Documents are kept as JSON texts: a reader always gets a fresh copy, and lists are sent without encoding.
"""

import fcntl
import json
import os
import threading
from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from integrations.sandbox.wire import encode

Document = dict[str, Any]
Key = tuple[Any, ...]
SLACK = 2000


class StateInUse(Exception):
    """Another sandbox runs on the same state folder."""


class Index:
    """Ids of one table in the order of `key(document)`; documents whose key is None are left out."""

    def __init__(self, key: Callable[[Document], Key | None]) -> None:
        self.key = key
        self.entries: list[tuple[Key, str]] = []
        self.keys: dict[str, Key] = {}

    def set(self, identity: str, document: Document | None) -> None:
        old = self.keys.pop(identity, None)
        if old is not None:
            del self.entries[bisect_left(self.entries, (old, identity))]
        new = None if document is None else self.key(document)
        if new is not None:
            self.keys[identity] = new
            insort(self.entries, (new, identity))

    def at_or_after(self, key: Key) -> int:
        """The position of the first entry whose key is not less than `key`."""
        return bisect_left(self.entries, key, key=lambda entry: entry[0])

    def behind(self, key: Key, identity: str) -> int:
        """The position just after this entry, whether or not it is (still) there."""
        return bisect_right(self.entries, (key, identity))

    def ids(self, start: int, stop: int | None = None) -> list[str]:
        return [identity for _, identity in self.entries[start:stop]]

    def equal(self, key: Key) -> list[str]:
        start = self.at_or_after(key)
        stop = bisect_right(self.entries, key, key=lambda entry: entry[0])
        return self.ids(start, stop)


class Store:
    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._guard = _lock_folder(folder)
        self._path = folder / "journal.jsonl"
        self.lock = threading.RLock()
        self._tables: dict[str, dict[str, bytes]] = {}
        self._indexes: dict[str, list[Index]] = {}
        self._undo: list[tuple[str, str, bytes | None]] = []
        self._depth = 0
        self._load()
        self._journal = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)

    def close(self) -> None:
        """Lets go of the state folder: nothing is kept from now on."""
        os.close(self._journal)
        os.close(self._guard)

    def index(self, table: str, key: Callable[[Document], Key | None]) -> Index:
        """An index that follows `table` from now on, holding what is there already."""
        made = Index(key)
        self._indexes.setdefault(table, []).append(made)
        for identity, text in self._tables.get(table, {}).items():
            made.set(identity, json.loads(text))
        return made

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Holds the lock; all puts within become one journal line, or none of them when an exception leaves."""
        with self.lock:
            self._depth += 1
            try:
                yield
                if self._depth == 1:
                    self._commit()
            except BaseException:
                if self._depth == 1:
                    self._roll_back()
                raise
            finally:
                self._depth -= 1

    def get(self, table: str, identity: str) -> Document | None:
        text = self._tables.get(table, {}).get(identity)
        return None if text is None else json.loads(text)

    def raw(self, table: str, identity: str) -> bytes:
        return self._tables[table][identity]

    def all(self, table: str) -> list[Document]:
        with self.lock:
            texts = list(self._tables.get(table, {}).values())
        return [json.loads(text) for text in texts]

    def texts(self, table: str) -> list[bytes]:
        with self.lock:
            return list(self._tables.get(table, {}).values())

    def tables(self) -> list[str]:
        with self.lock:
            return sorted(self._tables)

    def count(self, table: str) -> int:
        return len(self._tables.get(table, {}))

    def put(self, table: str, identity: str, document: Document) -> None:
        self._change(table, identity, encode(document), document)

    def remove(self, table: str, identity: str) -> None:
        self._change(table, identity, None, None)

    def number(self, sequence: str, first: int = 1) -> int:
        """The next number of a sequence; call it inside a transaction."""
        kept = self.get("sequences", sequence)
        number = first if kept is None else int(kept["last"]) + 1
        self.put("sequences", sequence, {"last": number})
        return number

    def clear(self) -> None:
        """Forgets everything, in memory and on disk."""
        with self.lock:
            for table in list(self._tables):
                for identity in list(self._tables[table]):
                    self._reindex(table, identity, None)
            self._tables.clear()
            os.ftruncate(self._journal, 0)

    def _change(self, table: str, identity: str, text: bytes | None, document: Document | None) -> None:
        if self._depth == 0:
            raise RuntimeError("a change outside a transaction would not reach the journal")
        rows = self._tables.setdefault(table, {})
        self._undo.append((table, identity, rows.get(identity)))
        self._set(rows, identity, text)
        self._reindex(table, identity, document)

    def _set(self, rows: dict[str, bytes], identity: str, text: bytes | None) -> None:
        if text is None:
            rows.pop(identity, None)
        else:
            rows[identity] = text

    def _reindex(self, table: str, identity: str, document: Document | None) -> None:
        for index in self._indexes.get(table, []):
            index.set(identity, document)

    def _commit(self) -> None:
        changed = dict.fromkeys((table, identity) for table, identity, _ in self._undo)
        if changed:
            entries = [self._entry(table, identity) for table, identity in changed]
            _write_all(self._journal, b"[" + b",".join(entries) + b"]\n")
        self._undo.clear()

    def _entry(self, table: str, identity: str) -> bytes:
        text = self._tables[table].get(identity, b"null")
        return b"[" + encode(table) + b"," + encode(identity) + b"," + text + b"]"

    def _roll_back(self) -> None:
        for table, identity, text in reversed(self._undo):
            self._set(self._tables[table], identity, text)
            self._reindex(table, identity, None if text is None else json.loads(text))
        self._undo.clear()

    def _load(self) -> None:
        if not self._path.exists():
            return
        lines = self._path.read_bytes().split(b"\n")
        torn = lines.pop()  # what follows the last newline: nothing, or a line that a kill cut short
        read = 0
        for line in lines:
            for table, identity, document in json.loads(line):
                read += 1
                text = None if document is None else encode(document)
                self._set(self._tables.setdefault(table, {}), identity, text)
        if torn or read > 2 * sum(len(rows) for rows in self._tables.values()) + SLACK:
            self._rewrite()

    def _rewrite(self) -> None:
        fresh = self._path.with_suffix(".new")
        with fresh.open("wb") as file:
            for table, rows in self._tables.items():
                for identity in rows:
                    file.write(b"[" + self._entry(table, identity) + b"]\n")
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(self._path)


def _write_all(descriptor: int, data: bytes) -> None:
    while data:
        data = data[os.write(descriptor, data) :]


def _lock_folder(folder: Path) -> int:
    descriptor = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(descriptor)
        raise StateInUse(f"Another sandbox already runs on {folder}.") from error
    return descriptor
