"""A launched workflow, and facts of what it carried, sold, was asked and audited, for tests of its figures."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from integrations.models import SyncJob, Workflow, WorkflowTarget
from integrations.models.books import BookedOrder, BookedTicket
from monitoring.models import Audit, AuditDoor, AuditRun, AuditState
from tests import factories
from tests.monitoring.conftest import NOW

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
LAUNCHED = NOW - 40 * DAY


@pytest.fixture
def workflow(db: None) -> Workflow:
    return factories.workflow(
        problem="Orders are typed by hand.",
        owner="Operations",
        launched_at=LAUNCHED,
        minutes_per_record=Decimal("1.5"),
    )


@pytest.fixture
def orders(workflow: Workflow) -> SyncJob:
    return factories.job(workflow=workflow)


def target(of: Workflow, measure: str, wanted: Any, currency: str = "", before: Any = None) -> None:
    WorkflowTarget.objects.create(
        workflow=of, measure=measure, currency=currency, target=wanted, baseline=before
    )


def carried(job: SyncJob, minutes: float = 1, **values: Any) -> None:
    at = values.pop("at", NOW - 2 * HOUR)
    factories.outcome(factories.delivery(job), at, occurred_at=at - minutes * MINUTE, **values)


def booked(job: SyncJob, placed_at: Any, total: str = "10", **values: Any) -> BookedOrder:
    number = str(factories.number())
    values = {"currency": "EUR", "number": number, **values}
    return BookedOrder.objects.create(
        source=values.pop("source", job.source),
        external_id=number,
        read_at=NOW,
        booked_at=NOW,
        placed_at=placed_at,
        total=Decimal(total),
        **values,
    )


def ticket(job: SyncJob, created_at: Any, **values: Any) -> BookedTicket:
    return BookedTicket.objects.create(
        source=job.source,
        external_id=str(factories.number()),
        read_at=NOW,
        booked_at=NOW,
        created_at=created_at,
        **values,
    )


def audited(of: Audit, at: Any, compared: int, agree: int, in_flight: int, **values: Any) -> None:
    known = {"door": AuditDoor.SCHEDULE, "state": AuditState.FINISHED, **values}
    AuditRun.objects.create(
        audit=of,
        seed="s",
        started_at=at,
        finished_at=at,
        moved_at=at,
        compared=compared,
        agree=agree,
        in_flight=in_flight,
        **known,
    )
