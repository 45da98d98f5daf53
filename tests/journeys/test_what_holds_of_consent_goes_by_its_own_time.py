from __future__ import annotations

from typing import Any

import pytest

from integrations.models import ConsentEntry
from mappings.search import keyed_hash
from tests.sandbox.running import SandboxProcess

from .people_world import PeopleWorld

ADA = "ada@example.com"
MONDAY, TUESDAY, WEDNESDAY = (f"2026-11-{day:02d}T10:00:00.000Z" for day in (16, 17, 18))


@pytest.fixture
def people(process: SandboxProcess, transactional_db: None) -> PeopleWorld:
    process.control("POST", "/reset", {})
    return PeopleWorld(process)


def said(given: bool, at: str, channel: str = "email") -> dict[str, Any]:
    return {"channel": channel, "given": given, "at": at, "source": "account"}


def entries() -> list[tuple[str, bool]]:
    found = ConsentEntry.objects.filter(person=keyed_hash("email", ADA)).order_by("at")
    return [(entry.told_by.key, entry.given) for entry in found.select_related("told_by")]


def test_a_withdrawal_in_one_shop_is_not_undone_by_an_older_consent_of_the_other(people: PeopleWorld) -> None:
    people.register(name="Ada", email=ADA, consents=[said(False, TUESDAY)])
    people.carry("customers-to-mail-shop")
    people.register("shop2", name="Ada", email=ADA, consents=[said(True, MONDAY)])
    people.carry("customers-to-mail-shop2")
    assert people.shown("mail", "consent") == [(False,)]
    assert entries() == [("shop2", True), ("shop", False)]


def test_a_newer_consent_counts_again(people: PeopleWorld) -> None:
    customer = people.register(name="Ada", email=ADA, consents=[said(False, TUESDAY)])
    people.carry("customers-to-mail-shop")
    people.consent(customer, **said(True, WEDNESDAY))
    people.carry("customers-to-mail-shop")
    assert people.shown("mail", "consent") == [(True,)]


def test_a_withdrawal_in_the_crm_reaches_the_mailing_tool_that_only_the_shop_writes_to(
    people: PeopleWorld,
) -> None:
    people.register(name="Ada", email=ADA, consents=[said(True, MONDAY)])
    people.carry()
    assert people.shown("mail", "consent") == [(True,)]
    (contact,) = people.held("crm")
    people.by_hand("crm", contact["id"], consents=[said(False, WEDNESDAY)])
    people.carry("contacts-to-desk")
    people.deliver()
    assert people.shown("mail", "consent") == [(False,)]
    assert [one["given"] for (consents,) in people.shown("desk", "consents") for one in consents] == [False]


def test_each_channel_is_for_itself(people: PeopleWorld) -> None:
    people.register(name="Ada", email=ADA, consents=[said(True, MONDAY), said(False, TUESDAY, "sms")])
    people.carry("customers-to-crm-shop")
    ((consents,),) = people.shown("crm", "consents")
    assert [(one["channel"], one["given"]) for one in consents] == [("email", True), ("sms", False)]


def test_a_time_that_has_not_come_yet_does_not_hold_against_what_is_said_later(people: PeopleWorld) -> None:
    customer = people.register(name="Ada", email=ADA, consents=[said(True, "2099-01-01T00:00:00Z")])
    people.carry("customers-to-mail-shop")
    people.consent(customer, given=False)
    people.carry("customers-to-mail-shop")
    assert people.shown("mail", "consent") == [(False,)]


def test_a_bare_no_withdraws_only_what_was_given_there(people: PeopleWorld) -> None:
    people.by_hand("crm", name="Ada", email=ADA, consents=[said(True, MONDAY)])
    people.carry("contacts-to-desk")
    customer = people.register(name="Ada", email=ADA, accepts_marketing=False)
    people.carry()
    assert people.shown("mail", "consent") == [(True,)]
    people.edit(customer, accepts_marketing=True)
    people.carry()
    people.edit(customer, accepts_marketing=False)
    people.carry()
    assert people.shown("mail", "consent") == [(False,)]


def test_what_was_said_is_kept_once_and_without_the_person(people: PeopleWorld) -> None:
    customer = people.register(name="Ada", email=ADA, consents=[said(True, MONDAY)])
    people.carry()
    people.edit(customer, name="Ada L")
    people.carry()
    (row,) = ConsentEntry.objects.values()
    assert (row["channel"], row["given"], row["place"]) == ("email", True, "account")
    assert ADA not in str(row)
