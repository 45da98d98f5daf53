from __future__ import annotations

import re
from typing import Any

import pytest

from mappings import countries
from mappings.expressions import condition
from mappings.filters import UnknownCountry, choices_of, filter_of, values_of

DE: dict[str, Any] = {
    "shipping_address": {"country": "DE"},
    "lines": [{"sku": "MUG"}, {"sku": "BOWL`S"}],
    "tags": ["vip"],
}


def test_nothing_chosen_is_no_filter() -> None:
    assert filter_of("order", {}) == ""
    assert filter_of("order", {"countries": []}) == ""
    assert filter_of("ticket", {"countries": ["DE"]}) == ""


@pytest.mark.parametrize(
    ("kind", "chosen", "record", "is_in"),
    [
        ("order", {"countries": ["DE", "AT"]}, DE, True),
        ("order", {"countries": ["FR"]}, DE, False),
        ("order", {"countries": ["FR"]}, {}, False),
        ("order", {"skus": ["MUG"]}, DE, True),
        ("order", {"skus": ["BOWL`S"]}, DE, True),
        ("order", {"skus": ["PLATE"]}, DE, False),
        ("order", {"skus": ["PLATE"]}, {}, False),
        ("order", {"tags": ["vip", "wholesale"]}, DE, True),
        ("order", {"tags": ["wholesale"]}, DE, False),
        ("order", {"tags": ["vip"]}, {"tags": None}, False),
        ("order", {"countries": ["DE"], "tags": ["wholesale"]}, DE, False),
        ("order", {"countries": ["DE"], "skus": ["MUG"], "tags": ["vip"]}, DE, True),
        ("customer", {"countries": ["DE"]}, {"address": {"country": "DE"}}, True),
        ("stock_level", {"locations": ["MAIN 🏬"]}, {"sku": "MUG", "location": "MAIN 🏬"}, True),
        ("stock_level", {"locations": ["MAIN"]}, {"sku": "MUG", "location": None}, False),
        ("variant", {"skus": ['A "quoted" one']}, {"sku": 'A "quoted" one'}, True),
    ],
)
def test_the_usual_filters_take_in_what_they_say(
    kind: str, chosen: dict[str, list[str]], record: dict[str, Any], is_in: bool
) -> None:
    assert condition(filter_of(kind, chosen))(record) is is_in


def test_what_a_person_typed_is_taken_apart() -> None:
    countries, skus, _ = choices_of("order")
    assert values_of(" de, at;DE\n ch ,", countries) == ["DE", "AT", "CH"]
    assert values_of("Mug, mug", skus) == ["Mug", "mug"]


@pytest.mark.parametrize(
    ("written", "codes"),
    [
        ("Germany", ["DE"]),
        ("germany ", ["DE"]),
        ("Deutschland, Österreich", ["DE", "AT"]),
        ("osterreich", ["AT"]),
        ("UK; USA\nThe Netherlands", ["GB", "US", "NL"]),
        ("Côte d’Ivoire", ["CI"]),
        ("Bosnia & Herzegovina", ["BA"]),
        ("Trinidad and Tobago", ["TT"]),
        ("España, ES, spain", ["ES"]),
    ],
)
def test_a_country_is_understood_by_its_name(written: str, codes: list[str]) -> None:
    assert values_of(written, choices_of("order")[0]) == codes


@pytest.mark.parametrize(
    ("written", "sentence"),
    [
        ("Germoney", "“Germoney” is no country that is known here. Is Germany meant?"),
        ("DE, 🎈", "“🎈” is no country that is known here. Choose it from the list"),
        ("EU", "“EU” is no country that is known here."),
        ("x" * 500, "…” is no country that is known here."),
    ],
)
def test_what_is_no_country_is_refused(written: str, sentence: str) -> None:
    with pytest.raises(UnknownCountry, match=re.escape(sentence)):
        values_of(written, choices_of("order")[0])


def test_each_country_stands_once_in_the_list_with_its_own_name() -> None:
    offered = dict(countries.choices())
    assert offered["DE"] == "Germany, Deutschland (DE)"
    assert offered["GB"] == "United Kingdom (GB)"
    assert len(set(offered.values())) == len(offered) > 200
