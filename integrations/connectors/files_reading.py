"""Reads the files of one resource page by page: from file to file in the order of their times, and within a file from
the place on at which the page before ended. What was read is moved away when the next read begins: by then it is
stored here.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO

from integrations.connectors.base import Item, Page
from integrations.connectors.files_found import (
    MOST_FILES,
    Reading,
    State,
    content_digest,
    is_mark,
    matching,
)
from integrations.connectors.files_places import MOST_BYTES, Changed, Entry, Folder, Place
from integrations.connectors.files_records import Records
from integrations.connectors.files_rows import Format, Source, Unusable
from integrations.connectors.files_words import Read
from integrations.exceptions import Failure

# Seconds after which a page ends with what it has.
PAGE = 15.0
# ... and for which what was read before is moved away first.
MOVING = 5.0
AT_ONCE = 2**20


@dataclass
class Opened:
    """A file in hand: it stays open from one page to the next, as long as nobody else goes on with the read."""

    entry: Entry
    content: str
    file: BinaryIO
    source: Source


class Shelf:
    """Files in hand of one connector, by resource; whoever takes one has it alone."""

    def __init__(self) -> None:
        self._open: dict[str, Opened] = {}
        self._lock = threading.Lock()

    def take(self, resource: str, entry: Entry) -> Opened | None:
        with self._lock:
            found = self._open.pop(resource, None)
        if found is not None and found.entry != entry:
            found.file.close()
            return None
        return found

    def put(self, resource: str, opened: Opened) -> None:
        with self._lock:
            before, self._open[resource] = self._open.get(resource), opened
        if before is not None:
            before.file.close()

    def close(self) -> None:
        with self._lock:
            found, self._open = self._open, {}
        for opened in found.values():
            opened.file.close()


class FilesReader:
    """Reads one resource. `turn` is called before each further file of a page."""

    def __init__(
        self,
        resource: str,
        records: Records,
        form: Format,
        place: Place,
        shelf: Shelf,
        turn: Callable[[], None],
    ) -> None:
        self.resource = resource
        self.records = records
        self.word: Read = records.read
        self._form = form
        self._place = place
        self._shelf = shelf
        self._turn = turn

    def page(self, position: dict[str, Any] | None) -> Page:
        """Raises Failure."""
        state = State.of(position, self.records.word.digest())
        with self._place.folder(self.word.folder) as folder:
            # A mark is kept together with the last page of a read: all of its files were stored. Who only looks what a
            # read would bring goes from page to page as well, and must move nothing.
            if position is not None and is_mark(position):
                state.ready = self._moved(folder, state.ready)
            return _PageOf(self, folder, state).read()

    def look(self) -> str:
        """What there is, in a sentence. Raises Failure."""
        with self._place.folder(self.word.folder) as folder:
            found = self._listed(folder)
            if not found:
                return "No file matches at present."
            newest = max(found, key=lambda entry: (entry.time, entry.name))
            return f"{len(found)} files match; {self._shape(folder, newest)}"

    def _shape(self, folder: Folder, entry: Entry) -> str:
        try:
            opened = self.opened(folder, entry)
            with contextlib.closing(opened.file):
                self.records.check_columns(opened.source)
        except Changed:
            return f"{entry.name} changes at this moment."
        except Unusable as reason:
            raise Failure.data("unreadable", f"{entry.name}: {reason}") from reason
        return f"{entry.name} has {len(opened.source.columns)} columns."

    def _listed(self, folder: Folder) -> list[Entry]:
        found = matching(folder.entries(), self.word)
        if len(found) > MOST_FILES:
            raise Failure.config(
                "too_many_files",
                f"{self._place.name}: more than {MOST_FILES:,} files match {self.word.pattern}. Have them moved away "
                f"when they are read (files.{self.resource}.read.done), or narrow the pattern.",
                field=f"files.{self.resource}.read.pattern",
            )
        return found

    def opened(self, folder: Folder, entry: Entry) -> Opened:
        """Raises Changed, or Unusable."""
        if entry.size > MOST_BYTES:
            raise Unusable(f"It has more than {MOST_BYTES // 2**20} MB. Have it written in parts.")
        try:
            file = folder.open(entry)
        except PermissionError:
            raise Failure.config(
                "forbidden",
                f"{self._place.name}: our user may not read {entry.name}. Have it given the right there, then resume "
                "the job.",
                connection_wide=True,
            ) from None
        try:
            digest = content_digest()
            while part := file.read(AT_ONCE):
                digest.update(part)
            return Opened(entry, digest.hexdigest(), file, self._form.source(file, self.word.names))
        except BaseException:
            file.close()
            raise

    def in_hand(self, folder: Folder, reading: Reading) -> Opened:
        """The file that is being read, opened anew where another worker had it. Raises Changed, or Unusable."""
        opened = self._shelf.take(self.resource, reading.entry)
        if folder.look(reading.entry.name) != reading.entry:
            if opened is not None:
                opened.file.close()
            raise Changed
        opened = opened or self.opened(folder, reading.entry)
        if opened.content != reading.content:
            opened.file.close()
            raise Changed
        return opened

    def put_back(self, opened: Opened) -> None:
        self._shelf.put(self.resource, opened)

    def may_go_on(self) -> None:
        self._turn()

    def _moved(self, folder: Folder, ready: list[list[Any]]) -> list[list[Any]]:
        """Those that are as they were when they were read; what has changed since is read anew, and is moved then.

        Returns what is left for another read."""
        ends = time.monotonic() + MOVING
        for number, told in enumerate(ready if self.word.done else ()):
            if time.monotonic() > ends:
                return ready[number:]
            with contextlib.suppress(Changed):
                entry = Entry(*told)
                folder.move(entry, self.word.done)
                marker = folder.look(entry.name + self.word.marker) if self.word.marker else None
                if marker is not None:
                    folder.move(marker, self.word.done)
        return []


class _PageOf:
    """One page, as it grows."""

    def __init__(self, reader: FilesReader, folder: Folder, state: State) -> None:
        self.reader = reader
        self.folder = folder
        self.state = state
        self.items: list[Item] = []
        self.notices: list[str] = []
        self._ends = time.monotonic() + PAGE
        self._listing: list[Entry] | None = None
        self._files = 0

    @property
    def is_full(self) -> bool:
        return len(self.items) >= self.reader.word.size or time.monotonic() > self._ends

    def read(self) -> Page:
        state, is_through = self.state, False
        while not self.is_full and not is_through:
            if state.reading is None:
                is_through = not self._begin_in_time()
            if state.reading is not None:
                self._read_on(state.reading)
        items, notices = tuple(self.items), tuple(self.notices)
        if is_through:
            return Page(items, notices=notices, mark=state.mark())
        return Page(items, state.position(), notices=notices)

    def _begin_in_time(self) -> bool:
        """A file that cannot be fetched in what is left of this page's time begins the next one."""
        before = self.state.after
        try:
            return self._begin()
        except Failure as failure:
            if failure.code != "too_slow" or self._files < 2:
                raise
            self.state.after = before
            self._ends = 0.0
            return True

    def _begin(self) -> bool:
        """Takes up the next file; False where there is none. A file of which nothing can be read is told and left."""
        entry = self._next()
        if entry is None:
            return False
        if self._files:
            self.reader.may_go_on()
        self._files += 1
        self.state.after = [entry.time, entry.name]
        try:
            opened = self.reader.opened(self.folder, entry)
        except Changed:
            return True
        except Unusable as reason:
            self._leave(entry, str(reason))
            return True
        if self.state.is_same_content(entry.name, opened.content):
            opened.file.close()
            self._done(entry, opened.content)
            return True
        try:
            self.reader.records.check_columns(opened.source)
            repeated = self.reader.records.repeated(opened.source)
        except Unusable as reason:
            opened.file.close()
            self._leave(entry, str(reason))
            return True
        start = opened.source.start
        self.state.reading = Reading(entry, opened.content, start.at, start.line, repeated=repeated)
        self.reader.put_back(opened)
        return True

    def _next(self) -> Entry | None:
        """The oldest that is new and is not written any more. What comes while this read lasts is left to the next: a
        file that changes all the time would keep it for ever."""
        state = self.state
        if self._listing is None:
            self._listing = sorted(
                self.reader._listed(self.folder), key=lambda entry: (entry.time, entry.name)
            )
            state.forget_all_but(self._listing)
        if state.until is None:
            state.until = max((entry.time for entry in self._listing), default=0)
        now, young = time.time_ns() // 1_000, 0
        for entry in self._listing:
            is_behind = state.after is None or [entry.time, entry.name] > state.after
            if not is_behind or entry.time > state.until or state.is_seen(entry):
                continue
            if self.reader.word.marker or state.is_settled(entry, self.reader.word, now):
                return entry
            young += 1
        if young:
            self.notices.append(
                "Files that changed a moment ago are still left alone: they are taken at a later read, when they have "
                f"stayed the same for {self.reader.word.settle} seconds."
            )
        return None

    def _read_on(self, reading: Reading) -> None:
        try:
            opened = self.reader.in_hand(self.folder, reading)
        except Changed:
            self._lost(reading)
            return
        except Unusable as reason:
            self._leave(reading.entry, str(reason))
            return
        known = len(self.items)
        try:
            is_through = self._rows(opened, reading)
        except Unusable as reason:
            opened.file.close()
            self._leave(reading.entry, str(reason))
            return
        if self.folder.look(reading.entry.name) != reading.entry:
            # Somebody wrote on while we read: the last rows may be halves.
            del self.items[known:]
            opened.file.close()
            self._lost(reading)
        elif is_through:
            opened.file.close()
            self._through(reading)
        else:
            self.reader.put_back(opened)

    def _rows(self, opened: Opened, reading: Reading) -> bool:
        """True at the end of the file."""
        for taken in self.reader.records.taken(opened.source, reading):
            self.items.append(taken.item)
            reading.at, reading.line = taken.after.at, taken.after.line
            if taken.is_nameless:
                reading.bad.append(taken.item.external_id)
            if self.is_full:
                return False
        return True

    def _lost(self, reading: Reading) -> None:
        """It was changed or taken away while it was read. Changed, it is another file, which is read from its start."""
        self.state.reading = None
        bad = [*self.state.bad.get(reading.entry.name, ()), *reading.bad]
        if self.folder.look(reading.entry.name) is None:
            sentence = (
                f"It was taken away while it was read, behind line {reading.line}. Put it there once more."
            )
            item = self.reader.records.of_file(reading.entry, sentence)
            self.items.append(item)
            bad.append(item.external_id)
        self.state.remember_bad(reading.entry.name, list(dict.fromkeys(bad)))

    def _through(self, reading: Reading) -> None:
        """Errors of an earlier version of this file, of rows that had no key, are over where these are right now."""
        self._end_errors(reading.entry, reading.bad)
        self.state.remember_bad(reading.entry.name, reading.bad)
        self._done(reading.entry, reading.content)

    def _leave(self, entry: Entry, problem: str) -> None:
        """It is told as a whole, and stays where it is: a person will look for it there."""
        item = self.reader.records.of_file(entry, problem)
        bad = [*(self.state.reading.bad if self.state.reading is not None else ()), item.external_id]
        self._end_errors(entry, bad)
        self.items.append(item)
        self.state.remember_bad(entry.name, bad)
        self.state.note(entry, "")
        self.state.reading = None

    def _end_errors(self, entry: Entry, bad: Sequence[str]) -> None:
        version = self.reader.records.version_of(entry)
        over = [known for known in self.state.bad.get(entry.name, ()) if known not in bad]
        self.items += [Item(known, {}, version, deleted=True) for known in over]

    def _done(self, entry: Entry, content: str) -> None:
        self.state.note(entry, content)
        self.state.reading = None
        if self.reader.word.done:
            self.state.ready.append([entry.name, entry.size, entry.time])
