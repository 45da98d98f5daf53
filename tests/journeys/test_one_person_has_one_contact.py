from __future__ import annotations

import pytest

from tests.sandbox.running import SandboxProcess

from .people_world import PeopleWorld

ADA = "ada@example.com"


@pytest.fixture
def people(process: SandboxProcess, transactional_db: None) -> PeopleWorld:
    process.control("POST", "/reset", {})
    return PeopleWorld(process)


def test_who_is_there_already_by_hand_is_changed_and_not_made(people: PeopleWorld) -> None:
    people.by_hand("crm", name="A. L.", email=" ADA@Example.COM ", phone="+49 221 0000123")
    people.register(name="Ada L", email=ADA, phone="0221 0000999", address={"country": "DE"})
    people.carry("customers-to-crm-shop")
    assert people.shown("crm", "name", "email", "phone") == [("Ada L", ADA, "+49 221 0000123")]
    assert people.open_errors() == []


def test_who_has_no_address_is_found_by_the_phone(people: PeopleWorld) -> None:
    people.by_hand("crm", name="A. L.", phone="+49 221 0000123")
    people.register(name="Ada L", phone="0221 / 0000-123", address={"country": "DE"})
    people.carry("customers-to-crm-shop")
    assert people.shown("crm", "name", "phone") == [("Ada L", "+492210000123")]


def test_one_person_of_two_shops_is_one_contact_in_each_system(people: PeopleWorld) -> None:
    people.register(name="Ada L", email=ADA)
    people.register("shop2", name="Ada Lovelace", email=ADA.upper())
    people.carry()
    assert people.shown("crm", "name") == [("Ada L",)]
    assert people.shown("desk", "name") == [("Ada L",)]
    (state, reason) = people.states("customers-to-crm-shop2")[0]
    assert (state, "The same person is in The shop" in reason) == ("delivered", False)


def test_two_shops_do_not_write_against_each_other(people: PeopleWorld) -> None:
    first = people.register(name="Ada L", email=ADA)
    second = people.register("shop2", name="Ada Lovelace", email=ADA)
    people.carry()
    before = people.changes("crm")
    for turn in range(3):
        people.edit(second, "shop2", name=f"Lady {turn}")
        people.carry()
    assert people.shown("crm", "name") == [("Ada L",)]
    assert people.changes("crm") == before
    people.edit(first, name="Ada King")
    people.carry()
    assert people.shown("crm", "name") == [("Ada King",)]


def test_the_second_shop_takes_over_when_the_first_ones_record_is_gone(people: PeopleWorld) -> None:
    first = people.register(name="Ada L", email=ADA)
    second = people.register("shop2", name="Ada Lovelace", email=ADA)
    people.carry()
    people.sandbox.control("POST", f"/shop/customers/{first['id']}/erase")
    people.carry()
    people.edit(second, "shop2", name="Ada King")
    people.carry()
    assert people.shown("crm", "name") == [("Ada King",)]


def test_what_the_crm_owns_the_shop_does_not_write_and_the_desk_gets_it(people: PeopleWorld) -> None:
    customer = people.register(
        name="Ada L", email=ADA, phone="0221 0000999", company="Shop's", address={"country": "DE"}
    )
    people.carry()
    (contact,) = people.held("crm")
    assert (contact["phone"], contact["company"]) == (None, None)
    people.by_hand("crm", contact["id"], phone="+49 221 0000123", company="Engines", name="A. Sales")
    people.edit(customer, name="Ada King", phone="0221 0000777")
    people.carry()
    assert people.shown("crm", "name", "phone", "company") == [("Ada King", "+49 221 0000123", "Engines")]
    assert people.shown("desk", "name", "phone", "company") == [("Ada King", "+492210000123", "Engines")]


def test_a_changed_address_stays_with_its_contact_and_the_old_one_is_free(people: PeopleWorld) -> None:
    customer = people.register(name="Ada L", email=ADA)
    people.carry()
    people.edit(customer, email="ada.king@example.com")
    people.carry()
    people.register(name="Another Ada", email=ADA)
    people.carry()
    assert people.shown("crm", "name", "email") == [
        ("Ada L", "ada.king@example.com"),
        ("Another Ada", ADA),
    ]


def test_a_lost_answer_makes_no_second_contact(people: PeopleWorld) -> None:
    for setting in ("keys", "lookup"):
        people.sandbox.control("PUT", "/crm/settings", {"idempotency": setting})
        for kind in ("no_answer", "error_after", "cut"):
            people.sandbox.fault("crm", kind, method="POST", path="^/contacts$", count=1, seconds=0.1)
            people.register(name=f"{setting} {kind}", email=f"{setting}.{kind}@example.com")
            people.carry("customers-to-crm-shop")
    assert len(people.held("crm")) == 6
    assert people.open_errors() == []


def test_doubled_contacts_of_the_crm_are_one_user_of_the_desk(people: PeopleWorld) -> None:
    people.by_hand("crm", name="Ada One", email=ADA, phone="+492210000001")
    people.by_hand("crm", name="Ada Two", email=ADA, phone="+492210000002")
    people.carry("contacts-to-desk")
    assert people.shown("desk", "name", "phone") == [("Ada One", "+492210000001")]
