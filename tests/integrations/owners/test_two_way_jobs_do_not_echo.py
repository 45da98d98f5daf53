"""A → B and B → A of one kind: whatever both sides change and whatever the platforms make of it, they come to rest
with the same values, and each change costs a bounded number of writes. Writes are counted at the platforms."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import Any

import pytest

from integrations.sync import deliver, endings, intents

from .two_sides import FIELDS, Side, TwoSides

PERSON = {"name": "Ada", "email": "a@example.com", "phone": "1", "city": "Ghent"}

SPELLINGS: list[Callable[[str], str]] = [str.upper, str.strip, str.lower, str.title]


def both(two: TwoSides, number: str = "1") -> list[dict[str, object]]:
    return [two.shop.values(number), two.crm.values(number)]


def one_person(two: TwoSides) -> None:
    two.configure()
    two.shop.add(**PERSON)
    assert two.settle() == 1


def test_what_was_carried_is_not_carried_back(two: TwoSides) -> None:
    one_person(two)
    two.crm.edit("1", city="Bruges")
    assert two.settle() == 1
    assert both(two) == [{**PERSON, "city": "Bruges"}] * 2


@pytest.mark.parametrize("answers", ["whole", "more", "nothing"])
def test_platforms_that_write_it_in_their_own_way_are_written_once(two: TwoSides, answers: str) -> None:
    two.shop.normal, two.crm.normal = str.upper, str.lower
    two.shop.answers = two.crm.answers = answers
    one_person(two)
    two.shop.edit("1", name="grace")
    assert two.settle() == 1
    two.crm.edit("1", name="Joan")
    assert two.settle() == 1
    assert [row["name"] for row in both(two)] == ["JOAN", "joan"]


def test_what_is_set_back_to_an_earlier_value_is_carried(two: TwoSides) -> None:
    one_person(two)
    two.crm.edit("1", city="Bruges")
    two.settle()
    two.shop.edit("1", city="Ghent")
    assert two.settle() == 1
    assert both(two) == [PERSON, PERSON]


@pytest.mark.parametrize("first", ["to-crm", "to-shop"])
def test_changes_on_both_sides_at_the_same_time_do_not_swap(two: TwoSides, first: str) -> None:
    one_person(two)
    two.shop.edit("1", city="Bruges")
    two.crm.edit("1", city="Namur")
    for key in ("to-crm", "to-shop"):
        two.read(key)
    second = {"to-crm": "to-shop", "to-shop": "to-crm"}[first]
    two.deliver(first)
    two.deliver(second)
    assert two.settle() == 0
    assert both(two)[0] == both(two)[1] == {**PERSON, "city": {"to-crm": "Bruges", "to-shop": "Namur"}[first]}


def test_an_answer_that_is_lost_does_not_come_back_as_a_change(two: TwoSides) -> None:
    one_person(two)
    two.crm.loses = 1
    two.shop.edit("1", city="Bruges")
    assert two.settle() == 2
    assert both(two) == [{**PERSON, "city": "Bruges"}] * 2


# Seconds until what had no answer is tried again: longer than a busy machine takes for a read and a few short looks.
PAUSE = 8.0


def drain(two: TwoSides, key: str, until: Callable[[], object] | None = None) -> None:
    """In a few short looks, or as many as it takes until `until` holds; what waits is left."""
    ends = time.monotonic() + PAUSE - 2
    for _ in range(1_000 if until is not None else 2):
        deliver.drain(two.job(key).pk, time.monotonic() + 0.3)
        if time.monotonic() > ends or (until is not None and until()):
            return


def test_a_thing_whose_making_was_not_answered_is_not_made_again_by_the_other_job(
    two: TwoSides, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(endings, "FIRST_PAUSE", PAUSE)
    two.configure()
    two.crm.loses = 1
    two.shop.add(**PERSON)
    two.read("to-crm")
    drain(two, "to-crm", until=lambda: two.crm.told)
    two.read("to-shop")
    drain(two, "to-shop")
    assert ([name for name, _ in two.crm.told], two.shop.told) == (["create"], [])
    two.deliver("to-crm", "to-shop")
    two.settle()
    assert (list(two.shop.people), list(two.crm.people)) == (["1"], ["1"])
    two.crm.edit("1", city="Bruges")
    two.settle()
    assert both(two) == [{**PERSON, "city": "Bruges"}] * 2


def test_what_a_write_without_an_answer_is_on_its_way_to_is_left_alone(
    two: TwoSides, monkeypatch: pytest.MonkeyPatch
) -> None:
    one_person(two)
    monkeypatch.setattr(endings, "FIRST_PAUSE", PAUSE)
    two.crm.loses = 1
    two.shop.edit("1", city="Bruges")
    two.read("to-crm")
    drain(two, "to-crm", until=lambda: not two.crm.loses)
    two.crm.edit("1", city="Namur")
    two.read("to-shop")
    drain(two, "to-shop")
    assert two.shop.told == []
    two.deliver("to-crm", "to-shop")
    two.settle()
    assert both(two)[0] == both(two)[1]


def test_a_write_that_was_weighed_before_the_other_one_arrived_is_weighed_anew(
    two: TwoSides, monkeypatch: pytest.MonkeyPatch
) -> None:
    one_person(two)
    two.shop.edit("1", city="Bruges")
    two.crm.edit("1", city="Namur")
    two.read("to-crm")
    two.read("to-shop")
    meanwhile = iter([lambda: two.deliver("to-shop")])
    make = intents.new_intent

    def slow(*args: Any) -> intents.NewIntent:
        next(meanwhile, lambda: None)()
        return make(*args)

    monkeypatch.setattr(intents, "new_intent", slow)
    two.deliver("to-crm")
    assert two.settle() == 0
    assert both(two) == [{**PERSON, "city": "Namur"}] * 2


def test_the_same_content_may_come_back_where_nothing_tells_when_it_changed(two: TwoSides) -> None:
    two.shop.dated = two.crm.dated = False
    one_person(two)
    two.crm.edit("1", city="Bruges")
    assert two.settle() == 1
    for city in ("Ghent", "Bruges", "Ghent"):
        two.shop.edit("1", city=city)
        assert two.settle() == 1
    assert both(two) == [PERSON, PERSON]


def change(two: TwoSides, chance: random.Random, side: Side) -> None:
    number = chance.choice(list(side.people))
    name = chance.choice(FIELDS[:1] + FIELDS[2:])
    side.edit(number, **{name: chance.choice("xyz")})


@pytest.mark.parametrize("seed", range(6))
def test_random_changes_on_both_sides_come_to_rest_alike(two: TwoSides, seed: int) -> None:
    chance = random.Random(seed)
    two.shop.answers = chance.choice(["whole", "more", "nothing"])
    two.crm.answers = chance.choice(["whole", "more", "nothing"])
    two.shop.normal = SPELLINGS[chance.randrange(2)]
    two.crm.normal = SPELLINGS[2 + chance.randrange(2)]
    two.configure()
    for number in range(3):
        two.shop.add(name="x", email=f"{number}@example.com", phone="y", city="z")
    two.settle()
    before, changes, faults = two.writes, 0, 0
    for _ in range(40):
        side = chance.choice([two.shop, two.crm])
        match chance.randrange(8):
            case 0 | 1 | 2:
                change(two, chance, side)
                changes += 1
            case 3 | 4:
                two.read(chance.choice(["to-crm", "to-shop"]))
            case 5 | 6:
                two.deliver(chance.choice(["to-crm", "to-shop"]))
            case _:
                side.loses, side.refuses = chance.randrange(2), chance.randrange(2)
                faults += side.loses
    two.settle()
    for known in two.shop.people:
        ours, theirs = two.shop.values(known), two.crm.values(known)
        assert [two.crm.normal(str(value)) for value in ours.values()] == [str(v) for v in theirs.values()]
    assert two.errors() == []
    assert two.writes - before <= changes + faults, (two.writes - before, changes, faults)
