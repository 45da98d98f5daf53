from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import transaction

from integrations.models import BookedCustomer, Connection, SyncJob
from integrations.sync import intents
from integrations.sync import people as people_of_the_portal
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


def while_it_locks(monkeypatch: pytest.MonkeyPatch, key: str, meanwhile: Callable[[], None]) -> None:
    """What happens between the moment at which this job's records were weighed and that at which they are locked."""
    lock, left = intents.lock, [meanwhile]

    def locked(job: SyncJob, *arguments: Any) -> Any:
        if job.key == f"people-{key}" and left:
            left.pop()()
        return lock(job, *arguments)

    monkeypatch.setattr("integrations.sync.deliver.intents.lock", locked)


def test_a_person_who_is_made_from_two_shops_at_the_same_moment_is_made_once(
    people: PeopleWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    people.register(name="Ada L", email=ADA)
    people.register("shop2", name="Ada Lovelace", email=ADA)
    people.sandbox.control("PUT", "/crm/settings", {"search_lag": 60})
    keys = ("customers-to-crm-shop", "customers-to-crm-shop2")
    people.read(*keys)
    while_it_locks(monkeypatch, keys[0], lambda: people.deliver(keys[1]))
    people.deliver(*keys)
    assert people.shown("crm", "name") == [("Ada L",)]


def test_a_withdrawal_that_comes_while_a_consent_is_on_its_way_is_not_overtaken(
    people: PeopleWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = {"channel": "email", "given": True, "at": "2026-11-16T10:00:00Z", "source": "account"}
    people.register(name="Ada L", email=ADA, consents=[given])
    withdrawn = {**given, "given": False, "at": "2026-11-17T10:00:00Z"}
    people.register("shop2", name="Ada L", email=ADA, consents=[withdrawn])
    keys = ("customers-to-mail-shop", "customers-to-mail-shop2")
    people.read(*keys)
    while_it_locks(monkeypatch, keys[0], lambda: people.deliver(keys[1]))
    people.deliver(*keys)
    assert people.shown("mail", "consent") == [(False,)]


def test_a_contact_that_a_person_chose_is_the_one_that_is_written(people: PeopleWorld) -> None:
    kept = people.by_hand("crm", name="Ada One", email=ADA)
    left = people.by_hand("crm", name="Ada Two", email="ada.two@example.com")
    first = people.register(name="Ada L", email=ADA)
    second = people.register("shop2", name="Ada T", email="ada.two@example.com")
    people.carry("customers-to-crm-shop", "customers-to-crm-shop2")
    with transaction.atomic():
        people_of_the_portal.keep_one(
            Connection.objects.get(key="crm").pk, "contacts", kept["id"], left["id"]
        )
    people.edit(first, name="Ada King")
    people.edit(second, "shop2", name="Countess")
    people.carry("customers-to-crm-shop", "customers-to-crm-shop2")
    assert people.shown("crm", "name") == [("Ada King",), ("Ada T",)]


def test_only_where_a_person_is_known_by_the_address_is_there_one_contact(people: PeopleWorld) -> None:
    """The books have a row for each record: they are to show who is there twice."""
    people.keep_books("crm")
    people.by_hand("crm", name="Ada One", email=ADA)
    people.by_hand("crm", name="Ada Two", email=ADA.upper())
    people.carry("contacts-to-books")
    assert BookedCustomer.objects.count() == 2
