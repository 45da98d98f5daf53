"""What the map of systems shows, read from the configuration and from the facts of the last 24 hours."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from django.urls import reverse

from integrations.connectors import registry
from integrations.exceptions import Failure
from integrations.models import Connection, Health, JobState, State, SyncJob, Workflow
from integrations.sync import shared_clock
from monitoring import freshness, links
from monitoring.figures import figures
from monitoring.standing import Standing, standing

PERIOD = "24h"
# From the best to the worst: an arrow of several jobs shows the worst.
FLOWS, NEW, PAUSED, LATE, ERRORS, STOPPED = "flows", "new", "paused", "late", "errors", "stopped"
WORST = (FLOWS, NEW, PAUSED, LATE, ERRORS, STOPPED)
TONES = {FLOWS: "good", NEW: "none", PAUSED: "none", LATE: "warn", ERRORS: "warn", STOPPED: "bad"}


@dataclass(frozen=True)
class Carrier:
    """One job, as the map tells it."""

    job: SyncJob
    state: str
    said: str
    what: str
    every: str
    delivered: links.Linked
    errors: links.Linked
    fresh_at: datetime | None

    @property
    def tone(self) -> str:
        return TONES[self.state]

    @property
    def href(self) -> str:
        return reverse("admin:integrations_syncjob_change", args=[self.job.pk])


@dataclass(frozen=True)
class Edge:
    """All jobs from one system to another."""

    source: int
    destination: int
    jobs: list[Carrier]

    @property
    def state(self) -> str:
        return max((carrier.state for carrier in self.jobs), key=WORST.index)

    @property
    def tone(self) -> str:
        return TONES[self.state]

    @property
    def delivered(self) -> int:
        return sum(carrier.delivered.count for carrier in self.jobs)

    @property
    def name(self) -> str:
        first = self.jobs[0].job
        return f"edge-{first.source_id}-{first.destination_id}"

    @property
    def href(self) -> str:
        """Its only job's page; of several, the line in the table below that names them."""
        return self.jobs[0].href if len(self.jobs) == 1 else f"#{self.name}"

    @property
    def told(self) -> str:
        """For who does not see the arrow."""
        first = self.jobs[0].job
        names = ", ".join(carrier.job.name for carrier in self.jobs)
        return f"{first.source.name} to {first.destination.name}: {names}. {self.worst.said}."

    @property
    def worst(self) -> Carrier:
        return max(self.jobs, key=lambda carrier: WORST.index(carrier.state))


@dataclass
class System:
    """`holds`: what is read from it; `needs`: what is written to it."""

    connection: Connection
    platform: str
    holds: list[str] = field(default_factory=list)
    needs: list[str] = field(default_factory=list)

    @property
    def tone(self) -> str:
        if not self.connection.enabled:
            return "none"
        return {Health.FAILING: "bad", Health.WORKING: "good"}.get(Health(self.connection.health), "none")

    @property
    def said(self) -> str:
        if not self.connection.enabled:
            return "Switched off"
        return self.connection.health_words

    @property
    def href(self) -> str:
        return reverse("admin:integrations_connection_change", args=[self.connection.pk])


@dataclass(frozen=True)
class SystemsMap:
    systems: list[System]
    edges: list[Edge]
    as_of: datetime


def read_map(workflow: Workflow | None = None) -> SystemsMap:
    """Of everything, or of one workflow's jobs and the systems between which they go."""
    now = shared_clock.now()
    jobs = SyncJob.objects.exclude(state=JobState.DRAFT).order_by("name")
    jobs = jobs.select_related("source", "destination", "workflow")
    if workflow is not None:
        jobs = jobs.filter(workflow=workflow)
    rows = list(jobs.defer("source__secrets", "destination__secrets"))
    connections = Connection.objects.defer("secrets").order_by("name")
    if workflow is not None:
        ends = {end for job in rows for end in (job.source_id, job.destination_id)}
        connections = connections.filter(pk__in=ends)
    systems = {row.pk: System(row, _platform(row.platform)) for row in connections}
    edges = _edges(_carriers(rows, now))
    _tell(systems, rows)
    return SystemsMap(list(systems.values()), edges, now)


def _platform(name: str) -> str:
    try:
        return registry.get(name).label
    except Failure:
        return name


def _carriers(jobs: list[SyncJob], now: datetime) -> list[Carrier]:
    found, stand = figures(PERIOD, now), standing()
    heard, delivered = freshness.heard([job.pk for job in jobs]), found.by_job(State.DELIVERED)
    return [_carrier(job, delivered.get(job.pk, 0), stand, heard.get(job.pk), now) for job in jobs]


def _carrier(job: SyncJob, delivered: int, stand: Standing, heard: datetime | None, now: datetime) -> Carrier:
    errors = stand.open_by_job.get(job.pk, 0)
    fresh_at = freshness.fresh_at(job, heard)
    state, said = _state(job, errors, fresh_at, now)
    return Carrier(
        job=job,
        state=state,
        said=said,
        what=_thing(job),
        every=_rhythm(job),
        delivered=links.outcomes(delivered, PERIOD, job=job.pk, result=State.DELIVERED),
        errors=links.errors(errors, job=job.pk),
        fresh_at=fresh_at,
    )


def _state(job: SyncJob, errors: int, fresh_at: datetime | None, now: datetime) -> tuple[str, str]:
    """The worst that holds, in a few words."""
    for end in (job.source, job.destination):
        if not end.enabled:
            return STOPPED, f"{end.name} is switched off"
    if job.state == JobState.HALTED:
        return STOPPED, "Halted by a failure"
    if job.state == JobState.PAUSED:
        return PAUSED, "Paused"
    if job.is_held_for_launch:
        return PAUSED, "Held until it is launched"
    failing = [end.name for end in (job.source, job.destination) if end.health == Health.FAILING]
    if failing:
        return STOPPED, f"{failing[0]} does not work"
    if errors:
        return ERRORS, f"{errors:,} open error{'' if errors == 1 else 's'}"
    if fresh_at is None:
        return NEW, "Has not run yet"
    if freshness.is_late(job, now):
        return LATE, "Has not read for too long"
    return FLOWS, "Works"


def _thing(job: SyncJob) -> str:
    """As its source calls it: orders, stock, a table's name."""
    return job.source_resource.replace("_", " ")


def _rhythm(job: SyncJob) -> str:
    if not job.every_seconds:
        return "by webhook or by hand"
    minutes, seconds = divmod(job.every_seconds, 60)
    if not minutes:
        return f"every {seconds} s"
    return "every minute" if minutes == 1 else f"every {minutes:,} min"


def _edges(carriers: Iterable[Carrier]) -> list[Edge]:
    by_ends: dict[tuple[int, int], list[Carrier]] = defaultdict(list)
    for carrier in carriers:
        by_ends[carrier.job.source_id, carrier.job.destination_id].append(carrier)
    return [Edge(source, destination, jobs) for (source, destination), jobs in by_ends.items()]


def _tell(systems: dict[int, System], jobs: list[SyncJob]) -> None:
    for job in jobs:
        thing = _thing(job)
        holds, needs = systems[job.source_id].holds, systems[job.destination_id].needs
        if thing not in holds:
            holds.append(thing)
        if thing not in needs:
            needs.append(thing)
