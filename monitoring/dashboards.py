"""The dashboards: everything on the front page, one workflow, one connection. The same figures for each."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from integrations.models import ERROR_ASKS_FOR_A_PERSON, Connection, ErrorRecord, Health, JobState, SyncJob
from monitoring import cards, groups, money_cards, periods, rates
from monitoring.charts import distribution, over_time, series
from monitoring.figures import before, figures
from monitoring.incidents.foremost import SHOWN_INCIDENTS, incidents, open_causes
from monitoring.now import what_runs
from monitoring.payload_changes import changed
from monitoring.payments import card
from monitoring.scopes import BOTH, CONNECTION, DIRECTIONS, Look, Scope, portal
from monitoring.seen import Seen
from monitoring.setup_steps import for_user, setup_steps
from monitoring.standing import Standing, standing
from monitoring.versions import ending
from monitoring.workflows.strip import strip

DEFAULT_PERIOD = "24h"
# Whoever may see the facts may see what they add up to.
PERMISSION = "integrations.view_outcome"
# Seconds between two looks while somebody has the page before them: of a day, and of a longer time.
POLL_SECONDS, POLL_LONG_SECONDS = 20, 60


def dashboard(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Context of the admin's front page (unfold's DASHBOARD_CALLBACK)."""
    context |= {"title": "Today", "may_see": request.user.has_perm(PERMISSION)}
    if context["may_see"]:
        context |= overview(period_of(request))
        context["steps"] = for_user(context["steps"], request.user)
    return context


def period_of(request: HttpRequest) -> str:
    chosen = request.GET.get("period", DEFAULT_PERIOD)
    return chosen if chosen in periods.BARS else DEFAULT_PERIOD


def overview(period: str, now: datetime | None = None) -> dict[str, Any]:
    """All of the front page. `period` is a key of `periods.BARS`."""
    moment = now or timezone.now()
    seen = look_at(portal(), period, moment)
    steps = setup_steps(list(seen.jobs))
    return {
        **around(seen),
        **shown(seen),
        "steps": steps,
        "is_new": not all(step.done for step in steps[2:]),
        "alarms": alarms(seen.jobs, seen.stand),
        "versions_ending": ending(moment.date()),
        "payload_changes": changed(),
        "incidents": incidents(),
        "more_incidents": all_causes if (all_causes := open_causes()) > SHOWN_INCIDENTS else 0,
        **strip(),
        **what_runs(seen.stand),
    }


def look_at(scope: Scope, period: str, now: datetime) -> Seen:
    """Everything that a dashboard of this scope shows; the number of queries does not depend on what there is."""
    look = Look(scope, period, now)
    found = figures(period, now, scope.jobs)
    jobs = groups.jobs_of(look)
    ends = {end for job in jobs for end in (job.source_id, job.destination_id)}
    return Seen(
        look=look,
        found=found,
        earlier=before(found, period, scope.jobs, now),
        stand=standing(scope.jobs, scope.errors),
        jobs=jobs,
        rates=rates.rates(look, ends, found.since),
    )


def around(seen: Seen) -> dict[str, Any]:
    """What stands above the figures and does not renew itself: which period, which direction, where else."""
    scope, period = seen.look.scope, seen.look.period
    return {
        "scope": scope,
        "period": period,
        "periods": [
            {"label": periods.LABELS[key], "href": scope.address(key), "active": key == period}
            for key in periods.BARS
        ],
        "directions": [
            {"label": label, "href": scope.address(period, key), "active": key == scope.direction}
            for key, label in DIRECTIONS.items()
        ]
        if scope.kind == CONNECTION
        else [],
        "map_url": reverse("systems"),
    }


def shown(seen: Seen) -> dict[str, Any]:
    """The figures, which renew themselves."""
    look = seen.look
    slots = series(seen.found, look)
    counts = groups.Counts(look, seen.found, seen.stand)
    tables = [
        groups.by_workflow(counts, seen.jobs),
        groups.by_system(counts, seen.jobs) if look.scope.direction == BOTH else None,
        groups.by_job(counts, seen.jobs),
    ]
    return {
        "scope": look.scope,
        "period": look.period,
        "period_label": periods.LABELS[look.period],
        "before_label": periods.BEFORE[look.period],
        "span": periods.span(look.period, look.now),
        "zone": timezone.get_current_timezone_name(),
        "as_of": look.now,
        "parts_url": look.scope.parts_address(look.period),
        "poll_seconds_of_figures": POLL_SECONDS if look.period == DEFAULT_PERIOD else POLL_LONG_SECONDS,
        "rows_are_kept": look.rows_are_kept(seen.found.since),
        "cards": cards.cards(seen),
        "charts": [*over_time(slots, look), distribution(seen.found)],
        "kinds": cards.by_kind(seen),
        "currencies": money_cards.by_currency(seen),
        "rates": rates.table(list(seen.rates)) if seen.rates else None,
        "tables": [table for table in tables if table is not None],
    }


def alarms(jobs: Sequence[SyncJob], stand: Standing) -> list[dict[str, str]]:
    """What stops everything, in sentences: (text, link). It stands above all figures."""
    found = stopped(jobs, Connection.objects.all()) + card.alarms()
    if jobs and stand.silent:
        since = f" since {timezone.localtime(stand.last_beat):%d %b %H:%M}" if stand.last_beat else ""
        found.append(
            {
                "text": f"No worker has shown itself{since}: nothing is read or sent. Start the workers.",
                "href": "",
            }
        )
    return found


def stopped(jobs: Sequence[SyncJob], systems: QuerySet[Connection]) -> list[dict[str, str]]:
    """Jobs that have halted, and systems that do not work and were not named with them."""
    halted = [job for job in jobs if job.state == JobState.HALTED]
    found = [
        {
            "text": f"{job.name} is halted. {job.state_reason}".strip(),
            "href": reverse("admin:integrations_syncjob_change", args=[job.pk]),
        }
        for job in halted
    ]
    told = {pk for job in halted for pk in (job.source_id, job.destination_id)}
    failing = systems.filter(health=Health.FAILING, enabled=True).exclude(pk__in=told)
    found += [
        {
            "text": f"{system.name} does not work. {system.health_sentence}".strip(),
            "href": reverse("admin:integrations_connection_change", args=[system.pk]),
        }
        for system in failing.defer("secrets", "settings")
    ]
    return found


def open_errors_badge(request: HttpRequest) -> str:
    """For the sidebar: "" where there is nothing to do, so that no badge is drawn."""
    count = ErrorRecord.objects.filter(ERROR_ASKS_FOR_A_PERSON).order_by()[:1_000].count()
    return "999+" if count == 1_000 else str(count or "")
