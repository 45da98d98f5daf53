from __future__ import annotations

import json
from threading import Event
from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from integrations.connectors.base import Item
from mappings.models import Mapping, ValueMap
from tests import factories
from tests.browser.steps import Complaints, open_page, sign_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

RECORDS: list[dict[str, Any]] = [
    {"name": "1042", "contact": {"mail": "a@example.com"}, "items": [{"sku": "MUG", "qty": 2}]},
    {"name": None, "contact": {"mail": "b@example.com"}, "items": []},
]


@pytest.fixture
def mapping(db: None) -> Mapping:
    made = factories.mapping(name="Shop order")
    for place, (target, source) in enumerate([("number", "name"), ("lines[]", "items"), ("lines[].sku", "")]):
        made.rules.create(target=target, source=source, position=place, required=target == "number")
    made.publish()
    return made


def studio(opened: Any, address: str, mapping: Mapping, width: int = 1360) -> tuple[Page, Complaints]:
    page = open_page(opened, address, width)
    complaints = Complaints()
    complaints.listen(page)
    sign_in(page, address, factories.administrator())
    page.goto(reverse("admin:mappings_mapping_change", args=[mapping.pk]))
    if width < 1100:
        page.get_by_role("button", name="Record", exact=True).click()
    page.get_by_role("tab", name="Text").click()
    page.get_by_label("One record or a list of them, as JSON").fill(json.dumps(RECORDS))
    page.get_by_role("tab", name="Record").click()
    page.get_by_text("Record 1 of 2").wait_for()
    return page, complaints


def test_the_result_follows_what_is_typed(live_server: Any, opened: Any, mapping: Mapping) -> None:
    page, complaints = studio(opened, live_server.url, mapping)
    result = page.locator("#studio-result")
    expect(result).to_contain_text('"number": "1042"')
    expect(page.locator("#rules-0-told")).to_contain_text("filled in 1 of 2")
    page.locator("[name=rules-0-source]").press_sequentially("x")
    expect(page.locator("#rules-0-told")).to_contain_text("it has no number")
    page.locator("[name=rules-0-source]").fill("contact.mail")
    expect(result).to_contain_text('"number": "a@example.com"')
    page.get_by_role("button", name="The next record").click()
    expect(result).to_contain_text('"number": "b@example.com"')
    assert mapping.rules.get(target="number").source == "name", "nothing is saved"
    assert complaints.said == []
    assert complaints.hosts == {live_server.url.split("/")[2]}


def test_a_value_is_picked_by_click_and_by_key(live_server: Any, opened: Any, mapping: Mapping) -> None:
    page, _ = studio(opened, live_server.url, mapping)
    # Into the rule that was used last; within a list a path begins at its entry.
    page.locator("[name=rules-2-target]").click()
    page.get_by_role("button", name="sku “MUG”").click()
    expect(page.locator("[name=rules-2-source]")).to_have_value("sku")
    expect(page.locator("#rules-2-told")).to_contain_text("“MUG”")
    expect(page.get_by_role("button", name="sku “MUG”")).to_have_attribute("data-fills", "lines[].sku")
    # The profile's lines can be taken as well, with the keyboard alone.
    page.locator("[name=rules-0-source]").focus()
    page.get_by_role("tab", name="Record").focus()
    page.keyboard.press("ArrowRight")
    field = page.get_by_role("button", name="contact.mail always filled")
    expect(field).to_contain_text("looks like e-mail")
    field.focus()
    page.keyboard.press("Enter")
    expect(page.locator("[name=rules-0-source]")).to_have_value("contact.mail")
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("[name=rules-0-source]")).to_have_value("name")


def test_rules_are_added_moved_and_removed_and_the_record_stays(
    live_server: Any, opened: Any, mapping: Mapping
) -> None:
    page, complaints = studio(opened, live_server.url, mapping)
    page.locator("[name=rules-2-source]").fill("sku")
    page.get_by_role("button", name="Add a rule").click()
    page.locator("[name=rules-3-target]").fill("email")
    page.get_by_role("button", name="mail “a@example.com”").click()
    page.locator("[data-rule=rules-3] summary").click()
    page.locator("[name=rules-3-transform]").select_option("email")
    page.get_by_label("case").fill("lower")
    page.locator("[data-rule=rules-3]").get_by_role("button", name="Move up").click()
    page.get_by_role("button", name="Save as draft").click()
    expect(page.locator("#studio-messages")).to_contain_text("The draft is saved. Version 1 stays in use")
    expect(page.locator("#studio-result")).to_contain_text('"email": "a@example.com"')
    assert list(mapping.rules.values_list("target", flat=True)) == [
        "number",
        "lines[]",
        "email",
        "lines[].sku",
    ]
    assert mapping.rules.get(target="email").arguments == {"case": "lower"}
    page.locator("[data-rule=rules-2] summary").click()
    page.locator("[data-rule=rules-2]").get_by_role("button", name="Remove").click()
    page.get_by_role("button", name="Publish", exact=True).click()
    expect(page.locator("#studio-messages")).to_contain_text("Version 2 is in use from now on.")
    assert list(mapping.rules.values_list("target", flat=True)) == ["number", "lines[]", "lines[].sku"]
    assert complaints.said == []


def test_on_a_phone_one_part_is_seen_at_a_time(live_server: Any, opened: Any, mapping: Mapping) -> None:
    page, _ = studio(opened, live_server.url, mapping, width=390)
    assert not page.locator("#studio-middle").is_visible()
    page.get_by_role("button", name="mail “a@example.com”").click()
    assert page.locator("#studio-middle").is_visible(), "a new rule waits for its target"
    page.get_by_role("button", name="Result", exact=True).click()
    expect(page.locator("#studio-result")).to_contain_text('"number": "1042"')
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_a_word_that_is_not_known_is_added_beside_the_result(
    live_server: Any, opened: Any, mapping: Mapping
) -> None:
    words = ValueMap.objects.create(key="states", name="States")
    mapping.rules.create(target="payment_status", source="contact.mail", value_map="states", position=9)
    page, complaints = studio(opened, live_server.url, mapping)
    row = page.locator(".studio-words li").first
    expect(row).to_contain_text("a@example.com")
    row.get_by_role("textbox").fill("paid")
    row.get_by_role("button", name="Add").click()
    expect(page.locator("#studio-result")).to_contain_text('"payment_status": "paid"')
    assert words.as_dict() == {"a@example.com": "paid"}
    assert complaints.said == []


def test_what_is_typed_while_records_are_on_their_way_is_tried_on_them(
    live_server: Any, opened: Any, mapping: Mapping, monkeypatch: pytest.MonkeyPatch
) -> None:
    typed = Event()

    def sampled(*_: Any) -> list[Item]:
        assert typed.wait(10)
        return [Item(str(place), record) for place, record in enumerate(RECORDS)]

    monkeypatch.setattr("integrations.admin.studio_form.sample", sampled)
    factories.job(read_mapping=mapping, source=factories.connection(name="The shop"))
    page = open_page(opened, live_server.url)
    complaints = Complaints()
    complaints.listen(page)
    sign_in(page, live_server.url, factories.administrator())
    page.goto(reverse("admin:mappings_mapping_change", args=[mapping.pk]))
    page.get_by_role("button", name="Take records").click()
    with page.expect_response(lambda response: "/preview/" in response.url):
        page.locator("[name=rules-0-source]").fill("contact.mail")
    typed.set()
    page.get_by_text("Record 1 of 2").wait_for()
    expect(page.locator("#studio-result")).to_contain_text('"number": "a@example.com"')
    assert complaints.said == []


def many_rules(mapping: Mapping) -> None:
    for place in range(3, 18):
        mapping.rules.create(target=f"extra.f{place}", source="name", position=place)
    mapping.publish()


def on_a_phone(opened: Any, address: str, mapping: Mapping, anchor: str = "") -> Page:
    page = open_page(opened, address, 390)
    sign_in(page, address, factories.administrator())
    page.goto(reverse("admin:mappings_mapping_change", args=[mapping.pk]) + anchor)
    return page


def test_a_link_to_a_rule_opens_it_where_it_is(live_server: Any, opened: Any, mapping: Mapping) -> None:
    many_rules(mapping)
    page = on_a_phone(opened, live_server.url, mapping, "#rules-14-rule")
    expect(page.locator("[name=rules-14-transform]")).to_be_in_viewport()
    assert not page.locator("[name=rules-13-transform]").is_visible()


def test_what_is_refused_comes_into_sight_and_has_the_focus(
    live_server: Any, opened: Any, mapping: Mapping, monkeypatch: pytest.MonkeyPatch
) -> None:
    many_rules(mapping)
    page = on_a_phone(opened, live_server.url, mapping, "#rules-17-rule")
    page.locator("[name=rules-17-source]").fill("name ||")
    page.get_by_role("button", name="Publish", exact=True).click()
    expect(page.locator("#rules-17-told .studio-wrong").first).to_be_visible()
    expect(page.locator("[name=rules-17-source]")).to_be_focused()
    expect(page.locator("#rules-17-told .studio-wrong").first).to_be_in_viewport()
    page.locator("[name=rules-17-source]").fill("contact.mail")
    monkeypatch.setattr("integrations.admin.mappings.is_as_seen", lambda *_: False)
    page.get_by_role("button", name="Publish", exact=True).click()
    expect(page.locator("#studio-messages")).to_be_focused()
    expect(page.locator("#studio-messages")).to_be_in_viewport()
    monkeypatch.undo()
    page.reload()
    page.locator("[name=rules-17-source]").fill("contact")
    page.get_by_role("button", name="Save as draft").click()
    expect(page.locator("#studio-heard")).to_contain_text("The draft is saved.")
    expect(page.locator("#studio-heard")).to_be_in_viewport()
