from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from integrations.models import Partner, PartnerKey
from tests import factories
from tests.integrations.admin.conftest import signed_in
from tests.integrations.admin.pages import act, change_url, messages_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def partner(db: None) -> Partner:
    return factories.partner(name="Northern fulfilment")


def test_an_issued_key_is_shown_in_the_answer_and_nowhere_else(
    admin_client: Client, partner: Partner
) -> None:
    answer = act(admin_client, partner, "issue_key", scopes=["read", "push"]).content.decode()
    found = re.search(r"cd[0-9a-f]{8}\.[\w-]{43}", answer)
    assert found is not None
    row = PartnerKey.objects.get(partner=partner)
    assert row.digest == PartnerKey.digest_of(found.group())
    assert row.scopes == ["push", "read"]
    secret = found.group().partition(".")[2]
    assert secret not in admin_client.get(change_url(partner)).content.decode()
    assert messages_of(admin_client) == []


def test_asking_for_a_key_makes_none(admin_client: Client, partner: Partner) -> None:
    from tests.integrations.admin.pages import action_url

    assert admin_client.get(action_url(partner, "issue_key")).status_code == 200
    assert not PartnerKey.objects.exists()


def test_a_key_that_would_have_ended_already_is_refused(admin_client: Client, partner: Partner) -> None:
    yesterday = (timezone.now() - timedelta(days=1)).date()
    answer = act(admin_client, partner, "issue_key", scopes=["read"], expires_on=yesterday.isoformat())
    assert "That day has passed already." in answer.content.decode()
    assert not PartnerKey.objects.exists()


def test_a_key_without_a_right_is_refused(admin_client: Client, partner: Partner) -> None:
    act(admin_client, partner, "issue_key", scopes=[])
    assert not PartnerKey.objects.exists()


def test_a_key_is_revoked(admin_client: Client, partner: Partner) -> None:
    row, _ = PartnerKey.issue(partner, ["read"])
    act(admin_client, partner, "revoke_key", key=row.pk)
    row.refresh_from_db()
    assert row.revoked_at is not None
    assert messages_of(admin_client) == ["The key is revoked."]


def test_the_key_of_another_partner_cannot_be_revoked_here(admin_client: Client, partner: Partner) -> None:
    row, _ = PartnerKey.issue(factories.partner(), ["read"])
    act(admin_client, partner, "revoke_key", key=row.pk)
    row.refresh_from_db()
    assert row.revoked_at is None


def test_whoever_may_only_see_partners_gives_no_keys(partner: Partner) -> None:
    client = signed_in(factories.user("integrations.view_partner"))
    assert act(client, partner, "issue_key", scopes=["read"]).status_code == 403
    assert not PartnerKey.objects.exists()
