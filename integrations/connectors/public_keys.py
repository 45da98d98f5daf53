"""Webhooks that a platform signs with a key of its own, of which it publishes the public half: RSA with SHA-256.

Such a signature says that the platform sent it, and not to whom: whatever is the account's own must be proven beside
it, or anybody with an account there could write to us.
"""

from __future__ import annotations

import base64
import binascii
import threading
from collections.abc import Callable, Mapping
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey, RSAPublicNumbers
from cryptography.hazmat.primitives.hashes import SHA256

from integrations.exceptions import Failure, SignatureRefused

# A platform has two or three at a time; what nobody has named for long may be asked for again.
MOST_KEPT = 32
SMALLEST_KEY = 2048


class PublicKeys:
    """By name, kept as long as the process lives. One at a time is asked for: whoever sends names that there are not
    holds up one thread and not all of them."""

    def __init__(self) -> None:
        self._kept: dict[str, RSAPublicKey] = {}
        self._asking = threading.Lock()

    def keep(self, keys: Mapping[str, RSAPublicKey]) -> None:
        for name, key in keys.items():
            self._kept[name] = key
        while len(self._kept) > MOST_KEPT:
            self._kept.pop(next(iter(self._kept)))

    def get(self, name: str, ask: Callable[[], Mapping[str, RSAPublicKey]]) -> RSAPublicKey:
        """`ask` calls the platform. Raises SignatureRefused where it has no such key, and Failure where it does not
        answer: then the webhook is to be sent again."""
        found = self._kept.get(name)
        if found is not None:
            return found
        if not self._asking.acquire(blocking=False):
            raise Failure.transient(
                "key_is_asked_for", "The platform's key is being asked for. Send it again."
            )
        try:
            self.keep(ask())
        finally:
            self._asking.release()
        found = self._kept.get(name)
        if found is None:
            raise SignatureRefused("The platform has no such key.")
        return found


def check(key: RSAPublicKey, signature: str, message: bytes) -> None:
    """`signature` is in base64. Raises SignatureRefused."""
    try:
        key.verify(base64.b64decode(signature, validate=True), message, PKCS1v15(), SHA256())
    except (InvalidSignature, binascii.Error, ValueError) as error:
        raise SignatureRefused("The signature does not fit the body.") from error


def of_certificate(pem: bytes) -> RSAPublicKey:
    """Of the first certificate in it. Raises SignatureRefused."""
    try:
        return _strong(x509.load_pem_x509_certificate(pem).public_key())
    except ValueError as error:
        raise SignatureRefused("What should be a certificate is none.") from error


def of_key_set(body: Any) -> dict[str, RSAPublicKey]:
    """The RSA keys of a JSON Web Key Set, by their ids (RFC 7517). What cannot be read is left out."""
    listed = body.get("keys") if isinstance(body, Mapping) else None
    found = {}
    for key in listed if isinstance(listed, list) else []:
        try:
            numbers = RSAPublicNumbers(_number(key["e"]), _number(key["n"]))
            found[str(key["kid"])] = _strong(numbers.public_key())
        except (KeyError, TypeError, ValueError, SignatureRefused):
            continue
    return found


def _number(text: str) -> int:
    return int.from_bytes(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)), "big")


def _strong(key: Any) -> RSAPublicKey:
    if not isinstance(key, RSAPublicKey) or key.key_size < SMALLEST_KEY:
        raise SignatureRefused("The key is none of RSA, or too short to prove anything.")
    return key
