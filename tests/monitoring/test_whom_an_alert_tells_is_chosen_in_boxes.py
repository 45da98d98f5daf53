"""Several of a list are chosen in boxes, those chosen first: at alerts, partners, users and groups alike."""

from __future__ import annotations

import re

import pytest
from django.contrib import admin
from django.test import Client, RequestFactory
from django.urls import reverse

from integrations.admin.frame import PortalAdmin
from integrations.admin.widgets import Boxes
from monitoring.models import AlertChannel, AlertKind, AlertRule
from tests import factories
from tests.integrations.admin.conftest import signed_in

pytestmark = pytest.mark.django_db


def channel(name: str) -> AlertChannel:
    made: AlertChannel = AlertChannel.objects.create(name=name, kind="email", recipients="duty@example.com")
    return made


def rule(*channels: AlertChannel) -> AlertRule:
    made: AlertRule = AlertRule.objects.create(name="Orders fail", kind=AlertKind.FAILURES, threshold=0)
    made.channels.set(channels)
    return made


def boxes(client: Client, address: str) -> list[tuple[str, bool]]:
    """(what stands beside it, whether it is chosen) of each, in their order."""
    page = client.get(address).content.decode()
    listed = page.partition('class="portal-boxes-list"')[2].partition("<template>")[0]
    found = re.findall(r"<label><input ([^>]*)> <span>([^<]*)</span>", listed)
    return [(text, attributes.endswith(" checked")) for attributes, text in found]


def test_those_that_are_chosen_come_first() -> None:
    _, _, night = channel("Agency"), channel("Bosses"), channel("Night shift")
    address = reverse("admin:monitoring_alertrule_change", args=[rule(night).pk])

    found = boxes(signed_in(factories.administrator()), address)

    assert found == [("Night shift", True), ("Agency", False), ("Bosses", False)]


def test_what_is_ticked_is_saved() -> None:
    agency, bosses = channel("Agency"), channel("Bosses")
    made = rule(agency)
    client = signed_in(factories.administrator())
    client.post(
        reverse("admin:monitoring_alertrule_change", args=[made.pk]),
        {
            "name": made.name,
            "key": made.key,
            "kind": made.kind,
            "threshold": "0",
            "window_minutes": "60",
            "cool_down_minutes": "30",
            "channels": [bosses.pk],
            "enabled": "on",
        },
    )

    assert list(made.channels.all()) == [bosses]


def test_where_there_is_nothing_to_choose_it_says_so() -> None:
    page = signed_in(factories.administrator()).get(reverse("admin:monitoring_alertrule_add"))

    assert "There is nothing to choose yet." in page.content.decode()


def test_a_name_is_text_and_no_markup() -> None:
    channel("<b>Bold</b>")

    page = signed_in(factories.administrator()).get(reverse("admin:monitoring_alertrule_add"))

    assert "<span>&lt;b&gt;Bold&lt;/b&gt;</span>" in page.content.decode()


def test_who_may_only_look_has_no_boxes() -> None:
    made = rule(channel("Agency"))
    client = signed_in(factories.user("monitoring.view_alertrule"))

    page = client.get(reverse("admin:monitoring_alertrule_change", args=[made.pk])).content.decode()

    assert "Agency" in page
    assert "portal-boxes" not in page


def test_no_form_has_the_list_of_two_halves() -> None:
    request = RequestFactory().get("/")
    request.user = factories.administrator()
    seen = 0
    for model, page in admin.site._registry.items():
        if not isinstance(page, PortalAdmin):
            continue
        for field in model._meta.many_to_many:
            form_field = page.formfield_for_dbfield(field, request)
            if form_field is None:
                continue
            widget = form_field.widget
            assert isinstance(getattr(widget, "widget", widget), Boxes), (model, field.name)
            seen += 1
    assert seen >= 4
