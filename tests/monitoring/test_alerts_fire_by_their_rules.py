from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import pytest

from integrations.models import State, SyncJob
from monitoring.alerts import watching
from monitoring.models import (
    AlertEvent,
    AlertKind,
    AlertRule,
)
from tests import factories
from tests.monitoring.alerting import HOUR, MINUTE, fail, rule
from tests.monitoring.conftest import NOW

pytestmark = pytest.mark.django_db


def fires(of: AlertRule, now: datetime = NOW) -> str:
    watching.watch(now)
    event = AlertEvent.objects.filter(rule=of, recovered_at__isnull=True).first()
    return event.sentence if event else ""


def test_failures_above_a_number_fire(job: SyncJob) -> None:
    watched = rule(threshold=2, job=job)
    for _ in range(2):
        fail(job)
    fail(job, NOW - 61 * MINUTE)
    fail(factories.job())
    assert fires(watched) == ""
    fail(job)
    assert fires(watched) == f"{job}: 3 failures in 1 h."


def test_a_success_rate_below_a_share_fires(job: SyncJob) -> None:
    watched = rule(kind=AlertKind.SUCCESS_RATE, threshold=Decimal(75))
    for _ in range(3):
        factories.outcome(factories.delivery(job), NOW - MINUTE)
    fail(job)
    assert fires(watched) == ""
    fail(job)
    assert fires(watched) == "Crossdock: 60.0 % were delivered in 1 h, fewer than 75.0 %."


def test_a_job_that_skips_everything_by_a_fallback_does_not_look_healthy(job: SyncJob) -> None:
    watched = rule(kind=AlertKind.SUCCESS_RATE, threshold=Decimal(75))
    factories.outcome(factories.delivery(job), NOW - MINUTE)
    assert fires(watched) == ""
    factories.outcome(factories.delivery(job), NOW - MINUTE, state=State.SKIPPED)
    assert fires(watched) == "Crossdock: 50.0 % were delivered in 1 h, fewer than 75.0 %."


def test_nothing_tried_is_no_bad_rate(job: SyncJob) -> None:
    assert fires(rule(kind=AlertKind.SUCCESS_RATE, threshold=100)) == ""


def test_silence_fires_after_its_window_and_not_for_a_rule_that_is_younger(job: SyncJob) -> None:
    watched = rule(kind=AlertKind.NO_SUCCESS, window_minutes=120, job=job)
    factories.outcome(factories.delivery(job), NOW - 119 * MINUTE)
    assert fires(watched) == ""
    assert "nothing was delivered in 2 h" in fires(watched, NOW + 2 * MINUTE)
    young = rule(kind=AlertKind.NO_SUCCESS, window_minutes=120)
    AlertRule.objects.filter(pk=young.pk).update(created_at=NOW - HOUR)
    assert fires(young, NOW + 2 * MINUTE) == ""


def test_an_old_backlog_fires(job: SyncJob) -> None:
    watched = rule(kind=AlertKind.BACKLOG, window_minutes=30, job=job)
    factories.delivery(job, state=State.QUEUED, state_since=NOW - 29 * MINUTE)
    factories.delivery(job, state=State.HELD, state_since=NOW - 90 * MINUTE)
    assert fires(watched) == ""
    assert "on its way for 31 min" in fires(watched, NOW + 2 * MINUTE)


def test_what_a_person_has_paused_owes_nothing(job: SyncJob) -> None:
    watched = rule(kind=AlertKind.NO_SUCCESS, window_minutes=60, job=job)
    SyncJob.objects.update(state="paused")
    assert fires(watched) == ""


def test_a_rule_of_a_workflow_watches_its_jobs_alone() -> None:
    workflow = factories.workflow()
    watched = rule(workflow=workflow)
    fail(factories.job())
    assert fires(watched) == ""
    fail(factories.job(workflow=workflow))
    assert fires(watched) == f"{workflow}: 1 failures in 1 h."
