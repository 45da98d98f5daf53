"""Which files are to be taken, and which were: by name, size and time, and by content where only the time is another.

All of it is in the position that is kept with the job, so it must stay small: of each file 18 bytes are remembered.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from integrations.connectors.files_places import LOCK_FILE, TEMPORARY, Entry
from integrations.connectors.files_words import Read

# Files of one pattern that lie in a folder at the same time.
MOST_FILES = 2_000
# Rows without a readable key that are remembered, so that their errors end when the file is corrected.
MOST_REMEMBERED = 400
_SHORT = 6


@dataclass
class Reading:
    """A file that is being read. `repeated`: keys that stand in two places of it, and where. `torn`: where the row
    right before the place stands, if its key could not be read. `is_broken`: whether the
    rows before it are torn since one of which nothing could be read."""

    entry: Entry
    content: str
    at: int
    line: int
    bad: list[str] = field(default_factory=list)
    repeated: dict[str, list[int]] = field(default_factory=dict)
    is_found_bad: int = 0
    torn: int = 0
    is_broken: bool = False

    def to_json(self) -> dict[str, Any]:
        entry = [self.entry.name, self.entry.size, self.entry.time]
        return {
            "entry": entry,
            "content": self.content,
            "at": self.at,
            "line": self.line,
            "bad": self.bad,
            "repeated": self.repeated,
            "count": self.is_found_bad,
            "torn": self.torn,
            "broken": self.is_broken,
        }

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> Reading:
        return cls(
            Entry(*told["entry"]),
            told["content"],
            told["at"],
            told["line"],
            list(told["bad"]),
            dict(told["repeated"]),
            told["count"],
            told.get("torn", 0),
            told.get("broken", False),
        )


@dataclass
class State:
    """What one read knows. `word`: how the files are read; `seen`: the files that were read; `young`: files that lay
    there at an earlier look, and since when; `bad`: per file the ids of rows that had no readable key; `ready`: files
    that were read through and are to be moved; `after`, `until`: between which files this read is."""

    word: str
    seen: dict[bytes, bytes] = field(default_factory=dict)
    young: dict[str, list[int]] = field(default_factory=dict)
    bad: dict[str, list[str]] = field(default_factory=dict)
    ready: list[list[Any]] = field(default_factory=list)
    after: list[Any] | None = None
    until: int | None = None
    reading: Reading | None = None

    @classmethod
    def of(cls, position: Mapping[str, Any] | None, word: str) -> State:
        """Files that would be read in another way than before are read anew."""
        if position is None:
            return cls(word)
        if position.get("word") != word:
            return cls(word, bad=dict(position.get("bad") or {}))
        reading = position.get("reading")
        return cls(
            word,
            _unpacked(position["seen"]),
            dict(position["young"]),
            dict(position["bad"]),
            list(position["ready"]),
            position.get("after"),
            position.get("until"),
            Reading.from_json(reading) if reading else None,
        )

    def mark(self) -> dict[str, Any]:
        """What the next read begins with."""
        return {
            "word": self.word,
            "seen": base64.b64encode(b"".join(key + value for key, value in self.seen.items())).decode(),
            "young": self.young,
            "bad": self.bad,
            "ready": self.ready,
        }

    def position(self) -> dict[str, Any]:
        reading = self.reading.to_json() if self.reading is not None else None
        return {**self.mark(), "after": self.after, "until": self.until, "reading": reading}

    def is_seen(self, entry: Entry) -> bool:
        known = self.seen.get(_short(entry.name))
        return known is not None and known[:_SHORT] == _look(entry)

    def is_same_content(self, name: str, content: str) -> bool:
        """Of a file that was only touched, or written again as it was."""
        known = self.seen.get(_short(name))
        return known is not None and known[_SHORT:] == bytes.fromhex(content)

    def note(self, entry: Entry, content: str) -> None:
        self.seen[_short(entry.name)] = _look(entry) + (bytes.fromhex(content) or bytes(_SHORT))
        self.young.pop(entry.name, None)

    def forget_all_but(self, entries: Sequence[Entry]) -> None:
        """What is not there any more need not be known; if it comes again, it is another file."""
        there = {_short(entry.name) for entry in entries}
        names = {entry.name for entry in entries}
        self.seen = {key: value for key, value in self.seen.items() if key in there}
        self.young = {name: told for name, told in self.young.items() if name in names}

    def is_settled(self, entry: Entry, word: Read, now: int) -> bool:
        """Whether nobody writes it any more: for a while, by its own time or since an earlier look, it is the same."""
        wanted = word.settle * 1_000_000
        if now - entry.time >= wanted or not wanted:
            return True
        told = self.young.get(entry.name)
        if told is None or told[:2] != [entry.size, entry.time]:
            self.young[entry.name] = [entry.size, entry.time, now]
            return False
        return now - told[2] >= wanted

    def remember_bad(self, name: str, ids: Sequence[str]) -> None:
        self.bad.pop(name, None)
        room = MOST_REMEMBERED - sum(len(known) for known in self.bad.values())
        if ids and room > 0:
            self.bad[name] = list(ids[:room])


def is_mark(position: Mapping[str, Any]) -> bool:
    """Whether it is what a read that was through left for the next."""
    return "until" not in position


def matching(entries: Sequence[Entry], word: Read) -> list[Entry]:
    """Those that the pattern means and that have a whole name; where there is a marker, those that have theirs."""
    found = [entry for entry in entries if _is_meant(entry.name, word)]
    if not word.marker:
        return found
    times = {entry.name: entry.time for entry in entries}
    # A marker that is older than its file is that of an earlier file of this name: the new one may be a half.
    return [entry for entry in found if times.get(entry.name + word.marker, -1) >= entry.time]


def _is_meant(name: str, word: Read) -> bool:
    if name.lower().endswith(TEMPORARY) or name == LOCK_FILE or (word.marker and name.endswith(word.marker)):
        return False
    hidden = name.startswith((".", "~")) and not word.pattern.startswith((".", "~"))
    return name.isprintable() and not hidden and fnmatchcase(name, word.pattern)


def _short(text: str) -> bytes:
    return hashlib.blake2b(text.encode("utf-8", "surrogateescape"), digest_size=_SHORT).digest()


def _look(entry: Entry) -> bytes:
    return _short(f"{entry.size}/{entry.time}")


def content_digest() -> Any:
    return hashlib.blake2b(digest_size=_SHORT)


def _unpacked(text: str) -> dict[bytes, bytes]:
    raw, whole = base64.b64decode(text), 3 * _SHORT
    return {raw[at : at + _SHORT]: raw[at + _SHORT : at + whole] for at in range(0, len(raw), whole)}
