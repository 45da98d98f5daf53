"""From two systems to the first delivered record, by clicks alone; on a phone and by keyboard too."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.urls import reverse
from django.utils.module_loading import import_string
from pytest_django.fixtures import Settings

from integrations.models import Health, SyncJob
from tests import factories
from tests.browser.steps import Complaints, open_page, serious_findings, sign_in
from tests.integrations.answering import Platform, Says

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def platform(settings: Settings) -> Iterator[Platform]:
    settings.PRIVATE_NETWORKS = ["127.0.0.0/8"]
    answering = Platform()
    people = [
        {"id": str(number), "name": f"Ann {number}", "email": f"ann{number}@example.com"}
        for number in range(1, 4)
    ]
    answering.on("GET /customers", Says({"customers": people}))
    answering.on("GET /contacts/search", Says({"contacts": []}))
    answering.on("POST /contacts", lambda asked: Says({"id": asked.json["email"], **asked.json}, 201))
    yield answering
    answering.close()


@pytest.fixture(autouse=True)
def worker(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is rung for is done at once."""

    def work(task: str, subject_id: int = 0, **_: Any) -> None:
        import_string(task)(subject_id)

    monkeypatch.setattr("integrations.sync.doorbell.async_task", work)


@pytest.mark.parametrize(("width", "scheme"), [(1360, "light"), (390, "dark")])
def test_a_job_goes_live_by_clicks(
    live_server: Any, opened: Any, platform: Platform, width: int, scheme: str
) -> None:
    shared: dict[str, Any] = {"settings": {"base_url": platform.base}, "secrets": {"token": "x"}}
    shop = factories.connection(name="Shop 🛍️", health=Health.WORKING, **shared)
    crm = factories.connection(name="CRM", platform="sandbox_crm", health=Health.WORKING, **shared)
    factories.connection(name="Not tested", **shared)
    page = open_page(opened, live_server.url, width, scheme)
    complaints = Complaints()
    complaints.listen(page)
    sign_in(page, live_server.url, factories.administrator())

    def fits() -> bool:
        """On the screen, and for whoever hears it or uses no mouse."""
        assert serious_findings(page) == []
        return bool(page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))

    page.goto(reverse("admin:index"))
    page.get_by_role("link", name="New job").click()
    assert fits()
    assert page.locator(f"[name=source][value='{shop.pk}']").is_enabled()
    assert page.get_by_role("link", name="Test it first: Not tested").first.is_visible()
    page.locator(f"[name=source][value='{shop.pk}']").check()
    page.locator(f"[name=destination][value='{crm.pk}']").focus()
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    page.get_by_text("Reads customers in Shop").first.wait_for()
    assert fits()
    page.get_by_role("radio").first.check()
    page.get_by_role("button", name="Next: look at it").first.click()
    page.get_by_text("All 3 can be written as they are.").wait_for()
    assert fits()
    page.get_by_role("button", name="Next: dry run").click()
    page.get_by_text("Looked at all 3 records that the source has. Nothing was written.").wait_for()
    assert fits()
    page.go_back()
    page.get_by_text("All 3 can be written as they are.").wait_for()
    page.go_forward()
    page.get_by_role("link", name="Next: launch").click()
    page.get_by_role("radio", name="100 %").check()
    page.get_by_text("Of the 3 records that the dry run shows, 3 would go.").wait_for()
    assert fits()
    assert [asked.method for asked in platform.asked if asked.method != "GET"] == []
    page.get_by_role("button", name="Launch", exact=True).click()
    page.get_by_text("is live. Its first records are on their way.").wait_for()
    page.locator("#run-progress").get_by_text("3 of 3 settled").wait_for()
    assert SyncJob.objects.get().state == "active"
    assert len([asked for asked in platform.asked if asked.method == "POST"]) == 3
    assert complaints.said == []
