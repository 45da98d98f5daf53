from __future__ import annotations

from collections.abc import Iterator

import pytest
from pytest_django.fixtures import Settings

from integrations.sync import endings
from tests.integrations.answering import Platform

from .two_sides import Side, TwoSides


@pytest.fixture
def two(transactional_db: None, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[TwoSides]:
    """A shop and a CRM on this machine, and nobody waits long before trying again."""
    settings.PRIVATE_NETWORKS = ["127.0.0.0/8"]
    monkeypatch.setattr(endings, "FIRST_PAUSE", 0.05)
    monkeypatch.setattr(endings, "PAUSE_OF_STOPPED_JOB", 0.2)
    shop, crm = Platform(), Platform()
    yield TwoSides(Side("shop", shop), Side("crm", crm))
    shop.close()
    crm.close()
