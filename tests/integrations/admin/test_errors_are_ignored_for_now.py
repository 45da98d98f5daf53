"""“Ignore until…” for one error or some: the same rules as for a whole incident, and it comes back by itself."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from integrations.models import Decision, ErrorRecord, Judgement, Kind, State, SyncJob
from integrations.sync import put_off, reap
from integrations.sync.faults import Fault, fingerprint, record_faults
from monitoring.dashboards import open_errors_badge
from monitoring.standing import standing
from tests import factories
from tests.integrations.admin.conftest import signed_in
from tests.integrations.admin.pages import act, act_on_many, change_url, list_url, listed, messages_of

pytestmark = pytest.mark.django_db

WHY = "The carrier mends it tonight."


@pytest.fixture
def job(db: None) -> SyncJob:
    return factories.job()


def failed(job: SyncJob, cause: str = "zip") -> ErrorRecord:
    return factories.error(factories.delivery(job, state=State.FAILED), fingerprint=cause)


def in_hours(hours: int) -> str:
    return timezone.localtime(timezone.now() + timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M")


def shown(client: Client, **query: str) -> list[ErrorRecord]:
    return listed(client.get(list_url(ErrorRecord), query))


def judged(error: ErrorRecord) -> list[tuple[str, str, Any]]:
    return list(Judgement.objects.filter(error=error).values_list("decision", "text", "by__username"))


def test_an_error_leaves_the_list_and_the_counts_until_its_time(
    job: SyncJob, admin_client: Client, boss: User
) -> None:
    error, other = failed(job), failed(job, "another")
    act(admin_client, error, "put_off", until=in_hours(2), up_to="", reason=WHY)
    assert messages_of(admin_client) == ["Ignored for now. It comes back by itself."]
    assert shown(admin_client) == [other]
    assert shown(admin_client, open="put_off") == [error]
    assert len(shown(admin_client, open="unsettled")) == 2
    assert (standing().open_errors, open_errors_badge(None)) == (1, "1")  # type: ignore[arg-type]
    page = admin_client.get(change_url(error)).content.decode()
    for told in ("Ignored until", WHY, "Take it up again"):
        assert told in page
    for hours, is_put_off in ((1, True), (3, False)):
        put_off.take_up_due(timezone.now() + timedelta(hours=hours))
        error.refresh_from_db()
        assert error.is_put_off is is_put_off
    assert error.is_open, "nothing is settled by it"
    assert judged(error) == [(Decision.PUT_OFF, WHY, boss.username), (Decision.TAKE_UP, "", None)]


def test_it_comes_back_when_more_of_its_cause_are_open(job: SyncJob, admin_client: Client) -> None:
    error = failed(job)
    act(admin_client, error, "put_off", until="", up_to=2, reason=WHY)
    failed(job)
    reap.sweep()
    assert error not in shown(admin_client)
    failed(job)
    for _ in range(2):
        reap.sweep()
    assert [decision for decision, _, _ in judged(error)] == [Decision.PUT_OFF, Decision.TAKE_UP], "told once"
    assert error in shown(admin_client)


def test_several_are_put_off_and_taken_up_by_a_person(job: SyncJob, admin_client: Client) -> None:
    rows = [failed(job), failed(job), failed(job, "another")]
    act_on_many(admin_client, rows[:2], "put_off_many", until=in_hours(1), up_to="", reason=WHY)
    assert shown(admin_client) == [rows[2]]
    act(admin_client, rows[0], "take_up")
    assert set(shown(admin_client)) == {rows[0], rows[2]}


def test_too_few_are_refused_where_they_were_entered_and_nothing_is_done(
    job: SyncJob, admin_client: Client
) -> None:
    rows = [failed(job) for _ in range(3)]
    one = act(admin_client, rows[0], "put_off", until="", up_to=2, reason=WHY)
    assert "3 are open already. Choose 3 or more, or leave it empty." in one.content.decode()
    many = act_on_many(admin_client, rows[:1], "put_off_many", until="", up_to=2, reason=WHY)
    assert "3 errors are open already. Choose 3 or more, or leave it empty." in many.content.decode()
    assert not ErrorRecord.objects.filter(put_off_since__isnull=False).exists()


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"until": "", "up_to": ""}, "it must come back one day"),
        ({"until": "2020-01-01T10:00", "up_to": ""}, "Choose a time in the future"),
        ({"until": "9999-12-31T10:00", "up_to": ""}, "Choose a time within a year."),
        ({"until": "9999-12-31T10:00", "up_to": "5"}, "Choose a time within a year."),
    ],
)
def test_what_must_never_come_back_is_not_put_off(
    job: SyncJob, admin_client: Client, values: dict[str, str], told: str
) -> None:
    error = failed(job)
    for response in (
        act(admin_client, error, "put_off", reason=WHY, **values),
        act_on_many(admin_client, [error], "put_off_many", reason=WHY, **values),
    ):
        assert told in response.content.decode()
    assert not ErrorRecord.objects.filter(put_off_since__isnull=False).exists()


def test_another_cause_of_the_same_record_is_not_ignored_with_it(job: SyncJob, admin_client: Client) -> None:
    fault = Fault(
        delivery_id=factories.delivery(job, state=State.FAILED).pk,
        kind=Kind.DATA,
        code="missing",
        place="validate",
        sentence="No postcode.",
        field="zip",
    )
    record_faults(job, None, [fault])
    error = ErrorRecord.objects.get()
    act(admin_client, error, "put_off", until=in_hours(2), up_to="", reason=WHY)
    record_faults(job, None, [fault])
    error.refresh_from_db()
    assert error.is_put_off, "the same cause again is what was ignored"
    fault.field = "city"
    record_faults(job, None, [fault])
    error.refresh_from_db()
    assert error.put_off_since is None
    assert error.fingerprint == fingerprint(job.pk, Kind.DATA, "missing", "validate", "city", fault.sentence)


def test_the_journey_says_that_it_is_ignored_for_now(job: SyncJob, admin_client: Client, boss: User) -> None:
    error = failed(job)
    act(admin_client, error, "put_off", until=in_hours(2), up_to="", reason=WHY)
    assert error.delivery is not None
    page = admin_client.get(reverse("journey", args=[error.delivery.thing_id])).content.decode()
    assert page.count("Ignored until") == 2  # what is wrong, and the time line
    assert f"Ignored for now, by {boss.username}" in page


def test_only_who_may_settle_errors_puts_them_off(job: SyncJob) -> None:
    error = failed(job)
    viewer = signed_in(factories.user("integrations.view_errorrecord", username="viewer"))
    assert act(viewer, error, "put_off", until=in_hours(2), reason=WHY).status_code == 403
    assert act(viewer, error, "take_up").status_code == 403
