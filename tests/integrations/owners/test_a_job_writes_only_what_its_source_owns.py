"""The owner of a field is kept by the engine: no job from another system writes it, neither first nor later."""

from __future__ import annotations

from mappings.models import FieldOwner

from .two_sides import TwoSides

PERSON = {"name": "Ada", "email": "a@example.com", "phone": "1", "city": "Ghent"}


def test_a_field_of_another_system_is_not_in_the_body_neither_first_nor_later(two: TwoSides) -> None:
    two.configure({"phone": "crm"}, jobs=("to-crm",))
    number = two.shop.add(**PERSON)
    two.carry("to-crm")
    two.shop.edit(number, phone="2", city="Bruges")
    two.carry("to-crm")
    assert two.crm.told == [
        ("create", {"name": "Ada", "email": "a@example.com", "city": "Ghent"}),
        ("update", {"name": "Ada", "email": "a@example.com", "city": "Bruges"}),
    ]


def test_a_change_of_only_such_a_field_is_no_write_at_all(two: TwoSides) -> None:
    two.configure({"phone": "crm"}, jobs=("to-crm",))
    number = two.shop.add(**PERSON)
    two.carry("to-crm")
    two.shop.edit(number, phone="2")
    two.carry("to-crm")
    assert [operation for operation, _ in two.crm.told] == ["create"]


def test_each_direction_carries_what_its_own_side_owns(two: TwoSides) -> None:
    two.configure({"*": "shop", "phone": "crm", "address.city": "crm"})
    number = two.shop.add(**PERSON)
    two.carry("to-crm")
    two.crm.edit("1", phone="9", city="Liège", name="Somebody else")
    two.carry("to-shop")
    assert two.shop.told == [("update", {"phone": "9", "city": "Liège"})]
    assert two.shop.values(number) == {**PERSON, "phone": "9", "city": "Liège"}


def test_what_the_destination_requires_and_another_system_owns_is_told_with_its_owner(two: TwoSides) -> None:
    two.configure({"phone": "crm"}, jobs=("to-shop", "to-crm"), required=("phone",))
    two.shop.add(**PERSON)
    two.carry("to-crm")
    assert two.crm.told == []
    (sentence,) = two.errors()
    assert sentence.startswith("Customer 1: The crm requires the phone and owns it itself, so that To crm")
    assert "change the owner" in sentence


def test_with_another_owner_a_record_is_weighed_anew(two: TwoSides) -> None:
    two.configure({"phone": "crm"}, jobs=("to-crm",))
    two.shop.add(**PERSON)
    two.carry("to-crm")
    FieldOwner.objects.all().delete()
    two.carry("to-crm")
    assert two.crm.told[-1] == (
        "update",
        {"name": "Ada", "email": "a@example.com", "phone": "1", "city": "Ghent"},
    )
