"""A fallback that makes no sense is refused at its field, with what to do; one that does comes back from an export."""

from __future__ import annotations

from typing import Any

import pytest

from integrations.configuration.apply import apply
from integrations.configuration.check_fallbacks import check
from integrations.configuration.check_hand_overs import check as check_hand_overs
from integrations.configuration.document.jobs import errors_of
from integrations.configuration.export import as_yaml
from integrations.configuration.plan import plan
from integrations.configuration.problems import BadConfiguration, dotted
from integrations.configuration.state import load
from integrations.models import SyncJob

from .conftest import ENVIRONMENT, FILE

pytestmark = pytest.mark.django_db


def problems(*fallbacks: Any) -> dict[str, str]:
    found = check(("jobs", "orders"), {"kind": "order", "fallbacks": list(fallbacks)})
    return {dotted(place).removeprefix("jobs.orders.fallbacks"): reason for place, reason in found}


SKIP = {"when": "refused", "then": "skip", "note": "Sold by hand."}


@pytest.mark.parametrize(
    ("fallback", "field", "words"),
    [
        ({"when": "sometimes"}, "when", "no such kind of failure. Known are: temporary, refused"),
        ({"when": "refused", "then": "forget"}, "then", "Known are: hold, skip, default, hand_over"),
        ({"when": "refused", "then": "skip"}, "note", "Say why it may be skipped"),
        ({"when": "missing_field", "then": "default", "value": "x"}, "field", "Say into which field"),
        ({"when": "missing_field", "then": "default", "field": "number"}, "value", "Say which value"),
        ({"when": "refused", "then": "hand_over"}, "to", "Say which job"),
        ({**SKIP, "to": "x"}, "to", "Only 'hand_over'"),
        ({**SKIP, "value": "x"}, "value", "put in by 'default' alone"),
        ({**SKIP, "when": "bug"}, "then", "Choose one of: hold"),
        ({**SKIP, "when": "out_of_stock", "code": "x"}, "code", "Only a refusal"),
        ({"when": "missing_field", "tries": 3}, "tries", "would fail the same way"),
        ({"when": "temporary", "tries": 3, "for_hours": 0}, "for_hours", "a number from 1"),
        ({"when": "refused"}, "then", "what happens anyway"),
        ({**SKIP, "colour": "red"}, "colour", "no such field"),
        (
            {"when": "missing_field", "then": "default", "field": "placed_at", "value": "soon"},
            "value",
            "holds a time",
        ),
        (
            {"when": "missing_field", "then": "default", "field": "shipping_address", "value": "x"},
            "field",
            "Name one of those inside",
        ),
    ],
)
def test_what_makes_no_sense_is_told_at_its_field(fallback: dict[str, Any], field: str, words: str) -> None:
    assert words in problems(fallback)[f"[0].{field}"]


def test_two_about_the_same_are_refused_and_one_each_is_taken() -> None:
    exact = {**SKIP, "code": "unknown_sku"}
    assert problems(SKIP, exact) == {}
    assert "about the same" in problems(SKIP, {**SKIP, "note": "Else."})["[1].when"]


@pytest.mark.usefixtures("_mappings")
def test_they_are_planned_applied_exported_and_planned_again_without_a_change() -> None:
    told = "    fallbacks:\n      - {when: refused, code: unknown_sku, tries: 0, then: skip, note: Sold by hand.}\n"
    text = FILE.replace("    every_seconds: 60\n", "    every_seconds: 60\n" + told)
    apply(plan(text, ENVIRONMENT))
    job = SyncJob.objects.get()
    assert job.fallbacks == [
        {"when": "refused", "code": "unknown_sku", "then": "skip", "note": "Sold by hand."}
    ]
    assert plan(text, ENVIRONMENT).changes == []
    assert plan(as_yaml(load()), {}).changes == []
    (change,) = plan(text.replace("Sold by hand", "Given away"), ENVIRONMENT).changes
    assert "fallbacks[0].note: Sold by hand. → Given away." in str(change)
    sentences = [row[1] for table in errors_of([job]).tables for row in table.rows if len(row) == 2]
    assert "When warehouse refuses the record (code unknown_sku): skip it, with the note “Sold by hand”." in [
        sentence.replace("Warehouse", "warehouse") for sentence in sentences
    ]


def hand_overs(**others: Any) -> dict[str, str]:
    jobs: dict[str, dict[str, Any]] = {
        "a": {**ENDS, "destination": "one", "fallbacks": [{**OVER, "to": "b"}]},
        "b": {**ENDS, "destination": "two", "takes_handed_over": True, "every_seconds": 0},
    }
    for key, values in others.items():
        jobs[key] = {**jobs.get(key, ENDS), **values}
    return {dotted(place): reason for place, reason in check_hand_overs({"jobs": jobs}, {"jobs": jobs})}


ENDS: dict[str, Any] = {"kind": "order", "source": "shop", "source_resource": "orders"}
OVER = {"when": "out_of_stock", "then": "hand_over"}
TO = "jobs.a.fallbacks[0].to"


def test_a_job_that_was_made_for_it_takes_over() -> None:
    assert hand_overs() == {}


@pytest.mark.parametrize(
    ("others", "place", "words"),
    [
        ({"b": {"takes_handed_over": False}}, TO, "made twice"),
        ({"b": {"source": "market"}}, TO, "another source"),
        ({"b": {"destination": "one"}}, TO, "the same system"),
        ({"b": {"counts_units_in_flight": True}}, TO, "units in flight"),
        ({"a": {"fallbacks": [{**OVER, "to": "c"}]}}, TO, "There is no job 'c'"),
        ({"a": {"fallbacks": [{**OVER, "to": "a"}]}}, TO, "to itself"),
        ({"b": {"every_seconds": 60}}, "jobs.b.every_seconds", "Set 0"),
        ({"b": {"filter": "x"}}, "jobs.b.filter", "all of it"),
        ({"b": {"rollout_percent": 10}}, "jobs.b.rollout_percent", "Set 100"),
        ({"b": {"accepts_pushes": True}}, "jobs.b.accepts_pushes", "let partners push"),
    ],
)
def test_what_could_double_or_lose_is_refused(others: dict[str, Any], place: str, words: str) -> None:
    assert words in hand_overs(**others)[place]


def test_a_circle_of_hand_overs_is_refused_with_its_way() -> None:
    third: dict[str, Any] = {"destination": "three", "takes_handed_over": True, "every_seconds": 0}
    found = hand_overs(
        b={"fallbacks": [{**OVER, "to": "c"}]}, c={**third, "fallbacks": [{**OVER, "to": "b"}]}
    )
    assert "b → c → b" in found["jobs.b.fallbacks[0].to"]


@pytest.mark.usefixtures("_mappings")
def test_a_mistake_in_a_file_is_told_with_its_line_and_nothing_is_changed() -> None:
    told = "    fallbacks:\n      - {when: refused, then: skip}\n"
    text = FILE.replace("    every_seconds: 60\n", "    every_seconds: 60\n" + told)
    with pytest.raises(BadConfiguration) as refused:
        plan(text, ENVIRONMENT)
    (problem,) = refused.value.problems
    assert problem.field == "jobs.orders-to-warehouse.fallbacks[0].note"
    assert not SyncJob.objects.exists()
