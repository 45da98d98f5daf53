"""Each measure against facts made here, with its figure worked out by hand."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from integrations.models import Decision, Judgement, State, SyncJob, Workflow, WorkflowTarget
from monitoring import booked_hours, rollups
from monitoring.models import Audit, AuditDoor, AuditState, BookedMark, WorkflowVerdict
from monitoring.workflows import verdicts
from monitoring.workflows.results import Result, Verdict, results
from tests import factories
from tests.monitoring.conftest import NOW
from tests.monitoring.workflow_facts import (
    DAY,
    HOUR,
    LAUNCHED,
    MINUTE,
    audited,
    booked,
    carried,
    orders,
    target,
    ticket,
    workflow,
)

__all__ = ["orders", "workflow"]
pytestmark = pytest.mark.django_db


def read(of: Workflow, measure: str, currency: str = "") -> Result:
    (found,) = [
        result
        for result in results(of, NOW)
        if result.measure == measure and result.reading.currency == currency
    ]
    return found


def value(of: Workflow, measure: str, currency: str = "") -> Any:
    return read(of, measure, currency).reading.value


# --- what the jobs carried ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rolled_up_at", [None, NOW - HOUR, NOW])
def test_processing_times_are_those_of_new_orders(
    workflow: Workflow, orders: SyncJob, rolled_up_at: Any
) -> None:
    """19 orders of 2 minutes and one of 80: half are within 2, and 95 of 100 too; an edit of 500 counts for nothing."""
    for _ in range(19):
        carried(orders, 2)
    carried(orders, 80)
    carried(orders, 500, operation="update")
    carried(factories.job(), 900)
    if rolled_up_at is not None:
        rollups.roll_up(rolled_up_at)

    assert value(workflow, "processing_minutes") == pytest.approx(2, rel=0.05)
    assert value(workflow, "processing_minutes_p95") == pytest.approx(2, rel=0.05)
    carried(orders, 80, at=NOW - timedelta(seconds=10))
    assert value(workflow, "processing_minutes_p95") == pytest.approx(80, rel=0.05)


@pytest.mark.parametrize("rolled_up_at", [None, NOW - HOUR, NOW])
def test_the_delay_of_stock_is_that_of_what_channels_took(workflow: Workflow, rolled_up_at: Any) -> None:
    """19 figures took 1 minute and two 30: half no longer than 1, 95 of 100 no longer than 30. Orders are no stock."""
    stock = factories.job(workflow=workflow, kind="stock_level")
    for _ in range(19):
        carried(stock, 1, operation="upsert")
    for _ in range(2):
        carried(stock, 30, operation="upsert")
    carried(factories.job(workflow=workflow), 700)
    if rolled_up_at is not None:
        rollups.roll_up(rolled_up_at)
    target(workflow, "stock_delay_minutes", 2, before=60)

    found = read(workflow, "stock_delay_minutes")
    assert found.reading.value == pytest.approx(1, rel=0.05)
    assert (found.baseline, found.verdict) == (60, Verdict.MET)
    assert value(workflow, "stock_delay_minutes_p95") == pytest.approx(30, rel=0.05)


def test_the_error_rate_is_of_what_had_to_be_written(workflow: Workflow, orders: SyncJob) -> None:
    """1 failed of 8 that had to be written: 12.5 %; what was unchanged is no try."""
    for _ in range(7):
        carried(orders)
    factories.failure(factories.delivery(orders), NOW - HOUR)
    carried(orders, state=State.UNCHANGED)

    assert value(workflow, "error_rate_percent") == 12.5
    for _ in range(2):
        carried(orders, state=State.SKIPPED)
    assert value(workflow, "error_rate_percent") == 30, "what a fallback skipped was not written either"


@pytest.mark.parametrize("rolled_up_at", [None, NOW - HOUR, NOW])
def test_an_order_is_carried_once_however_often_it_changes(
    workflow: Workflow, orders: SyncJob, rolled_up_at: Any
) -> None:
    """20 + 30.50 euros and 7 dollars; the order of 30.50 came in twice more, once by each kind of write."""
    carried(orders, amount=Decimal(20))
    carried(orders, amount=Decimal("30.50"), operation="upsert", serial=1)
    carried(orders, amount=Decimal("30.50"), operation="upsert", serial=2)
    carried(orders, amount=Decimal("30.50"), operation="update", serial=3)
    carried(orders, amount=Decimal(7), currency="USD")
    if rolled_up_at is not None:
        rollups.roll_up(rolled_up_at)

    assert value(workflow, "value_carried", "EUR") == Decimal("50.50")
    assert value(workflow, "value_carried", "USD") == 7
    assert not [
        result
        for result in results(workflow, NOW)
        if result.reading.currency == "" and result.measure == "value_carried"
    ]


def test_value_stuck_is_told_by_currency_and_by_the_promised_hour(
    workflow: Workflow, orders: SyncJob
) -> None:
    near = factories.delivery(orders, promised_at=timezone.now() + timedelta(minutes=30))
    far = factories.delivery(orders, promised_at=timezone.now() + timedelta(days=9))
    factories.error(near, amount=Decimal(40), currency="EUR")
    factories.error(far, amount=Decimal(2), currency="EUR")
    factories.error(factories.delivery(orders), amount=Decimal(5), currency="USD")
    factories.error(factories.delivery(orders), amount=Decimal(90), currency="EUR", settled_at=NOW)
    factories.error(factories.delivery(factories.job()), amount=Decimal(900), currency="EUR")

    assert value(workflow, "value_stuck", "EUR") == 42
    assert value(workflow, "value_stuck", "USD") == 5
    assert value(workflow, "value_stuck_soon", "EUR") == 40


def test_nothing_stuck_in_a_currency_is_zero_and_meets_its_target(
    workflow: Workflow, orders: SyncJob
) -> None:
    factories.error(factories.delivery(orders), amount=Decimal(5), currency="USD")
    target(workflow, "value_stuck", 100, "EUR")

    found = read(workflow, "value_stuck", "EUR")
    assert (found.reading.value, found.verdict) == (0, Verdict.MET)


def test_touches_are_what_people_did_to_records(workflow: Workflow, orders: SyncJob) -> None:
    """3 touches for 20 new orders: 15 per 100. Talking, the API's retries and what was long ago are none."""
    for _ in range(20):
        carried(orders)
    error = factories.error(factories.delivery(orders))
    somebody = factories.user()
    for decision, by, at in [
        (Decision.EDIT, somebody, NOW - HOUR),
        (Decision.RETRY, somebody, NOW - HOUR),
        (Decision.IGNORE, somebody, NOW - DAY),
        (Decision.COMMENT, somebody, NOW - HOUR),
        (Decision.ASSIGN, somebody, NOW - HOUR),
        (Decision.RETRY, None, NOW - HOUR),
        (Decision.RETRY, somebody, NOW - 40 * DAY),
    ]:
        Judgement.objects.create(error=error, decision=decision, by=by, at=at)

    assert value(workflow, "touches_per_100_orders") == 15


def test_hours_saved_are_records_delivered_by_the_minutes_of_each(
    workflow: Workflow, orders: SyncJob
) -> None:
    """40 records of 1.5 minutes are an hour."""
    for _ in range(40):
        carried(orders, operation="update")
    factories.failure(factories.delivery(orders), NOW - HOUR)

    assert value(workflow, "hours_saved") == 1


def test_without_the_minutes_no_hours_are_claimed(workflow: Workflow, orders: SyncJob) -> None:
    carried(orders)
    Workflow.objects.update(minutes_per_record=None)
    workflow.refresh_from_db()

    found = read(workflow, "hours_saved")
    assert found.reading.value is None
    assert "how many minutes a person took" in found.reading.why


# --- what the books tell --------------------------------------------------------------------------------------------


def test_sales_and_order_value_lately_and_before_the_launch(workflow: Workflow, orders: SyncJob) -> None:
    """Lately 10 + 20 euros (15 each), before the launch 12; not a cancelled one nor another shop's."""
    booked(orders, NOW - DAY, "10")
    booked(orders, NOW - 2 * DAY, "20")
    booked(orders, NOW - DAY, "99", cancelled_at=NOW)
    booked(orders, NOW - DAY, "77", source=factories.connection())
    booked(orders, NOW - DAY, "5", currency="USD")
    booked(orders, LAUNCHED - DAY, "12")
    booked(orders, LAUNCHED - 31 * DAY, "500")

    sales = read(workflow, "sales", "EUR")
    assert (sales.reading.value, sales.baseline, sales.is_worked_out) == (30, 12, True)
    average = read(workflow, "average_order_value", "EUR")
    assert (average.reading.value, average.baseline) == (15, 12)
    assert value(workflow, "sales", "USD") == 5


def test_who_bought_before_is_a_repeat_purchase(workflow: Workflow, orders: SyncJob) -> None:
    """Of 4 orders of known people lately, one is of somebody who bought before: 25 %. A renewal is no purchase."""
    booked(orders, NOW - 50 * DAY, person="a")
    for person in ("a", "b", "c", "d"):
        booked(orders, NOW - DAY, person=person)
    booked(orders, NOW - HOUR, person="a", is_renewal=True)
    booked(orders, NOW - HOUR, person="")

    found = read(workflow, "repeat_purchase_percent")
    assert found.reading.value == 25
    assert found.baseline == 0


def test_tickets_are_those_about_orders(workflow: Workflow, orders: SyncJob) -> None:
    """2 tickets for 8 orders: 25 per 100. One names an order, one is a buyer's; a stranger's question is none."""
    for _ in range(7):
        booked(orders, NOW - DAY)
    booked(orders, NOW - 2 * DAY, person="a")
    ticket(orders, NOW - HOUR, order_number="1001")
    ticket(orders, NOW - HOUR, person="a")
    ticket(orders, NOW - HOUR, person="stranger")
    ticket(orders, NOW - 3 * DAY, person="a")
    ticket(orders, NOW - 40 * DAY, order_number="9")

    assert value(workflow, "tickets_per_100_orders") == 25


def test_accuracy_is_that_of_the_last_audit_of_each_stock_job(workflow: Workflow) -> None:
    """Last: 90 of 100 with 10 in flight, and 30 of 60: 120 of 150 that were settled, 80 %."""
    for compared, agree, in_flight in ((100, 90, 10), (60, 30, 0)):
        job = factories.job(workflow=workflow, kind="stock_level")
        audit = Audit.objects.create(key=f"audit-{job.pk}", name="Stock", job=job)
        audited(audit, NOW - 5 * DAY, 10, 0, 0)
        audited(audit, NOW - DAY, compared, agree, in_flight)
        audited(audit, NOW - HOUR, 3, 0, 0, door=AuditDoor.READ_BACK)
        audited(audit, NOW - HOUR, 9, 0, 0, state=AuditState.CANCELLED)

    assert value(workflow, "inventory_accuracy_percent") == 80


def test_what_is_not_there_says_how_it_comes_to_be(workflow: Workflow) -> None:
    assert {result.verdict for result in results(workflow, NOW)} <= {Verdict.NOT_MEASURED}
    assert "The workflow has no job yet." in read(workflow, "error_rate_percent").reading.why
    assert "Make a job from the shop" in read(workflow, "sales").reading.why
    stock = factories.job(workflow=workflow, kind="stock_level")
    assert stock.pk
    assert "audit" in read(workflow, "inventory_accuracy_percent").reading.why
    assert read(workflow, "processing_minutes").reading.why == "None of its jobs carries orders."


# --- met or not -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wanted", "verdict"), [("12.5", Verdict.MET), ("12.4", Verdict.NOT_MET), (None, Verdict.NOT_JUDGED)]
)
def test_a_target_is_met_up_to_its_very_figure(
    workflow: Workflow, orders: SyncJob, wanted: str | None, verdict: Verdict
) -> None:
    for _ in range(7):
        carried(orders)
    factories.failure(factories.delivery(orders), NOW - HOUR)
    target(workflow, "error_rate_percent", wanted, before=30)

    found = read(workflow, "error_rate_percent")
    assert (found.verdict, found.baseline) == (verdict, 30)


def test_at_least_is_the_other_way_round(workflow: Workflow, orders: SyncJob) -> None:
    for _ in range(40):
        carried(orders)
    target(workflow, "hours_saved", 1)
    assert read(workflow, "hours_saved").verdict == Verdict.MET
    WorkflowTarget.objects.update(target=Decimal("1.1"))
    assert read(workflow, "hours_saved").verdict == Verdict.NOT_MET


def test_what_was_entered_goes_before_what_was_worked_out(workflow: Workflow, orders: SyncJob) -> None:
    booked(orders, NOW - DAY, "10")
    booked(orders, LAUNCHED - DAY, "12")
    target(workflow, "sales", 5, "EUR", before=8)

    found = read(workflow, "sales", "EUR")
    assert (found.baseline, found.is_worked_out, found.verdict) == (8, False, Verdict.MET)


def test_every_workflow_is_measured_in_turn_and_kept(workflow: Workflow, orders: SyncJob) -> None:
    carried(orders)
    target(workflow, "error_rate_percent", 1)
    target(workflow, "processing_minutes", "0.1")
    target(workflow, "sales", 5, "EUR")
    factories.workflow()

    assert verdicts.measure(deadline=float("inf"), now=NOW) == 2

    kept = WorkflowVerdict.objects.get(workflow=workflow)
    assert (kept.met, kept.not_met, kept.not_measured, str(kept)) == (1, 1, 1, "1 of 3 met")
    assert str(WorkflowVerdict.objects.exclude(workflow=workflow).get()) == "No target"


def test_measuring_costs_the_same_however_much_was_carried(workflow: Workflow, orders: SyncJob) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as asked:
            results(workflow, NOW)
        return len(asked)

    carried(orders)
    booked(orders, NOW - DAY)
    rollups.roll_up(NOW)
    booked_hours.count(NOW + 2 * MINUTE)
    few = queries()
    for hours in range(1, 12):
        carried(orders, at=NOW - hours * HOUR)
        booked(orders, NOW - hours * HOUR)
    rollups.rebuild(None, NOW - rollups.MARGIN)
    BookedMark.objects.all().delete()
    booked_hours.count(NOW + 2 * MINUTE)
    assert queries() == few
