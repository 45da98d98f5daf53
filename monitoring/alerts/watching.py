"""Looks at every rule: opens an event where one fires, ends it when it is over, and makes the messages for both."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, Q

from integrations.models import SyncJob, Workflow
from integrations.sync import shared_clock
from integrations.sync.launch import Missing
from monitoring.models import AlertEvent, AlertKind, AlertMessage, AlertRule

from .conditions import Finding, finding

_log = logging.getLogger(__name__)


def watch(now: datetime | None = None) -> None:
    """Two hosts that look at once change nothing twice: an event is opened and ended by one of them."""
    moment = now or shared_clock.now()
    rules = AlertRule.objects.filter(enabled=True).select_related("workflow", "job").order_by("pk")
    for rule in rules:
        try:
            _look(rule, moment)
        except Exception:  # noqa: BLE001  # one rule that cannot be looked at keeps no other from being told
            _log.exception("The alert rule %s could not be looked at.", rule.pk)


def _look(rule: AlertRule, now: datetime) -> None:
    found = finding(rule, now)
    if found is None:
        _recover(rule, now)
    elif not AlertEvent.objects.filter(rule=rule, recovered_at__isnull=True).update(seen_at=now):
        _fire(rule, found, now)


def _fire(rule: AlertRule, found: Finding, now: datetime) -> None:
    quiet_since = now - timedelta(minutes=rule.cool_down_minutes)
    if AlertEvent.objects.filter(rule=rule, recovered_at__gt=quiet_since).exists():
        return
    channels = list(rule.channels.filter(enabled=True))
    with transaction.atomic():
        AlertEvent.objects.bulk_create(
            [AlertEvent(rule=rule, sentence=found.sentence, rows=found.rows, fired_at=now, seen_at=now)],
            ignore_conflicts=True,
        )
        event = AlertEvent.objects.get(rule=rule, recovered_at__isnull=True)
        AlertMessage.objects.bulk_create(
            [AlertMessage(event=event, channel=channel, due_at=now) for channel in channels],
            ignore_conflicts=True,
        )


def _recover(rule: AlertRule, now: datetime) -> None:
    with transaction.atomic():
        event = AlertEvent.objects.filter(rule=rule, recovered_at__isnull=True).first()
        if event is None:
            return
        ended = AlertEvent.objects.filter(pk=event.pk, recovered_at__isnull=True).update(recovered_at=now)
        if not ended or not rule.tells_recovery:
            return
        # Those who were told, and no others, are told that it is over.
        told = event.messages.filter(is_recovery=False).values_list("channel", flat=True)
        AlertMessage.objects.bulk_create(
            [AlertMessage(event=event, channel_id=channel, is_recovery=True, due_at=now) for channel in told],
            ignore_conflicts=True,
        )


def without_alert(workflow: Workflow) -> list[Missing]:
    """What a launch lacks of it: one rule that watches this workflow, and somebody who is told."""
    watching = AlertRule.objects.filter(enabled=True)
    watching = watching.filter(Q(workflow=workflow) | Q(job__workflow=workflow) | Q(workflow=None, job=None))
    if watching.filter(channels__enabled=True).exists():
        return []
    # A rule of its own is likelier meant than one that watches everything.
    silent = watching.order_by(F("workflow").desc(nulls_last=True), "pk").first()
    if silent is not None:
        sentence = f"The alert “{silent.name}” tells nobody. Choose who is told."
        return [Missing(sentence, "admin:monitoring_alertrule_change", (silent.pk,))]
    return [
        Missing(
            "No alert watches it. Make one that tells somebody when it fails.",
            "admin:monitoring_alertrule_add",
            query=f"workflow={workflow.pk}",
        )
    ]


def without_word_of_a_halt(job: SyncJob) -> list[Missing]:
    """What a job lacks before its launch, as an advice: somebody who is told when it halts."""
    watching = AlertRule.objects.filter(enabled=True, kind=AlertKind.HALTED, channels__enabled=True)
    mine = Q(job=job) | Q(workflow=None, job=None)
    if job.workflow_id is not None:
        mine |= Q(workflow=job.workflow_id)
    if watching.filter(mine).exists():
        return []
    return [
        Missing(
            "Nobody is told when it halts. Make an alert that tells somebody.",
            "admin:monitoring_alertrule_add",
            query=f"kind={AlertKind.HALTED.value}",
        )
    ]
