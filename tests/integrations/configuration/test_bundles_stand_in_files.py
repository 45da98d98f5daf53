"""Bundles in a file: written whole, exported, and refused where they cannot be counted."""

from __future__ import annotations

import pytest
from django.db.models import Q

from integrations.configuration.apply import apply
from integrations.configuration.export import as_yaml
from integrations.configuration.plan import plan
from integrations.configuration.problems import BadConfiguration
from integrations.configuration.state import load
from integrations.sync.bundles import bills_of

pytestmark = pytest.mark.django_db

FILE = """\
bundles:
  TEA-SET: {name: Tea for two, parts: {CUP: 2, POT: 1}}
  PICNIC: {parts: {TEA-SET: 1, RUG: 1}}
"""


def test_they_are_written_and_come_back_from_an_export() -> None:
    apply(plan(FILE, {}))
    assert bills_of(Q()) == {"TEA-SET": {"CUP": 2, "POT": 1}, "PICNIC": {"TEA-SET": 1, "RUG": 1}}
    assert plan(FILE, {}).changes == []
    assert plan(as_yaml(load()), {}).changes == []


def test_parts_are_replaced_as_a_whole_and_a_name_alone_leaves_them() -> None:
    apply(plan(FILE, {}))
    apply(plan("bundles:\n  TEA-SET: {parts: {CUP: 4}}\n", {}))
    apply(plan("bundles:\n  PICNIC: {name: Out}\n", {}))
    assert bills_of(Q()) == {"TEA-SET": {"CUP": 4}, "PICNIC": {"TEA-SET": 1, "RUG": 1}}
    assert load()["bundles"]["TEA-SET"]["name"] == "Tea for two"


@pytest.mark.parametrize(
    ("told", "line", "sentence"),
    [
        ("A: {parts: {B: 1}}\n  B: {parts: {A: 2}}", 2, "a bundle cannot contain itself"),
        ("A: {name: Empty}", 2, "A bundle needs at least one part"),
        ("A: {parts: {}}", 2, "A bundle needs at least one part"),
        ("A: {parts: {B: 0}}", 2, "How many are in one bundle: from 1 to"),
        ("A: {parts: {B: two}}", 2, "Expected a whole number, got text."),
    ],
)
def test_what_cannot_be_counted_is_refused_with_its_line(told: str, line: int, sentence: str) -> None:
    with pytest.raises(BadConfiguration) as refused:
        plan(f"bundles:\n  {told}\n", {})
    assert sentence in str(refused.value)
    assert refused.value.problems[0].line == line
    assert bills_of(Q()) == {}


def test_a_circle_with_what_is_there_already_is_refused() -> None:
    apply(plan(FILE, {}))
    with pytest.raises(BadConfiguration, match="cannot contain itself"):
        plan("bundles:\n  TEA-SET: {parts: {PICNIC: 1}}\n", {})
