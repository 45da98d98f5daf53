"""What comes after a page: where the list goes on, and when a platform that leads nowhere is no longer followed."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson

# The same page three times in a row is no chance: the list did not move by a whole page twice.
MOST_REPEATS = 2
At = dict[str, Any]
Rows = Sequence[Any]

NO_WAY_ON = (
    "The platform says that there is more and not where: the list ends early. "
    "What is missing in it is not taken for gone."
)
IN_CIRCLES = (
    "The platform leads in circles from page to page: the list is ended where it began anew. "
    "What is missing in it is not taken for gone."
)
SAME_PAGE = (
    "The platform shows the same page whatever is asked for: the list is ended there. Declare how its end is told "
    "(total, pages, more or past_end), and look whether the name of the page's parameter is right."
)
CLIPPED = "The platform gives {most} at a time where {size} are asked for; it is read on in steps of {most}."


@dataclass(frozen=True)
class Following:
    """`at` None: the list is through; `settled`: it did not change under the read. `notice`: what was odd about it."""

    at: At | None
    settled: bool = True
    total: int | None = None
    notice: str = ""


def onward(at: At, name: str, value: Any) -> Following:
    """To the next link or cursor, unless it was there before. One earlier place is remembered, ever further back
    (Brent's way), so that a circle of any length is found and the position stays small."""
    step, mark = at.get("step", 0) + 1, at.get("mark")
    if _digest(value) == mark:
        return Following(None, settled=False, notice=IN_CIRCLES)
    if step & (step - 1) == 0:
        mark = _digest(value)
    return Following({**at, "step": step, "mark": mark, name: value})


def repeated(at: At, rows: Rows) -> tuple[At, int]:
    """How many times in a row the very same page came. Once may be chance: a whole page was put before it."""
    if not rows:
        return at, 0
    shown = _digest(rows)
    repeats = at.get("repeats", 0) + 1 if shown == at.get("shown") else 0
    return {**at, "shown": shown, "repeats": repeats}, repeats


def _digest(value: Any) -> str:
    return hashlib.blake2b(orjson.dumps(value), digest_size=8).hexdigest()
