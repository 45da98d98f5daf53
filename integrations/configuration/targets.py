"""A workflow's baseline and targets in files: a number by the measure's name, or, of money, one by currency.

baseline: {processing_minutes: 240, sales: {EUR: 12000, USD: 3000}}
targets: {processing_minutes: 5}
"""

from __future__ import annotations

import math
from decimal import Decimal
from typing import Any

from integrations.models import MEASURE_FORMS, Measure, Unit, Workflow, WorkflowTarget

from .plain import Found, Plain
from .problems import Place

# How the sections of a file are called, and the columns of what they hold.
COLUMNS = {"baseline": "baseline", "targets": "target"}
_COLUMN: Any = WorkflowTarget._meta.get_field("target")
_LARGEST = 10 ** (_COLUMN.max_digits - _COLUMN.decimal_places)


def load(workflow: Workflow) -> Plain:
    found: dict[str, Plain] = {section: {} for section in COLUMNS}
    for row in workflow.targets.all():
        for section, column in COLUMNS.items():
            value = getattr(row, column)
            if value is None:
                continue
            if row.currency:
                found[section].setdefault(row.measure, {})[row.currency] = number(value)
            else:
                found[section][row.measure] = number(value)
    minutes = workflow.minutes_per_record
    return {**found, "minutes_per_record": None if minutes is None else number(minutes)}


def number(value: Decimal | float) -> int | float:
    """As a file has it: 5, not 5.0000."""
    return int(value) if value == int(value) else float(value)


def normal(told: Plain) -> Plain:
    """With each number as `load` tells it, so that they can be compared: 5.0 in a file is 5."""
    return {
        name: _normal(value) if name in (*COLUMNS, "minutes_per_record") else value
        for name, value in told.items()
    }


def _normal(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _normal(inner) for name, inner in value.items()}
    is_fraction = isinstance(value, float) and math.isfinite(value)
    return number(value) if is_fraction else value


def check(place: Place, workflow: Plain) -> Found:
    for section in COLUMNS:
        told = workflow.get(section)
        for name, value in (told or {}).items():
            yield from _check((*place, section, name), str(name), value)


def _check(place: Place, name: str, value: Any) -> Found:
    if name not in Measure.values:
        yield place, f"Nothing is measured by this name. Known are: {', '.join(Measure.values)}."
    elif MEASURE_FORMS[Measure(name)].unit != Unit.MONEY:
        yield from _check_number(place, value)
    elif not isinstance(value, dict):
        yield place, "This is money: give one number for each currency, as {EUR: 1000}."
    else:
        for currency, amount in value.items():
            if len(str(currency)) != 3 or not str(currency).isascii() or not str(currency).isupper():
                yield (*place, currency), "Give the three letters of the currency, as EUR."
            yield from _check_number((*place, currency), amount)


def _check_number(place: Place, value: Any) -> Found:
    if isinstance(value, bool) or not isinstance(value, int | float):
        yield place, "Give a number."
    elif not math.isfinite(value) or not 0 <= value < _LARGEST:
        yield place, f"Give a number from 0 to below {_LARGEST:,}."


def write(workflow: Workflow, told: Plain) -> None:
    """`told` has one section or both; a section that is told replaces all of its numbers."""
    rows = {(row.measure, row.currency): row for row in workflow.targets.all()}
    for section, numbers in told.items():
        column = COLUMNS[section]
        for row in rows.values():
            setattr(row, column, None)
        for key, value in _flat(numbers).items():
            row = rows.setdefault(key, WorkflowTarget(workflow=workflow, measure=key[0], currency=key[1]))
            setattr(row, column, Decimal(str(value)))
    for row in rows.values():
        if row.baseline is not None or row.target is not None:
            row.save()
        elif row.pk is not None:
            row.delete()


def _flat(numbers: Plain) -> dict[tuple[str, str], Any]:
    found: dict[tuple[str, str], Any] = {}
    for measure, value in numbers.items():
        by_currency = value if isinstance(value, dict) else {"": value}
        found |= {(measure, currency): amount for currency, amount in by_currency.items()}
    return found
