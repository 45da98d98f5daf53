from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from integrations.models import ErrorRecord, Kind, SyncJob
from monitoring.incidents.triage import Triaged, triage
from monitoring.models import Incident
from tests import factories

pytestmark = pytest.mark.django_db


def error(job: SyncJob, cause: str = "zip", **values: object) -> ErrorRecord:
    return factories.error(factories.delivery(job), fingerprint=cause, **values)


def settle(*errors: ErrorRecord) -> None:
    ErrorRecord.objects.filter(pk__in=[row.pk for row in errors]).update(
        settled_at=timezone.now(), settled_how="delivered"
    )


def test_errors_of_one_cause_are_one_incident(job: SyncJob) -> None:
    now = timezone.now()
    error(job, first_seen_at=now - timedelta(hours=3), last_seen_at=now - timedelta(hours=2))
    error(job, first_seen_at=now - timedelta(hours=1), last_seen_at=now, sentence="The newest.")
    error(job, "sku", kind=Kind.CONFIG)
    assert triage() == Triaged(open=2, opened=2, reopened=0, resolved=0)
    incident = Incident.objects.get(fingerprint="zip")
    assert (incident.open_errors, incident.all_errors) == (2, 2)
    assert (incident.first_seen_at, incident.last_seen_at) == (now - timedelta(hours=3), now)
    assert (incident.sentence, incident.job_name) == ("The newest.", job.name)


def test_money_is_kept_by_currency(job: SyncJob) -> None:
    for amount, currency in (("10.50", "EUR"), ("1.25", "EUR"), ("1000", "JPY"), ("0.125", "KWD")):
        error(job, amount=Decimal(amount), currency=currency)
    error(job)
    triage()
    assert Incident.objects.get().stuck == {"EUR": "11.75", "JPY": "1000", "KWD": "0.125"}


def test_a_second_pass_changes_nothing(job: SyncJob) -> None:
    error(job)
    triage()
    before = list(Incident.objects.values())
    assert triage() == Triaged(open=1, opened=0, reopened=0, resolved=0)
    assert list(Incident.objects.values()) == before


def test_an_incident_resolves_when_its_last_error_is_settled(job: SyncJob) -> None:
    first, second = error(job, amount=5, currency="EUR"), error(job)
    triage()
    settle(first)
    triage()
    incident = Incident.objects.get()
    assert (incident.is_open, incident.open_errors, incident.all_errors) == (True, 1, 2)
    settle(second)
    assert triage().resolved == 1
    incident.refresh_from_db()
    assert (incident.is_open, incident.open_errors, incident.stuck) == (False, 0, {})


def test_a_cause_that_returns_reopens_its_incident(job: SyncJob) -> None:
    settle(error(job))
    triage()
    first = error(job)
    triage()
    settle(first)
    triage()
    error(job)
    assert triage() == Triaged(open=1, opened=0, reopened=1, resolved=0)
    incident = Incident.objects.get()
    assert (incident.is_open, incident.reopened) == (True, 1)
    triage()
    incident.refresh_from_db()
    assert incident.reopened == 1


def test_more_causes_than_one_group_are_all_kept(job: SyncJob, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("monitoring.incidents.triage.GROUP", 2)
    for place in range(5):
        error(job, f"cause-{place}")
    triage()
    assert Incident.objects.count() == 5


def test_an_error_of_a_whole_job_is_an_incident_too(job: SyncJob) -> None:
    factories.error(None, job=job, connection=job.source, fingerprint="down", place="read")
    triage()
    assert Incident.objects.get().job_name == job.name
