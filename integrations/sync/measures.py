"""What a figure counts, said once: the dashboards count by it, and the lists behind a number filter by it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery

from integrations.models import BookedOrder, BookedTicket, Decision, Judgement, Outcome, SearchKey, State

from . import shared_clock

# Key → (how it is called, hours). A period ends now and begins at a full hour.
PERIODS: Final[dict[str, tuple[str, int]]] = {
    "1h": ("This hour", 1),
    "24h": ("24 hours", 24),
    "7d": ("7 days", 7 * 24),
    "30d": ("30 days", 30 * 24),
}

ORDER_NUMBER: Final = "order_number"

# Outcomes of new orders that the destination accepted: the only ones with a processing time. A later change of
# an order carries the checkout's time too, and would make every edit look slow.
NEW_ORDERS_ACCEPTED: Final = Q(
    Q(operation="create") | Q(operation="upsert", serial=1),
    state=State.DELIVERED,
    job__kind="order",
    occurred_at__isnull=False,
    accepted_at__isnull=False,
)


# Outcomes of stock that a channel took: each has a delay, from the change at the owner (of a sale elsewhere, from its
# arrival here) to the channel's acceptance.
STOCK_TOLD: Final = Q(
    state=State.DELIVERED, job__kind="stock_level", occurred_at__isnull=False, accepted_at__isnull=False
)


def parcels_of_known_orders() -> QuerySet[Outcome]:
    """Parcels that were told to somebody for the first time, with `placed_at` of their order: where a shipment names
    an order by a number that a job carries between the same systems. Each has a fulfilment delay, from the order to
    the shipping as the source tells it. What the facts do not join to an order is left out."""
    earlier = Outcome.objects.filter(
        delivery=OuterRef("delivery"), state=State.DELIVERED, id__lt=OuterRef("id")
    )
    named = SearchKey.objects.filter(kind=ORDER_NUMBER, thing=OuterRef(OuterRef("delivery__thing")))
    of_order = "thing__deliveries__outcomes"
    orders = SearchKey.objects.filter(
        Q(thing__deliveries__job__source=OuterRef("job__destination"))
        | Q(thing__deliveries__job__destination=OuterRef("job__source"))
        | Q(thing__deliveries__job__source=OuterRef("job__source")),
        kind=ORDER_NUMBER,
        digest__in=named.values("digest"),
        thing__kind="order",
        thing__deliveries__job__kind="order",
        thing__deliveries__outcomes__occurred_at__isnull=False,
    )
    placed = orders.order_by(f"{of_order}__occurred_at").values(f"{of_order}__occurred_at")[:1]
    told = Outcome.objects.filter(state=State.DELIVERED, job__kind="shipment", occurred_at__isnull=False)
    return told.filter(~Exists(earlier)).annotate(placed_at=Subquery(placed)).filter(placed_at__isnull=False)


def processing_seconds(occurred_at: datetime, accepted_at: datetime, job_began_at: datetime) -> float:
    """From the checkout to the destination's acceptance. What was sold before the job began is an import: it counts
    from then on, or the first read of last year's orders would make the portal look a year slow."""
    return (accepted_at - max(occurred_at, job_began_at)).total_seconds()


# What had to be written and was not: what needs a person, and what a fallback skipped, which the other system has as
# little. What was handed over is written by another job, and counts there.
NOT_WRITTEN_STATES: Final = (State.FAILED, State.SKIPPED)
# The success rate is delivered ÷ attempted: what had to be written, and whether it was.
ATTEMPTED_STATES: Final = (State.DELIVERED, *NOT_WRITTEN_STATES)

# What a person had to do about a record, by its own row. A comment and an assignment change nothing, and what a partner
# retries through the API is no hand of ours.
TOUCHES: Final = Q(
    decision__in=[Decision.RETRY, Decision.EDIT, Decision.IGNORE, Decision.CONFIRM, Decision.RESEND],
    by__isnull=False,
)

# Orders of the books that count as sold, those of which the value is told, and those of which it is known who bought
# them by choice: a subscription's renewal is nobody's choice.
SOLD: Final = Q(cancelled_at__isnull=True) & ~Q(status="cancelled")
SOLD_WITH_VALUE: Final = SOLD & Q(total__isnull=False) & ~Q(currency="")
SOLD_TO_KNOWN: Final = SOLD & ~Q(person="") & (Q(is_renewal__isnull=True) | Q(is_renewal=False))
# A refund that had its effect, as far as its source tells: most tell of no others.
GIVEN_BACK: Final = ~Q(status="failed")

# Records on their way. Held ones wait for a person's decision and are counted apart.
BACKLOG_STATES: Final = (State.QUEUED, State.RETRYING, State.WAITING)


# An hour that was promised is near from so many hours before it.
NEAR_HOURS: Final = 4


def promise_is_near(to_delivery: str = "") -> Q:
    """Due within NEAR_HOURS, or past. `to_delivery` leads from the row to its Delivery: "delivery__"."""
    return Q(**{f"{to_delivery}promised_at__lt": shared_clock.now() + timedelta(hours=NEAR_HOURS)})


def promise_is_past(to_delivery: str = "") -> Q:
    return Q(**{f"{to_delivery}promised_at__lt": shared_clock.now()})


def period_start(key: str, now: datetime) -> datetime:
    hours = PERIODS[key][1]
    return now.replace(minute=0, second=0, microsecond=0) - timedelta(hours=hours - 1)


def assigned_errors(user_id: int | None = None) -> QuerySet[Judgement, Any]:
    """Ids of the errors whose newest assignment is to this user, or (None) to anybody; for `pk__in`."""
    newer = Judgement.objects.filter(error=OuterRef("error"), decision=Decision.ASSIGN, id__gt=OuterRef("id"))
    newest = Judgement.objects.filter(decision=Decision.ASSIGN, assignee__isnull=False).exclude(Exists(newer))
    return (newest if user_id is None else newest.filter(assignee_id=user_id)).values("error")


def about_orders(tickets: QuerySet[BookedTicket]) -> QuerySet[BookedTicket]:
    """Tickets that name an order, or come from a person who has bought before."""
    of_a_buyer = BookedOrder.objects.filter(
        person=OuterRef("person"), placed_at__lte=OuterRef("created_at")
    ).exclude(person="")
    return tickets.annotate(of_a_buyer=Exists(of_a_buyer)).exclude(order_number="", of_a_buyer=False)
