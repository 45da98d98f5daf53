"""The person who is asked for access, on the sandbox's page."""

from __future__ import annotations

import http.client
from urllib.parse import parse_qsl, urlsplit


def answered(page: str, answer: str = "yes") -> tuple[str, dict[str, str]]:
    """Where the platform sends the browser after a person's answer, and what it sends along."""
    parts = urlsplit(page)
    asking = http.client.HTTPConnection(parts.netloc, timeout=10)
    try:
        asking.request("GET", f"{parts.path}?{parts.query}&answer={answer}")
        came = asking.getresponse()
        location = came.getheader("Location") or ""
    finally:
        asking.close()
    if came.status != 302:
        raise AssertionError(f"The page answered {came.status}.")
    return location.partition("?")[0], dict(parse_qsl(urlsplit(location).query))
