"""Owners are set on one page; a conflict shows both sides and is decided with one click, by whoever may."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse

from integrations.models import Conflict, SyncJob
from mappings.models import FieldOwner, Mapping
from tests import factories
from tests.integrations.admin.conftest import signed_in as admin_signed_in
from tests.integrations.admin.pages import act, act_on_many, change_url, form_of, list_url
from tests.integrations.mapping_rows import sent

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


def text_of_post(client: Client, url: str, told: dict[str, Any]) -> str:
    return re.sub(r"\s+", " ", client.post(url, told).content.decode())


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


def test_the_page_tells_what_came_from_either_side_the_newest_first(two: TwoSides) -> None:
    row = found(two)
    other = factories.outcome(factories.delivery(factories.job(kind="customer", source=row.owner)))
    page = text_of(signed_in("integrations.view_conflict"), change_url(row))
    _, _, told = page.partition("Who changed it, and when")
    moves = re.findall(r"<b>The (\w+) → The (\w+): (\w+)</b>", told)
    assert moves[-1] == ("shop", "crm", "Delivered"), "it began with what the shop gave"
    assert moves[0][:2] == ("crm", "shop"), "and the crm's change is what came last"
    assert "The crm took it" in told
    assert other.job.destination.name not in told, "another person's record is none of it"


def test_others_see_that_it_differs_and_no_value(two: TwoSides) -> None:
    row = found(two)
    client = signed_in("integrations.view_conflict")
    page = text_of(client, change_url(row))
    assert "0470 " not in page
    assert "Keep what" not in page
    assert "Customer 1: the phone" in text_of(client, list_url(Conflict))
    assert act(client, row, "keep_owner").status_code == 403
    for name in ("keep_many", "take_many"):
        act_on_many(client, [row], name)
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
    found = re.findall(
        r"<th scope=\"row\"> (.*?)(?:<code class=\"portal-path\">(.*?)</code>.*?)?</th>(.*?)</tr>", page
    )
    rows = {path or name.strip(): row for name, path, row in found}
    names = {path: name.strip() for name, path, _ in found}
    assert {"All others", "name", "email", "phone", "address.city"} <= set(rows)
    assert names["address.city"] == "City of the address"
    assert re.findall(
        r">The (\w+) → The (\w+)</a>( <span class=\"portal-quiet\">left out)?", rows["phone"]
    ) == [
        ("shop", "crm", ""),
        ("crm", "shop", ' <span class="portal-quiet">left out'),
    ]
    assert "Shared on purpose" in rows["name"]
    assert "Shared on purpose" not in rows["phone"]
    assert (
        "go both ways and share 3 fields that nobody owns. The reason given: “Both sides keep people.”"
        in page
    )
    assert "<select" not in page


def test_what_nobody_said_is_meant_wants_an_owner_there(two: TwoSides) -> None:
    two.configure({"phone": "shop"})
    SyncJob.objects.update(shares_fields="")
    page = text_of(signed_in("mappings.view_fieldowner"), matrix())
    assert page.count("Jobs carry it both ways. Give it an owner.") == 3


def test_the_owner_of_a_field_that_two_jobs_would_write_is_not_taken_away(two: TwoSides) -> None:
    two.configure({"*": "shop"})
    SyncJob.objects.update(shares_fields="")
    client = signed_in("mappings.view_fieldowner", "mappings.change_fieldowner")
    page = text_of_post(client, matrix(), {"kind": "customer", "owner:*": "", "owner:phone": "shop"})
    assert "go both ways and both write address.city, email, name:" in page
    assert FieldOwner.objects.get().field == "*"


def test_a_jobs_form_asks_why_it_shares_fields(two: TwoSides) -> None:
    two.configure(None)
    SyncJob.objects.update(shares_fields="")
    boss = admin_signed_in(factories.administrator())
    job = two.job("to-crm")
    refused = boss.post(change_url(job), form_of(boss, job, every_seconds=60)).content.decode()
    assert "or say at the job&#x27;s shares_fields why both are meant." in refused
    boss.post(change_url(job), form_of(boss, job, every_seconds=60, shares_fields="Both keep people."))
    job.refresh_from_db()
    assert (job.every_seconds, job.shares_fields) == (60, "Both keep people.")


def test_a_rule_that_would_make_a_second_writer_is_not_published(two: TwoSides) -> None:
    two.configure({"*": "shop"})
    SyncJob.objects.update(shares_fields="")
    FieldOwner.objects.all().delete()
    for name in ("name", "email", "phone"):
        FieldOwner.objects.create(kind="customer", field=name, owner="shop")
    mapping = Mapping.objects.get(key="write")
    mapping.rules.filter(target="city").delete()
    before = mapping.publish(None).number
    boss = admin_signed_in(factories.administrator())
    told = [{"target": rule.target, "source": rule.source} for rule in mapping.rules.all()]
    city = {"target": "city", "source": "address.city"}
    page = boss.post(change_url(mapping), sent(mapping, [*told, city])).content.decode()
    assert "both write address.city:" in page
    mapping.refresh_from_db()
    assert mapping.current_number == before


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


def test_others_are_let_fill_a_field_in_a_new_record_and_it_is_seen(two: TwoSides) -> None:
    two.configure({"phone": "crm"})
    client = admin_signed_in(factories.administrator())
    told = {"kind": "customer", "owner:phone": "crm", "rule:phone": "owner", "first:phone": "on"}
    client.post(matrix(), told)
    assert FieldOwner.objects.get().first_value == "anyone"
    assert re.search(r'name="first:phone" checked', text_of(client, matrix()))
    assert "Others may fill it in a new record." in text_of(signed_in("mappings.view_fieldowner"), matrix())

    told.pop("first:phone")
    client.post(matrix(), told)
    assert FieldOwner.objects.get().first_value == "owner"
    history = FieldOwner.history.values_list("first_value", flat=True)
    assert list(history) == ["owner", "anyone", "owner"]


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
