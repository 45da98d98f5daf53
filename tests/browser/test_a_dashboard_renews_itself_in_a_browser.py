"""The figures renew themselves, keep the table that a reader has opened, and rest while nobody looks."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse

from integrations.models import SyncJob
from monitoring import dashboards
from tests import factories
from tests.browser.portal_rows import fill
from tests.browser.steps import open_page, sign_in
from tests.browser.test_portal_in_a_browser import no_queue

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

__all__ = ["no_queue"]


def test_an_opened_table_stays_open_and_shows_the_new_figures(
    live_server: Any, opened: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dashboards, "POLL_SECONDS", 1)
    staff = fill(days=1, per_hour=2)
    page = open_page(opened, live_server.url)
    sign_in(page, live_server.url, staff)
    page.goto(reverse("admin:index"))
    renewed = "today/numbers"
    with page.expect_response(lambda answer: renewed in answer.url):
        page.click("#table-delivered-summary")
    before = page.inner_text("#today-numbers article:has-text('Throughput')")
    job = SyncJob.objects.get(key="orders")
    for _ in range(40):
        factories.outcome(factories.delivery(job))
    page.wait_for_function(
        "text => document.querySelectorAll('#today-numbers article')[1].innerText !== text", arg=before
    )
    assert page.evaluate("document.querySelector('#table-delivered').open")
    assert page.is_visible("#table-delivered table")
    assert page.evaluate("document.activeElement.id") == "table-delivered-summary"
    assert page.locator("#dash-below").count() == 1
    # Hidden: the page asks no more.
    page.evaluate("Object.defineProperty(document, 'visibilityState', {value: 'hidden'})")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.wait_for_timeout(2_500)
    assert asked == []
