"""The partner API's metrics are the dashboard's figures, of the partner's own jobs alone."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from integrations.models import Delivery, Door, Outcome, Partner, PartnerKey, State, SyncJob, SyncRun, Thing
from tests.integrations.partner_api.calls import Api
from tests.integrations.partner_api.conftest import job, partner, second_job

__all__ = ["job", "partner", "second_job"]
pytestmark = pytest.mark.django_db


def outcome(of: SyncJob, state: State, seconds: float = 60.0) -> None:
    now = timezone.now()
    SyncJob.objects.filter(pk=of.pk).update(created_at=now - timedelta(days=1))
    run, _ = SyncRun.objects.get_or_create(
        job=of, door=Door.PULL, finished_at=None, defaults={"started_at": now}
    )
    thing = Thing.objects.create(kind=of.kind, created_at=now)
    delivery = Delivery.objects.create(job=of, thing=thing, state=state, state_since=now, accepted_at=now)
    Outcome.objects.create(
        run=run,
        delivery=delivery,
        job=of,
        state=state,
        operation="create" if state == State.DELIVERED else "",
        occurred_at=now - timedelta(seconds=seconds),
        received_at=now,
        accepted_at=now if state == State.DELIVERED else None,
        recorded_at=now,
    )


def test_the_figures_are_those_of_the_partners_jobs(
    job: SyncJob, second_job: SyncJob, partner: Partner
) -> None:
    partner.jobs.remove(second_job)
    for _ in range(3):
        outcome(job, State.DELIVERED)
    outcome(job, State.FAILED)
    outcome(second_job, State.DELIVERED)
    answer = Api(PartnerKey.issue(partner, ["read"])[1]).get("/api/v1/metrics")
    assert answer.status_code == 200
    (found,) = answer.json()["jobs"]
    assert (found["job"], found["delivered"], found["failed"], found["success_rate"]) == (
        "orders",
        3,
        1,
        0.75,
    )
    outcome(job, State.SKIPPED)
    found = Api(PartnerKey.issue(partner, ["read"])[1]).get("/api/v1/metrics").json()["jobs"][0]
    assert (found["skipped"], found["success_rate"]) == (1, 0.6)
    assert found["processing_p50_seconds"] == pytest.approx(60, rel=0.05)


def test_a_period_that_is_none_is_refused_by_name(partner: Partner) -> None:
    answer = Api(PartnerKey.issue(partner, ["read"])[1]).get("/api/v1/metrics", period="1y")
    assert answer.status_code == 400
    assert [error["field"] for error in answer.json()["errors"]] == ["period"]
