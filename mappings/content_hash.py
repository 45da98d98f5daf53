"""Whether two bodies say the same."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import orjson
from msgspec import UnsetType

from .records import ABSENT


def content_hash(body: Mapping[str, Any]) -> str:
    """128 bits over the body: numbers that are equal count as the same, ABSENT does not count."""
    try:
        # What a mapping writes is plain JSON already.
        text = orjson.dumps(body, option=orjson.OPT_SORT_KEYS)
    except TypeError:
        text = orjson.dumps(_normal(body), option=orjson.OPT_SORT_KEYS)
    return hashlib.blake2b(text, digest_size=16).hexdigest()


def _normal(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _normal(part) for name, part in value.items() if part is not ABSENT}
    if isinstance(value, list):
        return [_normal(part) for part in value]
    if isinstance(value, Decimal):
        return str(value.normalize())
    if isinstance(value, UnsetType):
        return None
    return value
