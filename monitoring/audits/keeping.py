"""Writes down what a page of a comparison found, and what a whole one comes to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Case as When
from django.db.models import Count, Q, QuerySet, Value
from django.db.models import When as Whenever
from django.utils import timezone

from integrations.sync import shared_clock
from monitoring.models import (
    AuditDifference,
    AuditDoor,
    AuditedRecord,
    AuditPoint,
    AuditRun,
    AuditSight,
    AuditState,
    Cause,
    DifferenceState,
    Verdict,
)

from .causes import Verdict as WhyItDiffers
from .compare import Mismatch
from .masks import shown

# Comparisons of each audit whose records are kept, so that their numbers lead to rows.
KEPT_RUNS = 3
SLICE = 1_000


@dataclass(frozen=True)
class Finding:
    """What was found of one record. `cause` where it differs."""

    external_id: str
    subject: str
    verdict: Verdict
    location: str = ""
    delivery_id: int | None = None
    destination_id: str = ""
    mismatches: tuple[Mismatch, ...] = ()
    cause: WhyItDiffers | None = None


def keep(run: AuditRun, findings: Sequence[Finding]) -> None:
    """In the transaction that moves the run on."""
    if not findings:
        return
    AuditedRecord.objects.bulk_create(
        [
            AuditedRecord(
                run=run,
                external_id=finding.external_id,
                subject=finding.subject[:120],
                location=finding.location[:120],
                verdict=finding.verdict,
                cause=finding.cause.cause if finding.cause is not None else "",
            )
            for finding in findings
        ],
        update_conflicts=True,
        unique_fields=["run", "external_id"],
        update_fields=["subject", "location", "verdict", "cause"],
    )
    _keep_differences(run, [finding for finding in findings if finding.verdict == Verdict.DIFFERS])
    _close_where_equal(run, findings)
    _note_met(run, findings)


def _keep_differences(run: AuditRun, findings: Sequence[Finding]) -> None:
    now = shared_clock.now()
    known = {
        (row.external_id, row.field): row
        for row in _open(run).filter(external_id__in=[finding.external_id for finding in findings])
    }
    made, changed = [], []
    for finding in findings:
        assert finding.cause is not None
        for mismatch in finding.mismatches:
            row = known.get((finding.external_id, mismatch.field[:200]))
            if row is None:
                row = AuditDifference(
                    audit_id=run.audit_id, external_id=finding.external_id, first_seen_at=now
                )
                made.append(row)
            else:
                changed.append(row)
            row.run, row.delivery_id, row.last_seen_at = run, finding.delivery_id, now
            row.subject, row.location = finding.subject[:120], finding.location[:120]
            row.destination_id, row.field = finding.destination_id[:255], mismatch.field[:200]
            row.should_say = shown(mismatch.field, mismatch.should_say)
            row.says = shown(mismatch.field, mismatch.says)
            row.cause, row.sentence = finding.cause.cause, finding.cause.sentence[:500]
            if row.repair_run is not None and row.repair_run.finished_at is not None:
                # It was run again and still differs: another repair may be asked for.
                row.repair_run, row.repair_asked_at = None, None
    AuditDifference.objects.bulk_create(made, ignore_conflicts=True)
    AuditDifference.objects.bulk_update(
        changed,
        [
            "run",
            "delivery",
            "last_seen_at",
            "subject",
            "location",
            "destination_id",
            "should_say",
            "says",
            "cause",
            "sentence",
            "repair_run",
            "repair_asked_at",
        ],
    )


def _close_where_equal(run: AuditRun, findings: Sequence[Finding]) -> None:
    """A field that was seen to agree, of a record that was compared just now."""
    names = [finding.external_id for finding in findings]
    still = {
        (finding.external_id, mismatch.field[:200]) for finding in findings for mismatch in finding.mismatches
    }
    over = [
        pk
        for pk, external_id, field in _open(run)
        .filter(external_id__in=names)
        .values_list("pk", "external_id", "field")
        if (external_id, field) not in still
    ]
    _settle(AuditDifference.objects.filter(pk__in=over))


def _settle(rows: QuerySet[AuditDifference]) -> None:
    rows.filter(state=DifferenceState.OPEN).update(
        state=When(
            Whenever(repair_asked_at__isnull=False, then=Value(DifferenceState.REPAIRED)),
            default=Value(DifferenceState.GONE),
        ),
        closed_at=shared_clock.now(),
    )


def _open(run: AuditRun) -> QuerySet[AuditDifference]:
    return AuditDifference.objects.filter(audit_id=run.audit_id, state=DifferenceState.OPEN).select_related(
        "repair_run"
    )


def _note_met(run: AuditRun, findings: Sequence[Finding]) -> None:
    names = [finding.destination_id for finding in findings if finding.destination_id]
    AuditSight.objects.filter(run=run, external_id__in=names).update(met=True)


def close(run: AuditRun) -> None:
    """All was compared: the counts, the day's points, and what is not there to be compared any more."""
    records = AuditedRecord.objects.filter(run=run)
    numbers = records.aggregate(
        compared=Count("pk", filter=~Q(verdict=Verdict.LEFT_OUT)),
        agree=Count("pk", filter=Q(verdict=Verdict.AGREES)),
        differ=Count("pk", filter=Q(verdict=Verdict.DIFFERS)),
        in_flight=Count("pk", filter=Q(verdict=Verdict.DIFFERS, cause=Cause.IN_FLIGHT)),
        left_out=Count("pk", filter=Q(verdict=Verdict.LEFT_OUT)),
    )
    by_cause = records.filter(verdict=Verdict.DIFFERS).order_by().values_list("cause")
    now = shared_clock.now()
    whole = run.asked is None and not run.is_sample
    AuditRun.objects.filter(pk=run.pk).update(
        **numbers,
        causes=dict(by_cause.annotate(number=Count("pk"))),
        only_there=AuditSight.objects.filter(run=run, met=False).count() if whole else 0,
        state=AuditState.FINISHED,
        finished_at=now,
        moved_at=now,
    )
    if whole:
        # Of what the source does not show any more nothing can be said.
        _settle(_open(run).filter(last_seen_at__lt=run.started_at))
    if run.door != AuditDoor.READ_BACK:
        _keep_points(run)


def _keep_points(run: AuditRun) -> None:
    """The last comparison of a day stands for it."""
    day = timezone.localtime(shared_clock.now()).date()
    found = (
        AuditedRecord.objects.filter(run=run)
        .exclude(verdict=Verdict.LEFT_OUT)
        .order_by()
        .values_list("location", "verdict", "cause")
        .annotate(number=Count("pk"))
    )
    places: dict[str, dict[str, int]] = defaultdict(lambda: {"compared": 0, "agree": 0, "in_flight": 0})
    for location, verdict, cause, number in found:
        places[location]["compared"] += number
        places[location]["agree"] += number if verdict == Verdict.AGREES else 0
        places[location]["in_flight"] += number if cause == Cause.IN_FLIGHT else 0
    AuditPoint.objects.filter(audit_id=run.audit_id, day=day).delete()
    AuditPoint.objects.bulk_create(
        [
            AuditPoint(
                audit_id=run.audit_id,
                day=day,
                location=location,
                run=run,
                sample_percent=run.sample_percent,
                **counts,
            )
            for location, counts in sorted(places.items())
        ]
    )


def tidy(run: AuditRun) -> None:
    """Lets go of what only the comparison needed, in slices."""
    while _delete_some(AuditSight.objects.filter(run__audit_id=run.audit_id, run__finished_at__isnull=False)):
        pass
    latest = AuditRun.objects.filter(audit_id=run.audit_id).order_by("-started_at", "-id")
    read_backs = latest.filter(door=AuditDoor.READ_BACK).values_list("pk", flat=True)[:KEPT_RUNS]
    whole = latest.exclude(door=AuditDoor.READ_BACK).values_list("pk", flat=True)[:KEPT_RUNS]
    kept = [*read_backs, *whole]
    old = AuditedRecord.objects.filter(run__audit_id=run.audit_id).exclude(run_id__in=kept)
    while _delete_some(old):
        pass


def _delete_some(rows: QuerySet[AuditSight] | QuerySet[AuditedRecord]) -> int:
    ids = list(rows.order_by().values_list("pk", flat=True)[:SLICE])
    if ids:
        rows.model.objects.filter(pk__in=ids).delete()
    return len(ids)
