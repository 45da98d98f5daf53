from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from mappings.models import FieldRule, Mapping, ValueMap
from tests import factories
from tests.integrations.admin.conftest import signed_in
from tests.integrations.admin.pages import act, action_url, change_url, list_url, listed, messages_of
from tests.integrations.mapping_rows import sent

pytestmark = pytest.mark.django_db

FIRST = [{"target": "number", "source": "name"}]
SECOND = [{"target": "number", "source": "id"}, {"target": "email", "source": "mail"}]


@pytest.fixture
def mapping(db: None) -> Mapping:
    made = factories.mapping(name="Shop order")
    FieldRule.objects.create(mapping=made, target="number", source="name")
    made.publish()
    return made


def rules_of(mapping: Mapping) -> list[tuple[str, str]]:
    return list(mapping.rules.values_list("target", "source"))


def in_use(mapping: Mapping) -> list[tuple[str, str]]:
    version = mapping.versions.get(number=Mapping.objects.get(pk=mapping.pk).current_number)
    return [(rule["target"], rule["source"]) for rule in version.snapshot["rules"]]


def save(client: Client, mapping: Mapping, rules: list[dict[str, Any]], **more: str) -> None:
    assert client.post(change_url(mapping), {**sent(mapping, rules), **more}).status_code == 302


def shown(response: Any) -> Any:
    return response.context_data


def versions_url(mapping: Mapping) -> str:
    return reverse("admin:mappings_mapping_versions", args=[mapping.pk])


def test_a_draft_is_kept_and_not_used(admin_client: Client, mapping: Mapping) -> None:
    save(admin_client, mapping, SECOND, _draft="1")
    assert rules_of(mapping) == [("number", "id"), ("email", "mail")]
    assert in_use(mapping) == [("number", "name")]
    assert messages_of(admin_client)[0] == "The draft is saved. Version 1 stays in use until you publish."
    assert shown(admin_client.get(change_url(mapping)))["state"].differs == "2 differences"
    save(admin_client, mapping, SECOND)
    assert in_use(mapping) == [("number", "id"), ("email", "mail")]
    assert shown(admin_client.get(change_url(mapping)))["state"].differs == ""


def test_the_list_says_which_mappings_have_a_draft_since_when_and_by_whom(
    admin_client: Client, mapping: Mapping, boss: User
) -> None:
    factories.mapping(name="Never published")
    other = factories.mapping(name="Published")
    other.publish()
    save(admin_client, mapping, SECOND, _draft="1")

    def drafts() -> dict[str, str]:
        rows = listed(admin_client.get(list_url(Mapping)))
        return {row.name: row.draft.differs for row in rows if row.draft is not None}

    assert drafts() == {"Shop order": "2 differences"}
    page = admin_client.get(list_url(Mapping)).content.decode()
    assert "Draft, 2 differences. Saved" in page
    assert f", by {boss.username}" in page
    save(admin_client, mapping, SECOND)
    assert drafts() == {}


def test_drafts_are_looked_for_once_a_page(admin_client: Client, mapping: Mapping) -> None:
    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            admin_client.get(list_url(Mapping))
        return sum("mappings_mappingversion" in one["sql"] and "snapshot" in one["sql"] for one in queries)

    assert asked() == 1
    for _ in range(5):
        more = factories.mapping()
        FieldRule.objects.create(mapping=more, target="number", source="name")
        more.publish()
    assert asked() == 1


def test_new_words_are_used_at_once_and_the_draft_stays_one(admin_client: Client, mapping: Mapping) -> None:
    words = ValueMap.objects.create(key="states", name="States")
    with_words = [{**FIRST[0], "value_map": "states"}]
    save(admin_client, mapping, with_words)
    save(admin_client, mapping, SECOND, _draft="1")
    words.entries.create(source="PAID", target="paid")
    words.publish()
    newest = mapping.versions.order_by("-number")[0]
    assert newest.snapshot["value_maps"] == {"states": {"PAID": "paid"}}
    assert in_use(mapping) == [("number", "name")], "the draft was not published"


def test_two_versions_are_compared(admin_client: Client, mapping: Mapping) -> None:
    save(admin_client, mapping, SECOND)
    found = shown(admin_client.get(versions_url(mapping), {"old": "1", "new": "2"}))["compared"]
    assert [(one.how, one.what) for one in found] == [("Changed", "number"), ("Added", "email")]
    save(admin_client, mapping, FIRST, _draft="1")
    page = admin_client.get(versions_url(mapping), {"old": "2", "new": "draft"})
    assert page.status_code == 200
    assert ("Source: <del>id</del> → <ins>name</ins>") in page.content.decode()


@pytest.mark.parametrize("wrong", ["9", "x", "99999999999999999999"])
def test_a_version_that_is_not_there_is_not_found(admin_client: Client, mapping: Mapping, wrong: str) -> None:
    assert admin_client.get(versions_url(mapping), {"old": wrong, "new": "1"}).status_code == 404


def test_rolling_back_publishes_a_version_that_equals_the_old_one(
    admin_client: Client, boss: Any, mapping: Mapping
) -> None:
    save(admin_client, mapping, SECOND)
    act(admin_client, mapping, "roll_back", version="1", reason="The ids were wrong")
    newest = mapping.versions.order_by("-number")[0]
    assert (newest.number, newest.published_by) == (3, boss)
    assert newest.note == "As version 1: The ids were wrong"
    assert newest.snapshot == mapping.versions.get(number=1).snapshot
    assert in_use(mapping) == rules_of(mapping) == [("number", "name")]
    assert "As version 1: The ids were wrong" in admin_client.get(versions_url(mapping)).content.decode()


@pytest.mark.parametrize(("version", "said"), [("2", "is in use already"), ("7", "There is no version 7")])
def test_one_cannot_roll_back_to_what_is_in_use_or_not_there(
    admin_client: Client, mapping: Mapping, version: str, said: str
) -> None:
    save(admin_client, mapping, SECOND)
    response = act(admin_client, mapping, "roll_back", version=version, reason="Why not")
    assert said in response.content.decode()
    assert mapping.versions.count() == 2


def test_an_old_version_that_todays_checks_refuse_is_not_taken_back(
    admin_client: Client, mapping: Mapping
) -> None:
    save(admin_client, mapping, SECOND)
    Mapping.objects.filter(pk=mapping.pk).update(kind="stock_level")
    response = act(admin_client, mapping, "roll_back", version="1", reason="Why not")
    assert "of another direction or kind" in response.content.decode()
    assert mapping.versions.count() == 2


def test_who_may_only_look_rolls_nothing_back(mapping: Mapping) -> None:
    mapping.publish()
    client = signed_in(factories.user("mappings.view_mapping"))
    assert client.get(versions_url(mapping)).status_code == 200
    assert act(client, mapping, "roll_back", version="1", reason="x").status_code == 403
    page = client.get(change_url(mapping)).content.decode()
    assert "<code>number</code> ← <code>name</code>" in page, "the rules are shown"
    assert "Save as draft" not in page
    assert ">Roll back<" not in page


def test_each_old_version_leads_to_the_way_back(admin_client: Client, mapping: Mapping) -> None:
    save(admin_client, mapping, SECOND)
    page = admin_client.get(versions_url(mapping)).content.decode()
    address = f"{action_url(mapping, 'roll_back')}?version="
    assert f'{address}1"' in page
    assert f'{address}2"' not in page, "it is in use"
    assert 'value="1"' in admin_client.get(f"{address}1").content.decode()
    assert admin_client.get(f"{address}x").status_code == 200
