"""What two contacts are called is asked of their system over HTTP, at this moment, and kept nowhere."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import connection
from pytest_django.fixtures import Settings

from integrations.sync import shared_clock
from monitoring.both_contacts import Both, fetch_both
from monitoring.models import MergeProposal, Reason
from tests.integrations.answering import Platform, Says
from tests.integrations.owners.two_sides import Side, TwoSides


@pytest.fixture
def two(transactional_db: None, settings: Settings) -> Iterator[TwoSides]:
    settings.PRIVATE_NETWORKS = ["127.0.0.0/8"]
    made = TwoSides(Side("shop", Platform(), dated=False), Side("crm", Platform()))
    made.configure(jobs=("to-crm",))
    yield made
    made.shop.platform.close()
    made.crm.platform.close()


@pytest.fixture
def proposal(two: TwoSides) -> MergeProposal:
    two.shop.add(name="Ada", email="ada@example.com", phone="+492210000123", city="Ghent")
    two.shop.add(name="Ada Lovelace", email="ada@example.com", city="Ghent")
    return MergeProposal.objects.create(
        connection=two.job("to-crm").source,
        resource="people",
        first_id="1",
        second_id="2",
        reason=Reason.EMAIL,
        confidence=95,
        found_at=shared_clock.now(),
    )


def test_both_stand_side_by_side_as_the_system_has_them_now(two: TwoSides, proposal: MergeProposal) -> None:
    two.shop.edit("2", name="Ada L.")
    assert fetch_both(proposal) == Both(
        (
            ("Name", "Ada", "Ada L.", True),
            ("E-mail", "ada@example.com", "ada@example.com", False),
            ("Phone", "+492210000123", "", True),
        )
    )
    asked = [(one.method, one.path) for one in two.shop.platform.asked]
    assert asked == [("GET", "/people/1"), ("GET", "/people/2")]


def test_nothing_of_it_is_kept(proposal: MergeProposal) -> None:
    fetch_both(proposal)
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names():
            cursor.execute(f"SELECT * FROM {table}")
            assert "Ada Lovelace" not in str(cursor.fetchall()), table


def test_one_that_is_gone_is_told(two: TwoSides, proposal: MergeProposal) -> None:
    two.shop.platform.on("/people/2", lambda asked: Says({"message": "no such person"}, 404))
    told = fetch_both(proposal)
    assert told.rows == ()
    assert told.problem == "The shop has only one of them any more: they are merged, or one is gone."


def test_a_system_that_fails_is_told_in_a_sentence(two: TwoSides, proposal: MergeProposal) -> None:
    two.shop.platform.on("/people/1", lambda asked: Says({"message": "not now"}, 503))
    told = fetch_both(proposal)
    assert told.rows == ()
    assert "503" in told.problem
