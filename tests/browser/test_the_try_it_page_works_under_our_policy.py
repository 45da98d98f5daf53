"""The page to try the partner API: drawn, usable with a key, without another host, without a breach of the policy."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import sync_playwright

from integrations.models import Partner, PartnerKey

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    # Playwright runs an event loop in this thread; the database work here is none of its business.
    monkeypatch.setitem(os.environ, "DJANGO_ALLOW_ASYNC_UNSAFE", "true")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser.new_page()
        browser.close()


def test_a_partner_tries_a_call(live_server: Any, page: Any) -> None:
    _, key = PartnerKey.issue(Partner.objects.create(key="fulfilment", name="A fulfilment house"), ["read"])
    complaints: list[str] = []
    hosts: set[str] = set()
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda request: hosts.add(request.url.split("/")[2] if "//" in request.url else ""))

    page.goto(f"{live_server.url}/api/v1/docs")
    page.get_by_role("button", name="Authorize").first.click()
    page.locator(".modal-ux input").fill(key)
    page.locator(".modal-ux").get_by_role("button", name="Apply credentials").click()
    page.locator(".modal-ux").get_by_role("button", name="Close").click()
    page.locator("#operations-jobs-list_jobs .opblock-summary").click()
    page.locator("#operations-jobs-list_jobs").get_by_role("button", name="Execute").click()
    answer = page.locator("#operations-jobs-list_jobs .live-responses-table tbody .response-col_status")
    answer.first.wait_for()

    assert answer.first.inner_text().startswith("200")
    assert complaints == []
    assert {host for host in hosts if host} == {live_server.url.split("/")[2]}
