"""Webhooks signed with a key of the platform's own: which keys count, and what happens while they are not known."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from integrations.connectors.public_keys import MOST_KEPT, PublicKeys, check, of_certificate, of_key_set
from integrations.exceptions import Failure, SignatureRefused

KEY = generate_private_key(65537, 2048)
PUBLIC = KEY.public_key()


def signature(message: bytes, key: RSAPrivateKey = KEY) -> str:
    return base64.b64encode(key.sign(message, PKCS1v15(), SHA256())).decode()


def web_key(key: RSAPublicKey, **more: Any) -> dict[str, Any]:
    numbers = key.public_numbers()

    def text(number: int) -> str:
        raw = number.to_bytes((number.bit_length() + 7) // 8, "big")
        return base64.urlsafe_b64encode(raw).decode().rstrip("=")

    return {"kty": "RSA", "kid": "one", "n": text(numbers.n), "e": text(numbers.e), **more}


def test_a_signature_counts_for_its_message_alone() -> None:
    check(PUBLIC, signature(b"a"), b"a")
    for sent, message in ((signature(b"a"), b"b"), ("", b"a"), ("no base64!", b"a"), ("AAAA", b"a")):
        with pytest.raises(SignatureRefused):
            check(PUBLIC, sent, message)


def test_another_key_does_not_count() -> None:
    with pytest.raises(SignatureRefused):
        check(PUBLIC, signature(b"a", generate_private_key(65537, 2048)), b"a")


def test_a_key_set_gives_its_keys_by_their_ids() -> None:
    found = of_key_set({"keys": [web_key(PUBLIC), web_key(PUBLIC, kid="two")]})
    assert sorted(found) == ["one", "two"]
    check(found["two"], signature(b"a"), b"a")


@pytest.mark.parametrize(
    "body",
    [
        None,
        [],
        {"keys": "one"},
        {"keys": [None, {}, {"kty": "EC", "kid": "one", "x": "AA"}]},
        {"keys": [web_key(PUBLIC, n="!")]},
        {"keys": [web_key(generate_private_key(65537, 1024).public_key())]},
    ],
)
def test_what_is_no_strong_key_of_rsa_is_left_out(body: Any) -> None:
    assert of_key_set(body) == {}


def test_a_bare_key_is_no_certificate() -> None:
    other = ec.generate_private_key(ec.SECP256R1()).public_key()
    with pytest.raises(SignatureRefused):
        of_certificate(other.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))


def test_a_key_is_asked_for_once() -> None:
    keys, asked = PublicKeys(), []

    def ask() -> dict[str, RSAPublicKey]:
        asked.append(1)
        return {"one": PUBLIC, "two": PUBLIC}

    assert [keys.get(name, ask) for name in ("one", "two", "one")] == [PUBLIC] * 3
    assert len(asked) == 1


def test_a_name_that_the_platform_does_not_know_is_refused() -> None:
    keys = PublicKeys()
    with pytest.raises(SignatureRefused):
        keys.get("three", lambda: {"one": PUBLIC})
    assert keys.get("one", dict) is PUBLIC


def test_while_one_is_asked_for_no_other_waits() -> None:
    keys = PublicKeys()

    def ask() -> dict[str, RSAPublicKey]:
        with pytest.raises(Failure) as caught:
            keys.get("two", dict)
        assert caught.value.code == "key_is_asked_for"
        return {"one": PUBLIC}

    assert keys.get("one", ask) is PUBLIC


def test_after_a_failure_it_is_asked_for_again() -> None:
    keys = PublicKeys()

    def fail() -> dict[str, RSAPublicKey]:
        raise Failure.transient("host_down", "It does not answer.")

    with pytest.raises(Failure):
        keys.get("one", fail)
    assert keys.get("one", lambda: {"one": PUBLIC}) is PUBLIC


def test_no_more_keys_are_kept_than_any_platform_has() -> None:
    keys = PublicKeys()
    keys.keep({str(number): PUBLIC for number in range(MOST_KEPT + 1)})
    assert keys.get(str(MOST_KEPT), dict) is PUBLIC
    with pytest.raises(SignatureRefused):
        keys.get("0", dict)
