"""What goes out and what comes in, as plain values and as bytes."""

from __future__ import annotations

import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import orjson
from urllib3.exceptions import HTTPError

from integrations.exceptions import Failure


@dataclass(slots=True)
class Request:
    """`path` goes behind the base URL; a whole URL must be of the same host. `body` is a JSON value, a mapping of
    form fields, or bytes. `writes`: without an answer nobody knows whether it had its effect. `is_json`: so is the
    answer; else its bytes are all there is of it."""

    method: str
    path: str
    params: list[tuple[str, str]] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    body: Any = None
    encoding: str = "json"
    writes: bool = False
    is_json: bool = True


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


_FITS_A_HEADER = re.compile(r"[\t\x20-\x7e\x80-\xff]*")


def check_headers(headers: Mapping[str, str], of_call: Mapping[str, str]) -> None:
    """Raises Failure for a value that no header can hold: the record's where the call brings it, else the account's.

    A line break in it would begin a header of its own."""
    for name, value in headers.items():
        if _FITS_A_HEADER.fullmatch(value):
            continue
        if name in of_call:
            raise Failure.data(
                "unfit_header",
                f"The header {name} of the call would hold a line break or a sign that headers cannot hold. "
                "Correct the value at its source, or leave it out in the declaration.",
                field=name,
            )
        raise Failure.config(
            "unfit_header",
            f"What the connection sends as {name} holds a line break or a sign that headers cannot hold. "
            "Enter it anew.",
            connection_wide=True,
        )


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


_CHARSET = re.compile(r"charset\s*=\s*\"?([\w.:-]+)", re.IGNORECASE)
_MARK = b"\xef\xbb\xbf"


def parse_json(content: bytes, content_type: str = "") -> Any:
    """JSON is UTF-8 without a mark before it. Old platforms write the mark, or another charset and say which.

    Raises ValueError."""
    try:
        return orjson.loads(content.removeprefix(_MARK))
    except orjson.JSONDecodeError:
        named = _CHARSET.search(content_type)
        if named is None or named[1].lower() in ("utf-8", "utf8"):
            raise
        try:
            return orjson.loads(content.decode(named[1]))
        except LookupError as error:
            raise ValueError(f"no such charset: {named[1]}") from error


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
