"""A browser in front of the portal, and what it complains about."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client
from playwright.sync_api import Page, sync_playwright

from tests.conftest import chromium

ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]


@dataclass
class Complaints:
    """What the console said, and which hosts were called."""

    said: list[str] = field(default_factory=list)
    hosts: set[str] = field(default_factory=set)

    def listen(self, page: Page) -> None:
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.said.append(str(error)))
        page.on("request", lambda request: self._request(request.url))

    def _console(self, message: Any) -> None:
        if message.type == "error":
            self.said.append(message.text)

    def _request(self, url: str) -> None:
        if url.startswith(("http:", "https:", "ws:")):
            self.hosts.add(url.split("/")[2])


@contextmanager
def browser() -> Iterator[Any]:
    # Playwright runs an event loop in this thread; the database work here is none of its business.
    before = os.environ.get("DJANGO_ALLOW_ASYNC_UNSAFE")
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    try:
        with sync_playwright() as playwright:
            opened = playwright.chromium.launch(executable_path=chromium(), args=ARGUMENTS)
            yield opened
            opened.close()
    finally:
        if before is None:
            del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]
        else:
            os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = before


def open_page(opened: Any, address: str, width: int = 1360, scheme: str = "light") -> Page:
    context = opened.new_context(
        base_url=address, viewport={"width": width, "height": 900}, color_scheme=scheme
    )
    page: Page = context.new_page()
    return page


def sign_in(page: Page, address: str, user: User) -> None:
    client = Client()
    client.force_login(user)
    name = settings.SESSION_COOKIE_NAME
    page.context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": address}])


def serious_findings(page: Page) -> list[tuple[str, int, list[str]]]:
    """What axe calls serious or critical: which rule, how often, and the first places."""
    return [
        (found["id"], len(found["nodes"]), [node["html"][:160] for node in found["nodes"][:3]])
        for found in Axe().run(page).response["violations"]
        if found["impact"] in ("serious", "critical")
    ]
