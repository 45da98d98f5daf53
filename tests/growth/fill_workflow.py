"""What a workflow is measured by, beside what it carried: orders and tickets in the books, and what people decided."""

from __future__ import annotations

import time
from decimal import Decimal

from django.db.models import Max

from integrations.models import (
    BookedOrder,
    BookedTicket,
    ErrorRecord,
    Judgement,
    Measure,
    SyncJob,
    Workflow,
    WorkflowTarget,
)
from tests.growth.fill import Base, Statement, analyze, follow_sequences, make
from tests.growth.pages import boss

WORKFLOW = "orders-of-a-large-store"
# One ticket for so many orders, and each person bought so many times.
ORDERS_OF_A_TICKET, ORDERS_OF_A_PERSON = 20, 3
TARGETS = {
    Measure.PROCESSING: 5,
    Measure.ERROR_RATE: 1,
    Measure.TOUCHES: 10,
    Measure.TICKETS: 10,
    Measure.REPEAT_PURCHASES: 20,
}


def fill_workflow(job: SyncJob, orders: int, judged: int) -> float:
    """After `fill`: as many orders in the books, and a judgement about so many errors. Returns the seconds."""
    began = time.monotonic()
    base = Base(
        {
            "source": job.source_id,
            "per_ticket": ORDERS_OF_A_TICKET,
            "per_person": ORDERS_OF_A_PERSON,
            "order_base": BookedOrder.objects.aggregate(top=Max("pk"))["top"] or 0,
            "error_base": (ErrorRecord.objects.aggregate(top=Max("pk"))["top"] or 0) - judged,
            "by": boss().pk,
        }
    )
    make(BookedOrder, _ORDERS, orders, base)
    make(BookedTicket, _TICKETS, orders // ORDERS_OF_A_TICKET, base)
    make(Judgement, _JUDGEMENTS, judged, base)
    follow_sequences(BookedOrder)
    analyze()
    _measured(job)
    return time.monotonic() - began


def _measured(job: SyncJob) -> None:
    workflow, _ = Workflow.objects.get_or_create(
        key=WORKFLOW,
        defaults={
            "name": "Orders of a large store",
            "problem": "Orders were typed by hand.",
            "owner": "Operations",
            "minutes_per_record": Decimal(3),
            "launched_at": job.created_at,
        },
    )
    SyncJob.objects.filter(pk=job.pk).update(workflow=workflow)
    for measure, wanted in TARGETS.items():
        WorkflowTarget.objects.get_or_create(workflow=workflow, measure=measure, defaults={"target": wanted})


_ORDERS = Statement(
    BookedOrder,
    id="%(order_base)s + i",
    source_id="%(source)s",
    external_id="'sold-' || (%(order_base)s + i)",
    number="'#' || (%(order_base)s + i)",
    read_at="%(at)s",
    booked_at="%(at)s",
    placed_at="%(at)s",
    currency="'EUR'",
    total="25",
    status="'open'",
    person="'person-' || (i * 7919 %% (1 + i / %(per_person)s))",
)
_TICKETS = Statement(
    BookedTicket,
    source_id="%(source)s",
    external_id="'asked-' || (%(order_base)s + i)",
    read_at="%(at)s",
    booked_at="%(at)s",
    created_at="%(at)s",
    order_number="CASE WHEN i %% 2 = 0 THEN '#' || (%(order_base)s + i * %(per_ticket)s) ELSE '' END",
    person="'person-' || (i %% 1000)",
)
_JUDGEMENTS = Statement(
    Judgement,
    error_id="%(error_base)s + i",
    decision="'retry'",
    by_id="%(by)s",
    at="%(at)s",
)
