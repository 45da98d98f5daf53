"""Groups that are there from the beginning, and pages on which who may only look is led into no refusal."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from importlib import import_module
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import Group, Permission, User
from django.test import Client
from django.urls import reverse

from tests import factories
from tests.browser import portal_rows
from tests.integrations.admin.conftest import signed_in

# By name: what migrations have has no types.
_groups = import_module("monitoring.migrations._groups")

pytestmark = pytest.mark.django_db

PAGES = (
    "admin:index",
    "admin:integrations_syncjob_changelist",
    "admin:integrations_connection_changelist",
    "admin:integrations_workflow_changelist",
    "admin:integrations_errorrecord_changelist",
    "admin:integrations_delivery_changelist",
    "admin:integrations_syncrun_changelist",
    "admin:mappings_mapping_changelist",
    "admin:mappings_valuemap_changelist",
    "admin:monitoring_incident_changelist",
    "admin:monitoring_alertrule_changelist",
    "admin:monitoring_alertchannel_changelist",
    "admin:monitoring_audit_changelist",
)
# Pages of one row, by what their address looks like: each is opened once, and what it leads to is followed.
ONE_OF = re.compile(r"^/admin/[a-z_]+/[a-z_]+/(?:\d+|[a-z_-]+)/.*$|^/admin/journey/\d+/$")
NOT_FOLLOWED = ("logout", "/static/", "password", "/accounts/")


def may(name: str) -> set[str]:
    return set(Group.objects.get(name=name).permissions.values_list("codename", flat=True))


def test_groups_are_made_once_and_stay_as_an_administrator_left_them() -> None:
    Group.objects.all().delete()
    _groups.make(apps)
    assert set(Group.objects.values_list("name", flat=True)) == {
        "Viewers",
        "On duty",
        "Operators",
        "Integrators",
    }
    assert may("Viewers") < may("On duty") < may("Operators") < may("Integrators")
    assert all(name.startswith("view_") for name in may("Viewers"))
    assert {"retry_errorrecord", "settle_conflict", "run_syncjob"} <= may("On duty")
    assert "change_connection" not in may("Operators")
    assert "change_user" not in may("Integrators"), "who may do what is an administrator's"
    Group.objects.get(name="Viewers").permissions.set([])
    _groups.make(apps)
    assert may("Viewers") == set()


def test_every_permission_that_a_group_names_is_there() -> None:
    known = set(Permission.objects.values_list("codename", flat=True))
    assert {*_groups.DECIDED, *_groups.SET, *_groups.STARTED} <= known


def test_permissions_that_are_not_there_yet_are_made_first() -> None:
    Group.objects.all().delete()
    Permission.objects.filter(content_type__app_label__in=_groups.OURS).delete()
    _groups.make(apps)
    assert Group.objects.get(name="Viewers").permissions.filter(codename="view_incident").exists()
    assert Group.objects.get(name="On duty").permissions.filter(codename="retry_errorrecord").exists()


def test_a_group_that_somebody_is_in_stays_when_it_is_taken_back() -> None:
    Group.objects.all().delete()
    _groups.make(apps)
    factories.user(username="viewer").groups.add(Group.objects.get(name="Viewers"))
    _groups.take_away(apps)
    assert list(Group.objects.values_list("name", flat=True)) == ["Viewers"]


@pytest.fixture
def viewer(db: None) -> Client:
    Group.objects.all().delete()
    _groups.make(apps)
    user: User = factories.user(username="viewer")
    user.groups.add(Group.objects.get(name="Viewers"))
    return signed_in(user)


def test_operators_make_jobs_and_who_may_not_is_not_offered_one(viewer: Client) -> None:
    user: User = factories.user(username="operator")
    user.groups.add(Group.objects.get(name="Operators"))
    operator = signed_in(user)
    idle = reverse("connection_dashboard", args=[factories.connection().pk])
    new_job = reverse("admin:integrations_syncjob_add")
    offers = (idle, reverse("systems"), reverse("admin:integrations_syncjob_changelist"))
    factories.connection()
    for client, status in ((operator, 200), (viewer, 403)):
        assert client.get(new_job).status_code == status
        assert [new_job in client.get(page).content.decode() for page in offers] == [status == 200] * 3
    some = factories.user("integrations.view_syncjob", "integrations.add_syncjob", username="half")
    half = signed_in(some)
    assert half.get(new_job).status_code == 403
    assert new_job not in half.get(offers[2]).content.decode()


def links_of(page: str) -> Iterator[str]:
    for found in re.findall(r'(?:href|hx-get)="([^"#]+)', page):
        address = unescape(found)
        if address.startswith("/admin/") and not any(part in address for part in NOT_FOLLOWED):
            yield address


def targets_of(page: str, at: str) -> Iterator[str]:
    """Where forms with a button send to; a form without a target sends to its own page."""
    for tag, inside in re.findall(r"(<form\b[^>]*>)(.*?)</form>", page, re.DOTALL):
        found = re.search(r'\s(?:action|hx-post)="([^"]*)"', tag)
        is_sent = 'method="post"' in tag or "hx-post" in tag
        if is_sent and 'type="submit"' in inside and 'id="changelist-form"' not in tag:
            yield unescape(found[1]) if found and found[1] else at
    yield from (unescape(found) for found in re.findall(r'<button[^>]*hx-post="([^"]+)"', page))


def shape(address: str) -> str:
    return re.sub(r"\d+", "N", address.split("?", maxsplit=1)[0])


@pytest.mark.parametrize("is_new", [True, False], ids=["a new portal", "an ordinary day"])
def test_who_may_only_look_is_led_to_no_refusal(viewer: Client, is_new: bool) -> None:
    if not is_new:
        portal_rows.fill(days=1, per_hour=2)
    waiting: list[tuple[str, str]] = [(reverse(name), "the beginning") for name in PAGES]
    seen: set[str] = set()
    wrong: list[tuple[Any, ...]] = []
    while waiting:
        address, of = waiting.pop(0)
        if shape(address) in seen:
            continue
        seen.add(shape(address))
        response = viewer.get(address, follow=True)
        if response.status_code in (403, 500):
            wrong.append((response.status_code, address, of))
        if response.status_code != 200 or "html" not in response["Content-Type"] or response.streaming:
            continue
        page = response.content.decode()
        waiting += [(link, address) for link in links_of(page)]
        for target in targets_of(page, address):
            key = f"POST {shape(target)}"
            if key in seen or any(part in target for part in NOT_FOLLOWED):
                continue
            seen.add(key)
            status = viewer.post(target, {}).status_code
            if status in (403, 500):
                wrong.append((status, key, address))
    assert not wrong, "\n".join(map(str, wrong))
    assert len(seen) > (30 if is_new else 60)
