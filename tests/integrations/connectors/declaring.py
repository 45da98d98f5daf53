"""Connectors for tests, from as few words as the test is about."""

from __future__ import annotations

from typing import Any

from integrations.connectors.base import Call, Page, WriteContext
from integrations.connectors.rest import RestConnector
from tests.integrations.answering import LOOPBACK, Platform

Words = dict[str, Any]


def declared(
    platform: Platform, resources: Words, secrets: Words | None = None, **words: Any
) -> RestConnector:
    settings = words.pop("settings", {})
    declaration = {"base_url": platform.base, "resources": resources, **words}
    return RestConnector({"declaration": declaration, **settings}, secrets or {}, guard=LOOPBACK)


def listing(**words: Any) -> Words:
    """A resource `things` with a list at /things, its records at `things`."""
    about = {
        name: words.pop(name)
        for name in ("id", "id_tail", "updated_at", "version", "deleted")
        if name in words
    }
    return {"things": {**about, "list": {"path": "/things", "records": "things", **words}}}


def read_all(connector: RestConnector, resource: str = "things", **more: Any) -> list[Page]:
    """The pages of one read, from the first to the last."""
    pages: list[Page] = []
    position = None
    while True:
        page = connector.read(
            resource, since=more.get("since"), position=position, not_final=more.get("not_final", False)
        )
        pages.append(page)
        position = page.next_position
        if position is None:
            return pages
        assert len(pages) < 50, "the read does not end"


def ids(pages: list[Page]) -> list[str]:
    return [item.external_id for page in pages for item in page.items]


def call_of(connector: RestConnector, **body: Any) -> Call:
    return connector.prepare("orders", WriteContext("create", body or {"reference": "1042"}), 0, "k1")
