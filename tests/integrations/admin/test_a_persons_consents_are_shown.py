from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse

from integrations.models import ConsentEntry
from mappings.search import keyed_hash
from tests import factories
from tests.integrations.admin.conftest import signed_in
from tests.integrations.admin.pages import list_url, listed, messages_of

pytestmark = pytest.mark.django_db
ADA = "ada@example.com"
MONDAY = datetime(2026, 5, 4, tzinfo=UTC)
FIND = "admin:integrations_consententry_find"


@pytest.fixture
def said() -> list[ConsentEntry]:
    shop = factories.connection(name="The shop")
    return [
        ConsentEntry.objects.create(
            person=keyed_hash("email", email),
            channel="email",
            given=given,
            at=MONDAY + timedelta(days=day),
            told_by=shop,
            place="checkout",
            recorded_at=MONDAY + timedelta(days=7 - day),
        )
        for email, given, day in ((ADA, True, 0), (ADA, False, 1), ("bo@example.com", True, 0))
    ]


def test_what_holds_is_told_by_the_time_it_was_said(admin_client: Client, said: list[ConsentEntry]) -> None:
    page = admin_client.get(list_url(ConsentEntry)).content.decode()
    assert page.count("A later one holds") == 1


def test_one_persons_history_is_found_without_the_address_in_the_address(
    admin_client: Client, said: list[ConsentEntry]
) -> None:
    address = admin_client.post(reverse(FIND), {"who": " ADA@Example.com"}).headers["location"]
    assert "example" not in address.lower()
    assert {row.pk for row in listed(admin_client.get(address))} == {said[0].pk, said[1].pk}


def test_who_is_not_known_is_said(admin_client: Client, said: list[ConsentEntry]) -> None:
    admin_client.post(reverse(FIND), {"who": "nobody@example.com"})
    assert messages_of(admin_client) == ["Nothing is known of what this person said."]


def test_it_is_for_those_who_may_see_consents(said: list[ConsentEntry]) -> None:
    stranger = signed_in(factories.user())
    assert stranger.post(reverse(FIND), {"who": ADA}).status_code == 403
    assert stranger.get(list_url(ConsentEntry)).status_code == 403


def test_nobody_changes_what_was_said(admin_client: Client, said: list[ConsentEntry]) -> None:
    assert admin_client.get(reverse("admin:integrations_consententry_add")).status_code == 403
    page = reverse("admin:integrations_consententry_delete", args=[said[0].pk])
    assert admin_client.post(page, {"post": "yes"}).status_code == 403
