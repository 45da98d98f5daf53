"""Published mappings, as an operator leaves them."""

from __future__ import annotations

from typing import Any

import pytest

from mappings.models import Direction, FieldRule, Mapping
from tests import factories


def add_mapping(key: str, direction: str, kind: str = "order") -> Mapping:
    """One that carries the id and the number over, published."""
    mapping = Mapping.objects.create(
        key=key, name=key, direction=direction, platform="fake", resource=f"{kind}s", kind=kind
    )
    for position, name in enumerate(("id", "updated_at")):
        FieldRule.objects.create(mapping=mapping, position=position, target=name, source=name)
    mapping.publish()
    return mapping


def sent(of: Mapping, rules: list[dict[str, Any]]) -> dict[str, Any]:
    """The form of a mapping with these rules, as a browser sends it."""
    data: dict[str, Any] = {
        name: getattr(of, name)
        for name in ("name", "key", "direction", "kind", "platform", "resource", "description")
    }
    data |= {
        "rules-TOTAL_FORMS": len(rules),
        "rules-INITIAL_FORMS": of.rules.count(),
        "versions-TOTAL_FORMS": 0,
        "versions-INITIAL_FORMS": 0,
    }
    stored = list(of.rules.all())
    for place, values in enumerate(rules):
        row = {"on_missing": "absent", "position": place, **values}
        if place < len(stored):
            row |= {"id": stored[place].pk, "mapping": of.pk}
        data |= {f"rules-{place}-{name}": value for name, value in row.items()}
    return data


def rule(of: Mapping, target: str, source: str, **values: Any) -> FieldRule:
    return FieldRule.objects.create(
        mapping=of, target=target, source=source, position=of.rules.count(), **values
    )


@pytest.fixture
def writer(db: None) -> Mapping:
    made = factories.mapping(name="Warehouse order", direction=Direction.WRITE, platform="rest")
    rule(made, "reference", "number")
    rule(made, "ship_to.postcode", "shipping_address.postal_code")
    return made
