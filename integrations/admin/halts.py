"""What a person reads of a job that stands: what let it halt, and why what they sent does not move."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from django.db.models import Count, Min, QuerySet
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from integrations.models import Delivery, ErrorRecord, JobState, State, SyncJob
from integrations.sync.error_guard import CODE
from integrations.sync.retry import UNDER_WAY

from .job_columns import rows_url

SHOWN_CAUSES: Final = 10
SHOWN_JOBS: Final = 3
# Nothing of such a job moves until a person resumes it.
STANDS: Final = {JobState.PAUSED: "paused", JobState.HALTED: "halted"}
TOO_MANY_ERRORS: Final = (
    "The job stopped by itself, because too many of its records failed; nothing is wrong with its connection. Settle "
    "the errors of these records first, each as its own page says. Then resume the job: what waits goes on."
)


@dataclass(frozen=True)
class Cause:
    """Open errors of one fingerprint."""

    sentence: str
    number: int
    href: str


@dataclass(frozen=True)
class Halt:
    """What leads out of a halt by too many errors. `is_over`: the job goes already."""

    job: SyncJob
    href: str
    resume: str
    errors: int
    errors_href: str
    causes: list[Cause]
    has_more: bool
    skipped_href: str
    is_over: bool


def standing(job: SyncJob | None) -> SafeString | str:
    """ "The job X is halted", with a link to the job; "" for a job that goes."""
    if job is None or job.state not in STANDS:
        return ""
    return format_html("The job {} is {}", _link(job), STANDS[JobState(job.state)])


def queued(sentence: str, errors: QuerySet[ErrorRecord]) -> SafeString | str:
    """What is said of these records that were sent again; beside it, which of their jobs stand by now."""
    waiting = errors.filter(settled_at__isnull=True, delivery__state__in=UNDER_WAY)
    jobs = list(
        SyncJob.objects.filter(state__in=STANDS, pk__in=waiting.order_by().values("job")).order_by("name")
    )
    if not jobs:
        return sentence
    names = format_html_join(
        ", ", "{} ({})", ((_link(job), STANDS[JobState(job.state)]) for job in jobs[:SHOWN_JOBS])
    )
    more = f" and {len(jobs) - SHOWN_JOBS:,} more" if len(jobs) > SHOWN_JOBS else ""
    told = "What is of a job that stands goes when the job is resumed"
    return format_html("{} {}: {}{}.", sentence, told, names, more)


def _link(job: SyncJob) -> SafeString:
    return format_html(
        '<a href="{}">{}</a>', reverse("admin:integrations_syncjob_change", args=[job.pk]), job.name
    )


def is_halt(error: ErrorRecord) -> bool:
    """Whether the error tells that a job halted because too many of its records failed."""
    return error.code == CODE and error.delivery_id is None and error.job_id is not None


def halt_of(error: ErrorRecord, pages: Mapping[str, str] | None = None) -> Halt | None:
    """None where the error tells of no such halt. `pages`: where a cause has a page of its own, by its fingerprint."""
    job = error.job
    if job is None or not is_halt(error):
        return None
    rows = failed_records(job)
    found = (
        rows.order_by()
        .values("fingerprint")
        .annotate(number=Count("pk"), told=Min("sentence"))
        .order_by("-number", "fingerprint")
    )
    shown = list(found[: SHOWN_CAUSES + 1])
    causes = [
        Cause(
            row["told"], row["number"], (pages or {}).get(row["fingerprint"]) or _errors(row["fingerprint"])
        )
        for row in shown[:SHOWN_CAUSES]
    ]
    skips = Delivery.objects.filter(job=job, state=State.SKIPPED).exists()
    return Halt(
        job=job,
        href=reverse("admin:integrations_syncjob_change", args=[job.pk]),
        resume=reverse("admin:integrations_syncjob_resume", args=[job.pk]),
        errors=rows.count(),
        errors_href=rows_url("errorrecord", job=job.pk, open="unsettled", delivery__isnull="False"),
        causes=causes,
        has_more=len(shown) > SHOWN_CAUSES,
        skipped_href=rows_url("delivery", job=job.pk, state=State.SKIPPED) if skips else "",
        is_over=job.state == JobState.ACTIVE,
    )


def failed_records(job: SyncJob) -> QuerySet[ErrorRecord]:
    """Its open errors of one record each: what the job itself met is no record's."""
    return ErrorRecord.objects.filter(job=job, delivery__isnull=False, settled_at__isnull=True)


def _errors(fingerprint: str) -> str:
    return rows_url("errorrecord", fingerprint=fingerprint, open="unsettled")
