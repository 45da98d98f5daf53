"""What counts as paid: each rule with the payment that must not count beside the one that must."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from integrations.models import (
    AwaitedPayment,
    BookedOrder,
    BookedPayment,
    Connection,
    Delivery,
    State,
    SyncJob,
)
from integrations.sync import payment_wait
from integrations.sync.case import Case
from integrations.sync.parcels import Parcel
from mappings.records import Order
from tests import factories

pytestmark = pytest.mark.django_db


@dataclass
class Counter:
    job: SyncJob
    other_shop: Connection
    provider: Connection

    def paid(self, amount: str = "25.00", source: Connection | None = None, **more: Any) -> BookedPayment:
        now = timezone.now()
        key = f"pay_{BookedPayment.objects.count()}"
        told = {"currency": "EUR", "status": "paid", "read_at": now, "booked_at": now, **more}
        return BookedPayment.objects.create(
            source=source or self.provider, external_id=key, amount=Decimal(amount), **told
        )

    def other_shops(self, **more: Any) -> None:
        now = timezone.now()
        told = {"external_id": "x", "read_at": now, "booked_at": now, **more}
        BookedOrder.objects.create(source=self.other_shop, **told)

    def case(self, destination_id: str | None = None, **more: Any) -> Case:
        told = {"id": "77", "number": "1042", "currency": "EUR", "total": Decimal("25.00"), **more}
        known = Delivery.objects.filter(job=self.job, thing__external_ids__external_id=told["id"]).first()
        delivery = known or factories.delivery(self.job, str(told["id"]), state=State.HELD)
        parcel = Parcel(external_id=str(told["id"]))
        record = Order(**{"payment_status": "pending", "status": "open", **told})
        return Case(0, parcel, delivery, destination_id=destination_id, record=record)

    def is_held(self, **more: Any) -> bool:
        case = self.case(**more)
        payment_wait.hold_unpaid(self.job, [case], stores=True)
        return case.ending is not None


@pytest.fixture
def counter(db: None) -> Counter:
    books = factories.connection(key="books", platform="books")
    other = factories.connection(key="other")
    factories.job(source=other, destination=books, kind="order")
    job = factories.job(kind="order", waits_for_payment=True)
    return Counter(job, other, factories.connection(key="pay"))


def test_an_order_of_which_nobody_has_a_payment_is_held_with_what_it_waits_for(counter: Counter) -> None:
    assert counter.is_held()
    awaited = AwaitedPayment.objects.get()
    assert (awaited.external_id, awaited.number, awaited.total, awaited.currency) == (
        "77",
        "1042",
        Decimal(25),
        "EUR",
    )


@pytest.mark.parametrize(
    "payment",
    [
        {"order_number": "1042"},
        {"order_external_id": "77"},
        # Both are the order's id, as some plugins write them.
        {"order_external_id": "77", "order_number": "77"},
        {"order_number": "1042", "status": "partially_refunded"},
        # The id is no order's of this shop: the number counts.
        {"order_number": "1042", "order_external_id": "gid-9"},
    ],
)
def test_a_providers_payment_that_names_it_lets_it_go_whenever_it_came(
    counter: Counter, payment: dict[str, Any]
) -> None:
    counter.paid(**payment)
    assert not counter.is_held()


@pytest.mark.parametrize(
    "payment",
    [
        {},
        {"order_number": "1043"},
        {"order_number": "1042", "amount": "24.99"},
        {"order_number": "1042", "currency": "USD"},
        {"order_number": "1042", "status": "failed"},
        {"order_number": "1042", "status": "authorized"},
        {"order_number": "1042", "status": "refunded"},
    ],
)
def test_no_name_less_another_currency_or_nothing_received_holds_it(
    counter: Counter, payment: dict[str, Any]
) -> None:
    counter.paid(**payment)
    assert counter.is_held()


def test_parts_are_added_and_sums_never_cross_currencies(counter: Counter) -> None:
    counter.paid("10.00", order_number="1042")
    counter.paid("20.00", order_number="1042", currency="USD")
    assert counter.is_held()
    counter.paid("15.00", order_external_id="77")
    assert not counter.is_held()


def test_the_shops_own_word_in_the_books_is_no_payment(counter: Counter) -> None:
    counter.paid(order_number="1042", source=counter.job.source)
    assert counter.is_held()


def test_a_number_that_two_shops_gave_out_counts_for_neither(counter: Counter) -> None:
    counter.other_shops(number="1042")
    counter.paid(order_number="1042")
    assert counter.is_held()


def test_an_id_that_two_shops_gave_out_counts_for_neither(counter: Counter) -> None:
    counter.other_shops(external_id="77")
    counter.paid(order_external_id="77")
    assert counter.is_held()


def test_a_payment_that_names_another_order_by_its_id_is_that_orders(counter: Counter) -> None:
    """Its number is the other order's id, and happens to be this one's number."""
    factories.delivery(counter.job, "1042")
    counter.paid(order_external_id="1042", order_number="1042")
    assert counter.is_held()


def test_an_order_without_a_number_is_held_also_where_a_payment_names_none(counter: Counter) -> None:
    counter.paid()
    assert counter.is_held(number="")


@pytest.mark.parametrize(
    "order",
    [
        {"payment_status": "paid"},
        {"payment_status": "partially_refunded"},
        {"status": "cancelled"},
        {"total": Decimal(0)},
        {"destination_id": "W-1"},
    ],
)
def test_what_is_paid_cancelled_free_or_delivered_once_goes_on(
    counter: Counter, order: dict[str, Any]
) -> None:
    assert not counter.is_held(**order)


def test_a_job_that_does_not_wait_holds_nothing(counter: Counter) -> None:
    counter.job.waits_for_payment = False
    assert not counter.is_held()


def test_whoever_only_looks_keeps_nothing(counter: Counter) -> None:
    case = counter.case()
    payment_wait.hold_unpaid(counter.job, [case])
    assert case.ending is not None
    assert not AwaitedPayment.objects.exists()


def test_a_job_that_is_paused_lets_nothing_go_and_one_that_runs_does(counter: Counter) -> None:
    assert counter.is_held()
    counter.paid(order_external_id="77")
    SyncJob.objects.filter(pk=counter.job.pk).update(state="paused")
    assert payment_wait.release_paid() == 0
    SyncJob.objects.filter(pk=counter.job.pk).update(state="active")
    assert payment_wait.release_paid() == 1, "the order was never booked"


def test_many_wait_and_those_that_are_paid_go(counter: Counter, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(payment_wait, "AT_ONCE", 3)
    for number in range(1, 9):
        assert counter.is_held(id=f"o{number}", number=f"20{number}")
    for number in (1, 4, 8):
        counter.paid(order_number=f"20{number}")
    assert payment_wait.release_paid() == 3
    assert payment_wait.release_paid() == 0, "they are on their way"


def test_what_was_held_before_is_asked_once_what_it_waits_for(counter: Counter) -> None:
    assert counter.is_held()
    AwaitedPayment.objects.all().delete()
    assert payment_wait.release_paid() == 1


@pytest.mark.parametrize(
    ("status", "told"),
    [
        ("refunded", "It was refunded before it went: the shop says “refunded”."),
        ("voided", "Its payment was voided before it went: the shop says “voided”."),
        ("cancelled", "Its payment was cancelled before it went: the shop says “cancelled”."),
    ],
)
def test_of_money_that_was_given_back_nobody_is_told_to_wait(
    counter: Counter, status: str, told: str
) -> None:
    case = counter.case(payment_status=status)
    payment_wait.hold_unpaid(counter.job, [case])
    assert case.ending is not None
    assert case.ending.state == State.HELD
    assert case.ending.reason.startswith(f"{told} Nothing is sent.")
    assert "not paid yet" not in case.ending.reason
    assert len(case.ending.reason) <= 300, "as much as a record's row keeps of it"


@pytest.mark.parametrize(("status", "told"), [("failed", "“failed”"), (None, "nothing of a payment")])
def test_what_may_still_be_paid_waits_for_that(counter: Counter, status: str | None, told: str) -> None:
    case = counter.case(payment_status=status)
    payment_wait.hold_unpaid(counter.job, [case])
    assert case.ending is not None
    assert case.ending.reason.startswith(f"It is not paid yet: the shop says {told},")
