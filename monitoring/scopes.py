"""What a dashboard looks at: everything, one workflow, or one connection; and the lists behind its numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlencode

from django.db.models import Q
from django.urls import reverse

from integrations.models import Connection, SyncJob, Workflow
from integrations.sync.measures import PERIODS
from monitoring import links, periods
from monitoring.links import Linked
from monitoring.retention import kept_since

PORTAL, WORKFLOW, CONNECTION = "portal", "workflow", "connection"
# Of a connection: which way its records go. Said in these words wherever it is chosen.
BOTH, FROM_IT, TO_IT = "both", "from", "to"
DIRECTIONS: Final[dict[str, str]] = {BOTH: "Both ways", FROM_IT: "Comes from it", TO_IT: "Goes to it"}
IN_LISTS: Final[dict[str, str]] = {BOTH: "of_system", FROM_IT: "from_system", TO_IT: "to_system"}


@dataclass(frozen=True)
class Scope:
    """`jobs` are ids, None for all. `where` narrows a list of outcomes, records or errors to the same; `errors` are
    the errors that are counted."""

    kind: str = PORTAL
    pk: int = 0
    name: str = "Crossdock"
    direction: str = BOTH
    jobs: tuple[int, ...] | None = None
    where: Mapping[str, object] = field(default_factory=dict)
    errors: Q = field(default_factory=Q)

    def address(self, period: str = "", direction: str = "") -> str:
        """Of its dashboard."""
        query = {"period": period} if period else {}
        if self.kind == PORTAL:
            return _with(reverse("admin:index"), query)
        chosen = direction or self.direction
        if chosen != BOTH:
            query["direction"] = chosen
        return _with(reverse(f"{self.kind}_dashboard", args=[self.pk]), query)

    def parts_address(self, period: str) -> str:
        """Of the figures alone, which renew themselves."""
        query: dict[str, object] = {"period": period}
        if self.kind != PORTAL:
            query[self.kind] = self.pk
        if self.direction != BOTH:
            query["direction"] = self.direction
        return _with(reverse("today_numbers"), query)


def portal() -> Scope:
    return Scope()


def of_workflow(workflow: Workflow) -> Scope:
    jobs = SyncJob.objects.filter(workflow=workflow).order_by("pk").values_list("pk", flat=True)
    return Scope(
        WORKFLOW,
        workflow.pk,
        workflow.name,
        jobs=tuple(jobs),
        where={"job__workflow": workflow.pk},
        errors=Q(job__workflow=workflow.pk),
    )


def of_connection(connection: Connection, direction: str = BOTH) -> Scope:
    """In both directions also what is wrong with the system itself, whatever job it is for. A job that reads and writes
    one system counts once."""
    ways = {FROM_IT: Q(source=connection.pk), TO_IT: Q(destination=connection.pk)}
    which = ways.get(direction, ways[FROM_IT] | ways[TO_IT])
    jobs = tuple(SyncJob.objects.filter(which).order_by("pk").values_list("pk", flat=True))
    errors = Q(job__in=jobs)
    if direction == BOTH:
        errors |= Q(job__isnull=True, connection=connection.pk)
    where = {IN_LISTS[direction]: connection.pk}
    return Scope(CONNECTION, connection.pk, connection.name, direction, jobs, where, errors)


@dataclass(frozen=True)
class Look:
    """A scope in a period that ends now: makes the link behind each number of its dashboard."""

    scope: Scope
    period: str
    now: datetime

    def outcomes(self, count: int, text: str = "", **query: Any) -> Linked:
        where = {**self.scope.where, **query}
        if self.period in PERIODS:
            return links.outcomes(count, self.period, text, **where)
        since = periods.begin(self.period, self.now)
        return self._if_kept(links.outcomes_since(count, since, text, **where), since)

    def outcomes_between(
        self, count: int, begin: datetime, end: datetime, text: str = "", **query: Any
    ) -> Linked:
        found = links.outcomes_between(count, begin, end, text, **self.scope.where, **query)
        return self._if_kept(found, begin)

    def errors(self, count: int, text: str = "", **query: Any) -> Linked:
        return links.errors(count, text, **self.scope.where, **query)

    def records(self, count: int, text: str = "", **query: Any) -> Linked:
        return links.records(count, text, **self.scope.where, **query)

    def _if_kept(self, found: Linked, since: datetime) -> Linked:
        """A number outlives its rows: then it leads nowhere."""
        return found if self.rows_are_kept(since) else Linked(found.count, "", found.text)

    def rows_are_kept(self, since: datetime) -> bool:
        kept = kept_since(self.now)
        return kept is None or since >= kept


def _with(address: str, query: Mapping[str, object]) -> str:
    return f"{address}?{urlencode(query)}" if query else address
