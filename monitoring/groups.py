"""The tables of a dashboard that lead on: by workflow, by system, by job."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse

from integrations.models import JobState, State, SyncJob
from integrations.templatetags.portal import duration, percent
from monitoring import freshness, histogram, links
from monitoring.figures import Figures
from monitoring.links import Linked
from monitoring.scopes import CONNECTION, DIRECTIONS, FROM_IT, TO_IT, WORKFLOW, Look, Scope
from monitoring.standing import Standing

# More lines are a list of their own: those that need somebody first are shown.
SHOWN = 40
MINUTES = 60


@dataclass(frozen=True)
class Line:
    """`where` narrows the scope's lists to this line. None: that is not told of such a line."""

    name: str
    href: str
    about: str
    delivered: Linked | None
    failed: Linked | None
    rate: str
    open: Linked
    backlog: Linked | None
    skipped: Linked | None = None
    oldest: datetime | None = None
    fresh_at: datetime | None = None
    late: bool = False
    delay: Linked | None = None
    saved: str = ""


@dataclass(frozen=True)
class Lines:
    """`kind` names the first column. `more`: how many there are, where not all are shown; `all_href` is their list."""

    title: str
    kind: str
    lines: list[Line]
    more: int = 0
    shown: int = SHOWN
    all_href: str = ""
    has_delays: bool = False
    has_fresh: bool = False
    has_saved: bool = False


@dataclass(frozen=True)
class Group:
    name: str
    href: str
    jobs: Sequence[int]
    where: Mapping[str, Any]
    about: str = ""


@dataclass
class Counts:
    """What is asked of each line, once for all of them."""

    look: Look
    found: Figures
    stand: Standing
    delivered: dict[int, int] = field(init=False)
    failed: dict[int, int] = field(init=False)
    skipped: dict[int, int] = field(init=False)

    def __post_init__(self) -> None:
        self.delivered = self.found.by_job(State.DELIVERED)
        self.failed = self.found.by_job(State.FAILED)
        self.skipped = self.found.by_job(State.SKIPPED)


def jobs_of(look: Look) -> list[SyncJob]:
    rows: QuerySet[SyncJob] = SyncJob.objects.select_related("source", "destination", "workflow")
    if look.scope.jobs is not None:
        rows = rows.filter(pk__in=look.scope.jobs)
    return list(rows.defer("source__secrets", "destination__secrets").order_by("name"))


def by_job(counts: Counts, jobs: Sequence[SyncJob]) -> Lines:
    heard = freshness.heard([job.pk for job in jobs])
    groups = [_group_of(job) for job in jobs]
    lines = []
    for group, job in zip(groups, jobs, strict=True):
        delay = counts.found.delays.get(job.pk)
        lines.append(
            _line(
                counts,
                group,
                fresh_at=freshness.fresh_at(job, heard.get(job.pk)),
                late=job.state == JobState.ACTIVE and freshness.is_late(job, counts.look.now),
                delay=None if delay is None else _delay(counts.look, delay, job.pk),
            )
        )
    return _cut(
        Lines(
            "By job",
            "Job",
            [*_shown(lines), *_without_job(counts)],
            has_delays=bool(counts.found.delays),
            has_fresh=True,
        ),
        len(lines),
        _all_jobs(counts.look.scope),
    )


def _all_jobs(scope: Scope) -> str:
    narrowed = {WORKFLOW: "workflow", CONNECTION: "system"}.get(scope.kind)
    address = reverse("admin:integrations_syncjob_changelist")
    return f"{address}?{narrowed}={scope.pk}" if narrowed else address


def by_workflow(counts: Counts, jobs: Sequence[SyncJob]) -> Lines | None:
    """None where there is only one, or none."""
    found: dict[int, list[SyncJob]] = {}
    for job in jobs:
        if job.workflow_id is not None:
            found.setdefault(job.workflow_id, []).append(job)
    if not found or counts.look.scope.kind == WORKFLOW:
        return None
    lines = []
    for pk, of_workflow in found.items():
        workflow = of_workflow[0].workflow
        assert workflow is not None
        group = Group(
            workflow.name,
            f"{reverse('workflow_dashboard', args=[pk])}?period={counts.look.period}",
            [job.pk for job in of_workflow],
            {"job__workflow": pk},
            workflow.owner,
        )
        lines.append(_line(counts, group, saved=_saved(counts, of_workflow)))
    rows = Lines("By workflow", "Workflow", _shown(lines), has_saved=any(line.saved for line in lines))
    return _cut(rows, len(lines), reverse("admin:integrations_workflow_changelist"))


def by_system(counts: Counts, jobs: Sequence[SyncJob]) -> Lines | None:
    """A line for each direction, so that what a system gives and what it takes stand apart. Of a connection's own
    dashboard its two directions, else all systems."""
    ways: list[tuple[str, Callable[[SyncJob], int], str]] = [
        (FROM_IT, lambda job: job.source_id, "from_system"),
        (TO_IT, lambda job: job.destination_id, "to_system"),
    ]
    names = {end.pk: end.name for job in jobs for end in (job.source, job.destination)}
    own = counts.look.scope.pk if counts.look.scope.kind == CONNECTION else None
    lines = []
    for pk, name in sorted(names.items(), key=lambda item: item[1].lower()):
        if own not in (None, pk):
            continue
        for way, end_of, parameter in ways:
            of_way = [job.pk for job in jobs if end_of(job) == pk]
            if not of_way:
                continue
            address = f"{reverse('connection_dashboard', args=[pk])}?period={counts.look.period}"
            group = Group(
                name,
                f"{address}&direction={way}" if own else address,
                of_way,
                {parameter: pk},
                DIRECTIONS[way],
            )
            lines.append(_line(counts, group))
    if not lines:
        return None
    return _cut(
        Lines("By direction" if own else "By system", "System", _shown(lines)),
        len(lines),
        reverse("admin:integrations_connection_changelist"),
    )


def _group_of(job: SyncJob) -> Group:
    state = "" if job.state == JobState.ACTIVE else f" · {job.get_state_display()}"
    return Group(
        job.name,
        reverse("admin:integrations_syncjob_change", args=[job.pk]),
        [job.pk],
        {"job": job.pk},
        f"{job.source.name} → {job.destination.name}{state}",
    )


def _line(
    counts: Counts,
    group: Group,
    *,
    fresh_at: datetime | None = None,
    late: bool = False,
    delay: Linked | None = None,
    saved: str = "",
) -> Line:
    look, stand = counts.look, counts.stand
    delivered, failed, skipped = (
        sum(found.get(job, 0) for job in group.jobs)
        for found in (counts.delivered, counts.failed, counts.skipped)
    )
    attempted = delivered + failed + skipped
    errors = sum(stand.open_by_job.get(job, 0) for job in group.jobs)
    backlog = sum(stand.backlog_by_job.get(job, 0) for job in group.jobs)
    oldest = [stand.oldest_by_job[job] for job in group.jobs if job in stand.oldest_by_job]
    return Line(
        name=group.name,
        href=group.href,
        about=group.about,
        delivered=look.outcomes(delivered, result=State.DELIVERED, **group.where),
        failed=look.outcomes(failed, result=State.FAILED, **group.where),
        skipped=look.outcomes(skipped, f"{skipped:,} skipped", result=State.SKIPPED, **group.where)
        if skipped
        else None,
        rate=percent(delivered / attempted) if attempted else "–",
        open=look.errors(errors, **group.where),
        backlog=look.records(backlog, state="backlog", **group.where),
        oldest=min(oldest, default=None),
        fresh_at=fresh_at,
        late=late,
        delay=delay,
        saved=saved,
    )


def _without_job(counts: Counts) -> Iterable[Line]:
    """So that the column adds up to the number of all open errors."""
    if number := counts.stand.open_by_job.get(None, 0):
        rows = counts.look.errors(number, job__isnull=True)
        yield Line("Without a job", "", "", None, None, "–", rows, None)


def _delay(look: Look, delay: histogram.Histogram, job: int) -> links.Linked:
    """Half and 95 of 100 of one channel, from the change at the owner to the channel's acceptance."""
    middle, slow = (histogram.percentile(delay, share) for share in (0.5, 0.95))
    text = f"{duration(middle)} · {duration(slow)}"
    return look.outcomes(sum(delay.values()), text, job=job, result="told")


def _saved(counts: Counts, jobs: Sequence[SyncJob]) -> str:
    hours = hours_saved(counts.delivered, jobs)
    return "" if hours is None else duration(float(hours) * 3_600) if hours else "0"


def hours_saved(delivered: Mapping[int, int], jobs: Sequence[SyncJob]) -> Decimal | None:
    """Records delivered × the minutes that their workflow's owner entered. None where nobody entered any."""
    told = [
        (job.pk, job.workflow.minutes_per_record)
        for job in jobs
        if job.workflow is not None and job.workflow.minutes_per_record is not None
    ]
    if not told:
        return None
    return sum((delivered.get(pk, 0) * minutes for pk, minutes in told), Decimal(0)) / MINUTES


def _shown(lines: list[Line]) -> list[Line]:
    """All in their order; of too many those that need somebody, then the busiest."""
    if len(lines) <= SHOWN:
        return lines

    def need(line: Line) -> tuple[int, ...]:
        counts = (line.open, line.failed, line.backlog, line.delivered)
        return tuple(-(linked.count if linked else 0) for linked in counts)

    return sorted(lines, key=need)[:SHOWN]


def _cut(found: Lines, whole: int, all_href: str) -> Lines:
    return replace(found, more=whole, all_href=all_href) if whole > SHOWN else found
