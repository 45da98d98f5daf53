"""Owners are set on one page; a conflict shows both sides and is decided with one click, by whoever may."""

from __future__ import annotations

import re

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse

from integrations.models import Conflict
from mappings.models import FieldOwner
from tests.integrations.admin.pages import act, change_url, list_url

from .two_sides import TwoSides

PERSON = {"name": "Ada", "email": "a@example.com", "phone": "0470 11 22 33", "city": "Ghent"}


def signed_in(*permissions: str) -> Client:
    user = User.objects.create_user("someone", is_staff=True)
    for permission in permissions:
        app, _, codename = permission.partition(".")
        user.user_permissions.add(Permission.objects.get(content_type__app_label=app, codename=codename))
    client = Client()
    client.force_login(user)
    return client


def found(two: TwoSides) -> Conflict:
    two.configure({"phone": {"owner": "shop", "when_it_differs": "ask"}})
    two.shop.add(**PERSON)
    two.settle()
    two.crm.edit("1", phone="0470 99 88 77")
    two.settle()
    return Conflict.objects.get()


def text_of(client: Client, url: str) -> str:
    response = client.get(url)
    assert response.status_code == 200
    return re.sub(r"\s+", " ", response.content.decode())


def test_the_page_shows_both_sides_live_to_whoever_may_settle(two: TwoSides) -> None:
    row = found(two)
    two.crm.edit("1", phone="0470 00 00 00")
    page = text_of(signed_in("integrations.view_conflict", "integrations.settle_conflict"), change_url(row))
    assert "Customer 1: the phone in The crm is not what The shop gave it." in page
    assert "0470 11 22 33" in page
    assert "0470 00 00 00" in page
    assert "Keep what The shop says" in page
    assert "Take what The crm says" in page


def test_others_see_that_it_differs_and_no_value(two: TwoSides) -> None:
    row = found(two)
    client = signed_in("integrations.view_conflict")
    page = text_of(client, change_url(row))
    assert "0470" not in page
    assert "Keep what" not in page
    assert "Customer 1: the phone" in text_of(client, list_url(Conflict))
    assert act(client, row, "keep_owner").status_code == 403
    assert Conflict.objects.get().state == "open"


@pytest.mark.parametrize(
    ("name", "phone"), [("keep_owner", "0470 11 22 33"), ("take_other", "0470 99 88 77")]
)
def test_one_click_decides_and_is_kept_with_who_did_it(two: TwoSides, name: str, phone: str) -> None:
    row = found(two)
    client = signed_in("integrations.view_conflict", "integrations.settle_conflict")
    assert act(client, row, name).status_code == 204
    two.deliver("to-crm", "to-shop")
    row.refresh_from_db()
    assert (row.state, str(row.settled_by)) == ("settled", "someone")
    assert two.shop.values("1")["phone"] == two.crm.values("1")["phone"] == phone


def matrix() -> str:
    return reverse("admin:mappings_fieldowner_changelist")


def test_the_page_of_owners_has_each_field_with_the_jobs_that_write_it_where(two: TwoSides) -> None:
    two.configure({"phone": "shop"})
    page = text_of(signed_in("mappings.view_fieldowner"), matrix())
    found = dict(re.findall(r"<th scope=\"row\"> (?:<code>)?(.*?)(?:</code>.*?)?</th>(.*?)</tr>", page))
    rows = {name.strip(): row for name, row in found.items()}
    assert {"All others", "name", "email", "phone", "address.city"} <= set(rows)
    assert re.findall(
        r">The (\w+) → The (\w+)</a>( <span class=\"portal-quiet\">left out)?", rows["phone"]
    ) == [
        ("shop", "crm", ""),
        ("crm", "shop", ' <span class="portal-quiet">left out'),
    ]
    assert "Jobs carry it both ways. Give it an owner." in rows["name"]
    assert "Give it an owner" not in rows["phone"]
    assert "<select" not in page


def test_owners_are_changed_there_and_their_history_says_by_whom(two: TwoSides) -> None:
    two.configure({"phone": "shop"})
    client = signed_in("mappings.view_fieldowner", "mappings.change_fieldowner")
    told = {
        "kind": "customer",
        "owner:phone": "crm",
        "rule:phone": "ask",
        "owner:*": "shop",
        "rule:*": "owner",
        "owner:name": "",
    }
    assert client.post(matrix(), told).status_code == 302
    assert set(FieldOwner.objects.values_list("field", "owner", "when_it_differs")) == {
        ("phone", "crm", "ask"),
        ("*", "shop", "owner"),
    }
    assert FieldOwner.history.filter(field="phone").first().history_change_reason == "by someone"


def test_what_makes_no_sense_is_told_and_nothing_changes(two: TwoSides) -> None:
    two.configure({"phone": "shop"})
    client = signed_in("mappings.view_fieldowner", "mappings.change_fieldowner")
    page = client.post(
        matrix(), {"kind": "customer", "new_field": "shoe_size", "new_owner": "crm"}
    ).content.decode()
    assert "customer has no field “shoe_size”." in page
    assert FieldOwner.objects.get().field == "phone"


def test_whoever_may_only_look_changes_nothing(two: TwoSides) -> None:
    two.configure({"phone": "shop"})
    client = signed_in("mappings.view_fieldowner")
    assert client.post(matrix(), {"kind": "customer", "owner:phone": "crm"}).status_code == 403
    assert FieldOwner.objects.get().owner == "shop"
