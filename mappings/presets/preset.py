"""What a preset is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from mappings.translate import RuleData


@dataclass(frozen=True)
class Preset:
    """Rules that read a platform's payload into our Record, or write our Record for a platform."""

    name: str
    direction: str
    platform: str
    resource: str
    kind: str
    rules: tuple[RuleData, ...]
    description: str = ""


def rule(target: str, source: str = "", transform: str = "", **more: Any) -> RuleData:
    return RuleData(target=target, source=source, transform=transform, **more)
