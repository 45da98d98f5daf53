"""What goes out and what comes in, as plain values and as bytes."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import orjson
from urllib3.exceptions import HTTPError


@dataclass(slots=True)
class Request:
    """`path` goes behind the base URL; a whole URL must be of the same host. `body` is a JSON value, a mapping of
    form fields, or bytes. `writes`: without an answer nobody knows whether it had its effect."""

    method: str
    path: str
    params: list[tuple[str, str]] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    body: Any = None
    encoding: str = "json"
    writes: bool = False


@dataclass(slots=True)
class Response:
    """An answer, whatever its status. `json` is None where the body is empty. Header names are small letters."""

    status: int
    headers: dict[str, str]
    raw: bytes
    json: Any
    request: Request
    url: str
    request_id: str = ""


class TooLarge(OSError):
    """More than `most` bytes, which is what may be read."""

    def __init__(self, most: int) -> None:
        super().__init__(f"more than {most} bytes")
        self.most = most


def encode(request: Request, headers: dict[str, str]) -> bytes | None:
    body = request.body
    if body is None:
        if request.writes:
            headers["Content-Length"] = "0"
        return None
    if isinstance(body, bytes):
        content = body
    elif request.encoding == "form":
        content = urlencode(_form_fields(body)).encode()
        headers.setdefault("Content-Type", "application/x-www-form-urlencoded")
    else:
        content = orjson.dumps(body)
        headers.setdefault("Content-Type", "application/json")
    headers["Content-Length"] = str(len(content))
    return content


def _form_fields(value: Any, prefix: str = "") -> list[tuple[str, str]]:
    """{"a": {"b": [1, 2]}} is a[b][0]=1 and a[b][1]=2, as most vendors with forms read it."""
    if isinstance(value, Mapping):
        parts = [(f"{prefix}[{name}]" if prefix else str(name), part) for name, part in value.items()]
    elif isinstance(value, list | tuple):
        parts = [(f"{prefix}[{place}]", part) for place, part in enumerate(value)]
    else:
        return [] if value is None else [(prefix, form_text(value))]
    return [pair for name, part in parts for pair in _form_fields(part, name)]


def form_text(value: Any) -> str:
    """A value as text in a query or form: booleans in small letters, as JSON writes them."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else str(value)


def unpack(content: bytes, encoding: str, most: int) -> bytes:
    """At most `most` bytes: a small body that unpacks to gigabytes must not."""
    if encoding not in ("gzip", "x-gzip", "deflate"):
        raise HTTPError(f"unknown content encoding {encoding}")
    unpacker = zlib.decompressobj(wbits=47 if encoding != "deflate" else zlib.MAX_WBITS)
    try:
        unpacked = unpacker.decompress(content, most + 1)
        unpacked += unpacker.flush() if len(unpacked) <= most else b""
    except zlib.error as error:
        raise HTTPError("the body cannot be unpacked") from error
    if len(unpacked) > most or unpacker.unconsumed_tail:
        raise TooLarge(most)
    if content and not unpacker.eof:
        raise HTTPError("the packed body was cut off")
    return unpacked
