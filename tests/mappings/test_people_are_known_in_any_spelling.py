"""One person, however the address or the number was typed."""

from __future__ import annotations

import hashlib
import hmac

import pytest
from django.conf import settings

from mappings.records import Address, Customer
from mappings.search import keyed_hash, keyed_hashes, person_keys
from mappings.transforms import TRANSFORMS, TransformError

# A provider to whom dots before the @ mean nothing: that is its own business.
OF_DOTS = "gmail.com"


def email(value: str) -> str:
    return str(TRANSFORMS["email"].apply(value, {}))


def phone(value: str, country: str = "") -> str:
    return str(TRANSFORMS["phone"].apply(value, {"country": country} if country else {}))


@pytest.mark.parametrize(
    ("typed", "written"),
    [
        (" Ada.L@Example.COM ", "Ada.L@example.com"),
        ("ada@xn--bcher-kva.example.com", "ada@bücher.example.com"),
        ("ada@BÜCHER.example.com", "ada@bücher.example.com"),
        (f"ada+shop@{OF_DOTS}", f"ada+shop@{OF_DOTS}"),
        (f"a.d.a@{OF_DOTS}", f"a.d.a@{OF_DOTS}"),
        ("用户@example.com", "用户@example.com"),
    ],
)
def test_an_address_is_written_in_its_normal_form(typed: str, written: str) -> None:
    assert email(typed) == written


@pytest.mark.parametrize(
    "typed", ["ada", "ada@", "ada@example", "a b@example.com", "ada@example.com; bo@example.com"]
)
def test_what_is_no_address_is_refused_without_being_repeated(typed: str) -> None:
    with pytest.raises(TransformError, match=r"It is not an e-mail address") as refused:
        email(typed)
    assert typed not in str(refused.value)


@pytest.mark.parametrize(
    ("typed", "country", "written"),
    [
        ("0221 000-0123", "DE", "+492210000123"),
        ("+49 (0)221 000 0123", "", "+492210000123"),
        ("0049 221 0000123", "", "+492210000123"),
        ("(415) 555-0100", "US", "+14155550100"),
        ("020 7946 0018", "gb", "+442079460018"),
        ("01 99 00 00 00", "FR", "+33199000000"),
        ("03-0000-0000", "JP", "+81300000000"),
        ("+81 3 0000 0000", "DE", "+81300000000"),
    ],
)
def test_a_number_is_written_with_its_countrys_code(typed: str, country: str, written: str) -> None:
    assert phone(typed, country) == written


@pytest.mark.parametrize(
    ("typed", "country", "why"),
    [
        ("0221 0000123", "", "Write it with [+] and the country's code"),
        ("call me", "DE", "Write it with [+] and the country's code"),
        ("0221", "US", "too few or too many digits"),
        ("+49 221 0000 0000 0000 0000", "", "Write it|too few or too many digits"),
    ],
)
def test_what_cannot_be_a_number_is_refused_with_a_sentence(typed: str, country: str, why: str) -> None:
    with pytest.raises(TransformError, match=why):
        phone(typed, country)


def test_blanks_alone_tell_nothing() -> None:
    assert (email("  "), phone(" ")) == ("", "")


def test_two_spellings_of_a_person_have_the_same_keys() -> None:
    one = Customer(email="Ada@Example.com", phone="0221 0000123", address=Address(country="DE"))
    other = Customer(email=" ada@example.COM", phone="+49 221 0000-123")
    assert person_keys(one) == person_keys(other)
    assert [kind for kind, _ in person_keys(one)] == ["email", "phone"]


def test_the_part_before_the_at_counts_whole() -> None:
    assert keyed_hash("email", f"a.da@{OF_DOTS}") != keyed_hash("email", f"ada@{OF_DOTS}")


def old_digest(kind: str, normalised: str) -> str:
    """What was stored before libraries read addresses and numbers."""
    oldest = settings.SALT_KEY[-1] + [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS][-1]
    key = hmac.new(oldest.encode(), b"crossdock search keys", hashlib.sha256).digest()
    return hmac.digest(key, f"{kind}\x1f{normalised}".encode(), "sha256").hex()[:32]


@pytest.mark.parametrize(
    ("kind", "typed", "stored"),
    [
        ("email", "Ada@Example.com", "ada@example.com"),
        ("email", "ada@xn--bcher-kva.example.com", "ada@xn--bcher-kva.example.com"),
        ("phone", "+49 (0)221 0000123", "+4902210000123"),
        ("order_number", "#1042", "1042"),
    ],
)
def test_what_was_stored_before_is_still_found(kind: str, typed: str, stored: str) -> None:
    assert old_digest(kind, stored) in keyed_hashes(kind, typed)
