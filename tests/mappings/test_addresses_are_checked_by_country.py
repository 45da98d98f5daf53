"""What each country asks for is told by field, in words; what a carrier can deliver passes."""

from __future__ import annotations

import time
from typing import Any

import pytest

from mappings.addresses import address_problems
from mappings.records import Address

GERMAN = {
    "name": "Käthe Groß",
    "line1": "Lindenstraße 12",
    "city": "Köln",
    "postal_code": "50667",
    "country": "DE",
}


def problems(**changes: Any) -> dict[str, str]:
    filled = {name: value for name, value in {**GERMAN, **changes}.items() if value is not None}
    return {problem.field: problem.sentence for problem in address_problems(Address(**filled))}


def test_an_address_that_is_right_has_no_problem() -> None:
    assert problems() == {}


def test_a_postal_code_of_another_form_is_told_with_examples() -> None:
    assert problems(postal_code="12") == {
        "postal_code": "The postal code “12” has not the form used in Germany, for example 26133 or 53225."
    }


@pytest.mark.parametrize(
    ("country", "postal_code", "more"),
    [
        ("US", "95014", {"region": "CA"}),
        ("US", "22162-1010", {"region": "Virginia"}),
        ("GB", "sw1a 1aa", {}),
        ("GB", "SW1A1AA", {}),
        ("NL", "1234ab", {}),
        ("CA", "K1A 0B1", {"region": "ON"}),
        ("JP", "154-0023", {"region": "東京都", "city": "世田谷区", "name": "山田", "line1": "若林1-2-3"}),
        ("AU", "2000", {"region": "NSW"}),
        ("KW", "54541", {}),
        ("IE", "", {}),
        ("HK", None, {"region": "Kowloon", "city": None}),
        ("AE", None, {"region": "Dubai", "city": None}),
        ("XK", "10000", {}),
    ],
)
def test_each_country_has_its_own_form(country: str, postal_code: str | None, more: dict[str, Any]) -> None:
    assert problems(country=country, postal_code=postal_code, **more) == {}


@pytest.mark.parametrize(
    ("country", "postal_code", "more"),
    [
        ("US", "9501", {"region": "CA"}),
        ("GB", "SW1A 1AA please", {}),
        ("GB", "12345", {}),
        ("PL", "00950", {}),
        ("NL", "12345", {}),
    ],
)
def test_a_form_of_another_country_is_held(country: str, postal_code: str, more: dict[str, Any]) -> None:
    assert list(problems(country=country, postal_code=postal_code, **more)) == ["postal_code"]


def test_a_region_is_asked_for_where_the_country_needs_one() -> None:
    assert problems(country="US", postal_code="95014") == {
        "region": "The address has no state, which the United States asks for."
    }
    assert "region" not in problems()


def test_all_that_is_missing_is_told_at_once() -> None:
    assert list(problems(name=None, line1="  ", city=None, postal_code=None)) == [
        "name",
        "line1",
        "city",
        "postal_code",
    ]


def test_a_company_is_a_recipient_too() -> None:
    assert problems(name=None, company="Lager Nord") == {}


@pytest.mark.parametrize("country", ["XX", "Germany", "D", "1234567890123456789012345", "ＤＥ", "D\x00"])
def test_what_is_no_country_is_told_and_nothing_else_of_it(country: str) -> None:
    (told,) = problems(country=country).items()
    assert told[0] == "country"
    assert "two-letter code" in told[1]


def test_a_usual_slip_is_told_what_was_meant() -> None:
    assert problems(country="UK")["country"].endswith("Is GB meant?")


@pytest.mark.parametrize(
    "street",
    [
        "PO Box 12",
        "Postfach 10 01 01",
        "Packstation 145",
        "Apartado 7",
        "🏡 12",
        "شارع الخليج",
        "ул. Ленина 1",
    ],
)
def test_boxes_and_any_script_pass(street: str) -> None:
    assert problems(line1=street, name="🦊 Łucja Ñandú 李") == {}


def test_no_address_at_all_is_a_problem() -> None:
    assert [problem.field for problem in address_problems(None)] == [""]


def test_a_check_costs_next_to_nothing() -> None:
    """The data of a country is read once: without that each check would take milliseconds."""
    for country in ("DE", "BR", "GB"):
        problems(country=country)
    address = Address(**{**GERMAN, "country": "BR", "region": "SP", "postal_code": "40301-110"})
    began = time.perf_counter()
    for _ in range(500):
        address_problems(address)
    assert (time.perf_counter() - began) / 500 < 0.001
