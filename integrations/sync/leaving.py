"""All that is needed to send one write, to send it again, and to record it, whoever does that."""

from __future__ import annotations

from typing import Any

import msgspec

from integrations.connectors.base import Call
from mappings.shapes import convert


class Leaving(msgspec.Struct, kw_only=True):
    """The content of an Intent, encrypted there. Times are seconds since 1970.

    `steps_left` are (operation, step) pairs still to be done after this one; `context` is what their calls are
    prepared from (kept only while steps are left). `line_references` maps the lines' own ids to themselves, so
    that line ids in the answer find their Things. `seen` and `taken`: the case's, where they matter. `note`: which
    values a fallback put in.
    """

    call: dict[str, Any]
    operation: str
    step: int = 0
    steps_left: list[tuple[str, int]] = []
    steps_done: list[str] = []
    context: dict[str, Any] | None = None
    external_id: str | None = None
    source_external_id: str = ""
    serial: int = 1
    version: str = ""
    mapping_version: str = ""
    read_at: float = 0.0
    received_at: float = 0.0
    occurred_at: float | None = None
    content_hash: str = ""
    written_state: dict[str, Any] = {}
    subject: str = ""
    amount: str | None = None
    currency: str = ""
    search_keys: list[tuple[str, str]] = []
    lines: list[str] = []
    seen: dict[str, str] = {}
    taken: list[str] = []
    note: str = ""

    def as_call(self) -> Call:
        return Call.from_json(self.call)

    def to_plain(self) -> dict[str, Any]:
        plain: dict[str, Any] = msgspec.to_builtins(self)
        return plain

    @classmethod
    def from_plain(cls, plain: dict[str, Any]) -> Leaving:
        return convert(plain, cls)
