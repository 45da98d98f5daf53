"""What the sidebar calls a list: its page, its path and the window's tab call it the same."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django import template
from django.conf import settings

register = template.Library()


def title_of(address: str) -> str:
    """Of the list at this address; "" where the sidebar does not lead there."""
    return next((str(item["title"]) for item in _items() if str(item["link"]) == address), "")


@register.filter
def crumb(part: dict[str, Any]) -> str:
    """A part of the path above a page, as unfold gives it."""
    return title_of(str(part.get("link") or "")) or str(part["title"])


def _items() -> Iterator[dict[str, Any]]:
    for group in settings.UNFOLD["SIDEBAR"]["navigation"]:
        yield from group["items"]
