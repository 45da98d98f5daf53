"""A store's people over two shops, a CRM, a help desk and a mailing tool, while all of them misbehave.

Each row of `PEOPLE` says what stands where before, and what must stand where afterwards; both are written here and
compared with what the systems hold, from outside.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

import pytest

from monitoring import merges
from monitoring.models import MergeProposal
from tests.sandbox.running import Json, SandboxProcess

from .people_world import PeopleWorld

MONDAY, TUESDAY = "2026-11-16T10:00:00.000Z", "2026-11-17T10:00:00.000Z"
# Country, how its people write a number, and the same number with the country's code.
COUNTRIES = (
    ("DE", "0221 / 200-{0}", "+49221200{0}"),
    ("US", "(415) 200-{0}", "+1415200{0}"),
    ("GB", "020 7946 {0}", "+44207946{0}"),
    ("FR", "01.99.00.{1}.{2}", "+331990{3}"),
    ("JP", "03-1200-{0}", "+8131200{0}"),
)
NUMBER = 220


@dataclass(frozen=True)
class Person:
    number: int

    @property
    def shops(self) -> tuple[str, ...]:
        return (("shop", "shop2"), ("shop",), ("shop2",))[self.number % 3]

    @property
    def has_email(self) -> bool:
        return self.number % 22 != 7

    @property
    def email(self) -> str:
        return f"person.{self.number}@example.com" if self.has_email else ""

    @property
    def name(self) -> str:
        return f"Ada {self.number:03d} 🌿"

    @property
    def country(self) -> str:
        return COUNTRIES[self.number % 5][0]

    def phone(self, form: int) -> str:
        digits = f"{2000 + self.number:04d}"
        return COUNTRIES[self.number % 5][form].format(digits, digits[:2], digits[2:], f"0{digits}")

    @property
    def is_in_crm_before(self) -> bool:
        """Salespeople made them by hand, with a phone and a company of their own."""
        return self.number % 10 == 0

    @property
    def is_in_desk_before(self) -> bool:
        return self.number % 10 == 5 and self.has_email

    @property
    def says_no(self) -> bool:
        """In the second shop, a day after the yes in the first."""
        return self.number % 12 == 0

    @property
    def says_yes(self) -> bool:
        return self.number % 4 == 0


PEOPLE = [Person(number) for number in range(NUMBER)]
# They change their address, or are erased, after the first day.
MOVES = {number for number in range(NUMBER) if number % 30 == 1}
ERASED = {number for number in range(NUMBER) if number % 50 == 4}
# Contacts that only the CRM has: each of these twice under one address, and each of those with another's phone.
TWICE = [f"twice.{number}@example.com" for number in range(12)]
SHARED = [f"+4922130000{number:02d}" for number in range(8)]
FAULTS = (
    "rate_limited",
    "error_before",
    "error_after",
    "no_answer_before",
    "no_answer",
    "cut",
    "malformed",
    "slow",
)


@pytest.fixture
def people(process: SandboxProcess, transactional_db: None) -> PeopleWorld:
    process.control("POST", "/reset", {})
    made = PeopleWorld(process)
    made.keep_books("crm")
    return made


def misbehave(people: PeopleWorld) -> None:
    for system in ("crm", "desk"):
        for place, kind in enumerate(FAULTS):
            options = {"method": "POST", "path": "^/(contacts|users)$", "count": 3, "after": 5 + 12 * place}
            people.sandbox.fault(system, kind, seconds=0.2, retry_after=0, **options)
            changes = {"method": "PATCH", "count": 2, "after": 2 + 3 * place}
            people.sandbox.fault(system, kind, seconds=0.2, retry_after=0, **changes)
    for shop in ("shop", "shop2"):
        people.sandbox.fault(shop, "duplicate_rows", path="^/customers$", count=2)
        people.sandbox.fault(shop, "shuffled_rows", path="^/customers$", count=1)


def stand_before(people: PeopleWorld) -> None:
    for person in PEOPLE:
        known: dict[str, Any] = (
            {"email": person.email.upper()} if person.has_email else {"phone": person.phone(2)}
        )
        if person.is_in_crm_before:
            people.by_hand("crm", name="By hand", company=f"Company {person.number}", **known)
        if person.is_in_desk_before:
            people.by_hand("desk", name="A writer", **known)
    for email in TWICE:
        for name in (email, f" {email.title()} "):
            people.by_hand("crm", name="Twice", email=name)
    for number, phone in enumerate(SHARED):
        for side in ("a", "b"):
            people.by_hand("crm", name="Shared", email=f"shared.{number}.{side}@example.com", phone=phone)


def register(people: PeopleWorld, person: Person) -> dict[str, Json]:
    """Each shop has its own spelling of the person."""
    made = {}
    for shop in person.shops:
        is_first = shop == person.shops[0]
        said = {"channel": "email", "given": True, "at": MONDAY, "source": "checkout"}
        if person.says_no and not is_first:
            said = {**said, "given": False, "at": TUESDAY}
        made[shop] = people.register(
            shop,
            name=person.name if is_first else person.name.upper(),
            email=(person.email if is_first else f" {person.email.upper()} ") or None,
            phone=person.phone(1),
            address={"country": person.country, "city": "Köln"},
            consents=[said] if person.says_yes else [],
        )
    return made


def second_day(people: PeopleWorld, made: dict[int, dict[str, Json]]) -> None:
    for person in PEOPLE:
        accounts = made[person.number]
        first = person.shops[0]
        if person.number in MOVES and person.has_email:
            people.edit(accounts[first], first, email=f"moved.{person.number}@example.com")
        elif person.number in ERASED:
            for shop, account in accounts.items():
                people.sandbox.control("POST", f"/{shop}/customers/{account['id']}/erase")
        elif len(accounts) == 2:
            people.edit(accounts["shop2"], "shop2", name="Written against the first")


def wanted_email(person: Person) -> str:
    if not person.has_email:
        return ""
    return f"moved.{person.number}@example.com" if person.number in MOVES else person.email


def wanted_consent(person: Person) -> bool | None:
    if not person.says_yes or not person.has_email:
        return None
    return not (person.says_no and len(person.shops) == 2)


def of(held: list[Json], name: str) -> list[Json]:
    return [one for one in held if one["name"] == name]


@pytest.mark.long
@pytest.mark.timeout(600)
def test_one_contact_for_each_person_with_the_owners_values(people: PeopleWorld) -> None:
    stand_before(people)
    made = {person.number: register(people, person) for person in PEOPLE}
    misbehave(people)
    people.carry()
    second_day(people, made)
    people.carry()
    people.carry("contacts-to-books")

    assert people.open_errors() == []
    fired = sum(rule["fired"] for rule in people.sandbox.control("GET", "/faults")["faults"])
    assert fired > 60
    crm, desk, mail = people.held("crm"), people.held("desk"), people.held("mail")
    # The contacts of the CRM alone come to the help desk as well: each address once.
    assert len(crm) == NUMBER + 2 * len(TWICE) + 2 * len(SHARED)
    assert len(desk) == NUMBER + len(TWICE) + 2 * len(SHARED)
    by_name = Counter(one["name"] for one in crm)
    assert (by_name["By hand"], by_name["A writer"], by_name["Written against the first"]) == (0, 0, 0)
    for person in PEOPLE:
        (contact,) = of(crm, person.name)
        (user,) = of(desk, person.name)
        company = f"Company {person.number}" if person.is_in_crm_before else None
        assert (contact["email"] or "", user["email"] or "") == (wanted_email(person), wanted_email(person))
        assert (contact["company"], user["company"]) == (company, company)
        # Without an address the phone is how the CRM knows them; else it is for salespeople to enter.
        assert contact["phone"] == (None if person.has_email else person.phone(2))
        assert contact["address"]["city"] == "Köln"
        profiles = [one["consent"] for one in mail if one["email"] == person.email]
        assert profiles == ([wanted_consent(person)] if person.has_email else [])

    merges.propose()
    ids = {one["id"]: one for one in crm}
    found = {
        frozenset((row.first_id, row.second_id))
        for row in MergeProposal.objects.all()
        if {ids[row.first_id]["name"], ids[row.second_id]["name"]} <= {"Twice", "Shared"}
    }
    planted = {
        frozenset(one["id"] for one in crm if str(one["email"]).strip().lower() == email) for email in TWICE
    } | {frozenset(one["id"] for one in crm if one["phone"] == phone) for phone in SHARED}
    assert found == planted
    assert MergeProposal.objects.count() == len(planted)
