from __future__ import annotations

import json
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from integrations.connectors.base import Abilities, Item
from integrations.models import (
    Batch,
    Decision,
    Delivery,
    ErrorRecord,
    ExternalId,
    Judgement,
    Settled,
    State,
    SyncJob,
)
from mappings.models import FieldRule
from tests import factories
from tests.integrations.admin.bells import Bells
from tests.integrations.admin.conftest import signed_in
from tests.integrations.admin.pages import act, act_on_many, change_url, list_url, messages_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def failed(db: None) -> ErrorRecord:
    record = factories.delivery(factories.job(), "A-1", state=State.FAILED, subject="Order #1042")
    return factories.error(
        record, payload={"id": "A-1", "customer": {"email": "customer@example.com"}}, version="7"
    )


@pytest.fixture
def doubtful(db: None, monkeypatch: pytest.MonkeyPatch) -> ErrorRecord:
    record = factories.delivery(factories.job(), "B-1", state=State.FAILED, subject="Order #1043")
    return factories.in_doubt(record, payload={"id": "B-1"})


def judged(error: ErrorRecord) -> list[tuple[str, str, Any]]:
    return [(row.decision, row.text, row.by) for row in Judgement.objects.filter(error=error)]


def state_of(error: ErrorRecord) -> str:
    return Delivery.objects.get(errors=error).state


def queued(job_id: int) -> list[Any]:
    """The payloads that wait in batches of this job."""
    return [
        parcel["payload"] if isinstance(parcel, dict) else parcel
        for batch in Batch.objects.filter(job_id=job_id)
        for parcel in batch.payloads
    ]


def test_retry_queues_the_record_and_says_who_did_it(
    admin_client: Client,
    boss: User,
    failed: ErrorRecord,
    django_capture_on_commit_callbacks: Any,
    bells: Bells,
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        response = act(admin_client, failed, "retry_now")
    assert (response.status_code, response.headers["HX-Redirect"]) == (204, change_url(failed))
    assert state_of(failed) == State.QUEUED
    assert judged(failed) == [(Decision.RETRY, "", boss)]
    assert bells.heard == [("drain", failed.job_id)]
    assert messages_of(admin_client) == ["The record is on its way again."]


def test_a_second_press_of_retry_changes_nothing_and_says_so(
    admin_client: Client, failed: ErrorRecord, bells: Bells
) -> None:
    act(admin_client, failed, "retry_now")
    act(admin_client, failed, "retry_now")
    assert messages_of(admin_client)[-1] == "It is on its way already. Wait for how that ends."
    assert Batch.objects.count() == 1
    assert Judgement.objects.count() == 1


def test_ignoring_needs_a_reason(admin_client: Client, failed: ErrorRecord) -> None:
    page = act(admin_client, failed, "ignore", reason="").content.decode()
    assert "This field is required." in page
    failed.refresh_from_db()
    assert failed.is_open


def test_an_ignored_error_is_settled_with_its_reason(
    admin_client: Client, boss: User, failed: ErrorRecord
) -> None:
    act(admin_client, failed, "ignore", reason="test order")
    failed.refresh_from_db()
    assert failed.settled_how == Settled.IGNORED
    assert judged(failed) == [(Decision.IGNORE, "test order", boss)]
    assert "test order" in admin_client.get(change_url(failed)).content.decode()


def test_an_error_is_assigned_and_commented(admin_client: Client, failed: ErrorRecord) -> None:
    ben = factories.user(username="ben")
    act(admin_client, failed, "assign", assignee=ben.pk)
    act(admin_client, failed, "comment", text="The shop is asked.")
    assert f"<dt>Who has it</dt><dd>{ben}</dd>" in admin_client.get(change_url(failed)).content.decode()
    rows = list(Judgement.objects.filter(error=failed).values_list("decision", "text", "assignee"))
    assert rows == [(Decision.ASSIGN, "", ben.pk), (Decision.COMMENT, "The shop is asked.", None)]
    assert "ben" in admin_client.get(list_url(ErrorRecord)).content.decode()


def test_a_settled_error_is_not_retried(admin_client: Client, failed: ErrorRecord) -> None:
    act(admin_client, failed, "ignore", reason="x")
    act(admin_client, failed, "retry_now")
    assert messages_of(admin_client)[-1] == "This error cannot be retried: it is settled, or in doubt."
    assert state_of(failed) == State.IGNORED


# --- edit and retry ---------------------------------------------------------------------------------------------


def edit_url(error: ErrorRecord) -> str:
    return reverse("admin:integrations_errorrecord_edit", args=[error.pk])


def test_an_edited_record_is_queued_as_it_was_written(
    admin_client: Client, boss: User, failed: ErrorRecord, bells: Bells
) -> None:
    mended = {"id": "A-1", "zip": "10115"}
    response = admin_client.post(edit_url(failed), {"payload": json.dumps(mended), "do": "send"})
    assert response.status_code == 302
    assert queued(failed.delivery.job_id if failed.delivery else 0) == [mended]
    assert judged(failed) == [(Decision.EDIT, "", boss)]


def test_the_edit_page_shows_the_record(admin_client: Client, failed: ErrorRecord) -> None:
    assert (
        "&quot;email&quot;: &quot;customer@example.com&quot;"
        in admin_client.get(edit_url(failed)).content.decode()
    )


@pytest.mark.parametrize(
    ("written", "complaint"),
    [
        ('{"id": 1,\n}', "This is not JSON: line 2, column 1"),
        ("[1]", "The record must be a JSON object"),
        ("", "This field is required."),
        ('{"a": ' + "[" * 3000 + "]" * 3000 + "}", "This is nested too deeply"),
        ('{"id": 1e999}', "The number 1e999 has more digits than can be kept. Write it as text."),
        ('{"id": 123456789012345678901234567890}', "has more digits than can be kept"),
        ('{"id": 1e-99999999999999999999}', "has more digits than can be kept"),
        ('{"id": NaN}', "This is not JSON: NaN is no number"),
    ],
)
def test_what_is_not_a_record_is_refused_with_the_place(
    admin_client: Client, failed: ErrorRecord, written: str, complaint: str
) -> None:
    page = admin_client.post(edit_url(failed), {"payload": written}).content.decode()
    assert complaint in page
    assert not Batch.objects.exists()


@pytest.fixture
def filtered_job(db: None) -> SyncJob:
    reads = factories.mapping()
    for position, name in enumerate(("id", "number", "status")):
        FieldRule.objects.create(mapping=reads, position=position, target=name, source=name)
    return factories.job(read_mapping=reads, filter="status == 'open'")


@pytest.fixture
def shut_out(filtered_job: SyncJob) -> ErrorRecord:
    record = factories.delivery(filtered_job, "A-1", state=State.FAILED, subject="Order #1042")
    return factories.error(record, payload={"id": "A-1", "status": "open"}, version="7")


def test_an_edit_that_the_jobs_filter_would_drop_is_refused(
    admin_client: Client, shut_out: ErrorRecord, bells: Bells
) -> None:
    page = admin_client.post(edit_url(shut_out), {"payload": '{"id": "A-1"}'}).content.decode()
    assert "Written like this it would not be sent" in page
    assert "status == &#x27;open&#x27;" in page
    assert state_of(shut_out) == State.FAILED
    assert not Batch.objects.exists()


def test_an_edit_of_what_was_delivered_before_may_end_it(
    admin_client: Client, shut_out: ErrorRecord, bells: Bells
) -> None:
    Delivery.objects.update(first_delivered_at=timezone.now())
    cancelled = '{"id": "A-1", "status": "cancelled"}'
    admin_client.post(edit_url(shut_out), {"payload": cancelled, "do": "send"})
    assert state_of(shut_out) == State.QUEUED


def test_an_edit_does_not_make_another_record_of_it(
    admin_client: Client, shut_out: ErrorRecord, bells: Bells
) -> None:
    page = admin_client.post(edit_url(shut_out), {"payload": '{"id": "B-2", "status": "open"}'}).content
    assert "This would be another record: its id was A-1" in page.decode()
    assert not Batch.objects.exists()


def test_what_is_known_by_its_place_alone_is_not_edited(
    admin_client: Client, failed: ErrorRecord, bells: Bells
) -> None:
    page = reverse("admin:integrations_errorrecord_change", args=[failed.pk])
    assert "edit the record here" in admin_client.get(page).content.decode()
    ErrorRecord.objects.filter(pk=failed.pk).update(code="unreadable_place")
    shown = admin_client.get(page).content.decode()
    assert "Correct the file" in shown
    assert "edit the record here" not in shown
    assert edit_url(failed) not in shown
    admin_client.post(edit_url(failed), {"payload": '{"id": "A-1"}'})
    assert messages_of(admin_client)[-1].startswith("It cannot be edited here: ")
    assert not Batch.objects.exists()


# --- in doubt ----------------------------------------------------------------------------------------------------


def test_a_doubt_is_not_settled_by_a_plain_retry(admin_client: Client, doubtful: ErrorRecord) -> None:
    act(admin_client, doubtful, "retry_now")
    assert not Batch.objects.exists()
    assert judged(doubtful) == []
    assert admin_client.get(edit_url(doubtful)).status_code == 302


def test_the_page_of_a_doubt_shows_both_sides_and_offers_both_answers(
    admin_client: Client, doubtful: ErrorRecord
) -> None:
    page = admin_client.get(change_url(doubtful)).content.decode()
    assert "Both sides" in page
    assert "It had arrived" in page
    assert "Send it again" in page
    assert "/retry_now/" not in page


def test_the_page_of_a_plain_error_offers_retry_only(admin_client: Client, failed: ErrorRecord) -> None:
    page = admin_client.get(change_url(failed)).content.decode()
    assert "/retry_now/" in page
    assert "/confirm_arrived/" not in page
    assert "/send_again/" not in page


def test_it_had_arrived_remembers_the_id_and_sends_nothing(
    admin_client: Client, boss: User, doubtful: ErrorRecord, bells: Bells, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = Item("W-77", {"id": "W-77"})
    depot: Any = SimpleNamespace(
        resources=lambda: {doubtful.intent and doubtful.intent.resource: Abilities(fetch=True)},
        fetch=lambda resource, external_id: there if external_id == "W-77" else None,
        close=lambda: None,
    )
    monkeypatch.setattr("integrations.sync.arrived.connect", lambda connection: depot)
    leaving = {
        "call": {"resource": "orders", "operation": "create", "step": 0, "method": "POST", "path": "/"}
    }
    assert doubtful.intent is not None
    type(doubtful.intent).objects.filter(pk=doubtful.intent.pk).update(call=leaving | {"operation": "create"})
    act(admin_client, doubtful, "confirm_arrived", external_id="W-78")
    assert "has nothing under W-78" in messages_of(admin_client)[0]
    act(admin_client, doubtful, "confirm_arrived", external_id=" W-77 ")
    doubtful.refresh_from_db()
    assert doubtful.settled_how == Settled.DELIVERED
    assert state_of(doubtful) == State.DELIVERED
    assert ExternalId.objects.filter(connection=doubtful.connection, external_id="W-77").exists()
    assert judged(doubtful) == [(Decision.CONFIRM, "W-77", boss)]
    assert not Batch.objects.exists()


def test_send_it_again_queues_the_record(
    admin_client: Client, boss: User, doubtful: ErrorRecord, bells: Bells
) -> None:
    act(admin_client, doubtful, "send_again")
    assert judged(doubtful) == [(Decision.RESEND, "", boss)]
    assert Batch.objects.filter(job=doubtful.job).count() == 1


@pytest.mark.parametrize("answer", ["confirm_arrived", "send_again"])
def test_a_plain_error_has_no_doubt_to_settle(admin_client: Client, failed: ErrorRecord, answer: str) -> None:
    act(admin_client, failed, answer, external_id="W-1")
    assert messages_of(admin_client) == ["This error has no write in doubt any more."]
    assert judged(failed) == []


# --- many -------------------------------------------------------------------------------------------------------


def test_many_are_retried_after_a_question_and_doubts_are_left_out(
    admin_client: Client, failed: ErrorRecord, doubtful: ErrorRecord, bells: Bells
) -> None:
    chosen = {"action": "retry_many", "_selected_action": [failed.pk, doubtful.pk], "index": "0"}
    asked = admin_client.post(list_url(ErrorRecord), chosen)
    assert "Retry them" in asked.content.decode()
    assert not Batch.objects.exists()
    act_on_many(admin_client, [failed, doubtful], "retry_many")
    assert messages_of(admin_client) == [
        "1 of 2 is on its way again. 1 was left as it is: settled, or in doubt."
    ]
    assert [batch.job_id for batch in Batch.objects.all()] == [failed.job_id]


@pytest.mark.parametrize(("number", "said"), [(1, "1 error is ignored."), (2, "2 errors are ignored.")])
def test_of_one_it_is_told_as_of_one(
    admin_client: Client, failed: ErrorRecord, number: int, said: str
) -> None:
    job = failed.job
    assert job is not None
    more = [factories.error(factories.delivery(job, state="failed")) for _ in range(number - 1)]
    act_on_many(admin_client, [failed, *more], "ignore_many", reason="Test orders")
    assert messages_of(admin_client) == [said]


def test_many_are_ignored_with_one_reason(admin_client: Client, failed: ErrorRecord) -> None:
    other = factories.error(factories.delivery(failed.job, state=State.FAILED) if failed.job else None)
    act_on_many(admin_client, [failed, other], "ignore_many", reason="old")
    assert ErrorRecord.objects.filter(settled_how=Settled.IGNORED).count() == 2


def test_all_that_a_filter_finds_are_assigned(admin_client: Client, failed: ErrorRecord) -> None:
    ben = factories.user(username="ben")
    other = factories.error(factories.delivery(factories.job(), state=State.FAILED))
    address = f"{list_url(ErrorRecord)}?job={other.job_id}"
    admin_client.post(
        address,
        {
            "action": "assign_many",
            "_selected_action": [other.pk],
            "select_across": "1",
            "confirmed": "yes",
            "number": 1,
            "assignee": ben.pk,
        },
    )
    assert list(Judgement.objects.values_list("error", flat=True)) == [other.pk]


def test_a_filter_that_finds_more_than_was_agreed_to_is_asked_about_again(
    admin_client: Client, failed: ErrorRecord
) -> None:
    chosen = {"action": "ignore_many", "_selected_action": [failed.pk], "select_across": "1"}
    asked = admin_client.post(list_url(ErrorRecord), chosen).content.decode()
    assert '<input type="hidden" name="number" value="1">' in asked
    factories.error(factories.delivery(factories.job(), state=State.FAILED))
    answer = chosen | {"confirmed": "yes", "number": "1", "reason": "old"}

    again = admin_client.post(list_url(ErrorRecord), answer).content.decode()

    assert "Meanwhile there are 2 of them, not 1." in again
    assert '<input type="hidden" name="number" value="2">' in again
    assert not Judgement.objects.exists()
    admin_client.post(list_url(ErrorRecord), answer | {"number": "2"})
    assert ErrorRecord.objects.filter(settled_how=Settled.IGNORED).count() == 2


def test_many_cannot_be_retried_without_the_right(failed: ErrorRecord) -> None:
    client = signed_in(factories.user("integrations.view_errorrecord"))
    act_on_many(client, [failed], "retry_many")
    assert not Judgement.objects.exists()


# --- who sees what ----------------------------------------------------------------------------------------------


def test_the_source_record_is_shown_only_to_those_who_may_settle(failed: ErrorRecord) -> None:
    reader = signed_in(factories.user("integrations.view_errorrecord"))
    settler = signed_in(factories.user("integrations.view_errorrecord", "integrations.retry_errorrecord"))
    assert "customer@example.com" not in reader.get(change_url(failed)).content.decode()
    assert "customer@example.com" in settler.get(change_url(failed)).content.decode()
    assert reader.get(edit_url(failed)).status_code == 403


def test_what_was_sent_in_doubt_is_shown_only_to_those_who_may_settle(doubtful: ErrorRecord) -> None:
    reader = signed_in(factories.user("integrations.view_errorrecord"))
    page = reader.get(change_url(doubtful)).content.decode()
    assert "Both sides" not in page


def test_what_failed_again_after_a_retry_says_so(
    admin_client: Client, boss: User, failed: ErrorRecord
) -> None:
    now = timezone.now()
    Judgement.objects.create(error=failed, decision=Decision.RETRY, by=boss, at=now)
    assert "It failed again" not in admin_client.get(change_url(failed)).content.decode()
    ErrorRecord.objects.filter(pk=failed.pk).update(last_seen_at=now + timedelta(seconds=3))
    assert "It failed again" in admin_client.get(change_url(failed)).content.decode()
