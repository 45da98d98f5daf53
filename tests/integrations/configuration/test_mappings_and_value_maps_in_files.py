from __future__ import annotations

import pytest
import yaml

from integrations.configuration.export import as_yaml
from integrations.configuration.problems import BadConfiguration, Problem
from integrations.configuration.state import load
from mappings.models import FieldRule, Mapping, ValueMap, load_rules
from mappings.presets import PRESETS
from mappings.translate import read

from .conftest import applied, planned

pytestmark = pytest.mark.django_db

PRESET = sorted(PRESETS)[0]
FIELDS = (
    "number",
    "status",
    "payment_status",
    "currency",
    "total",
    "placed_at",
    "tax",
    "discount_total",
    "email",
    "subtotal",
)

FILE = """\
value_maps:
  carriers:
    entries: {ups: UPS, "no": Norway Post}
mappings:
  tickets-in:
    direction: read
    platform: sandbox_shop
    resource: shipments
    kind: shipment
    rules:
      - {target: id, source: id, required: true}
      - {target: carrier, source: carrier, value_map: carriers}
      - target: tracking_number
        source: tracking
        default: unknown
"""


def problems(text: str) -> list[Problem]:
    with pytest.raises(BadConfiguration) as caught:
        planned(text)
    return caught.value.problems


def carrier(word: str) -> object:
    mapping = Mapping.objects.get(key="tickets-in")
    found = read(load_rules(mapping.pk, mapping.current_number), {"id": "1", "carrier": word})
    return [problem.code for problem in found.problems] or found.record.carrier  # type: ignore[union-attr]


def test_rules_are_stored_and_in_use() -> None:
    applied(FILE)

    mapping = Mapping.objects.get(key="tickets-in")
    assert (mapping.name, mapping.kind, mapping.current_number) == ("Tickets in", "shipment", 1)
    assert [rule.target for rule in mapping.rules.all()] == ["id", "carrier", "tracking_number"]
    assert (carrier("ups"), carrier("no"), carrier("dhl")) == ("UPS", "Norway Post", ["unknown_value"])


def test_applied_again_it_makes_no_new_version() -> None:
    applied(FILE)

    assert applied(FILE).changes == []
    assert Mapping.objects.get(key="tickets-in").current_number == 1


def test_a_changed_rule_is_a_new_version_and_shown_by_its_field() -> None:
    applied(FILE)

    made = applied(FILE.replace("source: tracking", "source: tracking_code"))

    assert [str(change) for change in made.changes] == [
        "~ mappings.tickets-in\n    rules[2].source: tracking → tracking_code"
    ]
    assert Mapping.objects.get(key="tickets-in").current_number == 2


def test_the_rules_of_a_long_new_mapping_are_counted_and_not_listed() -> None:
    head = {"direction": "read", "platform": "rest", "resource": "orders", "kind": "order"}
    rules = [{"target": name, "source": name} for name in ("id", *FIELDS)]

    (change,) = planned(yaml.safe_dump({"mappings": {"m": {**head, "rules": rules}}})).changes

    assert "    rules: 22 values" in str(change).splitlines()
    assert len(change.to_json()["fields"]) > 22


def test_a_changed_value_map_reaches_the_mappings_that_use_it() -> None:
    applied(FILE)

    made = applied(FILE.replace("UPS", "United Parcel"))

    assert [str(change) for change in made.changes] == [
        "~ value_maps.carriers\n    entries.ups: UPS → United Parcel"
    ]
    assert carrier("ups") == "United Parcel"


def test_a_draft_that_nobody_published_is_not_the_configuration() -> None:
    applied(FILE)
    FieldRule.objects.filter(target="tracking_number").update(source="draft")

    assert applied(FILE).changes == []
    assert "draft" not in as_yaml(load())


@pytest.mark.parametrize("name", sorted(PRESETS))
def test_every_preset_can_be_named_and_survives_the_way_out_and_in(name: str) -> None:
    applied(f"mappings:\n  mine:\n    preset: {name}\n")
    text = as_yaml(load())

    assert Mapping.objects.get(key="mine").check_problems() == []
    assert Mapping.objects.get(key="mine").kind == PRESETS[name].kind
    assert applied(text).changes == []
    assert applied(f"mappings:\n  mine:\n    preset: {name}\n").changes == []


def test_beside_a_preset_the_files_own_words_go_first() -> None:
    applied(f"mappings:\n  mine:\n    preset: {PRESET}\n    name: My own\n")

    mapping = Mapping.objects.get(key="mine")
    assert (mapping.name, mapping.rules.count()) == ("My own", len(PRESETS[PRESET].rules))


def test_the_whole_comes_back_from_its_export() -> None:
    applied(FILE)
    text = as_yaml(load())
    Mapping.objects.all().delete()
    ValueMap.objects.all().delete()

    applied(text)

    assert as_yaml(load()) == text


@pytest.mark.parametrize(
    ("old", "new", "line", "field", "reason"),
    [
        ("value_map: carriers", "value_map: couriers", 12, "rules[1].value_map", "There is no value map"),
        ("target: carrier,", "target: courier,", 12, "rules[1].target", ""),
        ("source: tracking", "source: 'a ||'", 14, "rules[2].source", "“a ||” is not a path"),
        ("source: tracking", "transform: shout", 14, "rules[2].transform", "There is no transform “shout”"),
        (
            "        default: unknown",
            "        defualt: unknown",
            15,
            "rules[2].defualt",
            "There is no such field. Known are: target",
        ),
        ("direction: read", "direction: sideways", 6, "direction", "Value 'sideways' is not a valid choice."),
        ("kind: shipment", "kind: parcel", 9, "kind", "Value 'parcel' is not a valid choice."),
        ("    resource: shipments\n", "", 5, "resource", "A mapping needs this field, or a preset."),
    ],
)
def test_a_mistake_in_a_mapping_is_told_by_its_rule(
    old: str, new: str, line: int, field: str, reason: str
) -> None:
    assert old in FILE
    (found,) = problems(FILE.replace(old, new, 1))

    assert (found.line, found.field) == (line, f"mappings.tickets-in.{field}")
    assert found.reason.startswith(reason)


def test_an_unknown_preset_is_told_with_those_there_are() -> None:
    (found,) = problems("mappings:\n  mine:\n    preset: none-such\n")

    assert (found.line, found.field) == (3, "mappings.mine.preset")
    assert PRESET in found.reason
