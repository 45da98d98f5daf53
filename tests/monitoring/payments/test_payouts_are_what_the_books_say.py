"""A payout is the sum of its entries, and each of these is something that the books know, of the same amount."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from integrations.models import BookedPayout, BookedPayoutPart
from monitoring.models import PaymentMismatch
from monitoring.payments import entries, keep
from monitoring.payments.facts import BookedFact, PartFact, PayoutFact
from monitoring.payments.findings import Finding, Kind
from monitoring.payments.payouts import Tally, of_payout, of_untold
from tests.monitoring.payments.booked import Ledger, open_kinds
from tests.monitoring.payments.facts import NOON, payment

# Pure: facts in, findings out.


def payout(amount: str, **more: Any) -> PayoutFact:
    return PayoutFact(1, 2, "po_1", "EUR", Decimal(amount), **{"status": "paid", "created_at": NOON, **more})


def entry(kind: str, of: str, net: str, *booked: str, fee: str | None = None, **more: Any) -> PartFact:
    """`booked`: amount, currency and fee in the books; nothing where they do not know it."""
    amount = more.pop("amount", net)
    known = None
    if booked:
        known = BookedFact(Decimal(booked[0]), booked[1], Decimal(booked[2]) if len(booked) > 2 else None)
    return PartFact(
        Decimal(net), kind, of, Decimal(amount), Decimal(fee) if fee else None, "EUR", known, **more
    )


KNOWN = (
    entry("payment", "pay_1", "24.37", "25.00", "EUR", "0.63", amount="25.00", fee="0.63"),
    entry("payment", "pay_2", "9.60", "10.00", "EUR", amount="10.00", fee="0.40"),
    entry("refund", "re_1", "-5.00", "5.00", "EUR"),
    entry("dispute", "dp_1", "-10.00", "10.00", "EUR"),
    entry("fee", "fee_1", "-2.00"),
)


def judged(amount: str, *parts: PartFact, is_covered: bool = True, **more: Any) -> list[Finding]:
    tally = Tally()
    tally.add(parts)
    return of_payout(payout(amount, **more), tally, is_covered=is_covered)


@pytest.mark.parametrize(("amount", "fee"), [("16.97", None), ("16.72", "0.25")])
def test_a_payout_of_entries_that_the_books_know_says_nothing(amount: str, fee: str | None) -> None:
    assert judged(amount, *KNOWN, fee=Decimal(fee) if fee else None) == []


def test_a_payout_that_does_not_add_up_is_told() -> None:
    (finding,) = judged("20.00", *KNOWN)
    assert (finding.kind, finding.amount, finding.expected) == (
        Kind.PAYOUT_DIFFERS,
        Decimal("20.00"),
        Decimal("16.97"),
    )
    assert "its entries (5) come to 16.97" in finding.sentence
    assert "look for the 3.03" in finding.sentence


def test_entries_that_the_books_do_not_know_are_told_with_what_they_add_and_what_to_do() -> None:
    strange = [entry("refund", f"re_{number}", "-1.00") for number in range(2, 6)]
    (finding,) = judged("12.97", *KNOWN, *strange)
    assert (finding.kind, finding.amount) == (Kind.PAYOUT_ENTRY_UNKNOWN, Decimal("-4.00"))
    assert finding.sentence == (
        "The payout of 12.97 EUR has entries (4) that the books do not explain: re_2 (-1.00), re_3 (-1.00), "
        "re_4 (-1.00) and 1 more. Run the provider's jobs for payments, refunds and disputes; look up at the provider "
        "what is listed after that, and set it aside if it is right."
    )


def test_an_entry_that_is_neither_payment_refund_dispute_nor_fee_is_told() -> None:
    (finding,) = judged("9.97", *KNOWN, entry("other", "", "-7.00"))
    assert finding.kind == Kind.PAYOUT_ENTRY_UNKNOWN
    assert "other (-7.00)" in finding.sentence


def test_of_a_provider_whose_payments_were_not_booked_yet_nothing_is_missed() -> None:
    assert judged("12.00", entry("payment", "pay_9", "12.00"), is_covered=False) == []


@pytest.mark.parametrize(
    ("booked", "told"),
    [
        (("26.00", "EUR", "0.63"), "pay_1 is 25.00 in the payout and 26.00 in the books"),
        (("25.00", "EUR", "0.60"), "the fee of pay_1 is 0.63 in the payout and 0.60 in the books"),
        (("25.00", "EUR"), ""),
        # The payout is in the currency of the account; the payment was made in another one.
        (("27.10", "USD", "0.70"), ""),
    ],
)
def test_an_entry_of_another_amount_or_fee_than_booked_is_told(booked: tuple[str, ...], told: str) -> None:
    found = judged("24.37", entry("payment", "pay_1", "24.37", *booked, amount="25.00", fee="0.63"))
    assert [finding.kind for finding in found] == ([Kind.PAYOUT_ENTRY_DIFFERS] if told else [])
    assert all(told in finding.sentence for finding in found)


@pytest.mark.parametrize("status", ["failed", "cancelled"])
def test_of_a_payout_that_never_arrived_nothing_is_told(status: str) -> None:
    assert judged("99.00", *KNOWN, entry("payment", "pay_9", "1.00"), status=status) == []
    assert of_untold(payout("99.00", status=status), [payment()]) == []


def test_where_entries_are_not_told_a_payout_is_no_more_than_its_payments() -> None:
    known = [payment("25.00", fee=Decimal("0.63")), payment("10.00", net=Decimal("9.60"))]
    assert of_untold(payout("28.97"), known) == [], "a refund may be among them"
    (finding,) = of_untold(payout("40.00"), known)
    assert finding.expected == Decimal("33.97")


def test_a_payout_of_which_nothing_is_known_says_nothing() -> None:
    assert judged("20.00") == []
    assert of_untold(payout("20.00"), []) == []


# In the books, whatever comes first.


def sent(ledger: Ledger, amount: str, *parts: tuple[str, str, str]) -> BookedPayout:
    """`parts`: kind, id at the provider, and what it adds."""
    row = ledger.payout("po_1", amount)
    row.parts.all().delete()
    BookedPayoutPart.objects.bulk_create(
        BookedPayoutPart(payout=row, position=at, kind=kind, of=of, amount=net, net=net)
        for at, (kind, of, net) in enumerate(parts, 1)
    )
    return row


@pytest.fixture
def booked(ledger: Ledger) -> Ledger:
    ledger.order("1042")
    ledger.payment("ch_1", order_number="1042", reference="pi_1", fee=Decimal(0))
    return ledger


@pytest.mark.django_db
def test_a_payment_refund_or_dispute_that_is_booked_later_explains_its_entry(booked: Ledger) -> None:
    sent(booked, "-5.00", ("payment", "pi_1", "25"), ("refund", "re_1", "-5"), ("dispute", "dp_1", "-25"))
    assert open_kinds() == ["payout_entry_unknown"]
    assert PaymentMismatch.objects.get().amount == Decimal(-30)
    booked.refund("re_1", "5.00", payment_external_id="ch_1")
    booked.refund("sr_1", "5.00", source=booked.shop, order_external_id="id-1042", order_number="1042")
    assert open_kinds() == ["payout_entry_unknown"]
    assert PaymentMismatch.objects.get(settled_at=None).amount == Decimal(-25)
    booked.dispute("dp_1", "ch_1", status="lost")
    assert open_kinds() == []


@pytest.mark.django_db
def test_a_payment_that_changes_afterwards_makes_its_entry_differ_until_it_is_right(booked: Ledger) -> None:
    sent(booked, "25.00", ("payment", "ch_1", "25"))
    assert open_kinds() == []
    booked.payment("ch_1", "20.00", order_number="1042", reference="pi_1")
    assert open_kinds() == ["amount_differs", "payout_entry_differs"]
    booked.payment("ch_1", "25.00", order_number="1042", reference="pi_1")
    assert open_kinds() == []


@pytest.mark.django_db
def test_another_providers_payment_of_the_same_id_explains_nothing(booked: Ledger) -> None:
    booked._row(type(booked.payment("ch_1")), booked.shop, "ch_2", amount=Decimal(25))
    sent(booked, "25.00", ("payment", "ch_2", "25"))
    assert "payout_entry_unknown" in open_kinds()


@pytest.mark.django_db
def test_a_payout_is_looked_at_once_and_not_again_for_each_of_its_payments(booked: Ledger) -> None:
    for number in range(1, 41):
        booked.payment(f"more_{number}", "1.00", order_number="1042")
    parts = [("payment", f"more_{number}", "1") for number in range(1, 41)]
    row = sent(booked, "65.00", ("payment", "ch_1", "25"), *parts)
    keep.keep()
    assert (
        entries.payouts_to_judge({type(booked.payment("more_1", "1.00", order_number="1042")): {1}}) == set()
    )
    changed = booked.payment("more_1", "2.00", order_number="1042")
    assert entries.payouts_to_judge({type(changed): {changed.pk}}) == {row.pk}


@pytest.mark.django_db
def test_the_entries_of_a_payout_are_read_some_hundred_at_a_time(
    booked: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(entries, "AT_ONCE", 10)
    row = sent(booked, "35.00", *[("payment", "ch_1", "1")] * 35)
    largest = 0
    judge = entries._facts

    def watched(payout: BookedPayout, rows: Any) -> list[PartFact]:
        nonlocal largest
        largest = max(largest, len(rows))
        return judge(payout, rows)

    monkeypatch.setattr(entries, "_facts", watched)
    with CaptureQueriesContext(connection) as seen:
        tally = entries.tally_of(row)
    assert (tally.count, tally.net, largest) == (35, Decimal(35), 10)
    assert len(seen) == 5
