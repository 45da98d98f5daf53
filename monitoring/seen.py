"""What one dashboard has before it, and how a figure is compared with the time before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from integrations.models import SyncJob
from monitoring.figures import Figures
from monitoring.links import Linked
from monitoring.rates import Rate
from monitoring.scopes import Look
from monitoring.standing import Standing

# Above the first the rate is shown as good, above the second as a warning.
GOOD_RATE, FAIR_RATE = 0.98, 0.9


@dataclass(frozen=True)
class Seen:
    """All that one dashboard shows: `earlier` is the time that `found` is compared with."""

    look: Look
    found: Figures
    earlier: Figures
    stand: Standing
    jobs: Sequence[SyncJob]
    rates: Sequence[Rate] = field(default_factory=list)


def tone(rate: float | None) -> str:
    if rate is None:
        return ""
    return "good" if rate >= GOOD_RATE else "warn" if rate >= FAIR_RATE else "bad"


def change(now: float, earlier: float) -> str:
    """By how much, in per cent of before, with its sign; "" where there was nothing before."""
    if not earlier:
        return ""
    share = (now - earlier) / earlier
    return f"{'+' if share >= 0 else '−'}{abs(share) * 100:,.0f} %"


def before(seen: Seen, count: int, text: str, compared: str, **query: object) -> list[tuple[str, Linked]]:
    """The same figure of the time before, and the difference. Nothing where there was nothing to compare with."""
    if not count:
        return []
    earlier = seen.earlier
    linked = seen.look.outcomes_between(count, earlier.since, earlier.as_of, text, **query)
    return [("before", linked), *difference(compared)]


def difference(compared: str) -> list[tuple[str, Linked]]:
    return [("change", Linked(0, "", compared))] if compared else []
