"""Secrets and payloads at rest: any JSON value, encrypted, read only with the right key."""

from __future__ import annotations

import base64
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import orjson
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.pbkdf2 import PBKDF2HMAC
from django.conf import settings
from django.core.exceptions import FieldError, ValidationError
from django.db import models
from encrypted_fields.fields import EncryptedTextField

PLAIN, SQUEEZED, RAW = "v1:", "v1z:", "v1b:"
ITERATIONS = 100_000


class SecretUnreadable(Exception):
    """The stored text was encrypted under a key that the portal does not have (any more)."""

    def __init__(self) -> None:
        super().__init__(
            "This secret cannot be read with the present key. Put the old key back into SALT_KEY "
            "(behind the new one), or enter the secret again."
        )


@dataclass(frozen=True)
class Sealed:
    """A value that was encrypted before, outside the transaction; a field writes it as it is."""

    text: str


def cipher() -> MultiFernet:
    """The keys of the settings: the first encrypts, all decrypt. Derived once per process and settings."""
    keys = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    return _derive(keys, tuple(settings.SALT_KEY))


def first_cipher() -> Fernet:
    """The one that encrypts."""
    return _derive_one(settings.SECRET_KEY, settings.SALT_KEY[0])


@lru_cache(maxsize=4)
def _derive_one(key: str, salt: str) -> Fernet:
    return Fernet(_stretch(key, salt))


@lru_cache(maxsize=4)
def _derive(keys: tuple[str, ...], salts: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(_stretch(key, salt)) for salt in salts for key in keys])


def _stretch(key: str, salt: str) -> bytes:
    stretched = PBKDF2HMAC(algorithm=hashes.SHA256(), length=32, salt=salt.encode(), iterations=ITERATIONS)
    return base64.urlsafe_b64encode(stretched.derive(key.encode()))


def encrypt_json(value: Any, compress: bool = False) -> str:
    raw = orjson.dumps(value, default=str)
    if compress:
        return SQUEEZED + cipher().encrypt(zlib.compress(raw, 1)).decode()
    return PLAIN + cipher().encrypt(raw).decode()


def encrypt_bytes(value: bytes) -> str:
    return RAW + cipher().encrypt(zlib.compress(value, 1)).decode()


def decrypt_json(text: str) -> Any:
    """Raises SecretUnreadable where no key fits."""
    if text.startswith(SQUEEZED):
        return orjson.loads(zlib.decompress(_decrypt(text.removeprefix(SQUEEZED))))
    return orjson.loads(_decrypt(text.removeprefix(PLAIN)))


def decrypt_bytes(text: str) -> bytes:
    return zlib.decompress(_decrypt(text.removeprefix(RAW)))


def _decrypt(token: str) -> bytes:
    try:
        return cipher().decrypt(token.encode())
    except InvalidToken:
        raise SecretUnreadable from None


if TYPE_CHECKING:
    # The library has no types; what a field of ours holds is any JSON value.
    TextField = models.Field[Any, Any]
else:
    TextField = EncryptedTextField


class SecretField(TextField):
    """Holds any JSON value; None is NULL, and 0, False and "" stay what they are.

    Decrypts only when a row is loaded, never on assignment or validation. Cannot be searched, only for NULL.
    """

    if TYPE_CHECKING:
        _pyi_private_set_type: Any
        _pyi_private_get_type: Any

    def __init__(self, *args: Any, compress: bool = False, **kwargs: Any) -> None:
        self.compress = compress
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> tuple[str, str, Sequence[Any], dict[str, Any]]:
        name, path, args, kwargs = super().deconstruct()
        if self.compress:
            kwargs["compress"] = True
        return name, path, args, kwargs

    def to_python(self, value: Any) -> Any:
        return value

    def clean(self, value: Any, model_instance: Any) -> Any:
        if value is None and not self.null:
            raise ValidationError(self.error_messages["null"], code="null")
        return value

    def from_db_value(self, value: str | None, *_: Any) -> Any:
        return None if value is None else self.unseal(value)

    def get_prep_value(self, value: Any) -> Any:
        return value

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> str | None:
        if value is None or isinstance(value, Sealed):
            return value.text if isinstance(value, Sealed) else None
        return self.seal(value)

    def get_db_prep_save(self, value: Any, connection: Any) -> Any:
        if hasattr(value, "as_sql"):
            return value
        return self.get_db_prep_value(value, connection)

    def seal(self, value: Any) -> str:
        return encrypt_json(value, self.compress)

    def unseal(self, text: str) -> Any:
        return decrypt_json(text)

    def get_lookup(self, lookup_name: str) -> Any:
        if lookup_name != "isnull":
            raise FieldError(f"{self.name} is encrypted: it can only be asked whether it is empty.")
        return super().get_lookup(lookup_name)

    def value_to_string(self, obj: Any) -> str:
        return ""


class SecretBytesField(SecretField):
    """The same for bytes: a webhook's body exactly as it arrived."""

    def seal(self, value: Any) -> str:
        return encrypt_bytes(bytes(value))

    def unseal(self, text: str) -> Any:
        return decrypt_bytes(text)
