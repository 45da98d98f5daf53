"""The tables of the tests themselves: each test finds them as they were made."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest
from django.contrib.auth.models import Permission, User
from django.contrib.contenttypes.models import ContentType
from django.test import TransactionTestCase

from tests import made_tables


def after_a_test() -> None:
    TransactionTestCase()._fixture_teardown()  # type: ignore[attr-defined] # Django's own


def test_rows_are_gone_and_what_was_made_with_the_tables_is_there(transactional_db: None) -> None:
    made = Permission.objects.count(), ContentType.objects.count()
    User.objects.create(username="ada")
    ContentType.objects.filter(app_label="integrations").delete()

    after_a_test()

    assert not User.objects.exists()
    assert (Permission.objects.count(), ContentType.objects.count()) == made


def test_a_number_is_not_given_again(transactional_db: None) -> None:
    """Processes keep budgets, sessions and rules by it."""
    before = User.objects.create(username="ada").pk

    after_a_test()

    assert User.objects.create(username="bob").pk > before


def test_whoever_still_writes_is_waited_for_and_not_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(made_tables, "TRIES", 3)
    shared = "file:still-written?mode=memory&cache=shared"
    with (
        closing(sqlite3.connect(":memory:")) as made,
        closing(sqlite3.connect(shared, uri=True)) as ours,
        closing(sqlite3.connect(shared, uri=True)) as of_a_thread,
    ):
        made.execute("CREATE TABLE made (name)")
        of_a_thread.execute("CREATE TABLE written (name)")
        of_a_thread.execute("BEGIN IMMEDIATE")
        monkeypatch.setattr("tests.made_tables.time.sleep", lambda _: None)
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            made_tables.copy(made, ours)

        monkeypatch.setattr("tests.made_tables.time.sleep", lambda _: of_a_thread.rollback())
        made_tables.copy(made, ours)

        assert ours.execute("SELECT name FROM sqlite_master").fetchall() == [("made",)]
