"""What looks like a card's number is one by length, issuer and check digit; numbers of vendors' own test cards."""

from __future__ import annotations

from typing import Any

import pytest

from mappings.cards import HIDDEN, is_card_number, without_card_data, without_numbers

# https://docs.stripe.com/testing#cards
CARDS = (
    "4242424242424242",
    "5555555555554444",
    "378282246310005",
    "6011111111111117",
    "30569309025904",
    "4222222222222",
)
OTHERS = ("4242424242424241", "1234567890123", "7300001001", "9780306406157", "1790000000000", "424242424242")


@pytest.mark.parametrize("number", CARDS)
def test_a_cards_number_is_known_however_it_is_written(number: str) -> None:
    assert is_card_number(number)
    spaced = " ".join(number[start : start + 4] for start in range(0, len(number), 4))
    for text in (number, spaced, spaced.replace(" ", "-")):
        assert without_numbers(f"Paid with {text}, thanks") == f"Paid with {HIDDEN}, thanks"


@pytest.mark.parametrize("number", OTHERS)
def test_other_numbers_are_left(number: str) -> None:
    assert without_numbers(f"Order {number}.") == f"Order {number}."


@pytest.mark.parametrize(
    ("told", "kept"),
    [
        (
            {
                "id": "ch_1",
                "payment_method_details": {"type": "card", "card": {"last4": "4242", "brand": "visa"}},
            },
            None,
        ),
        (
            {"id": "ch_1", "source": {"object": "card", "last4": "4242", "exp_month": 8, "number": CARDS[0]}},
            None,
        ),
        (
            {"id": "pay_1", "method": "card", "card_id": "card_1", "card": {"last4": "1111"}, "cvv": "123"},
            None,
        ),
        ({"id": "pay_1", "notes": [f"card {CARDS[1]}"], "number": int(CARDS[0])}, None),
    ],
)
def test_nothing_of_a_card_is_left_in_a_payload(told: dict[str, Any], kept: None) -> None:
    text = str(without_card_data(told))
    for word in ("4242", "1111", "exp_month", "cvv", "123", "5555"):
        assert word not in text
    assert told["id"] in text


def test_the_rest_stays_as_it_was_and_is_not_copied() -> None:
    told = {
        "id": "4242424242424242",
        "order_id": "5555555555554444",
        "amount": 1250,
        "parts": [{"net": -12.5}],
    }
    assert without_card_data(told) is told
