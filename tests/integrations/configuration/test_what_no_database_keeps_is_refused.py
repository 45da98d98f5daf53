"""What SQLite would take in silence and PostgreSQL refuse with a traceback is told with its line, on both."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.configuration.export import as_yaml
from integrations.configuration.problems import BadConfiguration, Problem
from integrations.configuration.read import read
from integrations.configuration.state import load
from integrations.models import SyncJob
from mappings.models import ValueMap

from .conftest import FILE, applied, planned

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("_mappings")]

RULES = "mappings:\n  m:\n    preset: sandbox-shop-orders\n    rules: [{target: number, source: id%s}]\n"


def problem(text: str) -> Problem:
    with pytest.raises(BadConfiguration) as caught:
        planned(text)
    (found,) = caught.value.problems
    return found


@pytest.mark.parametrize(
    ("text", "line", "field", "reason"),
    [
        ('workflows:\n  w:\n    name: "a\\0b"\n', 3, "workflows.w.name", "A character in this text"),
        (
            'workflows:\n  w:\n    targets: {x: "\\ud83d"}\n',
            3,
            "workflows.w.targets.x",
            "A character in this",
        ),
        ('value_maps:\n  m:\n    entries: {"\\0": a}\n', 3, "value_maps.m.entries", "A key here has a char"),
        (
            "workflows:\n  w:\n    targets: {x: 1e999}\n",
            3,
            "workflows.w.targets.x",
            "This number is too large",
        ),
        (
            "partners:\n  p: {calls_per_minute: 99999999999}\n",
            2,
            "partners.p.calls_per_minute",
            "Ensure this value is at most 2,147,483,647.",
        ),
        (
            f"value_maps:\n  m:\n    entries:\n      a: b\n      {'x' * 201}: y\n",
            5,
            f"value_maps.m.entries.{'x' * 201}",
            "A word of a value map has at most 200",
        ),
        (
            "value_maps:\n  m:\n    entries:\n      a: b\n      c: 12\n",
            5,
            "value_maps.m.entries.c",
            "A value map's words are text. Put this in quotation marks.",
        ),
        (RULES % f", note: {'n' * 301}", 4, "mappings.m.rules[0].note", "Ensure this value has at most 300"),
        (RULES % ", sorce: x", 4, "mappings.m.rules[0].sorce", "There is no such field. Known are: target"),
        (RULES % ", note: 3", 4, "mappings.m.rules[0].note", "Expected text, got a whole number."),
        (
            FILE.replace('{token: "${SHOP_TOKEN}"}', "{token: 12}"),
            15,
            "connections.warehouse.secrets.token",
            "Token must be text. Put it in quotation marks.",
        ),
        (
            FILE.replace('{token: "${SHOP_TOKEN}"}', "{token: [s3cret]}"),
            15,
            "connections.warehouse.secrets.token",
            "Token must be text.",
        ),
    ],
)
def test_it_is_told_with_its_line_and_field(text: str, line: int, field: str, reason: str) -> None:
    found = problem(text)

    assert (found.line, found.field) == (line, field)
    assert found.reason.startswith(reason)
    assert "s3cret" not in str(found)


def test_the_largest_number_every_database_holds_is_taken() -> None:
    applied(FILE.replace("every_seconds: 60", "every_seconds: 2147483647"))

    assert SyncJob.objects.get().every_seconds == 2_147_483_647


def test_words_that_look_like_numbers_to_some_survive_the_way_out_and_in() -> None:
    """12E4 is an item's number; our reader takes it for 120000 where nobody quotes it."""
    words = {"12E4": "1e5", "0E0": "-1e+3", "😀": "👩‍🚀 ship", "no": "0x1F", "": "~", "1_000": "1:30"}
    applied("value_maps:\n  m: {}\n")
    row = ValueMap.objects.get()
    row.entries.bulk_create(row.entries.model(value_map=row, source=a, target=b) for a, b in words.items())

    assert applied(as_yaml(load())).changes == []
    assert row.as_dict() == words


@given(
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
    | st.from_regex(r"[-+0-9eE._:x]{1,8}", fullmatch=True)
)
def test_any_text_survives_the_way_out_and_in(text: str) -> None:
    written = as_yaml(
        {"connections": {}, "value_maps": {}, "mappings": {}, "jobs": {}, "partners": {}}
        | {"workflows": {"w": {"owner": text}}}
    )

    assert read(written).value["workflows"]["w"]["owner"].replace("$${", "${") == text.replace("$${", "${")
