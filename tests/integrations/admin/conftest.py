from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client

from tests import factories
from tests.integrations.admin.bells import Bells

pytestmark = pytest.mark.django_db


@pytest.fixture
def boss(db: None) -> User:
    return factories.administrator()


@pytest.fixture
def admin_client(boss: User) -> Client:
    return signed_in(boss)


@pytest.fixture
def bells(monkeypatch: pytest.MonkeyPatch) -> Bells:
    """No queue: what would be rung is written down."""
    heard = Bells()
    monkeypatch.setattr("integrations.sync.doorbell.async_task", heard.rung)
    return heard


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client
