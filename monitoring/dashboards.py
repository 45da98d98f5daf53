"""The front page: how it goes, and what a person should look at first."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from integrations.models import ERROR_ASKS_FOR_A_PERSON, Connection, ErrorRecord, Health, JobState, SyncJob
from integrations.sync.measures import PERIODS
from monitoring.cards import SHOWN_INCIDENTS, by_job, by_kind, cards, incidents, open_causes
from monitoring.charts import STEP, delivered_chart, failed_chart, series
from monitoring.figures import figures
from monitoring.now import what_runs
from monitoring.payload_changes import changed
from monitoring.payments import card
from monitoring.setup_steps import setup_steps
from monitoring.standing import Standing, standing
from monitoring.versions import ending
from monitoring.workflows.strip import strip

DEFAULT_PERIOD = "24h"
# Whoever may see the facts may see what they add up to.
PERMISSION = "integrations.view_outcome"


def dashboard(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Context of the admin's front page (unfold's DASHBOARD_CALLBACK)."""
    context |= {"title": "Today", "may_see": request.user.has_perm(PERMISSION)}
    if context["may_see"]:
        context |= overview(period_of(request))
    return context


def period_of(request: HttpRequest) -> str:
    chosen = request.GET.get("period", DEFAULT_PERIOD)
    return chosen if chosen in STEP else DEFAULT_PERIOD


def overview(period: str, now: datetime | None = None) -> dict[str, Any]:
    """All of the page. `period` is a key of `charts.STEP`."""
    moment = now or timezone.now()
    found, stand = figures(period, moment), standing()
    jobs = list(SyncJob.objects.select_related("source", "destination").order_by("name"))
    steps = setup_steps(jobs)
    rows = series(found, period)
    return {
        "period": period,
        "period_label": PERIODS[period][0],
        "periods": [{"key": key, "label": PERIODS[key][0], "active": key == period} for key in STEP],
        "as_of": moment,
        "steps": steps,
        "is_new": not all(step.done for step in steps[2:]),
        "alarms": alarms(jobs, stand),
        "versions_ending": ending(moment.date()),
        "payload_changes": changed(),
        "cards": cards(found, stand, period),
        "rows": rows,
        "delivered_chart": delivered_chart(rows),
        "failed_chart": failed_chart(rows),
        "has_failures": any(row.failed.count for row in rows),
        "kinds": by_kind(found, stand, period),
        "has_delays": bool(found.delays),
        "by_job": by_job(found, stand, period, jobs),
        "incidents": incidents(),
        "more_incidents": all_causes if (all_causes := open_causes()) > SHOWN_INCIDENTS else 0,
        **strip(),
        **what_runs(stand),
    }


def alarms(jobs: list[SyncJob], stand: Standing) -> list[dict[str, str]]:
    """What stops everything, in sentences: (text, link). It stands above all figures."""
    halted = [job for job in jobs if job.state == JobState.HALTED]
    found = [
        {
            "text": f"{job.name} is halted. {job.state_reason}".strip(),
            "href": reverse("admin:integrations_syncjob_change", args=[job.pk]),
        }
        for job in halted
    ]
    told = {pk for job in halted for pk in (job.source_id, job.destination_id)}
    failing = Connection.objects.filter(health=Health.FAILING, enabled=True).exclude(pk__in=told)
    found += [
        {
            "text": f"{system.name} does not work. {system.health_sentence}".strip(),
            "href": reverse("admin:integrations_connection_change", args=[system.pk]),
        }
        for system in failing.defer("secrets", "settings")
    ]
    found += card.alarms()
    if jobs and stand.silent:
        since = f" since {timezone.localtime(stand.last_beat):%d %b %H:%M}" if stand.last_beat else ""
        found.append(
            {
                "text": f"No worker has shown itself{since}: nothing is read or sent. Start the workers.",
                "href": "",
            }
        )
    return found


def open_errors_badge(request: HttpRequest) -> str:
    """For the sidebar: "" where there is nothing to do, so that no badge is drawn."""
    count = ErrorRecord.objects.filter(ERROR_ASKS_FOR_A_PERSON).order_by()[:1_000].count()
    return "999+" if count == 1_000 else str(count or "")
