"""Owners in files: their short and long form, what replaces what, and each mistake in its place."""

from __future__ import annotations

import pytest
import yaml

from integrations.configuration.export import as_yaml
from integrations.configuration.problems import BadConfiguration
from integrations.configuration.state import load
from mappings.models import FieldOwner

from .conftest import FILE, applied, planned

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("_mappings")]

OWNERS = """
owners:
  order:
    number: shop
    status: {owner: warehouse, when_it_differs: ask}
    "*": shop
"""


def rows() -> set[tuple[str, str, str, str]]:
    return set(FieldOwner.objects.values_list("kind", "field", "owner", "when_it_differs"))


def problem(text: str) -> tuple[str, str]:
    with pytest.raises(BadConfiguration) as caught:
        planned(text)
    (found,) = caught.value.problems
    return found.field, found.reason


def test_owners_are_made_and_an_export_has_them_again() -> None:
    applied(FILE + OWNERS)
    assert rows() == {
        ("order", "number", "shop", "owner"),
        ("order", "status", "warehouse", "ask"),
        ("order", "*", "shop", "owner"),
    }
    exported = yaml.safe_load(as_yaml(load()))["owners"]
    assert exported["order"]["status"] == {"owner": "warehouse", "when_it_differs": "ask"}
    assert applied(FILE + yaml.safe_dump({"owners": exported})).changes == []


def test_a_kind_that_is_told_is_replaced_whole_and_its_history_is_kept() -> None:
    applied(FILE + OWNERS)
    applied("owners: {order: {status: shop}}")
    assert rows() == {("order", "status", "shop", "owner")}
    told = FieldOwner.history.filter(field="status").values_list("history_type", "owner")
    assert list(told) == [("~", "shop"), ("+", "warehouse")]


def test_a_first_value_is_exported_where_it_is_anyones() -> None:
    applied(FILE + "owners: {order: {status: {owner: shop, first_value: anyone}, number: shop}}")
    assert FieldOwner.objects.get(field="status").first_value == "anyone"

    exported = yaml.safe_load(as_yaml(load()))["owners"]["order"]
    assert exported["status"] == {"owner": "shop", "when_it_differs": "owner", "first_value": "anyone"}
    assert exported["number"] == {"owner": "shop", "when_it_differs": "owner"}
    assert planned(yaml.safe_dump({"owners": {"order": exported}})).changes == []
    (change,) = planned("owners: {order: {status: shop, number: shop}}").changes
    assert "fields.status.first_value: anyone → owner" in str(change)


def test_a_plan_says_what_would_change() -> None:
    applied(FILE + OWNERS)
    (change,) = planned("owners: {order: {status: shop}}").changes
    assert "fields.status.owner: warehouse → shop" in str(change)
    assert "fields.number.owner: shop → (taken out)" in str(change)


@pytest.mark.parametrize(
    ("told", "place", "reason"),
    [
        ("{orders: {status: shop}}", "owners.orders", "There is no kind of record 'orders'."),
        ("{order: {state: shop}}", "owners.order.state", "order has no field “state”."),
        ("{order: {status: erp}}", "owners.order.status.owner", "There is no 'erp' among the connections."),
        ("{order: {status: {who: erp}}}", "owners.order.status", "Name the connection"),
        ("{order: {status: {owner: shop, if: ask}}}", "owners.order.status.if", "There is no such field."),
        (
            "{order: {status: {owner: shop, when_it_differs: guess}}}",
            "owners.order.status.when_it_differs",
            "Choose one of: owner, newest, ask.",
        ),
        (
            "{order: {status: {owner: shop, first_value: nobody}}}",
            "owners.order.status.first_value",
            "Choose one of: owner, anyone.",
        ),
        ("{order: shop}", "owners.order", "Expected the fields of this kind here"),
    ],
)
def test_a_mistake_is_told_in_its_place(told: str, place: str, reason: str) -> None:
    applied(FILE)
    found = problem(f"owners: {told}")
    assert found[0] == place
    assert found[1].startswith(reason)


MIXED = """
mappings:
  orders-out:
    rules: [{target: text, source: "join(' ', [number, status])"}]
owners: {order: {number: shop, status: warehouse}}
"""


def test_a_field_made_of_ours_and_theirs_is_refused() -> None:
    applied(FILE)
    place, reason = problem(MIXED)
    assert place == "jobs.orders-to-warehouse.write_mapping"
    assert reason == (
        "'orders-out' fills text from status, which warehouse owns, and from number, which this job may write. "
        "Make two fields of it, or give both the same owner."
    )
