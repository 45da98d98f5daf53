"""How much of what each system allows is used: at this moment, today, and in a period."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Max, Sum
from django.urls import reverse

from integrations.models import Connection
from integrations.sync import allowance
from integrations.sync.allowance import Used
from integrations.sync.measures import PERIODS
from integrations.templatetags.portal import number, percent
from monitoring.models import CallHour
from monitoring.scopes import CONNECTION, PORTAL, Look
from monitoring.tables import Row, Table

SHOWN = 20


@dataclass(frozen=True)
class Rate:
    """`calls` and `busiest` (those of the busiest hour) are None where the period is longer than hours are kept."""

    connection: Connection
    used: Used
    calls: int | None
    busiest: int | None

    @property
    def busiest_share(self) -> float | None:
        """Of what an hour allows."""
        if self.busiest is None or not self.used.per_hour:
            return None
        return self.busiest / self.used.per_hour

    @property
    def fullest(self) -> float:
        """By which they are put in order: what is nearest to its limit first."""
        today = self.used.today / self.used.per_day if self.used.per_day else 0.0
        return max(self.used.share or 0.0, today, self.busiest_share or 0.0)

    @property
    def href(self) -> str:
        return reverse("admin:integrations_connection_change", args=[self.connection.pk])


def rates(look: Look, ends: Iterable[int], since: datetime) -> list[Rate]:
    """Of the systems that have a limit; the fullest first. `ends` are the systems that the scope's jobs touch."""
    connections = Connection.objects.filter(enabled=True).defer("secrets").order_by("name")
    if look.scope.kind == CONNECTION:
        connections = connections.filter(pk=look.scope.pk)
    elif look.scope.kind != PORTAL:
        connections = connections.filter(pk__in=list(ends))
    rows = {row.pk: row for row in connections}
    used = allowance.used(rows.values())
    is_kept = look.period in PERIODS
    counted = _counted(list(used), since) if is_kept and used else {}
    found = [
        Rate(rows[pk], of, *(counted.get(pk, (0, 0)) if is_kept else (None, None))) for pk, of in used.items()
    ]
    return sorted(found, key=lambda rate: (-rate.fullest, rate.connection.name))


def _counted(connections: list[int], since: datetime) -> dict[int, tuple[int, int]]:
    rows = CallHour.objects.filter(hour__gte=since, connection__in=connections).order_by()
    sums = rows.values_list("connection").annotate(Sum("calls"), Max("calls"))
    return {pk: (max(calls, 0), max(busiest, 0)) for pk, calls, busiest in sums}


def table(found: list[Rate]) -> Table:
    return Table(
        "Rate budget used, by system",
        "System",
        ("Used now", "Today", "Calls in this time", "Busiest hour, of what is allowed"),
        [Row(rate.connection.name, _cells(rate)) for rate in found[:SHOWN]],
    )


def _cells(rate: Rate) -> tuple[str, ...]:
    used = rate.used
    now = "waits" if used.waits else percent(used.share)
    today = f"{number(used.today)} of {number(used.per_day)}" if used.per_day else number(used.today)
    if rate.calls is None or rate.busiest is None:
        return now, today, "–", "–"
    return now, today, number(rate.calls), f"{number(rate.busiest)} · {percent(rate.busiest_share)}"
