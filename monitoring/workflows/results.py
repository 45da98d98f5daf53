"""Each measure of a workflow: before → now → as it should be, and whether that is met."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from django.utils import timezone

from integrations.models import MEASURE_FORMS, Direction, Measure, Unit, Workflow, WorkflowTarget

from .accuracy import accuracy
from .booked import Booked
from .carried import Carried
from .readings import Reading, not_yet
from .spans import before_launch, lately

# Nothing of this currency is the figure itself, and no lack of one.
NOTHING_IS_ZERO = (Measure.VALUE_STUCK, Measure.VALUE_STUCK_SOON)


class Verdict(StrEnum):
    """NOT_JUDGED: it is measured, and nobody said how it should be."""

    MET = "met"
    NOT_MET = "not met"
    NOT_MEASURED = "not measured yet"
    NOT_JUDGED = "no target"


@dataclass(frozen=True)
class Result:
    """`baseline` was entered, or, where `is_worked_out`, is the figure of as long a time before the launch."""

    reading: Reading
    unit: Unit
    direction: Direction
    baseline: Decimal | float | None
    is_worked_out: bool
    target: Decimal | None
    verdict: Verdict

    @property
    def measure(self) -> str:
        return self.reading.measure


def results(workflow: Workflow, now: datetime | None = None) -> list[Result]:
    """Those with a target first, in the order in which they were entered; then what else is measured."""
    moment = now or timezone.now()
    read = readings(workflow, moment)
    found, told = [], set()
    for target in workflow.targets.all():
        if target.form is None:
            continue
        reading = _reading_for(target, read)
        told.add((reading.measure, target.currency))
        found.append(_judged(reading, target))
    judged_measures = {measure for measure, _ in told}
    for reading in read:
        is_told = (reading.measure, reading.currency) in told
        if not is_told and not (reading.value is None and reading.measure in judged_measures):
            found.append(_judged(reading, None))
    return sorted(found, key=lambda result: result.target is None)


def readings(workflow: Workflow, now: datetime) -> list[Reading]:
    span = lately(workflow.period, now)
    before = before_launch(workflow.period, workflow.launched_at) if workflow.launched_at else None
    read = [
        *Carried(workflow, span, workflow.period).readings(),
        *accuracy(workflow, span),
        *Booked(workflow, span, before).readings(),
    ]
    order = list(Measure)
    return sorted(read, key=lambda reading: (order.index(Measure(reading.measure)), reading.currency))


def _reading_for(target: WorkflowTarget, read: Iterable[Reading]) -> Reading:
    of_measure = [reading for reading in read if reading.measure == target.measure]
    for reading in of_measure:
        if reading.currency == target.currency:
            return reading
    first = of_measure[0]
    if target.measure in NOTHING_IS_ZERO:
        rows = replace(first.rows, count=0) if first.rows else None
        return Reading(target.measure, Decimal(0), target.currency, rows=rows)
    return not_yet(
        target.measure, first.why or f"Nothing in {target.currency} in this time.", target.currency
    )


def _judged(reading: Reading, target: WorkflowTarget | None) -> Result:
    form = MEASURE_FORMS[Measure(reading.measure)]
    entered = target.baseline if target else None
    wanted = target.target if target else None
    return Result(
        reading=reading,
        unit=form.unit,
        direction=form.direction,
        baseline=entered if entered is not None else reading.before,
        is_worked_out=entered is None and reading.before is not None,
        target=wanted,
        verdict=_verdict(reading, wanted, form.direction),
    )


def _verdict(reading: Reading, wanted: Decimal | None, direction: Direction) -> Verdict:
    if reading.value is None:
        return Verdict.NOT_MEASURED
    if wanted is None:
        return Verdict.NOT_JUDGED
    # As text: a fraction of a float is not the decimal that a person entered.
    value = Decimal(str(reading.value))
    is_met = value <= wanted if direction == Direction.AT_MOST else value >= wanted
    return Verdict.MET if is_met else Verdict.NOT_MET
