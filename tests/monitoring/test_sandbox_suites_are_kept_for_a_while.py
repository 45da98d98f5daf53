"""Old score cards go, and a job's newest stays: its page and a launch go by it."""

from __future__ import annotations

import time
from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from integrations.models import SuiteRun, SyncJob
from monitoring import retention
from tests import factories

pytestmark = pytest.mark.django_db

NOW = timezone.now()
OLD, OLDER, YOUNG = NOW - timedelta(days=400), NOW - timedelta(days=500), NOW - timedelta(days=2)


def card(job: SyncJob, at: datetime, *, is_of_draft: bool = False) -> SuiteRun:
    return SuiteRun.objects.create(job=job, tried_at=at, mapping_versions="1.1 2.1", is_of_draft=is_of_draft)


def test_old_cards_go_and_the_newest_of_each_job_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "PAUSE_SECONDS", 0)
    quiet, busy = factories.job(), factories.job()
    gone = {card(quiet, OLDER).pk, card(quiet, OLD, is_of_draft=True).pk, card(busy, OLD).pk}
    stay = {card(quiet, OLD).pk, card(busy, YOUNG).pk, card(busy, YOUNG, is_of_draft=True).pk}
    retention.prune(time.monotonic() + 30)
    left = set(SuiteRun.objects.values_list("pk", flat=True))
    assert left == stay
    assert not left & gone
