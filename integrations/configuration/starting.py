"""A template that a person starts, as the configuration file that says the same."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import yaml

from .environment import escape


@dataclass(frozen=True)
class Start:
    """`connections` by role; `mappings` and `resources` by end of a job: `orders-to-warehouse.write`."""

    template: str
    key: str
    connections: dict[str, list[str]]
    mappings: dict[str, str] = field(default_factory=dict)
    resources: dict[str, str] = field(default_factory=dict)
    # Of the Workflow itself: name, problem, owner; what is empty is the template's.
    words: dict[str, str] = field(default_factory=dict)


def as_file(start: Start) -> str:
    # What a person typed is text, and no reference to a variable of the environment.
    told: dict[str, Any] = {name: escape(value) for name, value in start.words.items() if value}
    told["template"] = start.template
    told["with"] = {
        role: keys[0] if len(keys) == 1 else keys for role, keys in start.connections.items() if keys
    }
    for name in ("mappings", "resources"):
        if chosen := getattr(start, name):
            told[name] = chosen
    text: str = yaml.safe_dump(
        {"workflows": {start.key: told}}, sort_keys=False, allow_unicode=True, default_style=None
    )
    return text
