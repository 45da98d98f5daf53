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


def email(target: str, source: str = "email", **more: Any) -> RuleData:
    """Of systems that keep addresses in small letters. What people typed there that is no address stays as it is."""
    return rule(target, source, "email", arguments={"case": "lower", "unreadable": "keep"}, **more)


def phone(target: str, source: str = "phone", country: str = "") -> RuleData:
    """With its country's code, where it can be read as a number. `country`: where the payload tells it."""
    dialled = {"country": f"= {country}"} if country else {}
    return rule(target, source, "phone", arguments={**dialled, "unreadable": "keep"})
