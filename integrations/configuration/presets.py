"""Copies of presets, to be edited: nobody writes forty rules by hand for a known platform."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import User
from django.db import transaction

from integrations.models import Connection
from mappings.models import FieldRule, Mapping
from mappings.presets import PRESETS, Preset

from .expand import LONGEST_NAME, shortened

COPIED = ("direction", "platform", "resource", "kind", "description")


def copied(preset_key: str, key: str, called: str, by: User | None) -> Mapping:
    """A mapping with the preset's rules, in use at once. The preset itself stays as it is."""
    preset: Preset = PRESETS[preset_key]
    fields: dict[str, Any] = {field: getattr(preset, field) for field in COPIED}
    with transaction.atomic():
        made = Mapping.objects.create(key=key, name=(called or preset.name)[:LONGEST_NAME], **fields)
        FieldRule.objects.bulk_create(
            [FieldRule.from_data(made, place, rule) for place, rule in enumerate(preset.rules)]
        )
        made.publish(by)
    return made


def key_for(preset_key: str, connection: Connection) -> str:
    """One copy for each connection, since each is edited for what that system does differently."""
    return shortened(f"{connection.key}-{preset_key}")


def copied_for(preset_key: str, connection: Connection, by: User | None) -> Mapping:
    """This connection's copy of a preset, made where it is not there yet. Raises IntegrityError where another request
    makes it at the same moment."""
    key = key_for(preset_key, connection)
    there = Mapping.objects.filter(key=key, current_number__gt=0).first()
    return there or copied(preset_key, key, f"{PRESETS[preset_key].name} ({connection.name})", by)
