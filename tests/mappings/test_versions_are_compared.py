from __future__ import annotations

from typing import Any

from mappings.versions import ADDED, CHANGED, REMOVED, differences, in_short


def version(*rules: dict[str, Any], **words: dict[str, str]) -> dict[str, Any]:
    return {"direction": "read", "kind": "order", "rules": list(rules), "value_maps": words}


def test_rules_that_came_went_and_changed_are_told_with_old_and_new() -> None:
    old = version({"target": "id", "source": "id"}, {"target": "number", "source": "name"})
    new = version(
        {"target": "id", "source": "uuid", "required": True}, {"target": "email", "source": "contact.mail"}
    )
    told = [(found.how, found.what, [tuple(part) for part in found.parts]) for found in differences(old, new)]
    assert told == [
        (CHANGED, "id", [("Source", "id", "uuid"), ("Required", "–", "yes")]),
        (ADDED, "email", [("Source", "–", "contact.mail")]),
        (REMOVED, "number", [("Source", "name", "–")]),
    ]
    assert in_short(old, new) == "3 differences"


def test_the_same_rules_in_another_order_are_a_difference() -> None:
    one, other = {"target": "id", "source": "id"}, {"target": "email", "source": "mail"}
    assert [found.what for found in differences(version(one, other), version(other, one))] == [
        "The order of the rules"
    ]
    assert in_short(version(one), version(one)) == ""


def test_words_of_value_maps_are_compared_too() -> None:
    old = version(states={"PAID": "paid", "OPEN": "pending"})
    new = version(states={"PAID": "paid", "OPEN": "open", "VOID": "cancelled"})
    assert [(found.how, found.what) for found in differences(old, new)] == [
        (CHANGED, "OPEN in the value map states"),
        (ADDED, "VOID in the value map states"),
    ]
