from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from django.utils.html import escape

from integrations.models import Delivery, Door, ErrorRecord, Outcome, SyncJob, SyncRun
from integrations.templatetags.portal import ago
from tests import factories
from tests.integrations.admin.bells import Bells
from tests.integrations.admin.pages import act_on_many, change_url, list_url, listed, result_count

pytestmark = pytest.mark.django_db

LONG_SENTENCE = (
    "Order #1042: the warehouse does not know one of its items. SKU CANDLE-LIMITED-24 is not stocked here. "
    "Correct the SKU in the shop, or have the warehouse stock it, then retry."
)


@pytest.fixture
def job(db: None) -> SyncJob:
    return factories.job(name="Orders to the warehouse")


def shown(response: Any) -> Any:
    return response.context_data


# --- a run --------------------------------------------------------------------------------------------------------


def test_errors_that_another_run_tried_again_are_still_open_for_the_run_that_left_them(
    admin_client: Client, job: SyncJob
) -> None:
    first, again = factories.run(job, failed=2), factories.run(job, door=Door.RETRY)
    record, other = (factories.delivery(job, state="failed") for _ in range(2))
    factories.failure(record, run=first)
    factories.failure(record, run=first)
    factories.failure(record, run=again)
    moved = factories.error(record, run=again)
    kept = factories.error(other, run=first)
    factories.error(factories.delivery(job), run=factories.run(job))
    page = admin_client.get(change_url(first)).content.decode()
    address = f"{list_url(ErrorRecord)}?left_by={first.pk}&open=unsettled"
    assert f'<a class="portal-count" href="{escape(address)}">2</a>' in page
    rows = admin_client.get(address)
    assert set(listed(rows)) == {moved, kept}
    assert f"Left by run {first.pk}" in rows.content.decode()
    assert result_count(admin_client.get(list_url(ErrorRecord))) == 3


def test_what_a_run_had_no_cause_to_send_stands_beside_what_it_delivered(
    admin_client: Client, job: SyncJob
) -> None:
    run = factories.run(job, accepted=1_150, delivered=5, failed=1, unchanged=1_130, filtered=7, held=7)
    for address in (list_url(SyncRun), change_url(job)):
        page = admin_client.get(address).content.decode()
        assert "Nothing to send" in page
        for reason, told in (
            ("unchanged", "1,130 unchanged"),
            ("filtered", "7 filtered"),
            ("held", "7 held"),
        ):
            assert f"run={run.pk}&amp;result={reason}" in page
            assert told in page


# --- a record -----------------------------------------------------------------------------------------------------


def test_a_record_came_in_when_the_source_showed_it_and_not_when_it_was_tried_again(
    admin_client: Client, job: SyncJob
) -> None:
    now = timezone.now()
    came, retried = now - timedelta(minutes=13), now - timedelta(seconds=20)
    pull, again = factories.run(job), factories.run(job, door=Door.RETRY)
    for version in ("7", ""):
        record = factories.delivery(
            job, state="failed", accepted_at=retried, accepted_version=version, accepted_serial=2
        )
        values = {"source_version": version}
        factories.failure(record, came, run=pull, received_at=came, serial=1, **values)
        factories.failure(record, retried, run=again, received_at=retried, serial=2, **values)
        page = admin_client.get(change_url(record))
        assert shown(page)["came_in"] == came
        assert f"<dt>Came in</dt><dd>{ago(came)}</dd>" in page.content.decode()


def test_a_newer_version_that_nothing_was_done_with_yet_came_in_when_it_was_accepted(
    admin_client: Client, job: SyncJob
) -> None:
    now = timezone.now()
    record = factories.delivery(job, state="queued", accepted_at=now, accepted_version="8")
    earlier = now - timedelta(hours=1)
    factories.outcome(record, earlier, received_at=earlier, source_version="7")
    assert shown(admin_client.get(change_url(record)))["came_in"] == now


def test_a_record_that_was_never_written_names_the_mapping_version_of_its_last_try(
    admin_client: Client, job: SyncJob
) -> None:
    record = factories.delivery(job, state="failed")
    factories.failure(record, timezone.now() - timedelta(hours=1), mapping_version="1.1")
    factories.failure(record, mapping_version="1.2")
    page = admin_client.get(change_url(record)).content.decode()
    assert f"{job.read_mapping.name}, version 1</a>" in page
    assert f"{job.write_mapping.name}, version 2</a>" in page
    assert "read 1, write 2" in admin_client.get(list_url(Outcome)).content.decode()


# --- errors -------------------------------------------------------------------------------------------------------


def test_many_errors_are_asked_about_with_their_whole_sentences(admin_client: Client, job: SyncJob) -> None:
    error = factories.error(factories.delivery(job, state="failed"), sentence=LONG_SENTENCE)
    asked = {"action": "ignore_many", "_selected_action": [error.pk], "index": "0"}
    assert f"<li>{LONG_SENTENCE}</li>" in admin_client.post(list_url(ErrorRecord), asked).content.decode()


def test_an_error_that_is_tried_again_says_so_in_the_list_and_on_its_page(
    admin_client: Client, job: SyncJob, bells: Bells
) -> None:
    mark = "On its way again"
    error = factories.error(factories.delivery(job, "A-1", state="failed"), payload={"id": "A-1"})
    doubtful = factories.in_doubt(factories.delivery(job, state="failed"))
    pages = (list_url(ErrorRecord), change_url(error), change_url(doubtful))
    assert [mark in admin_client.get(page).content.decode() for page in pages] == [False, False, False]
    act_on_many(admin_client, [error], "retry_many")
    Delivery.objects.filter(errors=doubtful).update(state="queued")
    pages_now = [admin_client.get(page).content.decode() for page in pages]
    assert [page.count(mark) for page in pages_now] == [1, 1, 0]
