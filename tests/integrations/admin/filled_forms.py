"""A form as a browser without JavaScript fills it in and sends it."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any


class _Controls(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.values: dict[str, str] = {}
        self.attributes: dict[str, dict[str, str | None]] = {}
        self.select = ""
        self.area = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        name = found.get("name") or ""
        if tag == "option" and self.select and ("selected" in found or self.select not in self.values):
            self.values[self.select] = found.get("value") or ""
        if tag not in ("input", "select", "textarea") or not name:
            return
        self.attributes[name] = found
        if tag == "select":
            self.select = name
        elif tag == "textarea":
            self.area, self.values[name] = name, ""
        elif found.get("type") not in ("checkbox", "radio", "submit"):
            self.values[name] = found.get("value") or ""

    def handle_endtag(self, tag: str) -> None:
        if tag == "select":
            self.select = ""
        elif tag == "textarea":
            text = self.values[self.area].replace("\r\n", "\n").removeprefix("\n")
            self.values[self.area] = text.replace("\n", "\r\n")
            self.area = ""

    def handle_data(self, data: str) -> None:
        if self.area:
            self.values[self.area] += data


def controls_of(response: Any) -> _Controls:
    """`values` are what the page's form would send as it stands, by the controls' names."""
    found = _Controls()
    found.feed(response.content.decode().partition('autocomplete="off">')[2].partition("</form>")[0])
    return found


def form_of(response: Any) -> dict[str, str]:
    return controls_of(response).values
