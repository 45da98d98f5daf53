"""How Frappe says what went wrong, in one form.

What it tells a person is JSON in a text in JSON (`_server_messages`), and often HTML:
https://github.com/frappe/frappe/blob/develop/frappe/utils/response.py"""

from __future__ import annotations

import html
import re
from typing import Any

import orjson

from integrations.exceptions import Kind
from integrations.http.client import HttpClient, Request, Response
from integrations.http.statuses import Meaning

_TAG = re.compile(r"<[^>]*>")
_NO_SUCH_CALL = Meaning(
    Kind.CONFIG,
    "no_such_call",
    "{host} is no site of Frappe's, or does not know this call. Check the address of the connection: it is that of the "
    "site, without /api or /app behind it.",
)


class FrappeClient(HttpClient):
    def send(self, request: Request) -> Response:
        response = super().send(request)
        if response.status < 300:
            return response
        told = response.json if isinstance(response.json, dict) else {}
        kind = told.get("exc_type")
        if response.status == 404 and not kind:
            # An address that is not there: taken for a document that is not there, all would look as if it were gone.
            raise self.failure(response, _NO_SUCH_CALL)
        if told:
            response.json = {"exc_type": kind, "message": said(told)}
        return response


def said(told: dict[str, Any]) -> str:
    """The last of the messages, which is the one that ended the call; else what the exception says."""
    messages = _read(told.get("_server_messages"))
    for message in reversed(messages if isinstance(messages, list) else []):
        inner = _read(message)
        text = inner.get("message") if isinstance(inner, dict) else message
        if text:
            return _plain(str(text))
    # The name of the exception stands before what it says.
    _, _, tail = str(told.get("exception") or "").partition(": ")
    return _plain(tail or str(told.get("message") or ""))


def _read(text: Any) -> Any:
    try:
        return orjson.loads(text) if isinstance(text, str) else None
    except orjson.JSONDecodeError:
        return None


def _plain(text: str) -> str:
    return " ".join(html.unescape(_TAG.sub(" ", text)).split())
