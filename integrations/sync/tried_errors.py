"""What would become of the open errors under other rules of a mapping. Nothing is written, nothing is sent.

Each error's record is weighed as a retry would weigh it, once by the rules in use and once by the others: filter,
rollout, references, what the destination demands. Only what the destination itself would answer is not known.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from time import monotonic
from typing import Any, Final

from django.db.models import QuerySet

from integrations.exceptions import Failure
from integrations.models import ErrorRecord, State, SyncJob
from mappings.compared import differing
from mappings.models import Mapping as MappingRow

from . import shared_clock
from .case import Case, Ending
from .draft_rules import jobs_with, rules_with, unplugged
from .endings import data_fault
from .gather import refresh
from .parcels import Parcel
from .retry import UNDER_WAY, item_of, source_ids
from .rules import JobRules, rules_of
from .weigh import Scales

AT_MOST: Final = 500
SLICE: Final = 50
# A person waits for the page.
SECONDS: Final = 6.0
NAMED_FIELDS: Final = 5
# Ends of a record that is neither sent nor failed, without a fault to tell.
_GOES_WELL = (State.UNCHANGED, State.DELIVERED, State.SUPERSEDED)
# What was found only once the record had left.
_AFTER_LEAVING = ("send", "removed")


class Verdict(StrEnum):
    """`UNSURE`: it leaves otherwise than before, and whether it is taken only the destination can say."""

    OTHER = "other"
    SAME = "same"
    UNSURE = "unsure"
    LEFT_OUT = "left_out"
    FINE = "fine"


@dataclass(frozen=True)
class ErrorTried:
    """`now` is what the error says; `then` what would be. `by_retry`: a retry alone, without other rules, would do."""

    error_id: int
    job: SyncJob
    subject: str
    now: str
    verdict: Verdict
    then: str
    by_retry: bool = False


@dataclass(frozen=True)
class ErrorsTried:
    """`open` errors have their payload; those from `start` on were tried, as many as there was time for."""

    rows: list[ErrorTried]
    open: int
    start: int
    end: int
    is_out_of_time: bool

    @property
    def counts(self) -> Counter[Verdict]:
        return Counter(row.verdict for row in self.rows)

    @property
    def settled(self) -> list[int]:
        return [row.error_id for row in self.rows if row.verdict == Verdict.FINE]

    @property
    def left(self) -> int:
        return max(0, self.open - self.end)


def open_errors(mapping: MappingRow) -> QuerySet[ErrorRecord]:
    """Of its jobs, with their record kept, and of no write in doubt, since a person must look at such a one first."""
    return ErrorRecord.objects.filter(
        job__in=jobs_with(mapping).order_by().values("pk"),
        settled_at__isnull=True,
        delivery__isnull=False,
        payload__isnull=False,
    ).exclude(place="in_doubt")


def try_errors(
    mapping: MappingRow, snapshot: Mapping[str, Any], start: int = 0, seconds: float = SECONDS
) -> ErrorsTried:
    """The newest first, from the `start`-th on. At least one slice is tried, whatever the time.

    Raises ExpressionError or KeyError for rules that do not pass their checks.
    """
    rows = open_errors(mapping)
    ids = list(rows.order_by("-last_seen_at", "-pk").values_list("pk", flat=True)[start : start + AT_MOST])
    jobs = {job.pk: job for job in jobs_with(mapping)}
    tries: dict[int, _OfJob] = {}
    until = monotonic() + seconds
    found: list[ErrorTried] = []
    seen = 0
    for at in range(0, len(ids), SLICE):
        if seen and monotonic() > until:
            break
        part = ids[at : at + SLICE]
        seen += len(part)
        errors = ErrorRecord.objects.filter(pk__in=part).select_related("delivery").defer("evidence")
        by_job: dict[int, list[ErrorRecord]] = defaultdict(list)
        for error in errors:
            by_job[error.job_id or 0].append(error)
        for job_id, of_job in by_job.items():
            if job_id not in tries:
                tries[job_id] = _OfJob(jobs[job_id], rules_with(jobs[job_id], mapping, snapshot))
            found += tries[job_id].on(of_job)
    places = {pk: place for place, pk in enumerate(ids)}
    found.sort(key=lambda row: places[row.error_id])
    return ErrorsTried(found, rows.count(), start, start + seen, seen < len(ids))


class _OfJob:
    """One job with both sets of rules."""

    def __init__(self, job: SyncJob, others: JobRules) -> None:
        self.job = job
        self.fault = ""
        try:
            connector = unplugged(job)
        except Failure as failure:
            self.fault = failure.sentence
            return
        try:
            if job.destination_resource not in connector.resources():
                self.fault = (
                    f"{job.destination.name} has no {job.destination_resource} any more. Mend the job first."
                )
                return
            self.in_use, self.others = (Scales(job, connector, rules) for rules in (rules_of(job), others))
        finally:
            connector.close()

    def on(self, errors: Sequence[ErrorRecord]) -> list[ErrorTried]:
        if self.fault:
            return [self._row(error, Verdict.SAME, self.fault) for error in errors]
        names = source_ids(self.job, errors)
        now = weighed(self.job, self.in_use, errors, names)
        then = weighed(self.job, self.others, errors, names)
        return [self._judged(error, now.get(error.pk), then.get(error.pk)) for error in errors]

    def _judged(self, error: ErrorRecord, now: Case | None, then: Case | None) -> ErrorTried:
        if now is None or then is None:
            sentence = f"{self.job.source.name} does not call it by any name that is known here any more."
            return self._row(error, Verdict.SAME, sentence)
        ending = then.ending
        if ending is None or ending.state in _GOES_WELL:
            return self._goes_well(error, now, then)
        fault = ending.fault
        if fault is None or ending.state != State.FAILED:
            return self._row(error, Verdict.LEFT_OUT, ending.reason)
        alike = (fault.code, fault.place, fault.field) == (error.code, error.place, error.field)
        return self._row(error, Verdict.SAME if alike else Verdict.OTHER, fault.sentence)

    def _goes_well(self, error: ErrorRecord, now: Case, then: Case) -> ErrorTried:
        was_well = now.ending is None or now.ending.state in _GOES_WELL
        if error.place in _AFTER_LEAVING and then.leaving is not None and was_well:
            return self._leaves_again(error, now, then)
        return self._row(error, Verdict.FINE, foreseen(self.job, then), by_retry=was_well)

    def _leaves_again(self, error: ErrorRecord, now: Case, then: Case) -> ErrorTried:
        """It failed over there: the rules help only where they change what is sent."""
        name = self.job.destination.name
        fields = list(dict.fromkeys(one.field for one in differing(now.body, then.body)))
        if not fields:
            sentence = f"{name} would be sent the very same as now."
            return self._row(error, Verdict.SAME, sentence)
        told = ", ".join(fields[:NAMED_FIELDS]) + (" and more" if len(fields) > NAMED_FIELDS else "")
        sentence = f"It would be sent with another {told}. Whether {name} takes it shows when it is sent."
        return self._row(error, Verdict.UNSURE, sentence)

    def _row(self, error: ErrorRecord, verdict: Verdict, then: str, *, by_retry: bool = False) -> ErrorTried:
        return ErrorTried(error.pk, self.job, error.subject, error.sentence, verdict, then, by_retry)


def foreseen(job: SyncJob, case: Case) -> str:
    """What becomes of a record that goes well."""
    name = job.destination.name
    if case.leaving is not None:
        verb = {"create": "made", "upsert": "written", "update": "changed"}.get(case.leaving.operation)
        return f"It is {verb} in {name}." if verb else f"It is sent to {name}: {case.leaving.operation}."
    reason = case.ending.reason if case.ending is not None else ""
    return reason or f"{name} has it as it should be already."


def weighed(
    job: SyncJob,
    scales: Scales,
    errors: Iterable[ErrorRecord],
    names: Mapping[int, str],
    mended: Mapping[int, dict[str, Any]] | None = None,
) -> dict[int, Case]:
    """By the error's key. `mended`: payloads in place of the errors' own."""
    cases = {
        error.pk: case
        for place, error in enumerate(errors)
        if (case := _case(place, error, names, mended or {})) is not None
    }
    refresh(job, list(cases.values()))
    try:
        scales.weigh(list(cases.values()))
    except Exception:  # noqa: BLE001  # found again below, one record at a time
        for case in cases.values():
            case.ending, case.leaving = None, None
            _weigh_alone(scales, case)
    return cases


def _case(
    place: int, error: ErrorRecord, names: Mapping[int, str], mended: Mapping[int, dict[str, Any]]
) -> Case | None:
    """As a retry would bring it in, and as if it had been fetched for it: nothing is asked for here."""
    delivery = error.delivery
    if delivery is None or delivery.thing_id not in names:
        return None
    item = item_of(names[delivery.thing_id], error, mended)
    now = shared_clock.seconds()
    parcel = Parcel(
        external_id=item.external_id,
        serial=delivery.accepted_serial,
        version=item.version,
        payload=item.payload,
        read_at=now,
        received_at=now,
        forced=True,
        problem=item.problem,
        nameless=item.nameless,
    )
    case = Case(place, parcel, delivery, fetched=True)
    if delivery.state in UNDER_WAY:
        case.ending = Ending(State.QUEUED, "It is on its way already, or a newer version of it is.")
    return case


def _weigh_alone(scales: Scales, case: Case) -> None:
    try:
        scales.weigh([case])
    except Exception as error:  # noqa: BLE001  # told beside its record
        failure = Failure.bug(error)
        name = case.subject or case.delivery.subject or case.parcel.external_id
        fault = data_fault(case, failure.code, "translate", f"{name}: {failure.sentence}", kind="bug")
        case.ending = Ending(State.FAILED, fault.sentence[:300], fault=fault)
