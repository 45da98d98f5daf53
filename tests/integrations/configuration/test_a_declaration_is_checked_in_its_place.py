"""A connection that is described in the file: what is wrong in its declaration is told with its line."""

from __future__ import annotations

import pytest

from integrations.configuration.plan import plan
from integrations.configuration.problems import BadConfiguration, Problem
from integrations.connectors import registry

pytestmark = pytest.mark.django_db

FILE = """\
connections:
  warehouse:
    platform: rest
    settings:
      region: eu
      declaration:
        label: Warehouse
        base_url: https://${HOST}/{region}
        auth: {kind: bearer}
        variables:
          region: {default: us}
        resources:
          orders:
            id: id
            list:
              path: orders
              records: orders
    secrets: {token: "${TOKEN}"}
"""
ENVIRONMENT = {"HOST": "warehouse.example.com", "TOKEN": "t-1"}


@pytest.fixture(autouse=True)
def _platforms() -> None:
    """The real ones, not those of the other tests here."""


def problem(text: str) -> Problem:
    with pytest.raises(BadConfiguration) as caught:
        plan(text, ENVIRONMENT)
    (found,) = caught.value.problems
    return found


def test_a_good_declaration_is_taken() -> None:
    (change,) = plan(FILE, ENVIRONMENT).changes

    assert change.key == "warehouse"
    assert "    settings.declaration.base_url: https://warehouse.example.com/{region}" in str(change)


def test_a_declaration_that_was_written_as_text_is_told() -> None:
    found = problem(FILE.replace("      region: eu\n", "").replace("declaration:", "declaration: |"))

    assert found.field == "connections.warehouse.settings.declaration"
    assert "is text here" in found.reason
    assert "Take away the | or the quotation marks" in found.reason


def test_a_misspelt_word_is_told_with_its_line() -> None:
    found = problem(FILE.replace("              records: orders", "              recrods: orders"))

    assert found.line == 17
    assert found.field.startswith("connections.warehouse.settings.declaration.resources.orders.list")


def test_an_unknown_setting_beside_it_is_refused() -> None:
    found = problem(FILE.replace("      region: eu", "      reigon: eu"))

    assert (found.line, found.field) == (5, "connections.warehouse.settings.reigon")


def test_the_real_platforms_are_asked() -> None:
    found = problem(FILE.replace("platform: rest", "platform: rset"))

    assert (
        found.reason == f"There is no platform 'rset'. There are: {', '.join(sorted(registry.platforms()))}."
    )
