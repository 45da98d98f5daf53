"""A person's yes that ends on a day is told a week before, once, and not any more when somebody has said yes again."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from integrations.models import AccessToken, Connection, ErrorRecord
from integrations.sync import consent
from tests.integrations.consent.conftest import connected
from tests.sandbox.running import SandboxProcess

pytestmark = pytest.mark.django_db
DAY = 86_400


def open_errors() -> list[ErrorRecord]:
    return list(ErrorRecord.objects.filter(settled_at__isnull=True))


def test_it_is_told_once_and_over_when_somebody_reconnects(shop: Connection, sandbox: SandboxProcess) -> None:
    sandbox.control("PUT", "/shop/settings", {"consent_lifetime": 30 * DAY})
    connected(shop)
    consent.tell_what_ends_soon()
    assert open_errors() == []
    day = timezone.now() + timedelta(days=6)
    AccessToken.objects.filter(connection=shop).update(consent_ends_at=day)
    for _ in range(2):
        consent.tell_what_ends_soon()
    (error,) = open_errors()
    assert (error.connection, error.attempts) == (shop, 1)
    assert f"ends on {day:%d %B %Y}" in error.sentence
    assert "press Reconnect before that day" in error.sentence
    connected(shop)
    assert open_errors() == []


def test_what_does_not_say_when_it_ends_is_not_told(shop: Connection, sandbox: SandboxProcess) -> None:
    connected(shop)
    assert AccessToken.objects.get(connection=shop).consent_ends_at is None
    consent.tell_what_ends_soon()
    assert open_errors() == []
