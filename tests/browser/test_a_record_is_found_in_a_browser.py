from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse

from tests import factories
from tests.browser.steps import Complaints, open_page, sign_in
from tests.monitoring.journey.rows import call, journey_url, order, order_job

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_what_is_pasted_into_the_palette_leads_to_its_journey_by_one_key(
    live_server: Any, opened: Any
) -> None:
    mine = order(order_job())
    factories.outcome(mine)
    call(mine.thing, "email", "ann@example.com")
    page = open_page(opened, live_server.url)
    complaints = Complaints()
    complaints.listen(page)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    sign_in(page, live_server.url, factories.administrator())
    page.goto(reverse("admin:index"))
    page.keyboard.press("Control+k")
    box = page.get_by_label("Find a record or a page")
    box.wait_for(state="visible")
    # As a paste does it: without a key.
    box.evaluate(
        "(box) => { box.value = 'ann@example.com'; box.dispatchEvent(new Event('input', {bubbles: true})) }"
    )
    page.locator("#command-results-list li.active").get_by_text("Order #1042").wait_for()
    box.press("Enter")
    page.wait_for_url(f"**{journey_url(mine)}")
    assert page.get_by_role("heading", name="All is well").is_visible()
    assert page.get_by_role("link", name="Open in Acme").is_visible()
    assert [url for url in asked if "ann" in url] == []
    assert complaints.said == []


def test_the_same_words_are_found_again_after_the_palette_was_closed(live_server: Any, opened: Any) -> None:
    mine = order(order_job())
    factories.outcome(mine)
    page = open_page(opened, live_server.url)
    sign_in(page, live_server.url, factories.administrator())
    page.goto(reverse("admin:index"))
    box = page.get_by_label("Find a record or a page")
    found = page.locator("#command-results-list li.active").get_by_text("Order #1042")
    page.keyboard.press("Control+k")
    box.wait_for(state="visible")
    box.press_sequentially("1042")
    found.wait_for()
    box.press("Escape")
    box.press("Escape")
    box.wait_for(state="hidden")
    page.keyboard.press("Control+k")
    box.wait_for(state="visible")
    box.press_sequentially("1042")
    box.press("Enter")
    page.wait_for_url(f"**{journey_url(mine)}")


@pytest.mark.parametrize("by", ["key", "click"])
def test_what_is_found_nowhere_goes_on_to_its_page_and_stands_in_no_address(
    live_server: Any, opened: Any, by: str
) -> None:
    page = open_page(opened, live_server.url)
    complaints = Complaints()
    complaints.listen(page)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    sign_in(page, live_server.url, factories.administrator())
    page.goto(reverse("admin:index"))
    page.keyboard.press("Control+k")
    box = page.get_by_label("Find a record or a page")
    box.wait_for(state="visible")
    box.press_sequentially("ann@example.com")
    nothing = page.locator("#command-results-list").get_by_text("Nothing is known by this name")
    nothing.wait_for()
    if by == "key":
        box.press("Enter")
    else:
        nothing.click()
    page.wait_for_url(f"**{reverse('find')}")
    page.get_by_role("heading", name="Nothing is known by this name").wait_for()
    assert page.get_by_label("Order number, e-mail").input_value() == "ann@example.com"
    assert [url for url in asked if "ann" in url] == []
    assert complaints.said == []


@pytest.mark.parametrize(("width", "scheme"), [(1360, "light"), (390, "dark")])
def test_a_journey_fits_the_screen_and_tells_the_readers_hour(
    live_server: Any, opened: Any, width: int, scheme: str
) -> None:
    mine = order(order_job(), state="failed")
    factories.error(mine)
    page = open_page(opened, live_server.url, width, scheme)
    complaints = Complaints()
    complaints.listen(page)
    sign_in(page, live_server.url, factories.administrator())
    page.goto(reverse("find"))
    page.get_by_label("Order number, e-mail").fill("1042")
    page.get_by_role("button", name="Find it").click()
    page.wait_for_url(f"**{journey_url(mine)}")
    page.get_by_role("heading", name="Stuck:").wait_for()
    assert not page.evaluate("document.documentElement.scrollWidth > window.innerWidth")
    zone = page.evaluate("Intl.DateTimeFormat().resolvedOptions().timeZone")
    assert page.get_by_text(f"Hours as the clock in {zone} shows them.").is_visible()
    assert complaints.said == []
