"""Places with files of the tests' own, and what an operator declares for them."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from integrations.connectors.base import Answer, Call, Item, Page, WriteContext
from integrations.connectors.files import FilesConnector, FolderConnector
from integrations.connectors.sftp import SftpConnector
from integrations.exceptions import Failure
from integrations.http.guard import Guard

Words = dict[str, Any]
# 2026-11-23 06:45:00 UTC.
AT = 1_795_416_300.0


@dataclass
class Drop:
    """`root` is the folder as its owner sees it; `settings` lead to it, without the files."""

    kind: str
    root: Path
    settings: Words = field(default_factory=dict)
    secrets: Words = field(default_factory=dict)
    guard: Guard = field(default_factory=Guard)
    server: Any = None
    made: list[FilesConnector] = field(default_factory=list)

    def connector(self, files: Words, **more: Any) -> FilesConnector:
        kind = FolderConnector if self.kind == "folder" else SftpConnector
        made = kind({**self.settings, "files": files, **more}, self.secrets, guard=self.guard)
        self.made.append(made)
        return made

    def close(self) -> None:
        for made in self.made:
            made.close()

    def put(self, name: str, content: str | bytes, age: float = 3_600.0) -> Path:
        """A file of others, whole, and as old as that."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        between = path.with_name(f"{path.name}.coming")
        between.write_bytes(content.encode() if isinstance(content, str) else content)
        when = int(time.time() - age)
        os.utime(between, (when, when))
        between.rename(path)
        return path

    def names(self, folder: str = "") -> list[str]:
        """Of the files there, without hidden ones."""
        path = self.root / folder
        found = path.iterdir() if path.is_dir() else ()
        return sorted(one.name for one in found if one.is_file() and not one.name.startswith("."))

    def text(self, name: str) -> str:
        return (self.root / name).read_bytes().decode()


def reading(key: str | list[str] = "id", **words: Any) -> Words:
    """One resource, `rows`. What is declared of CSV goes to `csv`."""
    csv = words.pop("csv", {})
    form = words.pop("format", "csv")
    return {"rows": {"key": key, "format": form, "csv": csv, "read": {"pattern": f"*.{form}", **words}}}


def writing(key: str | list[str] = "id", **words: Any) -> Words:
    csv = words.pop("csv", {})
    form = words.pop("format", "csv")
    return {"rows": {"key": key, "format": form, "csv": csv, "write": words}}


def pages_of(connector: FilesConnector, position: Any = None) -> list[Page]:
    """To the end, each position as it would be stored."""
    pages = []
    for _ in range(2_000):
        page = connector.read("rows", since=None, position=position)
        pages.append(page)
        if page.next_position is None:
            return pages
        position = json.loads(json.dumps(page.next_position))
    raise AssertionError("The read does not end.")


def read_all(connector: FilesConnector, position: Any = None) -> list[Item]:
    return [item for page in pages_of(connector, position) for item in page.items]


def mark_of(pages: Sequence[Page]) -> Words:
    mark = pages[-1].mark
    assert mark is not None
    return dict(json.loads(json.dumps(mark)))


def payloads(items: Sequence[Item]) -> list[Words]:
    assert [item.problem for item in items] == [""] * len(items)
    return [item.payload for item in items]


def problems(items: Sequence[Item]) -> list[str]:
    return [item.problem for item in items if item.problem]


def call(connector: FilesConnector, body: Words, **context: Any) -> Call:
    told = WriteContext("upsert", body, **{"read_at": AT, **context})
    return Call.from_json(json.loads(json.dumps(connector.prepare("rows", told, 0, "a-key").to_json())))


def bodies(*numbers: int) -> list[dict[str, Any]]:
    return [{"id": str(number), "v": f"v{number}"} for number in numbers]


def write(connector: FilesConnector, *bodies: Words, **context: Any) -> list[Answer | Failure]:
    return connector.send_batch([call(connector, body, **context) for body in bodies])
