"""A field whose first value is anyone's is filled once, by the job that makes the record; then it is its owner's."""

from __future__ import annotations

from typing import Any

import pytest

from integrations.models import Conflict

from .two_sides import PEOPLE, TwoSides

PERSON = {"name": "Ada", "email": "a@example.com", "phone": "1", "city": "Ghent"}
FIRST = {"phone": {"owner": "crm", "first_value": "anyone"}}
BOTH_WAYS = ("to-crm", "to-shop")


@pytest.mark.parametrize("jobs", [("to-crm",), BOTH_WAYS])
def test_it_is_filled_as_the_record_is_made_and_that_is_one_write(
    two: TwoSides, jobs: tuple[str, ...]
) -> None:
    two.configure(FIRST, jobs=jobs)
    two.shop.add(**PERSON)
    for _ in range(3):
        two.carry(*jobs)
        two.shop.edit("1")  # a newer version with nothing new in it

    assert two.crm.values("1") == PERSON
    assert [operation for operation, _ in two.crm.told] == ["create"]
    assert two.shop.told == []


@pytest.mark.parametrize("owners", [{"phone": "crm"}, {"phone": {"owner": "crm", "first_value": "owner"}}])
def test_without_leave_only_the_owner_gives_it(two: TwoSides, owners: dict[str, Any]) -> None:
    two.configure(owners, jobs=("to-crm",))
    two.shop.add(**PERSON)
    two.carry("to-crm")

    assert two.crm.values("1") == {**PERSON, "phone": None}


def test_afterwards_it_is_the_owners_alone(two: TwoSides) -> None:
    two.configure(FIRST)
    two.shop.add(**PERSON)
    two.settle()
    two.shop.edit("1", name="Bea", phone="2")
    two.carry("to-crm")

    assert two.crm.values("1") == {**PERSON, "name": "Bea"}
    assert two.crm.told[-1] == ("update", {"name": "Bea", "email": PERSON["email"], "city": PERSON["city"]})
    assert Conflict.objects.get().field == "phone"

    two.settle()
    two.crm.edit("1", phone="3")
    two.settle()
    assert two.shop.values("1")["phone"] == two.crm.values("1")["phone"] == "3"


def test_a_record_that_requires_it_can_be_made(two: TwoSides) -> None:
    two.configure(FIRST, jobs=("to-crm",), required=("phone",))
    two.shop.add(**PERSON)
    two.carry("to-crm")

    assert two.errors() == []
    assert two.crm.values("1") == PERSON


def test_without_leave_a_record_that_requires_it_says_what_can_be_done(two: TwoSides) -> None:
    two.configure({"phone": "crm"}, jobs=("to-crm",), required=("phone",))
    two.shop.add(**PERSON)
    two.carry("to-crm")

    (sentence,) = two.errors()
    assert "let others fill this field in a new record" in sentence


def test_where_what_is_there_could_be_overwritten_it_is_left_out(
    two: TwoSides, monkeypatch: pytest.MonkeyPatch
) -> None:
    for operation in ("create", "update"):
        monkeypatch.delitem(PEOPLE, operation)
    monkeypatch.setitem(PEOPLE, "upsert", {"method": "POST", "path": "/people", "repeatable": True})
    two.configure(FIRST, jobs=("to-crm",))
    two.shop.add(**PERSON)
    two.carry("to-crm")

    assert two.crm.values("1") == {**PERSON, "phone": None}


def test_what_was_made_without_it_stays_without_it(two: TwoSides) -> None:
    two.configure({"phone": "crm"}, jobs=("to-crm",))
    two.shop.add(**PERSON)
    two.carry("to-crm")
    two.configure(FIRST, jobs=("to-crm",))
    two.shop.edit("1", city="Bruges")
    two.carry("to-crm")

    assert two.crm.values("1") == {**PERSON, "phone": None, "city": "Bruges"}


def test_after_a_lost_answer_it_is_not_given_again(two: TwoSides) -> None:
    two.configure(FIRST, jobs=("to-crm",))
    two.crm.loses = 1
    two.shop.add(**PERSON)
    two.carry("to-crm")
    two.carry("to-crm")

    # What is found there is brought to what the job writes; the phone is its owner's by then.
    assert two.crm.values("1") == PERSON
    assert ["phone" in body for _, body in two.crm.told] == [True, False]
