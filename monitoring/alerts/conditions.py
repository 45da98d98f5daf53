"""Whether what a rule watches for is so at this moment. Reads, and decides nothing else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Exists, Min, OuterRef, Q, QuerySet
from django.urls import reverse
from django.utils import timezone

from integrations.models import (
    Connection,
    Delivery,
    ErrorRecord,
    Health,
    InboundEvent,
    JobState,
    Outcome,
    State,
    SyncJob,
    WebhookSubscription,
    may_work,
)
from integrations.sync.measures import ATTEMPTED_STATES, BACKLOG_STATES, NOT_WRITTEN_STATES
from integrations.templatetags.portal import duration, percent
from monitoring import links
from monitoring.models import AlertKind, AlertRule, Incident, MissedWebhook
from monitoring.versions import ending

MINUTE = 60


@dataclass(frozen=True)
class Finding:
    """What is so, in a sentence, and the page with its rows."""

    sentence: str
    rows: str


def finding(rule: AlertRule, now: datetime) -> Finding | None:
    """None where all is well."""
    return _CONDITIONS[AlertKind(rule.kind)](rule, now)


def jobs_of(rule: AlertRule) -> list[int]:
    """Those that may work: what a person has paused, or not launched yet, owes nothing."""
    return list(_watched(rule).filter(may_work()).values_list("pk", flat=True))


def _watched(rule: AlertRule) -> QuerySet[SyncJob]:
    jobs = SyncJob.objects.order_by("name")
    if rule.job_id is not None:
        return jobs.filter(pk=rule.job_id)
    return jobs.filter(workflow=rule.workflow_id) if rule.workflow_id is not None else jobs


def subject_of(rule: AlertRule) -> str:
    return str(rule.job or rule.workflow or "Crossdock")


def _where(rule: AlertRule) -> dict[str, object]:
    """As the lists are narrowed to what the rule watches."""
    if rule.job_id is not None:
        return {"job": rule.job_id}
    return {"job__workflow": rule.workflow_id} if rule.workflow_id is not None else {}


def _window(rule: AlertRule, now: datetime) -> tuple[Q, datetime]:
    since = now - timedelta(minutes=rule.window_minutes)
    return Q(job__in=jobs_of(rule), recorded_at__gte=since, recorded_at__lte=now), since


def _attempted(rule: AlertRule, now: datetime) -> tuple[dict[str, int], datetime]:
    within, since = _window(rule, now)
    counted = dict(
        Outcome.objects.filter(within, state__in=ATTEMPTED_STATES)
        .order_by()
        .values_list("state")
        .annotate(Count("id"))
    )
    return counted, since


def _success_rate(rule: AlertRule, now: datetime) -> Finding | None:
    """What a fallback skipped was not delivered: a job that skips everything does not look healthy."""
    counted, since = _attempted(rule, now)
    attempted = sum(counted.values())
    wanted = float(rule.threshold or 0) / 100
    if not attempted or (rate := counted.get(State.DELIVERED, 0) / attempted) >= wanted:
        return None
    missed = sum(counted.get(state, 0) for state in NOT_WRITTEN_STATES)
    rows = links.outcomes_between(missed, since, now, "", result="not_written", **_where(rule))
    return Finding(
        f"{subject_of(rule)}: {percent(rate)} were delivered in {_minutes(rule)}, fewer than {percent(wanted)}.",
        rows.href,
    )


def _failures(rule: AlertRule, now: datetime) -> Finding | None:
    counted, since = _attempted(rule, now)
    failed = counted.get(State.FAILED, 0)
    if failed <= (rule.threshold or 0):
        return None
    rows = links.outcomes_between(failed, since, now, "", result=State.FAILED, **_where(rule))
    return Finding(
        f"{subject_of(rule)}: {failed:,} failures in {_minutes(rule)}.", _only_incident(rule) or rows.href
    )


def _only_incident(rule: AlertRule) -> str:
    """The page of the one cause that what is open now has; "" where there are several, or none is triaged yet."""
    errors = ErrorRecord.objects.filter(settled_at__isnull=True, job__in=jobs_of(rule)).order_by()
    marks = list(errors.values_list("fingerprint", flat=True).distinct()[:2])
    found = Incident.objects.filter(fingerprint__in=marks, resolved_at__isnull=True).first()
    if len(marks) != 1 or found is None:
        return ""
    return reverse("admin:monitoring_incident_change", args=[found.pk])


def _no_success(rule: AlertRule, now: datetime) -> Finding | None:
    """A rule, or a launch, that is younger than its window cannot have missed anything yet."""
    within, since = _window(rule, now)
    began = (
        max(rule.created_at, rule.workflow.launched_at or rule.created_at)
        if rule.workflow
        else rule.created_at
    )
    if began > since or not jobs_of(rule):
        return None
    if Outcome.objects.filter(within, state=State.DELIVERED).exists():
        return None
    rows = links.outcomes_between(0, since, now, "", **_where(rule))
    return Finding(f"{subject_of(rule)}: nothing was delivered in {_minutes(rule)}.", rows.href)


def _backlog(rule: AlertRule, now: datetime) -> Finding | None:
    pending = Delivery.objects.filter(job__in=jobs_of(rule), state__in=BACKLOG_STATES)
    oldest = pending.order_by().aggregate(since=Min("state_since"))["since"]
    if oldest is None or now - oldest <= timedelta(minutes=rule.window_minutes):
        return None
    age = duration((now - oldest).total_seconds())
    rows = links.records(0, "", state="backlog", **_where(rule))
    return Finding(f"{subject_of(rule)}: the oldest record has been on its way for {age}.", rows.href)


def _api_version(rule: AlertRule, now: datetime) -> Finding | None:
    found = ending(now.date(), int(rule.threshold or 0))
    if rule.job is not None:
        found = [one for one in found if one.connection.pk in (rule.job.source_id, rule.job.destination_id)]
    if rule.workflow is not None:
        jobs = rule.workflow.jobs.values_list("source", "destination")
        of_workflow = {end for ends in jobs for end in ends}
        found = [one for one in found if one.connection.pk in of_workflow]
    if not found:
        return None
    return Finding(" ".join(one.sentence for one in found)[:500], found[0].href)


def _connections_of(rule: AlertRule) -> QuerySet[Connection]:
    """Both ends of what it watches; those that are switched off owe nothing."""
    rows = Connection.objects.filter(enabled=True).defer("secrets", "settings").order_by("name")
    if rule.job is not None:
        return rows.filter(pk__in=(rule.job.source_id, rule.job.destination_id))
    if rule.workflow is not None:
        jobs = SyncJob.objects.filter(workflow=rule.workflow)
        return rows.filter(Q(pk__in=jobs.values("source")) | Q(pk__in=jobs.values("destination")))
    return rows


def _connection_page(row: Connection) -> str:
    return reverse("admin:integrations_connection_change", args=[row.pk])


def _connection_down(rule: AlertRule, now: datetime) -> Finding | None:
    failing = list(_connections_of(rule).filter(health=Health.FAILING))
    if not failing:
        return None
    told = " ".join(f"{row.name} does not work. {row.health_sentence}".strip() for row in failing)
    return Finding(told[:500], _connection_page(failing[0]))


def _halted(rule: AlertRule, now: datetime) -> Finding | None:
    """By too many errors, or by what a person has to mend first."""
    halted = list(_watched(rule).filter(state=JobState.HALTED))
    if not halted:
        return None
    told = " ".join(f"{job.name} has halted. {job.state_reason}".strip() for job in halted)
    return Finding(told[:500], reverse("admin:integrations_syncjob_change", args=[halted[0].pk]))


def _access_ends(rule: AlertRule, now: datetime) -> Finding | None:
    within = now + timedelta(days=float(rule.threshold or 0))
    ending_soon = _connections_of(rule).filter(access_token__consent_ends_at__lte=within)
    rows = list(ending_soon.order_by("access_token__consent_ends_at").select_related("access_token"))
    if not rows:
        return None
    told = " ".join(
        f"The access to {row.name} ends on {timezone.localtime(row.access_token.consent_ends_at):%d %b %Y}. "
        "Open the connection and press Connect."
        for row in rows
    )
    return Finding(told[:500], _connection_page(rows[0]))


def _webhooks_silent(rule: AlertRule, now: datetime) -> Finding | None:
    """Of systems that sent webhooks before, or were asked to: where none was set up, none can be missed.

    Where reading found changes that no webhook had told, they plainly do not arrive, also if none ever came. Where
    reading went through and found none, the shop is quiet and nothing is wrong.
    """
    since = now - timedelta(minutes=rule.window_minutes)
    events = InboundEvent.objects.filter(connection=OuterRef("pk"))
    ordered = WebhookSubscription.objects.filter(connection=OuterRef("pk"))
    missed = MissedWebhook.objects.filter(connection=OuterRef("pk"), found_at__gte=since, found_at__lte=now)
    read = SyncJob.objects.filter(source=OuterRef("pk"), last_complete_read_at__gte=since)
    came_before = Exists(events.filter(received_at__lt=since))
    is_quiet = Exists(ordered.filter(made_at__lt=since)) & Exists(read) & ~Exists(missed)
    silent = _connections_of(rule).filter(
        ~Exists(events.filter(received_at__gte=since)),
        (came_before & ~is_quiet) | (Exists(ordered) & Exists(missed)),
    )
    names = list(silent.values_list("pk", "name")[:5])
    if not names:
        return None
    told = ", ".join(name for _, name in names)
    untold = MissedWebhook.objects.filter(
        connection__in=[pk for pk, _ in names], found_at__gte=since, found_at__lte=now
    ).count()
    noun = "change" if untold == 1 else "changes"
    why = f", though reading found {untold:,} {noun} there" if untold else ""
    return Finding(
        f"No webhook has come from {told} for {_minutes(rule)}{why}. Look there whether it still sends them.",
        reverse("admin:integrations_connection_change", args=[names[0][0]]),
    )


def _promise(rule: AlertRule, now: datetime) -> Finding | None:
    """Records that are stuck in errors and promised for an hour that is near, or past for less than a day."""
    until = now + timedelta(minutes=rule.window_minutes)
    stuck = ErrorRecord.objects.filter(
        settled_at__isnull=True,
        delivery__job__in=jobs_of(rule),
        delivery__promised_at__lte=until,
        delivery__promised_at__gte=now - timedelta(days=1),
    )
    number = stuck.count()
    if not number:
        return None
    rows = links.unsettled(number, "", promised="near", **_where(rule))
    noun = "record is" if number == 1 else "records are"
    return Finding(
        f"{subject_of(rule)}: {number:,} {noun} stuck and promised within {_minutes(rule)}, or already late.",
        rows.href,
    )


def _minutes(rule: AlertRule) -> str:
    return duration(rule.window_minutes * MINUTE)


_CONDITIONS: dict[AlertKind, Callable[[AlertRule, datetime], Finding | None]] = {
    AlertKind.SUCCESS_RATE: _success_rate,
    AlertKind.FAILURES: _failures,
    AlertKind.NO_SUCCESS: _no_success,
    AlertKind.BACKLOG: _backlog,
    AlertKind.API_VERSION: _api_version,
    AlertKind.CONNECTION: _connection_down,
    AlertKind.HALTED: _halted,
    AlertKind.ACCESS: _access_ends,
    AlertKind.WEBHOOKS: _webhooks_silent,
    AlertKind.PROMISE: _promise,
}
