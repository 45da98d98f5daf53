"""Against the sandbox: orders that were never read, of which some were not told of and one has just been placed."""

from __future__ import annotations

from datetime import timedelta

import pytest

from integrations.models import SyncJob
from integrations.sync import shared_clock
from monitoring.models import AuditDifference
from tests.journeys.world import ORDERS, World
from tests.monitoring.audits.comparing import audit_of, compared

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_cause_of_one_is_not_that_of_another_on_the_same_page(world: World) -> None:
    """The shop sends webhooks as a rule, and the job reads every five minutes."""
    now = shared_clock.now()
    placed = {"1001": timedelta(minutes=30), "1002": timedelta(seconds=1), "1003": timedelta(minutes=30)}
    for number, ago in placed.items():
        world.place(number, placed_at=(now - ago).isoformat())
    SyncJob.objects.filter(key=ORDERS).update(
        every_seconds=300, last_complete_read_at=now - timedelta(minutes=10)
    )
    audit = audit_of(world, ORDERS)

    compared(audit)

    assert dict(AuditDifference.objects.filter(audit=audit).values_list("subject", "cause")) == {
        "Order #1001": "missed_webhook",
        "Order #1002": "in_flight",
        "Order #1003": "missed_webhook",
    }
