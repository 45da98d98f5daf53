from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from pytest_django.fixtures import Settings

from integrations.models import SyncJob
from tests import factories
from tests.monitoring.letterbox import Letterbox

# Twenty minutes past an hour, so that there is an hour under way.
NOW = datetime(2026, 11, 23, 14, 20, tzinfo=UTC)


@pytest.fixture
def job(db: None) -> SyncJob:
    return factories.job()


@pytest.fixture
def letterbox(settings: Settings) -> Iterator[Letterbox]:
    box = Letterbox()
    settings.MAIL_IS_SET = True
    settings.EMAIL_BACKEND = "integrations.http.mail.GuardedEmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", box.port
    yield box
    box.shutdown()
    box.server_close()
