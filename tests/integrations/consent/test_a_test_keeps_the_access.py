"""The test button renews a person's access: what that gives is kept, or the next renewal would end it altogether."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from integrations.models import AccessToken, Connection
from integrations.sync import connect
from tests.integrations.consent.conftest import connected
from tests.sandbox.running import SandboxProcess

pytestmark = pytest.mark.django_db(transaction=True)


def kept(shop: Connection) -> AccessToken:
    return AccessToken.objects.get(connection=shop)


def test_what_a_test_renews_is_kept_and_can_be_renewed_again(
    shop: Connection, sandbox: SandboxProcess
) -> None:
    connected(shop)
    before = kept(shop)
    assert connect.test(shop).ok
    after = kept(shop)
    assert (after.version, after.token["refresh_token"] != before.token["refresh_token"]) == (
        before.version + 1,
        True,
    )
    AccessToken.objects.filter(connection=shop).update(expires_at=timezone.now() - timedelta(seconds=1))
    connect.connect(shop).close()
    counts = sandbox.control("GET", "/shop/consents")
    assert (counts["given"], counts["renewed"], counts["burnt"]) == (1, 2, 0)


def test_an_access_that_was_taken_back_is_told_by_the_test(shop: Connection, sandbox: SandboxProcess) -> None:
    connected(shop)
    sandbox.control("POST", "/shop/revoke", {})
    report = connect.test(shop)
    assert not report.ok
    assert "press Reconnect" in report.sentence()
