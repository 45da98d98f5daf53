"""Buttons pressed twice, and Enter pressed before what was found is there."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.urls import reverse

from integrations.models import State
from monitoring.incidents.triage import triage
from monitoring.models import Incident, IncidentNote
from tests import factories
from tests.browser.steps import Complaints, open_page, sign_in
from tests.monitoring.journey.rows import journey_url, order, order_job

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def boss() -> User:
    return factories.administrator()


def test_enter_opens_what_was_typed_last_and_not_what_was_found_before(
    live_server: Any, opened: Any, boss: User
) -> None:
    job = order_job()
    first, second = order(job), order(job, number="2077", external_id="5513")
    for of in (first, second):
        factories.outcome(of)
    page = open_page(opened, live_server.url)
    complaints = Complaints()
    complaints.listen(page)
    sign_in(page, live_server.url, boss)
    page.goto(reverse("admin:index"))
    page.keyboard.press("Control+k")
    box = page.get_by_label("Find a record or a page")
    box.wait_for(state="visible")
    box.press_sequentially("1042")
    page.locator("#command-results-list li.active").get_by_text("Order #1042").wait_for()
    box.fill("2077")
    box.press("Enter")
    page.wait_for_url(f"**{journey_url(second)}")
    assert complaints.said == []


def test_a_dialog_that_is_sent_twice_does_its_deed_once(live_server: Any, opened: Any, boss: User) -> None:
    job = factories.job()
    factories.error(factories.delivery(job, state=State.FAILED))
    triage()
    incident = Incident.objects.get()
    page = open_page(opened, live_server.url)
    sign_in(page, live_server.url, boss)
    page.goto(reverse("admin:monitoring_incident_comment", args=[incident.pk]))
    page.get_by_label("Comment").fill("Asked the shop.")
    page.get_by_role("button", name="Keep it").dblclick()
    page.get_by_text("Your comment is kept.").first.wait_for()
    assert IncidentNote.objects.filter(incident=incident, deed="comment").count() == 1
