"""One page per cause: what is at stake, and deeds that reach all of its open errors."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from integrations.models import Decision, ErrorRecord, Judgement, Settled, State, SyncJob
from integrations.sync import retry
from monitoring.incidents.triage import triage
from monitoring.models import Incident, IncidentDeed, IncidentNote
from tests import factories
from tests.integrations.admin.bells import Bells
from tests.integrations.admin.conftest import signed_in
from tests.integrations.admin.pages import (
    act,
    act_on_many,
    change_url,
    list_url,
    listed,
    messages_of,
    result_count,
)

pytestmark = pytest.mark.django_db


def failed(job: SyncJob, cause: str = "zip", **values: Any) -> ErrorRecord:
    promised = values.pop("promised_at", None)
    record = factories.delivery(job, state=State.FAILED, promised_at=promised)
    return factories.error(record, fingerprint=cause, payload={"id": 1}, **values)


def incident(cause: str = "zip") -> Incident:
    triage()
    return Incident.objects.get(fingerprint=cause)


def deeds(of: Incident) -> list[tuple[str, Any, str]]:
    return [(note.deed, note.records, note.text) for note in of.notes.all()]


def test_the_page_says_what_is_at_stake_and_by_when(job: SyncJob, admin_client: Client) -> None:
    soon, later = timezone.now() + timedelta(minutes=35, seconds=10), timezone.now() + timedelta(days=2)
    failed(job, amount=Decimal(20), currency="EUR", promised_at=later)
    urgent = failed(job, amount=Decimal("12.5"), currency="EUR", promised_at=soon)
    failed(job, amount=Decimal(900), currency="JPY", promised_at=timezone.now() - timedelta(hours=1))
    failed(job, "another", amount=Decimal(7), currency="EUR")
    page = admin_client.get(change_url(incident()))
    shown = page.context
    assert (shown["open"].count, shown["near"].count, shown["past"].count) == (3, 2, 1)
    assert [(linked.text, linked.count) for linked in shown["stuck"]] == [("€32.50", 2), ("¥900", 1)]
    assert [row["name"] for row in shown["records"]][1] == urgent.subject
    assert "in 35 min<" in page.content.decode()


def test_retrying_all_leaves_out_what_is_in_doubt_and_another_cause(
    job: SyncJob, admin_client: Client, boss: User, bells: Bells
) -> None:
    mine = [failed(job), failed(job)]
    other = failed(job, "another")
    doubtful = factories.in_doubt(factories.delivery(job, state=State.FAILED), fingerprint="zip")
    row = incident()
    act(admin_client, row, "retry_all")
    states = dict(ErrorRecord.objects.values_list("pk", "delivery__state"))
    assert [states[error.pk] for error in (*mine, other, doubtful)] == [
        "queued",
        "queued",
        "failed",
        "failed",
    ]
    assert deeds(row) == [(IncidentDeed.RETRY, 2, "")]
    assert messages_of(admin_client) == ["2 records are on their way again."]
    act(admin_client, row, "retry_all")
    assert len(deeds(row)) == 1, "a second press sends nothing and notes nothing"


def test_one_goes_first_and_it_is_the_most_urgent(job: SyncJob, admin_client: Client, bells: Bells) -> None:
    failed(job, amount=Decimal(900), currency="EUR")
    urgent = failed(job, promised_at=timezone.now() + timedelta(minutes=5))
    row = incident()
    response = act(admin_client, row, "retry_one")
    assert response.headers["HX-Redirect"] == change_url(urgent)
    assert list(ErrorRecord.objects.filter(delivery__state="queued")) == [urgent]
    assert deeds(row) == [(IncidentDeed.RETRY, 1, urgent.subject)]
    messages_of(admin_client)
    act(admin_client, row, "retry_one")
    assert messages_of(admin_client) == [
        "One is on its way already. Wait for how it ends, then send the rest."
    ]
    assert ErrorRecord.objects.filter(delivery__state="queued").count() == 1, (
        "a second press sends no second one"
    )


def test_the_most_urgent_is_never_found_by_comparing_two_currencies(
    job: SyncJob, admin_client: Client
) -> None:
    """Yen have more digits than euros: 5,000 € are the largest of theirs, ¥100,000 the smallest."""
    amounts = (("JPY", 100_000), ("JPY", 900_000), ("EUR", 10), ("EUR", 5_000), ("", None))
    rows = [failed(job, amount=amount, currency=currency) for currency, amount in amounts]
    page = admin_client.get(change_url(incident()))
    names = [row["name"] for row in page.context["records"]]
    assert names == [rows[place].subject for place in (1, 3, 0, 2, 4)]
    assert "what is large among the amounts of its own currency" in page.content.decode()


def test_ignoring_all_needs_a_reason_and_settles_them(job: SyncJob, admin_client: Client) -> None:
    errors = [failed(job), failed(job)]
    row = incident()
    act(admin_client, row, "ignore", reason="")
    assert ErrorRecord.objects.filter(settled_at__isnull=True).count() == 2
    act(admin_client, row, "ignore", reason="Test orders.")
    assert set(ErrorRecord.objects.values_list("settled_how", flat=True)) == {Settled.IGNORED}
    assert deeds(row) == [(IncidentDeed.IGNORE, len(errors), "Test orders.")]


def test_who_has_it_is_told_on_the_incident_and_on_each_error(
    job: SyncJob, admin_client: Client, colleague: User
) -> None:
    errors = [failed(job), failed(job)]
    row = incident()
    act(admin_client, row, "assign", assignee=colleague.pk)
    row.refresh_from_db()
    assert row.assignee == colleague
    assert (
        Judgement.objects.filter(error__in=errors, decision=Decision.ASSIGN, assignee=colleague).count() == 2
    )
    assert result_count(admin_client.get(list_url(Incident), {"assigned": "nobody"})) == 0


def test_many_incidents_are_retried_and_assigned_at_once(
    job: SyncJob, admin_client: Client, colleague: User, bells: Bells
) -> None:
    failed(job)
    failed(job, "another")
    rows = [incident(), incident("another")]
    act_on_many(admin_client, rows, "assign_many", assignee=colleague.pk)
    act_on_many(admin_client, rows, "retry_many")
    assert set(Incident.objects.values_list("assignee", flat=True)) == {colleague.pk}
    assert set(ErrorRecord.objects.values_list("delivery__state", flat=True)) == {"queued"}


def test_who_may_only_look_is_offered_nothing_and_changes_nothing(job: SyncJob) -> None:
    failed(job)
    row = incident()
    viewer = signed_in(
        factories.user("monitoring.view_incident", "integrations.view_errorrecord", username="viewer")
    )
    assert "Retry all" not in viewer.get(change_url(row)).content.decode()
    for name, values in (
        ("retry_all", {}),
        ("retry_one", {}),
        ("ignore", {"reason": "No."}),
        ("put_off", {"up_to": 50, "reason": "No."}),
        ("comment", {"text": "No."}),
    ):
        assert act(viewer, row, name, **values).status_code == 403, name
    assert ErrorRecord.objects.filter(settled_at__isnull=True, delivery__state="failed").count() == 1
    assert not IncidentNote.objects.exists()


# --- ignored for now --------------------------------------------------------------------------------------------------


def test_what_is_put_off_leaves_the_list_until_its_time(job: SyncJob, admin_client: Client) -> None:
    failed(job)
    row = incident()
    until = timezone.localtime(timezone.now() + timedelta(hours=2)).strftime("%Y-%m-%dT%H:%M")
    act(admin_client, row, "put_off", until=until, up_to="", reason="The carrier mends it tonight.")
    assert result_count(admin_client.get(list_url(Incident))) == 0
    assert result_count(admin_client.get(list_url(Incident), {"open": "put_off"})) == 1
    assert ErrorRecord.objects.filter(settled_at__isnull=True).count() == 1, "nothing is settled by it"
    for hours, is_put_off in ((1, True), (3, False)):
        triage(timezone.now() + timedelta(hours=hours))
        row.refresh_from_db()
        assert row.is_put_off is is_put_off
    assert [note.deed for note in row.notes.all()] == [IncidentDeed.PUT_OFF, IncidentDeed.TAKE_UP]


def test_what_is_put_off_comes_back_when_more_errors_come(job: SyncJob, admin_client: Client) -> None:
    failed(job)
    row = incident()
    act(admin_client, row, "put_off", until="", up_to=2, reason="Two are no harm.")
    failed(job)
    assert incident().is_put_off
    failed(job)
    assert not incident().is_put_off


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"until": "", "up_to": ""}, "it must come back one day"),
        ({"until": "2020-01-01T10:00", "up_to": ""}, "Choose a time in the future"),
        ({"until": "", "up_to": "0"}, "greater than or equal to 1"),
        ({"until": "tomorrow", "up_to": ""}, "Enter a valid date"),
    ],
)
def test_what_must_never_come_back_is_not_put_off(
    job: SyncJob, admin_client: Client, values: dict[str, str], told: str
) -> None:
    failed(job)
    row = incident()
    response = act(admin_client, row, "put_off", reason="Because.", **values)
    assert told in response.content.decode()
    row.refresh_from_db()
    assert not row.is_put_off


def test_fewer_than_are_open_already_is_refused_where_it_was_entered(
    job: SyncJob, admin_client: Client
) -> None:
    for _ in range(3):
        failed(job)
    row = incident()
    response = act(admin_client, row, "put_off", until="", up_to=2, reason="Because.")
    assert "3 are open already. Choose 3 or more, or leave it empty." in response.content.decode()
    row.refresh_from_db()
    assert not row.is_put_off


def test_a_cause_that_comes_back_is_not_put_off_any_more(job: SyncJob, admin_client: Client) -> None:
    first = failed(job)
    row = incident()
    act(admin_client, row, "put_off", until="", up_to=50, reason="Later.")
    ErrorRecord.objects.filter(pk=first.pk).update(settled_at=timezone.now(), settled_how="gone")
    triage()
    failed(job)
    row = incident()
    assert (row.is_put_off, row.reopened) == (False, 1)
    assert [note.deed for note in row.notes.all()][1:] == [IncidentDeed.RESOLVED, IncidentDeed.REOPENED]
    assert "It came back" in admin_client.get(change_url(row)).content.decode()


def test_it_is_taken_up_again_by_hand(job: SyncJob, admin_client: Client) -> None:
    failed(job)
    row = incident()
    act(admin_client, row, "put_off", until="", up_to=50, reason="Later.")
    act(admin_client, row, "take_up")
    row.refresh_from_db()
    assert not row.is_put_off


# --- what was done last time ------------------------------------------------------------------------------------------


def test_what_was_done_about_the_last_ones_is_told(job: SyncJob, admin_client: Client, boss: User) -> None:
    retried, ignored, alone = failed(job), failed(job), failed(job)
    Judgement.objects.create(error=retried, decision=Decision.RETRY, by=boss, at=timezone.now())
    retry.ignore(ErrorRecord.objects.filter(pk=ignored.pk), "Test order.", boss)
    now = timezone.now()
    ErrorRecord.objects.filter(pk=retried.pk).update(settled_at=now, settled_how="delivered")
    ErrorRecord.objects.filter(pk=alone.pk).update(settled_at=now, settled_how="gone")
    failed(job)
    page = admin_client.get(change_url(incident()))
    before = page.context["before"]
    assert sorted(before.lines) == [
        "1 ignored",
        "1 retried: delivered after all",
        "1 settled without anybody: the cause was gone",
    ]
    assert before.reasons == ["Test order."]


def test_another_cause_like_it_is_remembered(job: SyncJob, admin_client: Client, boss: User) -> None:
    past = failed(job, "zip of another job", field="postal_code")
    other = incident("zip of another job")
    Judgement.objects.create(error=past, decision=Decision.EDIT, by=boss, at=timezone.now())
    ErrorRecord.objects.update(settled_at=timezone.now(), settled_how="delivered")
    triage()
    failed(job, field="postal_code")
    before = admin_client.get(change_url(incident())).context["before"]
    assert (before.incident, before.lines) == (other, ["1 edited and retried: delivered after all"])
    failed(job, "other field", field="city")
    assert admin_client.get(change_url(incident("other field"))).context["before"] is None


# --- the list ---------------------------------------------------------------------------------------------------------


def test_the_list_is_sorted_by_money_within_each_currency_and_by_promised_hour(
    job: SyncJob, admin_client: Client
) -> None:
    now = timezone.now()
    for cause, amount, currency, hours in (
        ("nine", 9, "EUR", None),
        ("hundred", 100, "EUR", 3),
        ("thousand yen", 1000, "JPY", 1),
        ("nothing", None, "", 2),
    ):
        failed(
            job,
            cause,
            amount=amount,
            currency=currency,
            promised_at=now + timedelta(hours=hours) if hours else None,
        )
    triage()

    def order(**query: str) -> list[str]:
        return [row.fingerprint for row in listed(admin_client.get(list_url(Incident), query))]

    assert order(o="-3")[:3] == ["hundred", "nine", "thousand yen"]
    assert order(o="3")[:3] == ["nine", "hundred", "thousand yen"]
    assert order(o="-3", currency="JPY") == ["thousand yen"]
    assert order(o="4") == ["thousand yen", "nothing", "hundred", "nine"]
    said = "Sorted currency by currency"
    assert said in admin_client.get(list_url(Incident), {"o": "-3"}).content.decode()
    assert said not in admin_client.get(list_url(Incident), {"o": "4"}).content.decode()
    assert said not in admin_client.get(list_url(Incident), {"o": "-3", "currency": "EUR"}).content.decode()


@pytest.mark.parametrize("how", Settled.values)
def test_however_an_error_of_the_same_cause_ended_the_page_tells_it(
    how: str, job: SyncJob, admin_client: Client
) -> None:
    before = failed(job)
    ErrorRecord.objects.filter(pk=before.pk).update(settled_at=timezone.now(), settled_how=how)
    failed(job)
    told = admin_client.get(change_url(incident())).context["before"]
    assert [line.partition(":")[0] for line in told.lines] == ["1 settled without anybody"]
