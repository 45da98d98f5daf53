from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse

from monitoring.models import AlertChannel, AlertKind, AlertRule
from tests import factories
from tests.browser.steps import Complaints, open_page, sign_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def rule(db: None) -> AlertRule:
    made: AlertRule = AlertRule.objects.create(name="Orders fail", kind=AlertKind.FAILURES, threshold=0)
    AlertChannel.objects.bulk_create(
        AlertChannel(key=f"team-{n}", name=f"Team {n:03}", kind="email", recipients="duty@example.com")
        for n in range(200)
    )
    made.channels.set(AlertChannel.objects.filter(name="Team 150"))
    return made


def test_one_of_two_hundred_is_found_and_a_new_one_is_chosen_at_once(
    live_server: Any, opened: Any, rule: AlertRule
) -> None:
    page = open_page(opened, live_server.url)
    page.set_default_timeout(10_000)
    complaints = Complaints()
    complaints.listen(page)
    sign_in(page, live_server.url, factories.administrator())
    page.goto(live_server.url + reverse("admin:monitoring_alertrule_change", args=[rule.pk]))
    group = page.get_by_role("group", name="Channels")
    group.get_by_text("1 of 200 chosen").wait_for()

    search = group.get_by_label("Find in this list")
    search.fill("team 042")
    group.get_by_text("1 found, 1 of 200 chosen").wait_for()
    assert group.get_by_role("checkbox").count() == 1
    search.press("Enter")  # does not save
    search.press("Tab")
    page.keyboard.press("Space")
    group.get_by_text("2 of 200 chosen").wait_for()

    page.locator(".field-channels [x-ref^=relatedWidgetWrapper]").click()
    with page.expect_popup() as popup:
        page.locator("#add_id_channels").click()
    popup.value.fill("[name=name]", "Made here")
    popup.value.select_option("[name=kind]", "email")
    popup.value.fill("[name=recipients]", "duty@example.com")
    popup.value.locator("[name=_save]").last.click()
    group.get_by_text("3 of 201 chosen").wait_for()

    page.locator("[name=_save]").last.click()
    page.wait_for_url(f"**{reverse('admin:monitoring_alertrule_changelist')}")
    assert set(rule.channels.values_list("name", flat=True)) == {"Team 150", "Team 042", "Made here"}
    assert complaints.said == []
