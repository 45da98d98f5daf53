"""Where a connection's secrets may go. Whoever may edit an address must not thereby have the secrets sent there."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from integrations.connectors import registry
from integrations.exceptions import DeclarationError
from integrations.models import Connection

_ADDRESS = re.compile(r"https?://[^/?#\s\"']+", re.IGNORECASE)


def places(platform: str, settings: Mapping[str, Any], environment: str) -> set[str]:
    """Scheme, host and port of every address that the settings name; also what fills the gaps in such a one."""
    texts = list(_texts(settings))
    found = {place.lower() for text in texts for place in _ADDRESS.findall(text)}
    if any("{" in place for place in found):
        found |= {text for text in texts if "\n" not in text}
    return found | _base(platform, settings, environment)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _texts(inner)


def _base(platform: str, settings: Mapping[str, Any], environment: str) -> set[str]:
    """The address as the connector itself makes it, where the settings are good enough for that."""
    kind = registry.platforms().get(platform)
    if kind is None:
        return set()
    try:
        made = kind(settings, {}, environment)
    except DeclarationError:
        return set()
    made.close()
    parts = urlsplit(str(getattr(made, "base_url", "")))
    return {f"{parts.scheme}://{parts.netloc}".lower()} if parts.netloc else set()


def new_places(stored: Connection, settings: Mapping[str, Any], environment: str) -> list[str]:
    """Where the stored secrets were not meant to go; empty while every address is one of the old ones."""
    before = places(stored.platform, stored.settings, stored.environment)
    return sorted(places(stored.platform, settings, environment) - before)
