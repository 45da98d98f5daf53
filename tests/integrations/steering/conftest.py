from __future__ import annotations

import pytest
from pytest_django.fixtures import Settings

from tests.integrations.foreground.conftest import job, shop, warehouse

__all__ = ["job", "near_by", "shop", "warehouse"]


@pytest.fixture
def near_by(settings: Settings) -> None:
    """Platforms of these tests live on this machine."""
    settings.PRIVATE_NETWORKS = ["127.0.0.0/8"]
