from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse

from integrations.models import Connection
from tests import factories
from tests.browser.steps import Complaints, open_page, sign_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def no_queue(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("integrations.sync.doorbell.async_task", lambda *_, **__: None)


def change_url(row: Any) -> str:
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])


def signed_in(opened: Any, live_server: Any, width: int = 1360) -> Any:
    page = open_page(opened, live_server.url, width)
    page.set_default_timeout(10_000)
    sign_in(page, live_server.url, factories.administrator())
    return page


@pytest.fixture
def shop(db: None) -> Connection:
    return factories.connection(settings={"base_url": "https://shop.example.com"}, secrets={"token": "t"})


def test_what_is_typed_is_saved_before_it_is_tested(live_server: Any, opened: Any, shop: Connection) -> None:
    page = signed_in(opened, live_server)
    page.goto(change_url(shop))
    page.get_by_role("link", name="Test", exact=True).click()
    page.get_by_role("button", name="Test now").wait_for()
    assert not page.get_by_text("Save it first").is_visible()
    page.get_by_role("button", name="Cancel").click()
    page.locator("[name=setting__base_url]").fill("https://elsewhere.example.com")
    page.get_by_role("link", name="Test", exact=True).click()
    page.get_by_text("Save it first").wait_for()
    assert not page.get_by_role("button", name="Test now").is_visible()


def test_a_form_that_was_refused_is_not_what_is_tested(
    live_server: Any, opened: Any, shop: Connection
) -> None:
    page = signed_in(opened, live_server)
    page.goto(change_url(shop))
    page.locator("[name=name]").fill("")
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_text("Please correct the error").wait_for()
    page.get_by_role("link", name="Test", exact=True).click()
    page.get_by_text("Save it first").wait_for()


def test_a_new_key_is_copied_and_its_dialog_is_closed(live_server: Any, opened: Any) -> None:
    page = signed_in(opened, live_server)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    complaints = Complaints()
    complaints.listen(page)
    page.goto(change_url(factories.partner()))
    page.get_by_role("link", name="Issue a key", exact=True).click()
    page.get_by_role("button", name="Issue the key").click()
    page.get_by_role("button", name="Copy", exact=True).click()
    page.get_by_text("Copied.").wait_for()
    assert page.evaluate("navigator.clipboard.readText()") == page.locator("#new-key").inner_text()
    assert page.get_by_role("button", name="Cancel").count() == 0
    page.locator("#dialog").get_by_role("button", name="Close").last.click()
    page.locator("#dialog").wait_for(state="hidden")
    assert complaints.said == []


@pytest.mark.parametrize("width", [1360, 390])
def test_the_entries_of_a_menu_are_shown_whole(live_server: Any, opened: Any, width: int) -> None:
    page = signed_in(opened, live_server, width)
    page.goto(change_url(factories.job()))
    if width < 1024:
        page.get_by_role("link", name="More actions").first.click()
    page.get_by_role("button", name="More", exact=True).click()
    entry = page.get_by_text("Run a span of time again")
    entry.wait_for()
    assert entry.evaluate("entry => entry.scrollWidth <= entry.clientWidth")
    menu = page.locator("nav[x-show=actionDropdownOpen]").bounding_box()
    assert menu["x"] >= 0
    assert menu["x"] + menu["width"] <= width


def test_a_dialog_in_a_tab_of_its_own_is_a_page_that_works(live_server: Any, opened: Any) -> None:
    error = factories.error(factories.delivery(factories.job(), state="failed"))
    page = signed_in(opened, live_server)
    page.goto(change_url(error))
    page.get_by_role("button", name="More", exact=True).click()
    page.goto(page.get_by_role("link", name="Comment", exact=True).evaluate("link => link.href"))
    assert page.title().strip() == "Comment | Crossdock"
    page.locator("#dialog textarea").fill("The shop was asked.")
    page.get_by_role("button", name="Keep it").click()
    page.get_by_text("Your comment is kept.").wait_for()
    page.go_back()
    page.get_by_role("link", name="Cancel").click()
    page.wait_for_url(f"**{change_url(error)}")
