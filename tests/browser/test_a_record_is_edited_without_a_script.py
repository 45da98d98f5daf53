from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse

from integrations.models import Batch, ErrorRecord
from tests import factories
from tests.browser.steps import serious_findings, sign_in
from tests.browser.test_portal_in_a_browser import no_queue
from tests.integrations.admin.record_editing import failed, job
from tests.integrations.mapping_rows import writer

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

__all__ = ["failed", "job", "no_queue", "writer"]


def page_of(opened: Any, live_server: Any, *, scripts: bool) -> Any:
    context = opened.new_context(
        base_url=live_server.url, viewport={"width": 390, "height": 844}, java_script_enabled=scripts
    )
    page = context.new_page()
    page.set_default_timeout(10_000)
    sign_in(page, live_server.url, factories.administrator())
    return page


def edit_url(error: ErrorRecord) -> str:
    return reverse("admin:integrations_errorrecord_edit", args=[error.pk])


@pytest.mark.parametrize("scripts", [True, False])
def test_a_record_is_edited_by_keyboard_on_a_phone(
    live_server: Any, opened: Any, failed: ErrorRecord, scripts: bool
) -> None:
    page = page_of(opened, live_server, scripts=scripts)
    page.goto(edit_url(failed))
    field = page.get_by_label("Zip", exact=True)
    # By a click: nothing lies above it.
    field.click()
    page.keyboard.type("01067")
    page.keyboard.press("Enter")
    page.get_by_text("It is made in The warehouse.").wait_for()
    assert page.locator("ins").first.inner_text() == "“01067”"
    page.get_by_role("button", name="Send it").focus()
    page.keyboard.press("Enter")
    page.get_by_text("The edited record is on its way.").wait_for()
    assert [parcel["payload"]["zip"] for batch in Batch.objects.all() for parcel in batch.payloads] == [
        "01067"
    ]


def test_the_field_at_fault_has_the_focus_and_nothing_is_wider_than_a_phone(
    live_server: Any, opened: Any, failed: ErrorRecord
) -> None:
    page = page_of(opened, live_server, scripts=True)
    page.goto(edit_url(failed))
    page.wait_for_function("document.activeElement.name === 'value:[\"zip\"]'")
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    assert serious_findings(page) == []
    # Enter in the search means the search, with what was typed kept.
    page.keyboard.type("01067")
    page.get_by_role("searchbox", name="Find a field").fill("sku")
    page.keyboard.press("Enter")
    page.get_by_text("2 of 16 fields are found.").wait_for()
    assert page.get_by_label("Zip", exact=True).input_value() == "01067"
    page.get_by_role("button", name="See what changes").last.click()
    page.get_by_text("It is made in The warehouse.").wait_for()
    assert serious_findings(page) == []
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
