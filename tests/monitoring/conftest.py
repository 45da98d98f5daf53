from __future__ import annotations

from datetime import UTC, datetime

import pytest

from integrations.models import SyncJob
from tests import factories

# Twenty minutes past an hour, so that there is an hour under way.
NOW = datetime(2026, 11, 23, 14, 20, tzinfo=UTC)


@pytest.fixture
def job(db: None) -> SyncJob:
    return factories.job()
