"""Nobody's rules vanish because somebody else had the page open."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.db.models import QuerySet
from django.test import Client

from mappings.models import FieldRule, Mapping, ValueMap
from tests import factories
from tests.integrations.admin.pages import change_url
from tests.integrations.mapping_rows import sent

pytestmark = pytest.mark.django_db


@pytest.fixture
def mapping() -> Mapping:
    made = factories.mapping()
    FieldRule.objects.create(mapping=made, target="number", source="name")
    made.publish()
    return made


def opened(client: Client, mapping: Mapping) -> dict[str, Any]:
    """The page as a browser would send it back, untouched."""
    page = client.get(change_url(mapping))
    found = re.search(r'name="seen" value="(\w+)"', page.content.decode())
    assert found is not None
    return sent(mapping, [{"target": "number", "source": "name"}]) | {"seen": found[1]}


def described(mapping: Mapping) -> str:
    return Mapping.objects.get(pk=mapping.pk).description


def test_what_was_saved_meanwhile_is_not_overwritten_unseen(admin_client: Client, mapping: Mapping) -> None:
    mine, theirs = opened(admin_client, mapping), opened(admin_client, mapping)
    assert admin_client.post(change_url(mapping), theirs | {"description": "Theirs"}).status_code == 302
    refused = admin_client.post(change_url(mapping), mine | {"description": "Mine"})
    assert "Somebody else has saved this mapping since you opened it" in refused.content.decode()
    assert described(mapping) == "Theirs"
    assert "Mine" in refused.content.decode(), "what was typed is still there"

    found = re.search(r'name="seen" value="(\w+)"', refused.content.decode())
    assert found is not None
    again = mine | {"description": "Mine", "seen": found[1]}
    assert admin_client.post(change_url(mapping), again).status_code == 302
    assert described(mapping) == "Mine"


def test_a_rule_that_was_changed_meanwhile_counts_too(admin_client: Client, mapping: Mapping) -> None:
    mine = opened(admin_client, mapping)
    mapping.rules.update(default="AAA")
    refused = admin_client.post(change_url(mapping), mine | {"description": "Mine"})
    assert "Somebody else has saved" in refused.content.decode()
    assert set(mapping.rules.values_list("default", flat=True)) == {"AAA"}


def first_comes(monkeypatch: pytest.MonkeyPatch, other: Callable[[], object]) -> None:
    """Somebody else is a moment faster: whoever asks for the mapping's row waits until that is done."""
    waits = QuerySet.select_for_update

    def after(rows: Any, *args: Any, **options: Any) -> Any:
        if rows.model is Mapping:
            monkeypatch.undo()
            other()
        return waits(rows, *args, **options)

    monkeypatch.setattr(QuerySet, "select_for_update", after)


def words(mapping: Mapping) -> dict[str, dict[str, str]]:
    newest = mapping.versions.order_by("-number")[0]
    return dict(newest.snapshot["value_maps"])


@pytest.fixture
def maps(mapping: Mapping) -> list[ValueMap]:
    made = [ValueMap.objects.create(key=key, name=key) for key in ("states", "carriers")]
    for place, one in enumerate(made):
        FieldRule.objects.create(mapping=mapping, target=f"extra.{place}", source="x", value_map=one.key)
    mapping.publish()
    return made


def test_words_of_two_maps_that_are_published_at_once_are_both_in_use(
    mapping: Mapping, maps: list[ValueMap], monkeypatch: pytest.MonkeyPatch
) -> None:
    states, carriers = maps
    states.entries.create(source="PAID", target="paid")
    carriers.entries.create(source="UPS", target="ups")
    first_comes(monkeypatch, carriers.publish)
    states.publish()
    assert words(mapping) == {"states": {"PAID": "paid"}, "carriers": {"UPS": "ups"}}


def test_a_word_that_is_added_as_rules_are_published_stays_in_use(
    mapping: Mapping, maps: list[ValueMap], monkeypatch: pytest.MonkeyPatch
) -> None:
    def add() -> None:
        maps[0].entries.create(source="PAID", target="paid")
        maps[0].publish()

    first_comes(monkeypatch, add)
    mapping.publish()
    assert words(mapping)["states"] == {"PAID": "paid"}


def test_rules_that_are_published_as_a_word_is_added_stay_in_use(
    mapping: Mapping, maps: list[ValueMap], monkeypatch: pytest.MonkeyPatch
) -> None:
    def change() -> None:
        FieldRule.objects.create(mapping=mapping, target="email", source="mail")
        Mapping.objects.get(pk=mapping.pk).publish()

    maps[0].entries.create(source="PAID", target="paid")
    first_comes(monkeypatch, change)
    maps[0].publish()
    newest = mapping.versions.order_by("-number")[0]
    assert "email" in [rule["target"] for rule in newest.snapshot["rules"]]
    assert words(mapping)["states"] == {"PAID": "paid"}


def test_rolling_back_twice_at_once_leaves_each_rule_once(
    mapping: Mapping, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = mapping.versions.get(number=1)
    FieldRule.objects.create(mapping=mapping, target="email", source="mail")
    mapping.publish()
    seen: list[int] = []
    first_comes(monkeypatch, lambda: seen.append(mapping.rules.count()))
    mapping.roll_back(first, None, "Wrong")
    assert seen == [2], "who waits for the other has taken nothing away yet"


def test_saving_twice_from_one_page_goes_on(admin_client: Client, mapping: Mapping) -> None:
    for text in ("First", "Second"):
        told = opened(admin_client, mapping) | {"description": text}
        assert admin_client.post(change_url(mapping), told).status_code == 302
    assert described(mapping) == "Second"
