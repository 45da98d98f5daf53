"""The traps that encrypted fields are known for, each tried."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from django.core.exceptions import FieldError, ValidationError
from django.db import connection
from django.test import override_settings

from integrations.models import Connection, InboundEvent
from mappings.fields import Sealed, SecretUnreadable, decrypt_json, encrypt_json
from mappings.models import KeyCanary

pytestmark = pytest.mark.django_db


def stored(row: KeyCanary) -> str | None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT value FROM mappings_keycanary WHERE id = %s", [row.pk])
        found: str | None = cursor.fetchone()[0]
    return found


@pytest.mark.parametrize(
    "value",
    ["", "a token", 0, 1, False, True, 2.5, [], {}, {"a": None}, ["0", 0, None], "0", "false", "{}", "é😀"],
)
def test_every_json_value_comes_back_as_what_it_was(value: Any) -> None:
    row = KeyCanary.objects.create(value=value)
    found = KeyCanary.objects.get(pk=row.pk).value
    assert found == value
    assert type(found) is type(value)


def test_none_is_null_and_nothing_else_is() -> None:
    connection_row = Connection.objects.create(key="a", name="A", platform="rest", secrets={})
    assert Connection.objects.get(pk=connection_row.pk).secrets == {}
    event = InboundEvent._meta.get_field("body")
    assert event.null is False


def test_the_database_holds_no_plain_text() -> None:
    row = KeyCanary.objects.create(value={"token": "shpat_very_secret"})
    text = stored(row)
    assert text is not None
    assert "shpat" not in text
    assert "token" not in text


def test_a_wrong_key_is_an_error_and_never_the_ciphertext() -> None:
    row = KeyCanary.objects.create(value="shpat_very_secret")
    with override_settings(SALT_KEY=["another-salt"]), pytest.raises(SecretUnreadable, match="SALT_KEY"):
        KeyCanary.objects.get(pk=row.pk)


def test_the_new_key_writes_and_the_old_one_still_reads() -> None:
    with override_settings(SALT_KEY=["old-salt"]):
        row = KeyCanary.objects.create(value="kept")
    with override_settings(SALT_KEY=["new-salt", "old-salt"]):
        found = KeyCanary.objects.get(pk=row.pk)
        assert found.value == "kept"
        found.save()
    with override_settings(SALT_KEY=["new-salt"]):
        assert KeyCanary.objects.get(pk=row.pk).value == "kept"


def test_a_value_that_is_itself_one_of_our_tokens_stays_as_it_is() -> None:
    token = encrypt_json("inner")
    row = KeyCanary(value=token)
    row.full_clean()
    row.save()
    assert KeyCanary.objects.get(pk=row.pk).value == token


def test_what_was_encrypted_before_is_written_as_it_is() -> None:
    sealed = Sealed(encrypt_json({"a": 1}))
    row = KeyCanary.objects.create(value=sealed)
    assert stored(row) == sealed.text
    KeyCanary.objects.filter(pk=row.pk).update(value=Sealed(encrypt_json({"a": 2})))
    assert KeyCanary.objects.get(pk=row.pk).value == {"a": 2}


def test_a_secret_cannot_be_searched_by_its_value() -> None:
    with pytest.raises(FieldError):
        KeyCanary.objects.filter(value="x").exists()
    assert not KeyCanary.objects.filter(value__isnull=True).exists()


def test_reading_goes_on_while_another_thread_validates_and_fails() -> None:
    """In the library's own field one thread's validation switches decryption off for all others."""
    field = KeyCanary._meta.get_field("value")
    text = encrypt_json("the secret")
    stop, wrong = threading.Event(), []

    def validate() -> None:
        while not stop.is_set():
            row = KeyCanary(value=None)
            try:
                row.full_clean()
            except ValidationError:
                continue

    validator = threading.Thread(target=validate)
    validator.start()
    try:
        for _ in range(3_000):
            found = field.from_db_value(text, None, connection)
            if found != "the secret":
                wrong.append(found)
    finally:
        stop.set()
        validator.join()
    assert wrong == []


def test_reading_goes_on_after_a_validation_failed() -> None:
    row = KeyCanary.objects.create(value="the secret")
    with pytest.raises(ValidationError):
        KeyCanary(value=None).full_clean()
    assert KeyCanary.objects.get(pk=row.pk).value == "the secret"


def test_compressed_values_come_back_too() -> None:
    value = [{"sku": "MUG"}] * 500
    text = encrypt_json(value, compress=True)
    assert len(text) < 1_000
    assert decrypt_json(text) == value


def test_a_webhook_body_comes_back_byte_for_byte() -> None:
    field = InboundEvent._meta.get_field("body")
    raw = b'{"a":  1}\n\x00\xff'
    text = field.get_db_prep_value(raw, connection)
    assert field.from_db_value(text, None, connection) == raw
