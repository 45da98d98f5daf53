"""By what they say, else by what they look like; twins are told and never guessed."""

from __future__ import annotations

import random
from decimal import Decimal

import pytest

from monitoring.payments.match import How, Verdict, match
from tests.monitoring.payments.facts import at, order, payment


def only(verdicts: list[Verdict]) -> Verdict:
    (verdict,) = verdicts
    return verdict


def test_a_payment_that_names_its_order_is_sure() -> None:
    wanted = order("1042")
    verdict = only(match([payment(order_number="1042")], [order("1041"), wanted]))
    assert (verdict.order, verdict.how, verdict.confidence) == (wanted.id, How.REFERENCE, Decimal("1.00"))
    assert verdict.reasons == ("It names order 1042.", "The amount is the order's total.")


def test_the_shops_own_id_leads_to_the_order_too() -> None:
    wanted = order("1042")
    assert only(match([payment(order_external_id="id-1042")], [wanted, order("1043")])).order == wanted.id


@pytest.mark.parametrize("reference", ["wc-1042", "order_1042", "shop/1042"])
def test_the_end_of_a_longer_reference_is_understood_and_less_sure(reference: str) -> None:
    wanted = order("1042")
    verdict = only(match([payment(order_number=reference)], [wanted]))
    assert (verdict.order, verdict.confidence) == (wanted.id, Decimal("0.90"))


def test_part_of_the_amount_is_still_the_named_orders() -> None:
    verdict = only(match([payment("10.00", order_number="1042")], [order("1042")]))
    assert (verdict.how, verdict.confidence) == (How.REFERENCE, Decimal("0.95"))


def test_of_two_shops_with_the_same_number_the_amount_tells() -> None:
    here, there = order("1042", "25.00", source=1), order("1042", "30.00", source=9)
    verdict = only(match([payment("30.00", order_number="1042")], [here, there]))
    assert (verdict.order, verdict.confidence) == (there.id, Decimal("0.90"))


def test_the_same_number_and_amount_in_two_shops_is_for_a_person() -> None:
    here, there = order("1042", source=1), order("1042", source=9)
    verdict = only(match([payment(order_number="1042")], [here, there]))
    assert (verdict.order, verdict.how) == (None, How.AMBIGUOUS)
    assert {candidate.order for candidate in verdict.candidates} == {here.id, there.id}


def test_a_name_that_leads_nowhere_is_not_overruled_by_likeness() -> None:
    near = order("1042", person="p")
    verdict = only(match([payment(order_number="7777", person="p")], [near]))
    assert (verdict.order, verdict.how) == (None, How.NONE)
    assert verdict.reasons == ("It names order 7777, and there is none.",)
    assert [candidate.order for candidate in verdict.candidates] == [near.id], "but it is offered"


def test_without_a_name_amount_time_and_customer_tell() -> None:
    wanted = order("1042", person="p")
    verdict = only(match([payment(person="p", created_at=at(5))], [wanted, order("1043", "26.00")]))
    assert (verdict.order, verdict.how, verdict.confidence) == (wanted.id, How.LIKENESS, Decimal("0.95"))
    assert verdict.reasons == (
        "Amount and currency are equal: 25.00 EUR.",
        "The e-mail address is the same.",
        "Ordered and paid within 5 minutes.",
    )


@pytest.mark.parametrize(
    ("minutes", "person", "confidence"),
    [(5, "p", "0.95"), (90, "p", "0.90"), (60 * 40, "p", "0.85"), (5, "", "0.65")],
)
def test_how_sure_it_is_has_a_number(minutes: int, person: str, confidence: str) -> None:
    verdict = only(match([payment(person=person, created_at=at(minutes))], [order("1042", person="p")]))
    assert (verdict.how, verdict.confidence) == (How.LIKENESS, Decimal(confidence))


def test_what_is_not_sure_enough_is_asked() -> None:
    wanted = order("1042")
    verdict = only(match([payment(created_at=at(90))], [wanted]))
    assert (verdict.order, verdict.how) == (None, How.AMBIGUOUS)
    assert [candidate.order for candidate in verdict.candidates] == [wanted.id]
    assert verdict.reasons == ("One order fits, but not surely enough.",)


@pytest.mark.parametrize(
    "other",
    [
        {"currency": "USD"},
        {"amount": "25.01"},
        {"person": "q"},
        {"created_at": at(60 * 24 * 4)},
        {"created_at": None},
    ],
)
def test_another_currency_amount_customer_or_week_is_no_likeness(other: dict[str, object]) -> None:
    asked = payment(**{"person": "p", **other})  # type: ignore[arg-type]  # plain words of a test
    assert only(match([asked], [order("1042", person="p")])).how == How.NONE


def test_two_orders_alike_are_not_guessed() -> None:
    twins = [order("1042", person="p"), order("1043", person="p", placed_at=at(1))]
    verdicts = match([payment(person="p"), payment(person="p", created_at=at(2))], twins)
    assert [verdict.order for verdict in verdicts] == [None, None]
    assert [verdict.how for verdict in verdicts] == [How.AMBIGUOUS, How.AMBIGUOUS]
    for verdict in verdicts:
        assert {candidate.order for candidate in verdict.candidates} == {twin.id for twin in twins}


def test_one_payment_for_two_orders_alike_is_not_guessed() -> None:
    twins = [order("1042", person="p"), order("1043", person="p", placed_at=at(1))]
    verdict = only(match([payment(person="p")], twins))
    assert (verdict.order, verdict.how) == (None, How.AMBIGUOUS)
    assert verdict.reasons == ("Several orders fit nearly as well.",)


def test_two_payments_for_one_order_are_not_guessed() -> None:
    wanted = order("1042", person="p")
    verdicts = match([payment(person="p"), payment(person="p", created_at=at(3))], [wanted])
    assert [verdict.how for verdict in verdicts] == [How.AMBIGUOUS, How.AMBIGUOUS]
    assert verdicts[0].reasons == ("Another payment fits the same order as well.",)


def test_a_payment_that_failed_takes_no_order_from_the_one_that_came_after_it() -> None:
    wanted = order("1042", person="p")
    failed, second = payment(person="p", status="failed"), payment(person="p", created_at=at(3))
    assert [verdict.order for verdict in match([failed, second], [wanted])] == [wanted.id, wanted.id]


def test_an_order_that_another_payment_names_is_not_given_away() -> None:
    named, free = order("1042", person="p"), order("1043", person="p")
    verdicts = match([payment(order_number="1042", person="p"), payment(person="p")], [named, free])
    assert [verdict.order for verdict in verdicts] == [named.id, free.id]


def test_an_order_that_a_person_gave_away_is_not_given_again() -> None:
    given, free = order("1042", person="p"), order("1043", person="p")
    assert only(match([payment(person="p")], [given, free], taken=[given.id])).order == free.id


def test_several_payments_may_name_one_order() -> None:
    wanted = order("1042")
    parts = [payment("10.00", order_number="1042"), payment("15.00", order_number="1042")]
    assert [verdict.order for verdict in match(parts, [wanted])] == [wanted.id, wanted.id]


def test_the_order_in_which_facts_come_changes_nothing() -> None:
    orders = [
        order(str(2000 + n), f"{10 + n % 5}.00", person=f"p{n % 7}", placed_at=at(n)) for n in range(40)
    ]
    payments = [payment(f"{10 + n % 5}.00", person=f"p{n % 7}", created_at=at(n + 1)) for n in range(40)]
    expected = {verdict.payment: verdict for verdict in match(payments, orders)}
    dice = random.Random(5)
    for _ in range(5):
        dice.shuffle(orders)
        dice.shuffle(payments)
        assert {verdict.payment: verdict for verdict in match(payments, orders)} == expected


@pytest.mark.parametrize(
    ("more", "confidence", "reason"),
    [
        ({"currency": "USD"}, "0.95", "It is in USD, the order in EUR."),
        ({"person": "q"}, "0.90", "It came from another e-mail address."),
    ],
)
def test_a_named_order_of_another_currency_or_customer_is_less_sure(
    more: dict[str, str], confidence: str, reason: str
) -> None:
    wanted = order("1042", person="p")
    verdict = only(match([payment(order_number="1042", **more)], [wanted]))
    assert (verdict.order, verdict.confidence) == (wanted.id, Decimal(confidence))
    assert reason in verdict.reasons


def test_an_order_of_nothing_is_no_candidate() -> None:
    assert only(match([payment("0.00", person="p")], [order("1042", "0.00", person="p")])).how == How.NONE


@pytest.mark.parametrize(("minutes", "how"), [(1, How.AMBIGUOUS), (60 * 24, How.LIKENESS)])
def test_the_next_best_must_be_a_tenth_less_likely(minutes: int, how: How) -> None:
    """0.95 beside 0.90 is asked, beside 0.85 it is clear."""
    near = order("1042", person="p", placed_at=at(0))
    other = order("1043", person="p", placed_at=at(-20 if minutes == 1 else -minutes))
    assert only(match([payment(person="p", created_at=at(1))], [near, other])).how == how
