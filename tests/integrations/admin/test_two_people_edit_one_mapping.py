"""Nobody's rules vanish because somebody else had the page open."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client

from mappings.models import FieldRule, Mapping
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


def test_saving_twice_from_one_page_goes_on(admin_client: Client, mapping: Mapping) -> None:
    for text in ("First", "Second"):
        told = opened(admin_client, mapping) | {"description": text}
        assert admin_client.post(change_url(mapping), told).status_code == 302
    assert described(mapping) == "Second"
