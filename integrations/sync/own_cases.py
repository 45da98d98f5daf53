"""A store's own cases: made of records that went wrong, and tried in every suite of the jobs that read their like."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from django.contrib.auth.models import User
from django.db.models import BooleanField, ExpressionWrapper, Q, QuerySet

from integrations.exceptions import Failure
from integrations.http.redact import ANYTHING
from integrations.models import ErrorRecord, SuiteCase, SyncJob, Wanted
from mappings.models import rule_data_of

from . import people, shared_clock, stock
from .case import Case
from .case_trial import End, Trial, Tried
from .draft_rules import unplugged
from .endings import UNREADABLE_PLACE
from .harmless import Place, harmless, personal_places, replaced, said
from .mend import Mend, mend_of
from .retry import is_nameless, source_ids
from .rules import JobRules, rules_of

# So many are tried in one suite, the newest of them.
MOST: Final = 200
# For so many values it is asked one by one whether they must stay as they are.
MOST_ASKED: Final = 60
NOTHING_KEPT: Final = "The record of this error is not kept any more, so no case can be made of it."
NOT_OF_A_RECORD: Final = "This error is not about one record that was read, so no case can be made of it."
OF_STOCK: Final = "Stock is counted from all that is there at the moment: one row by itself makes no case."
GOOD: Final = {
    Wanted.MADE: (End.MADE,),
    Wanted.CHANGED: (End.CHANGED,),
    Wanted.HELD: (End.HELD, End.AGAIN),
    Wanted.PERSON: (End.PERSON,),
    Wanted.NOTHING: (End.NOTHING, End.SKIPPED),
}


# Errors that a case can be made of.
OF_A_RECORD: Final = ExpressionWrapper(
    Q(payload__isnull=False, delivery__isnull=False) & ~Q(code=UNREADABLE_PLACE) & ~Q(job__kind=stock.KIND),
    output_field=BooleanField(),
)


class NoCase(Exception):
    """Why no case can be made, in a sentence."""


def cases_of(job: SyncJob) -> QuerySet[SuiteCase]:
    return SuiteCase.objects.filter(source_id=job.source_id, resource=job.source_resource, is_paused=False)


def why_none(error: ErrorRecord) -> str:
    """ "" where a case can be made of it. Reads no payload."""
    if error.delivery_id is None or error.job is None or is_nameless(error):
        return NOT_OF_A_RECORD
    if error.job.kind == stock.KIND:
        return OF_STOCK
    return "" if ErrorRecord.objects.filter(OF_A_RECORD, pk=error.pk).exists() else NOTHING_KEPT


def make_case(error: ErrorRecord, title: str, wanted: Wanted, by: User | None) -> SuiteCase:
    """Raises NoCase. Works the job's rules out: call it outside any transaction."""
    why = why_none(error)
    payload: Any = error.payload
    job, delivery = error.job, error.delivery
    if why or job is None or delivery is None or not isinstance(payload, dict):
        raise NoCase(why or NOTHING_KEPT)
    external_id = source_ids(job, [error]).get(delivery.thing_id, "")
    if ANYTHING.text(external_id) != external_id:
        external_id = harmless(external_id)
    was_there = delivery.first_delivered_at is not None
    case = SuiteCase(
        title=title,
        wanted=wanted,
        source=job.source,
        source_name=job.source.name,
        resource=job.source_resource,
        external_id=external_id,
        was_there=was_there,
        written_state=delivery.written_state if was_there else None,
        made_of=error,
        made_by=by,
        made_at=shared_clock.now(),
    )
    _put_in(case, job, payload)
    case.save()
    return case


def try_own(job: SyncJob, rules: JobRules) -> list[Tried]:
    """The newest of the store's own cases, in their order. Raises Failure where the destination is not configured."""
    cases = list(cases_of(job).order_by("-made_at", "-id")[:MOST])
    if not cases:
        return []
    connector = unplugged(job)
    try:
        if job.destination_resource not in connector.resources():
            raise Failure.config(
                "no_resource", f"{job.destination.name} has no {job.destination_resource} any more."
            )
        trial = Trial(job, connector, rules)
        return [replace(_tried(trial, case), own=case.pk) for case in cases]
    finally:
        connector.close()


def _tried(trial: Trial, case: SuiteCase) -> Tried:
    should = f"{Wanted(case.wanted).label}."
    weighed = _weighed(trial, case, case.payload)
    end, told = trial.end(weighed)
    is_good = end in GOOD[Wanted(case.wanted)]
    if is_good and end == End.MADE:
        again, again_told = trial.end(trial.weigh(case.payload, case.external_id, "", weighed))
        if again != End.NOTHING:
            return Tried(
                case.title, should, f"{told} Told a second time: {again_told}", False, _mend(trial, weighed)
            )
        told = f"{told} Told a second time, nothing is sent."
    return Tried(case.title, should, told, is_good, None if is_good else _mend(trial, weighed))


def _mend(trial: Trial, weighed: Case) -> Mend:
    return mend_of(trial.job, trial.scales.rules, "", weighed.ending, reads_own=True)


def _weighed(trial: Trial, case: SuiteCase, payload: Any) -> Case:
    there = (case.written_state or {}) if case.was_there else None
    return trial.weigh(payload, case.external_id, "", there_with=there)


def _put_in(case: SuiteCase, job: SyncJob, payload: dict[str, Any]) -> None:
    """With as few values of a person as may be: one stays only where another thing becomes of the record without it."""
    read = rule_data_of(job.read_mapping_id, job.read_mapping.current_number)
    places = personal_places(payload, read, is_of_person=job.kind == people.KIND)
    connector = unplugged(job)
    try:
        trial = Trial(job, connector, rules_of(job))

        def becomes(shown: Any) -> tuple[Any, ...]:
            weighed = _weighed(trial, case, shown)
            fault = weighed.ending.fault if weighed.ending is not None else None
            return trial.end(weighed)[0], fault and fault.code, fault and fault.field

        wanted = becomes(payload)
        kept = _that_must_stay(payload, places, lambda shown: becomes(shown) == wanted)
    finally:
        connector.close()
    case.payload = replaced(payload, [place for place in places if place not in kept])
    case.kept = sorted({said(place) for place in kept})
    case.replaced = sorted({said(place) for place in places if place not in kept})


def _that_must_stay(payload: Any, places: list[Place], is_same: Any) -> set[Place]:
    if is_same(replaced(payload, places)):
        return set()
    kept: set[Place] = set()
    for place in places[:MOST_ASKED]:
        if not is_same(replaced(payload, [place])):
            kept.add(place)
    if is_same(replaced(payload, [place for place in places if place not in kept])):
        return kept
    # No one value alone decides it: then none of them can be spared.
    return set(places)
