from __future__ import annotations

import pytest
from django.contrib.auth.models import User

from integrations.models import SyncJob
from tests import factories
from tests.integrations.admin.conftest import admin_client, bells, boss
from tests.monitoring.conftest import job

__all__ = ["admin_client", "bells", "boss", "colleague", "job"]


@pytest.fixture
def colleague(job: SyncJob) -> User:
    return factories.user("integrations.view_errorrecord", username="ben")
