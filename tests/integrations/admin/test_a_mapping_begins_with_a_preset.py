from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.test import Client
from django.urls import reverse

from mappings.models import Mapping
from mappings.presets import PRESETS
from tests import factories
from tests.integrations.admin.conftest import signed_in
from tests.integrations.admin.pages import change_url

pytestmark = pytest.mark.django_db

PAGE = reverse("admin:mappings_mapping_preset")


def test_every_preset_is_offered(admin_client: Client) -> None:
    page = admin_client.get(PAGE).content.decode()
    assert [key for key in PRESETS if f'value="{key}"' not in page] == []
    assert PAGE in admin_client.get(reverse("admin:mappings_mapping_add")).content.decode()


@pytest.mark.parametrize("preset", list(PRESETS))
def test_a_copy_has_the_rules_and_is_in_use(admin_client: Client, preset: str) -> None:
    response = admin_client.post(PAGE, {"preset": preset})
    made = Mapping.objects.get()
    assert response["Location"] == change_url(made)
    assert made.rule_data() == list(PRESETS[preset].rules)
    assert (made.name, made.platform, made.current_number) == (
        PRESETS[preset].name,
        PRESETS[preset].platform,
        1,
    )


def ways_of_rules(preset: str) -> set[tuple[str, ...]]:
    """What the studio draws in different ways."""
    return {(rule.transform, rule.on_missing, str(bool(rule.value_map))) for rule in PRESETS[preset].rules}


def few_with_all_ways() -> Iterator[str]:
    """Presets of which each has a rule that none before it has."""
    seen: set[tuple[str, ...]] = set()
    for preset in sorted(PRESETS, key=lambda key: -len(ways_of_rules(key))):
        if not ways_of_rules(preset) <= seen:
            seen |= ways_of_rules(preset)
            yield preset


@pytest.mark.parametrize("preset", list(few_with_all_ways()))
def test_a_copy_opens_in_the_studio(admin_client: Client, preset: str) -> None:
    admin_client.post(PAGE, {"preset": preset})
    assert admin_client.get(change_url(Mapping.objects.get())).status_code == 200


def test_a_second_copy_stands_beside_the_first(admin_client: Client) -> None:
    for name in ("", "For the outlet", ""):
        assert admin_client.post(PAGE, {"preset": "vendure-orders", "name": name}).status_code == 302
    keys = Mapping.objects.order_by("pk").values_list("key", flat=True)
    assert list(keys) == ["vendure-orders", "vendure-orders-2", "vendure-orders-3"]


def test_an_unknown_preset_is_refused(admin_client: Client) -> None:
    assert admin_client.post(PAGE, {"preset": "nothing"}).status_code == 200
    assert not Mapping.objects.exists()


def test_whoever_may_not_add_mappings_copies_none() -> None:
    client = signed_in(factories.user("mappings.view_mapping"))
    assert client.get(PAGE).status_code == 403
    assert client.post(PAGE, {"preset": "vendure-orders"}).status_code == 403
    assert not Mapping.objects.exists()


def test_no_badge_is_drawn_where_nothing_is_open(admin_client: Client) -> None:
    calm = admin_client.get(reverse("admin:index")).content.decode()
    factories.error(factories.delivery(factories.job()))
    alarmed = admin_client.get(reverse("admin:index")).content.decode()
    assert alarmed.count("bg-red-100 text-red-700") == calm.count("bg-red-100 text-red-700") + 1
