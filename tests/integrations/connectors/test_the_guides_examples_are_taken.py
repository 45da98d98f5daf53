"""Every declaration in the guide is one that is taken."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from integrations.connectors.declaration import parse_declaration, plan_of
from integrations.connectors.words import PagingWord

GUIDE = Path(__file__).parents[3] / "docs" / "connect-any-api.md"
EXAMPLES: list[Any] = [
    yaml.safe_load(text) for text in re.findall(r"```yaml\n(.*?)```", GUIDE.read_text(), re.DOTALL)
]


@pytest.mark.parametrize(
    "example", EXAMPLES, ids=lambda example: str(example.get("label", example["base_url"]))
)
def test_an_example_is_taken(example: Any) -> None:
    parse_declaration(example)


def test_every_paging_style_has_an_example() -> None:
    listings = [
        resource.word.listing for example in EXAMPLES for resource in plan_of(example).resources.values()
    ]
    shown = {type(listing.paging) for listing in listings if listing is not None}
    assert shown == set(PagingWord.__args__)


def test_what_it_says_of_refusals_is_what_is_said() -> None:
    quoted = re.search(r"^> (resources\.orders\.list\.paging\.next: .*)$", GUIDE.read_text(), re.MULTILINE)
    assert quoted is not None
    listing = {"path": "/orders", "paging": {"style": "cursor"}}
    with pytest.raises(Exception, match=re.escape(quoted[1])):
        parse_declaration({"base_url": "https://x.example.com", "resources": {"orders": {"list": listing}}})
