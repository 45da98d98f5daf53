"""A workflow's results as its page shows them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from django.utils import formats

from integrations.models import Measure, Unit, Workflow
from integrations.templatetags.portal import duration, money
from monitoring.links import Linked

from .readings import Trend
from .results import Result, Verdict, results

TONES = {
    Verdict.MET: "good",
    Verdict.NOT_MET: "bad",
    Verdict.NOT_MEASURED: "warn",
    Verdict.NOT_JUDGED: "",
}
WIDTH, HEIGHT = 120, 28


@dataclass(frozen=True)
class Line:
    """One measure on the page. `bars` are (x, y, width, height) of its trend."""

    label: str
    currency: str
    baseline: str
    is_worked_out: bool
    now: Linked | None
    said: str
    why: str
    target: str
    verdict: str
    tone: str
    bars: list[tuple[float, float, float, float]]
    trend_said: str


def lines(workflow: Workflow, now: datetime) -> list[Line]:
    return [_line(result) for result in results(workflow, now)]


def _line(result: Result) -> Line:
    reading = result.reading
    said = say(reading.value, result.unit, reading.currency)
    wanted = say(result.target, result.unit, reading.currency)
    return Line(
        label=str(Measure(reading.measure).label),
        currency=reading.currency,
        baseline=say(result.baseline, result.unit, reading.currency),
        is_worked_out=result.is_worked_out,
        now=replace(reading.rows, text=said) if reading.rows and reading.value is not None else None,
        said=said,
        why=reading.why,
        target=f"{result.direction.label} {wanted}" if wanted else "",
        verdict=str(result.verdict),
        tone=TONES[result.verdict] if result.target is not None else "",
        bars=bars(reading.trend),
        trend_said=_trend_said(reading.trend, result.unit, reading.currency),
    )


def say(value: Decimal | float | None, unit: Unit, currency: str = "") -> str:
    """ "" for nothing."""
    if value is None:
        return ""
    if unit == Unit.MONEY:
        return money(round(Decimal(str(value)), 2), currency) if currency else "nothing"
    if unit == Unit.MINUTES:
        return "0" if value == 0 else duration(float(value) * 60)
    rounded = formats.number_format(value, 1, force_grouping=True)
    whole = rounded[:-2] if rounded.endswith((".0", ",0")) else rounded
    return f"{whole} {unit.label}".strip()


def bars(trend: Trend) -> list[tuple[float, float, float, float]]:
    """One upright bar for each part of the time; the highest fills the height."""
    most = max((value for value in trend if value is not None), default=0.0)
    if not trend or not most:
        return []
    step = WIDTH / len(trend)
    found = []
    for place, value in enumerate(trend):
        if value:
            height = max(HEIGHT * value / most, 1.5)
            found.append(
                (round(place * step, 2), round(HEIGHT - height, 2), round(step * 0.75, 2), round(height, 2))
            )
    return found


def _trend_said(trend: Trend, unit: Unit, currency: str) -> str:
    """For who does not see the bars."""
    told = [value for value in trend if value is not None]
    if not told:
        return ""
    return f"between {say(min(told), unit, currency)} and {say(max(told), unit, currency)}"
