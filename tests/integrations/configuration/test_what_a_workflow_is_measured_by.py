from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from integrations.configuration.export import as_yaml
from integrations.configuration.problems import BadConfiguration
from integrations.configuration.state import load
from integrations.models import Workflow

from .conftest import applied, planned

pytestmark = pytest.mark.django_db

MEASURED = """
workflows:
  order-to-doorstep:
    period: 7d
    minutes_per_record: 2.5
    baseline: {processing_minutes: 240, sales: {EUR: 12000, USD: 3000.5}}
    targets: {processing_minutes: 5.0, error_rate_percent: 0.5}
"""


def rows() -> list[tuple[Any, ...]]:
    found = Workflow.objects.get().targets.order_by("measure", "currency")
    return list(found.values_list("measure", "currency", "baseline", "target"))


def test_baseline_and_targets_become_rows_and_come_back_as_they_were_told() -> None:
    applied(MEASURED)

    assert rows() == [
        ("error_rate_percent", "", None, Decimal("0.5")),
        ("processing_minutes", "", Decimal(240), Decimal(5)),
        ("sales", "EUR", Decimal(12000), None),
        ("sales", "USD", Decimal("3000.5"), None),
    ]
    told = load()["workflows"]["order-to-doorstep"]
    assert told["baseline"] == {"processing_minutes": 240, "sales": {"EUR": 12000, "USD": 3000.5}}
    assert told["targets"] == {"processing_minutes": 5, "error_rate_percent": 0.5}
    assert (told["period"], told["minutes_per_record"]) == ("7d", 2.5)


def test_the_same_file_again_and_its_export_change_nothing() -> None:
    applied(MEASURED)

    assert planned(MEASURED).changes == []
    assert planned(as_yaml(load())).changes == []


def test_targets_that_are_told_replace_the_targets_and_leave_the_baseline() -> None:
    applied(MEASURED)

    applied("workflows:\n  order-to-doorstep:\n    targets: {hours_saved: 40}\n")

    assert rows() == [
        ("hours_saved", "", None, Decimal(40)),
        ("processing_minutes", "", Decimal(240), None),
        ("sales", "EUR", Decimal(12000), None),
        ("sales", "USD", Decimal("3000.5"), None),
    ]


@pytest.mark.parametrize(
    ("told", "field", "reason"),
    [
        ("targets: {speed: 5}", "targets.speed", "Known are: processing_minutes, processing_minutes_p95,"),
        ("baseline: {speed: 5}", "baseline.speed", "Nothing is measured by this name"),
        ("targets: {processing_minutes: fast}", "targets.processing_minutes", "Give a number."),
        ("targets: {processing_minutes: -1}", "targets.processing_minutes", "Give a number from 0"),
        ("targets: {sales: 5}", "targets.sales", "one number for each currency, as {EUR: 1000}"),
        ("targets: {sales: {Euro: 5}}", "targets.sales.Euro", "three letters of the currency"),
        ("targets: {sales: {EUR: true}}", "targets.sales.EUR", "Give a number."),
        ("period: 2y", "period", "Choose one of: 24h, 7d, 30d."),
        ("minutes_per_record: -3", "minutes_per_record", "greater than or equal to 0"),
    ],
)
def test_what_nothing_measures_is_refused_in_its_place(told: str, field: str, reason: str) -> None:
    with pytest.raises(BadConfiguration) as caught:
        planned(f"workflows:\n  w:\n    {told}\n")

    (problem,) = caught.value.problems
    assert problem.line == 3
    assert f"workflows.w.{field}" in str(problem)
    assert reason in str(problem)
