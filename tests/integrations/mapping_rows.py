"""Published mappings, as an operator leaves them."""

from __future__ import annotations

from mappings.models import FieldRule, Mapping


def add_mapping(key: str, direction: str, kind: str = "order") -> Mapping:
    """One that carries the id and the number over, published."""
    mapping = Mapping.objects.create(
        key=key, name=key, direction=direction, platform="fake", resource=f"{kind}s", kind=kind
    )
    for position, name in enumerate(("id", "updated_at")):
        FieldRule.objects.create(mapping=mapping, position=position, target=name, source=name)
    mapping.publish()
    return mapping
