"""The usual filters of a job as JMESPath over the Record: which countries, SKUs, tags or locations are carried."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from . import countries

LONGEST_SHOWN: Final = 40


class UnknownCountry(ValueError):
    """What was written is no country; the text says so."""


@dataclass(frozen=True)
class Choice:
    """One thing to choose by. `test` has `{values}` where the chosen ones stand; `are_countries`: they are codes, and
    a person may write names."""

    name: str
    label: str
    example: str
    test: str
    are_countries: bool = False


def _country(path: str) -> Choice:
    return Choice("countries", "Countries", "DE, AT", f"contains({{values}}, {path})", are_countries=True)


_SKU = Choice("skus", "SKUs", "MUG-BLUE, BOWL-OAK", "contains({values}, sku)")
_SKU_OF_LINES = Choice("skus", "SKUs", "MUG-BLUE, BOWL-OAK", "lines[?contains({values}, sku)]")
_TAGS = Choice("tags", "Tags or customer groups", "wholesale, vip", "tags[?contains({values}, @)]")
_LOCATION = Choice("locations", "Warehouses or locations", "MAIN", "contains({values}, location)")

# By the kind of Record.
CHOICES: Mapping[str, tuple[Choice, ...]] = {
    "order": (_country("shipping_address.country"), _SKU_OF_LINES, _TAGS),
    "customer": (_country("address.country"), _TAGS),
    "stock_level": (_SKU, _LOCATION),
    "shipment": (_SKU_OF_LINES,),
    "variant": (_SKU,),
}


def choices_of(kind: str) -> tuple[Choice, ...]:
    return CHOICES.get(kind, ())


def values_of(text: str, choice: Choice) -> list[str]:
    """What a person typed, with commas, semicolons or lines between, each once. Raises UnknownCountry."""
    found = (value.strip() for value in re.split(r"[,;\n]", text))
    return list(
        dict.fromkeys(_country_code(value) if choice.are_countries else value for value in found if value)
    )


def _country_code(text: str) -> str:
    code = countries.code_of(text)
    if code is None:
        meant = countries.like(text)
        shown = text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}…"
        raise UnknownCountry(
            f"“{shown}” is no country that is known here."
            + (
                f" Is {meant} meant?"
                if meant
                else " Choose it from the list, or write its two letters, such as DE."
            )
        )
    return code


def filter_of(kind: str, chosen: Mapping[str, Sequence[str]]) -> str:
    """All that is chosen has to hold; of each, one of the values. "" where nothing is chosen."""
    tests = [
        choice.test.format(values=_literal(chosen[choice.name]))
        for choice in choices_of(kind)
        if chosen.get(choice.name)
    ]
    return " && ".join(tests)


def _literal(values: Sequence[str]) -> str:
    text = json.dumps(list(values), ensure_ascii=False, separators=(",", ":"))
    return "`" + text.replace("`", "\\`") + "`"
