"""What stops without a failure: a connection, a person's access, webhooks that stay away, a promise that runs out."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from integrations.models import AccessToken, Connection, Health, SyncJob, WebhookSubscription
from integrations.sync import launch
from monitoring.alerts import watching
from monitoring.alerts.conditions import finding
from monitoring.incidents.triage import triage
from monitoring.models import AlertChannel, AlertKind, AlertRule, Incident, MissedWebhook
from tests import factories
from tests.monitoring.alerting import DAY, HOUR, MINUTE, email, fail, rule
from tests.monitoring.conftest import NOW

pytestmark = pytest.mark.django_db


def told(of: AlertRule) -> str:
    found = finding(of, NOW)
    return found.sentence if found is not None else ""


def page(row: Connection) -> str:
    return reverse("admin:integrations_connection_change", args=[row.pk])


def scopes(job: SyncJob, **values: Any) -> list[AlertRule]:
    """Of everything, of the job, and of another job that has nothing to do with it."""
    return [
        rule(name=f"{name} {values['kind']}", **{"threshold": None, **values, "job": of})
        for name, of in (("all", None), ("mine", job), ("other", factories.job()))
    ]


def test_a_connection_that_does_not_work_is_told_by_who_watches_it(job: SyncJob) -> None:
    rules = scopes(job, kind=AlertKind.CONNECTION)
    assert [told(of) for of in rules] == ["", "", ""]
    Connection.objects.filter(pk=job.destination_id).update(
        name="The warehouse", health=Health.FAILING, health_sentence="It answered 401. Enter a new key."
    )
    sentence = "The warehouse does not work. It answered 401. Enter a new key."
    assert [told(of) for of in rules] == [sentence, sentence, ""]
    found = finding(rules[0], NOW)
    assert found is not None
    assert found.rows == page(job.destination)
    Connection.objects.filter(pk=job.destination_id).update(enabled=False)
    assert told(rules[0]) == "", "what a person switched off owes nothing"


def test_a_job_that_halted_is_told_by_who_watches_it(job: SyncJob) -> None:
    rules = scopes(job, kind=AlertKind.HALTED)
    SyncJob.objects.filter(pk=job.pk).update(state="paused", state_reason="Stock-taking.")
    assert [told(of) for of in rules] == ["", "", ""]
    SyncJob.objects.filter(pk=job.pk).update(state="halted", state_reason="Too much failed.")
    sentence = f"{job.name} has halted. Too much failed."
    assert [told(of) for of in rules] == [sentence, sentence, ""]
    found = finding(rules[0], NOW)
    assert found is not None
    assert found.rows == reverse("admin:integrations_syncjob_change", args=[job.pk])


def test_before_a_launch_it_is_said_that_nobody_hears_of_a_halt(
    job: SyncJob, monkeypatch: pytest.MonkeyPatch
) -> None:
    # What else is well to have is told elsewhere.
    monkeypatch.setattr(launch, "_advices", [watching.without_word_of_a_halt])
    assert [one.sentence for one in launch.advices(job)] == [
        "Nobody is told when it halts. Make an alert that tells somebody."
    ]
    on_duty = email()
    rule(on_duty, kind=AlertKind.HALTED, threshold=None, job=factories.job())
    assert launch.advices(job) != [], "another job's is no help"
    rule(on_duty, kind=AlertKind.HALTED, threshold=None, job=job)
    assert launch.advices(job) == []
    AlertChannel.objects.update(enabled=False)
    assert launch.advices(job) != [], "nobody hears of it"


def test_an_access_that_a_person_gave_is_told_before_it_ends(job: SyncJob) -> None:
    watched = rule(kind=AlertKind.ACCESS, threshold=7)
    token = AccessToken.objects.create(connection=job.source, consent_ends_at=NOW + 8 * DAY)
    assert told(watched) == ""
    AccessToken.objects.filter(pk=token.pk).update(consent_ends_at=NOW + 6 * DAY)
    day = f"{timezone.localtime(NOW + 6 * DAY):%d %b %Y}"
    assert told(watched) == (
        f"The access to {job.source.name} ends on {day}. Open the connection and press Connect."
    )


def test_webhooks_that_stay_away_are_told_only_where_they_came_before(job: SyncJob) -> None:
    watched = rule(kind=AlertKind.WEBHOOKS, threshold=None, window_minutes=60)
    assert told(watched) == "", "nothing was ever set up"
    factories.inbound_event(job.source, received_at=NOW - 59 * MINUTE)
    factories.inbound_event(job.source, received_at=NOW - 3 * HOUR)
    assert told(watched) == ""
    other = factories.connection(name="The desk")
    factories.inbound_event(other, received_at=NOW - 61 * MINUTE)
    assert told(watched) == (
        "No webhook has come from The desk for 1 h. Look there whether it still sends them."
    )


def ordered(of: Connection, **values: Any) -> None:
    WebhookSubscription.objects.create(
        connection=of, address="https://portal.example/hooks/x", **{"made_at": NOW - 2 * DAY} | values
    )


def missed(of: SyncJob, found_at: datetime) -> None:
    record = factories.delivery(of)
    MissedWebhook.objects.create(
        connection=of.source, delivery=record, resource="orders", changed_at=found_at, found_at=found_at
    )


def test_webhooks_that_never_came_are_told_where_reading_found_what_they_should_have_told(
    job: SyncJob,
) -> None:
    watched = rule(kind=AlertKind.WEBHOOKS, threshold=None, window_minutes=60)
    ordered(job.source)
    missed(job, NOW - 61 * MINUTE)
    assert told(watched) == "", "nothing was found lately"
    missed(job, NOW - 20 * MINUTE)
    assert told(watched) == (
        f"No webhook has come from {job.source.name} for 1 h, though reading found 1 change there. "
        "Look there whether it still sends them."
    )
    factories.inbound_event(job.source, received_at=NOW - 5 * MINUTE)
    assert told(watched) == "", "one came: they arrive"


def test_a_quiet_shop_raises_no_alarm_about_its_webhooks(job: SyncJob) -> None:
    watched = rule(kind=AlertKind.WEBHOOKS, threshold=None, window_minutes=60)
    ordered(job.source)
    factories.inbound_event(job.source, received_at=NOW - 5 * HOUR)
    SyncJob.objects.filter(pk=job.pk).update(last_complete_read_at=NOW - 10 * MINUTE)
    assert told(watched) == "", "it was read through, and nothing had changed"
    SyncJob.objects.filter(pk=job.pk).update(last_complete_read_at=NOW - 2 * HOUR)
    assert "No webhook has come" in told(watched), "nobody has looked"


def test_what_is_stuck_is_told_before_its_promised_hour(job: SyncJob) -> None:
    watched = rule(kind=AlertKind.PROMISE, threshold=None, window_minutes=120, job=job)
    factories.error(factories.delivery(job, promised_at=NOW + 3 * HOUR))
    factories.error(factories.delivery(job, promised_at=NOW + HOUR), settled_at=NOW)
    factories.delivery(job, promised_at=NOW + HOUR)
    factories.error(factories.delivery(factories.job(), promised_at=NOW + HOUR))
    factories.error(factories.delivery(job, promised_at=NOW - timedelta(days=30)))
    assert told(watched) == ""
    factories.error(factories.delivery(job, promised_at=NOW + HOUR))
    assert told(watched) == f"{job}: 1 record is stuck and promised within 2 h, or already late."


def test_failures_of_one_cause_lead_to_its_incident(job: SyncJob) -> None:
    watched = rule(kind=AlertKind.FAILURES, threshold=0, job=job)
    fail(job)
    factories.error(factories.delivery(job), fingerprint="zip")
    triage()
    found = finding(watched, NOW)
    assert found is not None
    assert found.rows == reverse("admin:monitoring_incident_change", args=[Incident.objects.get().pk])
    factories.error(factories.delivery(job), fingerprint="another")
    triage()
    found = finding(watched, NOW)
    assert found is not None
    assert "/outcome/" in found.rows, "of several causes the failures are shown"
