"""Which version of its vendor's API a connection speaks, and when that ends, as far as the vendor has said."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from integrations.connectors.facts import Facts

_YEAR_AND_MONTH = re.compile(r"(20\d\d)-(0[1-9]|1[0-2])(?:-(\d\d))?")


# A connection that is described in the admin may speak to Shopify as well: its address tells by which version. How
# long that is kept is Shopify's rule: https://shopify.dev/docs/api/usage/versioning
_SHOPIFY = re.compile(r"/admin/api/(20\d\d-(?:0[1-9]|1[0-2]))\b")
_SHOPIFY_MONTHS = 12


@dataclass(frozen=True)
class Spoken:
    """`is_pinned`: the connection's own settings name it. `ends` is None where no end is known."""

    name: str
    ends: date | None
    is_pinned: bool


def spoken_by(facts: Facts, settings: Mapping[str, Any]) -> Spoken | None:
    """None where the platform has no versions."""
    known = facts.api_version
    if known is None:
        return _of_shopify(settings)
    pinned = str(settings.get(known.setting) or "").strip() if known.setting else ""
    if not pinned or pinned == known.name:
        return Spoken(known.name, known.ends or _by_rule(known.name, known.months), bool(pinned))
    return Spoken(pinned, _by_rule(pinned, known.months), True)


def _of_shopify(settings: Mapping[str, Any]) -> Spoken | None:
    found = _SHOPIFY.search(str(dict(settings)))
    return Spoken(found[1], _by_rule(found[1], _SHOPIFY_MONTHS), True) if found else None


def _by_rule(name: str, months: int) -> date | None:
    """The last day of a version that is kept for so many months from the one that its name says."""
    found = _YEAR_AND_MONTH.match(name)
    if not months or found is None:
        return None
    months_since_zero = int(found[1]) * 12 + int(found[2]) - 1 + months
    year, month = divmod(months_since_zero, 12)
    last = monthrange(year, month + 1)[1]
    return date(year, month + 1, min(int(found[3] or 1), last))
