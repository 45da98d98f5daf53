"""The first files of a new connector: small, and green, so that each next step is one from there."""

from __future__ import annotations

import keyword
import re
import sys
from dataclasses import dataclass
from pathlib import Path

NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")

CONNECTOR = '''"""{label}: {documentation}"""

from __future__ import annotations

from integrations.connectors.base import SettingField
from integrations.connectors.facts import Facts, Group, Verified
from integrations.connectors.http import BASE_URL, DeclaredConnector


class {class_name}(DeclaredConnector):
    platform = "{name}"
    label = "{label}"
    settings_fields = (
        BASE_URL,
        SettingField("token", "Access token", secret=True),
    )
    facts = Facts(
        group=Group.SHOP,
        documentation="{documentation}",
        credentials=("Say here, click by click, how an access token is made.",),
        verified=Verified.UNVERIFIED,
        verified_against="Made from the vendor's documentation alone",
        limits="Say here how fast it may be called.",
    )
    declaration = {{
        "label": "{label}",
        "base_url": "{{base_url}}",
        "variables": {{"base_url": {{"label": "Address"}}}},
        "auth": {{"kind": "bearer"}},
        "limits": {{"requests_per_second": 2, "burst": 2}},
        "resources": {{
            "orders": {{
                "updated_at": {{"at": "updated_at"}},
                "list": {{
                    "path": "/orders",
                    "records": "orders",
                    "paging": {{
                        "style": "cursor",
                        "param": "cursor",
                        "next": "next",
                        "size": 100,
                        "size_param": "limit",
                    }},
                    "since": {{"param": "updated_since", "overlap": 60}},
                }},
                "fetch": {{"path": "/orders/{{external_id}}"}},
            }},
        }},
    }}
'''

PRESETS = '''"""{label}'s orders into our Records."""

from __future__ import annotations

from .preset import Preset, rule

ORDERS_READ = Preset(
    name="{label}: orders",
    direction="read",
    platform="{name}",
    resource="orders",
    kind="order",
    rules=(
        rule("id", "id", required=True),
        rule("number", "number", required=True),
        rule("updated_at", "updated_at", "time"),
        rule("currency", "currency"),
        rule("total", "total", "decimal"),
        rule("lines[]", "lines"),
        rule("lines[].id", "id"),
        rule("lines[].sku", "sku"),
        rule("lines[].ordered", "quantity", "decimal"),
    ),
)

PRESETS: dict[str, Preset] = {{"{slug}-orders": ORDERS_READ}}
'''

DIALECT = '''"""{documentation}"""

from __future__ import annotations

from datetime import UTC, datetime

from integrations.exceptions import Kind
from tests.contract.dialect import Dialect, Reading, Refusal, by_parameter
from tests.integrations.answering import Says

PAGES = by_parameter(
    "cursor",
    {{
        None: Says({{"orders": [{{"id": "1"}}, {{"id": "2"}}], "next": "c2"}}),
        "c2": Says({{"orders": [{{"id": "3"}}], "next": None}}),
    }},
)

DIALECT = Dialect(
    platform="{name}",
    # Where the vendor publishes an OpenAPI document or a GraphQL schema, name it as `contract`: see stripe.py.
    secrets={{"token": "token-0123456789"}},
    readings=(
        Reading("orders", "/orders", PAGES, ("1", "2", "3")),
        Reading("orders", "/orders", PAGES, ("1", "2", "3"), since=datetime(2026, 1, 1, tzinfo=UTC)),
    ),
    refusals=(
        Refusal("wrong-token", Says({{}}, 401), Kind.CONFIG, "unauthorized"),
        Refusal(
            "too-fast", Says({{}}, 429, {{"Retry-After": "3"}}), Kind.TRANSIENT, "rate_limited", retry_after=3
        ),
    ),
)
'''

SAMPLES = '''"""{label}'s own payloads as Records, worked out by hand."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

from mappings.presets.{name} import ORDERS_READ
from mappings.records import Order, OrderLine
from tests.contract.samples import read_with

ORDER = {{
    "id": "7",
    "number": "1042",
    "updated_at": "2026-11-24T10:00:00Z",
    "currency": "EUR",
    "total": "12.50",
    "lines": [{{"id": "71", "sku": "MUG", "quantity": 1}}],
}}


def test_an_order() -> None:
    assert read_with(ORDERS_READ, ORDER) == Order(
        id="7",
        number="1042",
        updated_at=datetime(2026, 11, 24, 10, 0, tzinfo=UTC),
        currency="EUR",
        total=Decimal("12.50"),
        lines=[OrderLine(id="71", sku="MUG", ordered=Decimal(1))],
    )
'''


class NotMade(Exception):
    """Why no connector was made, in a sentence."""


@dataclass(frozen=True)
class Line:
    """One line that goes into a file that is there already, where it sorts among those like it."""

    file: str
    text: str
    like: re.Pattern[str]


def make(root: Path, name: str, label: str, documentation: str) -> list[Path]:
    """The files that were made or changed. Raises NotMade, and then nothing has been."""
    if not NAME.fullmatch(name):
        raise NotMade(f"{name!r} is no name for a module: small letters and digits, with _ between words.")
    if keyword.iskeyword(name) or keyword.issoftkeyword(name) or name in sys.stdlib_module_names:
        raise NotMade(
            f"{name!r} is a word of Python's own. Choose the platform's whole name, as {name}_shop."
        )
    if set(label + documentation) & set('"\\{}\n'):
        raise NotMade(
            "The label and the address of the documentation take no quotation marks, braces or backslashes."
        )
    words = {
        "name": name,
        "label": label or name.replace("_", " ").title(),
        "documentation": documentation or "https://example.com/",
        "class_name": "".join(word.title() for word in name.split("_")),
        "slug": name.replace("_", "-"),
    }
    made = {
        root / f"integrations/connectors/{name}.py": CONNECTOR,
        root / f"mappings/presets/{name}.py": PRESETS,
        root / f"tests/contract/dialects/{name}.py": DIALECT,
        root / f"tests/contract/test_{name}_samples_become_records.py": SAMPLES,
    }
    there = [path for path in made if path.exists()]
    if there:
        raise NotMade(
            f"{there[0].relative_to(root)} is there already. Choose another name, or go on with that."
        )
    changed = {root / line.file: (root / line.file).read_text() for line in _lines(words)}
    for line in _lines(words):
        changed[root / line.file] = _inserted(changed[root / line.file], line)
    for path, text in (*((path, text.format(**words)) for path, text in made.items()), *changed.items()):
        path.write_text(text)
    return [*made, *changed]


def _lines(words: dict[str, str]) -> list[Line]:
    registry, presets, examples = (
        "integrations/connectors/registry.py",
        "mappings/presets/__init__.py",
        "tests/test_connector_conformance.py",
    )
    name, class_name = words["name"], words["class_name"]
    return [
        Line(
            registry,
            f"from integrations.connectors.{name} import {class_name}\n",
            re.compile(r"from integrations\.connectors\.\w+ import .*\n"),
        ),
        Line(registry, f'    "{name}": {class_name},\n', re.compile(r'    "\w+": \w+,\n')),
        Line(
            presets,
            f"from .{name} import PRESETS as {name.upper()}\n",
            re.compile(r"from \.\w+ import PRESETS as \w+\n"),
        ),
        Line(presets, f"    **{name.upper()},\n", re.compile(r"    \*\*\w+,\n")),
        Line(
            examples,
            f'    "{name}": Example({{"base_url": BASE}}),\n',
            re.compile(r'    "\w+": Example\(.*\),\n'),
        ),
    ]


def _inserted(text: str, line: Line) -> str:
    places = list(line.like.finditer(text))
    if not places:
        raise NotMade(f"{line.file} looks otherwise than it did: put {line.text.strip()!r} there by hand.")
    # Some lists begin with what is no platform of its own; from there on they are sorted.
    first = len(places) - 1
    while first and places[first - 1].group() < places[first].group():
        first -= 1
    behind = next((place.start() for place in places[first:] if place.group() > line.text), places[-1].end())
    return text[:behind] + line.text + text[behind:]
