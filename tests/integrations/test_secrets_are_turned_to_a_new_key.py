"""rotate_secrets: an old key may go when nothing is under it any more."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import override_settings

from integrations.management.commands import rotate_secrets
from integrations.models import Connection, InboundEvent
from mappings.fields import SecretUnreadable
from mappings.search import keyed_hash
from tests import factories

pytestmark = pytest.mark.django_db

OLD, NEW, LOST = "an old salt of the test", "a new salt of the test", "a salt that nobody has"


@contextmanager
def keys(*salts: str, **more: Any) -> Iterator[None]:
    with override_settings(SALT_KEY=list(salts), **more):
        yield


def kept() -> tuple[Connection, InboundEvent]:
    with keys(OLD):
        shop = factories.connection(secrets={"token": "shpat_1", "nothing": None})
        event = factories.inbound_event(shop, body=b"\x00 as it came \xff")
        factories.batch(factories.run(factories.job()), payloads=[{"external_id": "1"}])
        return shop, event


def stored(table: str, column: str) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {column} FROM {table} WHERE {column} IS NOT NULL ORDER BY id")
        return [text for (text,) in cursor.fetchall()]


def rotate(**options: Any) -> None:
    call_command("rotate_secrets", **options)


def test_what_was_kept_is_read_with_the_new_key_alone() -> None:
    shop, event = kept()
    with keys(NEW, OLD):
        rotate()
    with keys(NEW):
        assert Connection.objects.get(pk=shop.pk).secrets == {"token": "shpat_1", "nothing": None}
        assert bytes(InboundEvent.objects.get(pk=event.pk).body) == b"\x00 as it came \xff"
        assert shop.pk
    with keys(OLD), pytest.raises(SecretUnreadable):
        Connection.objects.get(pk=shop.pk)


def test_called_again_it_finds_nothing_to_turn(capsys: pytest.CaptureFixture[str]) -> None:
    kept()
    with keys(NEW, OLD):
        rotate()
        before = stored("integrations_connection", "secrets")
        capsys.readouterr()
        rotate()
    assert stored("integrations_connection", "secrets") == before
    assert "integrations.Connection.secrets: 0 turned, " in capsys.readouterr().out


def test_it_goes_on_where_it_was_broken_off(monkeypatch: pytest.MonkeyPatch) -> None:
    with keys(OLD):
        for _ in range(5):
            factories.connection(secrets={"token": "x"})
    monkeypatch.setattr(rotate_secrets, "SLICE", 2)
    real, calls = rotate_secrets.write, []

    def falls(*arguments: Any) -> int:
        calls.append(1)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return real(*arguments)

    with keys(NEW, OLD):
        monkeypatch.setattr(rotate_secrets, "write", falls)
        with pytest.raises(KeyboardInterrupt):
            rotate()
        rotate()
    with keys(NEW):
        assert {str(row.secrets) for row in Connection.objects.all()} == {"{'token': 'x'}"}


def test_what_none_of_the_keys_reads_is_named_and_left_and_all_else_is_turned() -> None:
    shop, _ = kept()
    with keys(LOST):
        lost = factories.connection(secrets={"token": "y"})
    before = stored("integrations_connection", "secrets")[-1]
    with (
        keys(NEW, OLD),
        pytest.raises(CommandError, match=rf"^1 can be read.*Connection {lost.pk}\.") as told,
    ):
        rotate()
    assert "shpat" not in str(told.value)
    assert stored("integrations_connection", "secrets")[-1] == before
    with keys(NEW):
        assert Connection.objects.get(pk=shop.pk).secrets["token"] == "shpat_1"


def test_a_secret_that_was_entered_meanwhile_is_not_overwritten(monkeypatch: pytest.MonkeyPatch) -> None:
    shop, _ = kept()
    real = rotate_secrets.write

    def someone_is_quicker(model: Any, field: Any, waiting: Any) -> int:
        if model is Connection:
            Connection.objects.filter(pk=shop.pk).update(secrets={"token": "entered now"})
        return real(model, field, waiting)

    monkeypatch.setattr(rotate_secrets, "write", someone_is_quicker)
    with keys(NEW, OLD):
        rotate()
        assert Connection.objects.get(pk=shop.pk).secrets == {"token": "entered now"}


def test_a_dry_run_counts_and_changes_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    kept()
    before = stored("integrations_connection", "secrets")
    with keys(NEW, OLD):
        rotate(dry_run=True)
    assert stored("integrations_connection", "secrets") == before
    assert "1 to be turned" in capsys.readouterr().out


def test_the_other_key_may_be_changed_as_well() -> None:
    with keys(OLD, SECRET_KEY="the first of two"):
        shop = factories.connection(secrets={"token": "z"})
    with keys(NEW, OLD, SECRET_KEY="the second of two", SECRET_KEY_FALLBACKS=["the first of two"]):
        rotate()
    with keys(NEW, SECRET_KEY="the second of two"):
        assert Connection.objects.get(pk=shop.pk).secrets == {"token": "z"}


def test_what_was_stored_before_is_still_found_by_its_number() -> None:
    with keys(OLD, SECRET_KEY="the first of two"):
        before = keyed_hash("order_number", "#1042")
    with keys(NEW, OLD, SECRET_KEY="the second of two", SECRET_KEY_FALLBACKS=["the first of two"]):
        assert keyed_hash("order_number", "1042") == before
