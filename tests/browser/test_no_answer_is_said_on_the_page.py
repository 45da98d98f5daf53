"""A page that is left open all night: the portal falls and comes back, and whoever looked is signed out."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.urls import reverse
from playwright.sync_api import Page, expect

from integrations.models import State
from monitoring import dashboards
from monitoring.incidents.triage import triage
from monitoring.models import Incident, IncidentNote
from tests import factories
from tests.browser.portal_rows import fill
from tests.browser.steps import open_page, serious_findings, sign_in
from tests.browser.test_portal_in_a_browser import no_queue

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

__all__ = ["no_queue"]


@pytest.fixture
def boss() -> User:
    return factories.administrator()


@pytest.fixture
def front_page(live_server: Any, opened: Any, monkeypatch: pytest.MonkeyPatch) -> Page:
    monkeypatch.setattr(dashboards, "POLL_SECONDS", 1)
    staff = fill(days=1, per_hour=2)
    page = open_page(opened, live_server.url, width=390)
    sign_in(page, live_server.url, staff)
    page.goto(reverse("admin:index"))
    return page


def test_figures_that_are_not_renewed_say_so_until_they_are(front_page: Page) -> None:
    figures = "**/today/numbers**"
    front_page.route(figures, lambda route: route.abort())
    notice = front_page.get_by_role("alert").filter(has_text="no longer renewed")
    notice.wait_for()
    assert "tried again by itself" in notice.inner_text()
    assert serious_findings(front_page) == []
    assert not front_page.evaluate("document.documentElement.scrollWidth > window.innerWidth")
    front_page.unroute(figures)
    notice.wait_for(state="hidden")


def test_a_fault_of_the_portal_says_so_too(front_page: Page) -> None:
    front_page.route("**/today/numbers**", lambda route: route.fulfill(status=502, body="Bad gateway"))
    front_page.get_by_role("alert").filter(has_text="no longer renewed").wait_for()
    assert front_page.locator("#today-numbers").count() == 1


def test_whoever_is_signed_out_keeps_the_page_and_is_led_to_the_door(front_page: Page) -> None:
    Session.objects.all().delete()
    notice = front_page.get_by_role("alert").filter(has_text="signed out")
    notice.wait_for()
    assert front_page.locator("#today-numbers").count() == 1
    assert front_page.locator("input[type=password]").count() == 0
    front_page.get_by_role("link", name="Sign in again").click()
    expect(front_page.get_by_label("Password")).to_be_visible()
    assert front_page.url.endswith(f"?next={quote(reverse('admin:index'), safe='')}")


def test_a_dialog_without_an_answer_asks_to_look_before_it_is_sent_again(
    live_server: Any, opened: Any, boss: User
) -> None:
    factories.error(factories.delivery(factories.job(), state=State.FAILED))
    triage()
    incident = Incident.objects.get()
    page = open_page(opened, live_server.url)
    sign_in(page, live_server.url, boss)
    page.goto(reverse("admin:monitoring_incident_comment", args=[incident.pk]))
    page.get_by_label("Comment").fill("Asked the shop.")
    page.route("**/*", lambda route: route.abort())
    page.get_by_role("button", name="Keep it").click()
    notice = page.get_by_role("alert").filter(has_text="did not answer")
    notice.wait_for()
    assert "Look whether it was done" in notice.inner_text()
    assert page.get_by_label("Comment").input_value() == "Asked the shop."
    page.unroute("**/*")
    page.get_by_role("button", name="Keep it").click()
    page.get_by_text("Your comment is kept.").first.wait_for()
    notice.wait_for(state="hidden")
    assert IncidentNote.objects.filter(incident=incident, deed="comment").count() == 1
