"""A value that the owner of a field did not give opens a conflict, which a rule, a person or the systems settle."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.db import connection, transaction

from integrations.models import Conflict, ConflictState, Side
from integrations.sync import conflicts
from integrations.sync.differences import Difference
from mappings.value_digests import value_digest

from .two_sides import TwoSides

PERSON = {"name": "Ada", "email": "a@example.com", "phone": "1", "city": "Ghent"}
ROWS = "integrations_conflict"


def begin(two: TwoSides, rule: str, **more: str) -> None:
    """The shop owns the phone, and both systems hold the same person."""
    two.configure({"phone": {"owner": "shop", "when_it_differs": rule}, **more})
    two.shop.add(**PERSON)
    two.settle()
    assert not Conflict.objects.exists()


def conflict() -> Conflict:
    return Conflict.objects.select_related("owner", "other").get()


def test_it_shows_both_sides_and_since_when(two: TwoSides) -> None:
    begin(two, "ask")
    before = datetime.now(UTC)
    two.crm.edit("1", phone="2")
    two.settle()
    found = conflict()
    assert (found.field, found.subject, found.owner.key, found.other.key) == (
        "phone",
        "Customer 1",
        "shop",
        "crm",
    )
    assert found.other_value == "2"
    assert (found.state, found.rule, found.found_by) == (ConflictState.OPEN, "ask", "to-shop")
    assert found.owner_since is not None
    assert found.other_since is not None
    assert found.owner_since < before <= found.other_since
    assert two.shop.values("1")["phone"] == "1"


def test_its_values_are_not_in_the_table_in_clear(two: TwoSides) -> None:
    begin(two, "ask")
    two.crm.edit("1", phone="0470 55 66 77")
    two.settle()
    with connection.cursor() as cursor:
        for table in (ROWS, "integrations_lastknown"):
            cursor.execute(f"SELECT * FROM {table}")
            assert "55 66 77" not in str(cursor.fetchall())


def test_where_the_owner_wins_its_value_is_written_again(two: TwoSides) -> None:
    begin(two, "owner")
    two.crm.edit("1", phone="2")
    assert two.settle() == 1
    assert two.crm.values("1") == PERSON
    assert (conflict().state, conflict().settled_how) == (ConflictState.SETTLED, "owner")


def test_where_the_newest_wins_the_owner_takes_it(two: TwoSides) -> None:
    begin(two, "newest")
    two.crm.edit("1", phone="2")
    assert two.settle() == 1
    assert two.shop.values("1") == {**PERSON, "phone": "2"}
    assert (conflict().state, conflict().settled_how) == (ConflictState.SETTLED, "other")
    assert two.settle() == 0


def test_where_the_newest_wins_a_later_value_of_the_owner_stands(two: TwoSides) -> None:
    begin(two, "newest")
    two.crm.edit("1", phone="2")
    two.shop.edit("1", phone="3")
    two.settle()
    assert two.shop.values("1") == two.crm.values("1") == {**PERSON, "phone": "3"}
    assert not Conflict.objects.filter(settled_at__isnull=True).exists()


@pytest.mark.parametrize(("side", "phone"), [(Side.OWNER, "1"), (Side.OTHER, "2")])
def test_a_person_decides_and_it_goes_by_ordinary_delivery(two: TwoSides, side: Side, phone: str) -> None:
    begin(two, "ask")
    two.crm.edit("1", phone="2")
    assert two.settle() == 0
    assert conflicts.settle(conflict(), side) == ""
    two.deliver("to-crm", "to-shop")
    assert two.shop.values("1")["phone"] == two.crm.values("1")["phone"] == phone
    assert (conflict().state, conflict().settled_how) == (ConflictState.SETTLED, side)
    assert two.settle() == 0


def test_a_second_decision_comes_too_late(two: TwoSides) -> None:
    begin(two, "ask")
    two.crm.edit("1", phone="2")
    two.settle()
    row = conflict()
    conflicts.settle(row, Side.OWNER)
    assert conflicts.settle(row, Side.OTHER) == "Somebody has decided it meanwhile."


def test_it_ends_by_itself_where_the_sides_agree_again(two: TwoSides) -> None:
    begin(two, "ask")
    two.crm.edit("1", phone="2")
    two.settle()
    two.crm.edit("1", phone="1")
    two.settle()
    assert (conflict().state, conflict().settled_how) == (ConflictState.SETTLED, "agreed")


def test_a_change_of_the_owner_is_no_conflict_and_ends_one(two: TwoSides) -> None:
    begin(two, "ask")
    two.crm.edit("1", phone="2")
    two.settle()
    two.shop.edit("1", phone="3")
    assert two.settle() == 1
    assert two.crm.values("1")["phone"] == "3"
    assert conflict().settled_how == "owner"


def test_another_spelling_is_no_conflict(two: TwoSides) -> None:
    two.crm.normal = str.lower
    begin(two, "ask", **{"address.city": "shop"})
    two.crm.edit("1", city=" ghent ")
    two.settle()
    assert not Conflict.objects.exists()


def test_without_a_job_to_carry_it_the_conflict_says_so(two: TwoSides) -> None:
    two.configure({"phone": {"owner": "shop", "when_it_differs": "newest"}}, jobs=("to-crm",))
    two.shop.add(**PERSON)
    two.carry("to-crm")
    thing = two.thing()
    found = Difference(
        thing_id=thing,
        subject="Customer 1",
        kind="customer",
        field="phone",
        rule="newest",
        owner_id=two.job("to-crm").source_id,
        other_id=two.job("to-crm").destination_id,
        other_value="2",
        other_digest=value_digest("phone", "2"),
        other_since=None,
    )
    two.crm.edit("1", phone="2")
    with transaction.atomic():
        conflicts.note(conflicts.sealed([found]), "to-shop")
    conflicts.settle_by_rules()
    two.deliver("to-crm")
    assert conflict().settled_how == "owner"
    assert two.crm.values("1")["phone"] == "1"
    assert conflicts.settle(conflict(), Side.OTHER).startswith(
        "No job carries a customer from The crm to The shop."
    )
