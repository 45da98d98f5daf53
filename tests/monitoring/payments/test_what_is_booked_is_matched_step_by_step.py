"""Whatever comes first, order or payment; what a person decided stays; a recount finds what was missed."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from monitoring.models import FeeRate, MatchDecision, PaymentCheck, PaymentMatch, PaymentMismatch
from monitoring.payments import decisions, keep, store
from monitoring.payments.listed import by_kind, listed, on_their_way
from tests import factories
from tests.monitoring.payments.booked import Ledger, open_kinds

pytestmark = pytest.mark.django_db


def test_a_payment_that_comes_before_its_order_finds_it_when_it_comes(ledger: Ledger) -> None:
    payment = ledger.payment("pay_1", order_number="1042")
    assert open_kinds() == ["paid_without_order"]
    order = ledger.order("1042")
    assert open_kinds() == []
    assert PaymentMatch.objects.get(payment=payment).order == order


def test_a_longer_reference_finds_the_order_that_comes_later(ledger: Ledger) -> None:
    ledger.payment("pay_1", order_number="wc-1042")
    keep.keep()
    ledger.order("1042")
    assert open_kinds() == []


def test_a_twin_that_comes_later_makes_a_guess_a_question(ledger: Ledger) -> None:
    ledger.order("1042", person="p")
    payment = ledger.payment("pay_1", person="p")
    assert open_kinds() == []
    assert PaymentMatch.objects.get(payment=payment).how == "likeness"
    ledger.order("1043", person="p")
    assert open_kinds() == ["choose_order"]
    assert len(PaymentMatch.objects.get(payment=payment).candidates) == 2


def test_a_rival_that_comes_later_makes_a_guess_a_question(ledger: Ledger) -> None:
    ledger.order("1042", person="p")
    ledger.payment("pay_1", person="p")
    keep.keep()
    ledger.payment("pay_2", person="p")
    assert open_kinds() == ["choose_order", "choose_order"]


def test_what_is_mended_is_settled_and_comes_back_as_a_new_matter(ledger: Ledger) -> None:
    ledger.order("1042")
    ledger.payment("pay_1", "20.00", order_number="1042")
    assert open_kinds() == ["amount_differs"]
    decisions.set_aside(PaymentMismatch.objects.all(), "known", factories.user())
    ledger.payment("pay_1", "25.00", order_number="1042")
    assert open_kinds() == []
    ledger.payment("pay_1", "20.00", order_number="1042")
    assert open_kinds() == ["amount_differs"]
    row = PaymentMismatch.objects.get()
    assert row.set_aside_at is None, "it is listed again"


def test_what_is_set_aside_stays_so_while_it_is_the_same(ledger: Ledger) -> None:
    ledger.order("1042")
    ledger.payment("pay_1", "20.00", order_number="1042")
    keep.keep()
    person = factories.user()
    assert decisions.set_aside(PaymentMismatch.objects.all(), "paid in cash", person) == 1
    keep.keep()
    row = PaymentMismatch.objects.get()
    assert (row.set_aside_reason, row.set_aside_by) == ("paid in cash", person)
    assert not PaymentMismatch.objects.filter(listed()).exists()
    assert decisions.take_up(PaymentMismatch.objects.all()) == 1
    assert PaymentMismatch.objects.filter(listed()).exists()


def test_a_refund_and_a_cancelled_order_are_seen_whatever_comes_last(ledger: Ledger) -> None:
    ledger.order("1042")
    ledger.payment("pay_1", order_number="1042")
    keep.keep()
    ledger.refund("ref_1", "5.00", source=ledger.shop, order_external_id="id-1042", order_number="1042")
    assert open_kinds() == ["refund_only_in_shop"]
    ledger.refund("re_1", "5.00", payment_external_id="pay_1")
    assert open_kinds() == []
    ledger.order("1042", status="cancelled")
    assert open_kinds() == ["cancelled_still_paid"]


def test_a_dispute_is_told_until_it_is_answered(ledger: Ledger) -> None:
    ledger.order("1042")
    ledger.payment("pay_1", order_number="1042", reference="pi_1")
    ledger.dispute("dp_1", "pi_1")
    assert open_kinds() == ["dispute_open"]
    row = PaymentMismatch.objects.get()
    assert row.order is not None
    assert row.order.number == "1042"
    ledger.dispute("dp_1", "pi_1", status="answered")
    assert open_kinds() == []


def test_what_a_person_chose_confirmed_or_undid_is_never_changed_by_itself(ledger: Ledger) -> None:
    person = factories.user()
    right, other = ledger.order("1042", person="p"), ledger.order("1043", person="p")
    chosen = ledger.payment("pay_1", person="p")
    undone = ledger.payment("pay_2", order_number="1043")
    keep.keep()
    decisions.choose(PaymentMatch.objects.get(payment=chosen), right, "told by phone", person)
    assert decisions.undo(PaymentMatch.objects.get(payment=undone), "not theirs", person)
    ledger.payment("pay_1", person="p", order_number="1043")
    ledger.payment("pay_2", order_number="1043")
    ledger.order("1043", person="p")
    keep.keep()
    keep.recount()
    kept = {row.payment_id: row for row in PaymentMatch.objects.all()}
    assert (kept[chosen.pk].order, kept[chosen.pk].how) == (right, "person")
    assert (kept[undone.pk].order, kept[undone.pk].how) == (None, "person")
    assert [(row.verb, row.reason, row.person) for row in MatchDecision.objects.order_by("pk")] == [
        ("choose", "told by phone", person),
        ("undo", "not theirs", person),
    ]
    assert other.number == "1043"


def test_a_payment_that_is_released_is_matched_by_itself_again(ledger: Ledger) -> None:
    order = ledger.order("1042")
    payment = ledger.payment("pay_1", order_number="1042")
    keep.keep()
    match = PaymentMatch.objects.get(payment=payment)
    decisions.undo(match, "a mistake", None)
    assert open_kinds() == ["order_without_payment", "paid_without_order"]
    match.refresh_from_db()
    assert decisions.release(match, "it was right", None)
    match.refresh_from_db()
    assert (match.order, match.how, match.is_decided) == (order, "reference", False)
    assert open_kinds() == []


def test_an_order_that_a_person_gave_away_is_no_twins_candidate(ledger: Ledger) -> None:
    first, second = ledger.order("1042", person="p"), ledger.order("1043", person="p")
    ledger.payment("pay_1", person="p")
    ledger.payment("pay_2", person="p")
    assert open_kinds() == ["choose_order", "choose_order"]
    decisions.choose(PaymentMatch.objects.get(payment__external_id="pay_1"), first, "asked", None)
    assert open_kinds() == []
    assert PaymentMatch.objects.get(payment__external_id="pay_2").order == second


def test_what_may_be_on_its_way_is_not_listed_yet(ledger: Ledger) -> None:
    now = timezone.now()
    ledger.payment("pay_1", created_at=now - timedelta(minutes=59), order_number="77")
    ledger.payment("pay_2", created_at=now - timedelta(minutes=61), order_number="78")
    keep.keep()
    assert [
        row.payment.external_id for row in PaymentMismatch.objects.filter(listed(now)) if row.payment
    ] == ["pay_2"]
    assert PaymentMismatch.objects.filter(on_their_way(now)).count() == 1
    PaymentCheck.objects.update(grace_minutes=30)
    assert PaymentMismatch.objects.filter(listed(now)).count() == 2


def test_sums_are_by_currency(ledger: Ledger) -> None:
    ledger.payment("pay_1", "10.00", order_number="77")
    ledger.payment("pay_2", "5.50", order_number="78")
    ledger.payment("pay_3", "1000", order_number="79", currency="JPY")
    keep.keep()
    (entry,) = by_kind(listed())
    assert entry.count == 3
    assert entry.sums == {"EUR": (2, Decimal("15.50")), "JPY": (1, Decimal(1000))}


def test_what_a_shop_tells_of_payments_is_not_taken_for_the_providers_word(ledger: Ledger) -> None:
    ledger.order("1042")
    paid = ledger.payment("pay_1", order_number="1042")
    told = {"amount": Decimal(25), "order_number": "1042", "status": "paid", "created_at": timezone.now()}
    ledger._row(type(paid), ledger.shop, "tx_1", **told)
    assert open_kinds() == [], "it is not paid twice"
    assert [row.payment for row in PaymentMatch.objects.all()] == [paid]


def test_what_a_person_decides_while_a_look_is_under_way_stays(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = ledger.order("1042")
    payment = ledger.payment("pay_1", order_number="99")
    keep.keep()
    write = store._write_matches

    def decided_first(new: Any, other: Any, now: Any) -> None:
        monkeypatch.setattr(store, "_write_matches", write)
        decisions.choose(PaymentMatch.objects.get(payment=payment), right, "told by phone", None)
        write(new, other, now)

    monkeypatch.setattr(store, "_write_matches", decided_first)
    ledger.payment("pay_1", order_number="98")
    keep.keep()
    match = PaymentMatch.objects.get(payment=payment)
    assert (match.order, match.how, match.is_decided) == (right, "person", True)


def test_rates_that_a_person_entered_go_before_what_was_learned(ledger: Ledger) -> None:
    for number in range(20):
        amount = Decimal(10 + number * 5)
        fee = (amount * Decimal("0.015") + Decimal("0.25")).quantize(Decimal("0.01"))
        ledger.order(str(number), str(amount))
        ledger.payment(f"pay_{number}", str(amount), order_number=str(number), fee=fee)
    assert open_kinds() == []
    learned = FeeRate.objects.get()
    assert (learned.is_learned, learned.currency) == (True, "EUR")
    FeeRate.objects.create(connection=ledger.provider, currency="EUR", percent="1.0", fixed="0.25")
    assert open_kinds() == ["fee_unexplained"] * 20
    FeeRate.objects.create(connection=ledger.provider, currency="EUR", percent="1.5", fixed="0.25")
    assert open_kinds() == [], "several rates may be right"


def test_a_recount_finds_and_mends_what_was_missed_and_says_so(ledger: Ledger) -> None:
    ledger.order("1042")
    ledger.payment("pay_1", "20.00", order_number="1042")
    keep.keep()
    old = timezone.now() - timedelta(hours=2)
    for row in (ledger.order("1042"), ledger.payment("pay_1", "20.00", order_number="1042")):
        type(row).objects.filter(pk=row.pk).update(booked_at=old)
    PaymentMismatch.objects.all().delete()
    assert keep.recount() == 1
    assert PaymentMismatch.objects.count() == 1
    assert PaymentCheck.objects.get().recount_found == 1
    assert keep.recount() is None, "once a night"


def test_a_look_costs_the_same_however_much_is_in_the_books(ledger: Ledger) -> None:
    def cost(number: int) -> int:
        ledger.order(str(number), f"{number}.00", person=f"p{number}")
        ledger.payment(f"pay_{number}", f"{number}.00", order_number=str(number), person=f"p{number}")
        PaymentCheck.objects.update(read_until=timezone.now() + keep.LOOK_BACK - timedelta(seconds=1))
        with CaptureQueriesContext(connection) as seen:
            keep.keep()
        return len(seen)

    cost(1000)
    few = cost(1001)
    old = timezone.now() - timedelta(hours=1)
    for number in range(2000, 2060):
        for row in (
            ledger.order(str(number), f"{number}.00"),
            ledger.payment(f"pay_{number}", f"{number}.00", order_number=str(number)),
        ):
            type(row).objects.filter(pk=row.pk).update(booked_at=old)
    assert cost(1002) == few
