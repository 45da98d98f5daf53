"""An operator says in a form what happens to records that fail, sees it as sentences, and has open errors go by it."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from integrations.configuration.check import fallback_problems
from integrations.models import Decision, ErrorRecord, Judgement, State, SyncJob
from integrations.sync import retry
from mappings.models import FieldRule
from tests import factories

pytestmark = pytest.mark.django_db

SKIP = {"when": "refused", "code": "unknown_sku", "then": "skip", "note": "Sold by hand."}
FORM = {
    "when": "refused",
    "code": "unknown_sku",
    "field": "",
    "tries": "0",
    "longest_pause_minutes": "15",
    "for_hours": "24",
    "then": "skip",
    "note": "Sold by hand.",
    "value": "",
}


@pytest.fixture
def job() -> SyncJob:
    return factories.job(destination=factories.connection(name="The warehouse"))


@pytest.fixture
def staff(client: Client) -> Client:
    client.force_login(factories.administrator())
    return client


def url(job: SyncJob, name: str = "new", *place: int) -> str:
    return reverse(f"admin:integrations_syncjob_fallback_{name}", args=[job.pk, *place])


def page(client: Client, job: SyncJob) -> str:
    return client.get(reverse("admin:integrations_syncjob_change", args=[job.pk])).content.decode()


def failed(job: SyncJob, **values: Any) -> ErrorRecord:
    row = factories.delivery(job, state=State.FAILED)
    return factories.error(row, **{"place": "send", "code": "unknown_sku", "payload": {"id": 1}} | values)


def test_one_is_added_and_stands_on_the_jobs_page_as_a_sentence(staff: Client, job: SyncJob) -> None:
    assert staff.get(url(job)).status_code == 200
    assert staff.post(url(job), FORM).status_code == 302
    job.refresh_from_db()
    assert job.fallbacks == [SKIP]
    told = "When The warehouse refuses the record (code unknown_sku): skip it, with the note “Sold by hand”."
    assert told in page(staff, job)
    assert job.history.count() >= 1


def test_one_is_changed_and_taken_out(staff: Client, job: SyncJob) -> None:
    SyncJob.objects.update(fallbacks=[SKIP])
    assert 'value="unknown_sku"' in staff.get(url(job, "edit", 0)).content.decode()
    staff.post(url(job, "edit", 0), {**FORM, "note": "Given away."})
    assert SyncJob.objects.get(pk=job.pk).fallbacks[0]["note"] == "Given away."
    staff.get(url(job, "take_out", 0))
    assert SyncJob.objects.get(pk=job.pk).fallbacks, "looking at an address changes nothing"
    staff.post(url(job, "take_out", 0))
    assert SyncJob.objects.get(pk=job.pk).fallbacks == []


@pytest.mark.parametrize("deed", ["edit", "take_out"])
def test_a_page_that_was_opened_before_the_list_changed_touches_no_other_fallback(
    deed: str, staff: Client, job: SyncJob
) -> None:
    mine, other = {**SKIP, "code": "mine"}, {**SKIP, "code": "other"}
    SyncJob.objects.update(fallbacks=[mine, other])
    shown = staff.get(url(job, "edit", 0)).content.decode()
    (seen,) = set(re.findall(r'name="seen" value="(\w+)"', shown))
    SyncJob.objects.update(fallbacks=[other])
    answer = staff.post(url(job, deed, 0), {**FORM, "code": "mine", "seen": seen}, follow=True)
    assert "Somebody else changed these fallbacks meanwhile" in answer.content.decode()
    assert SyncJob.objects.get(pk=job.pk).fallbacks == [other]
    SyncJob.objects.update(fallbacks=[mine, other])
    staff.post(url(job, deed, 0), {**FORM, "code": "new", "seen": seen})
    assert mine not in SyncJob.objects.get(pk=job.pk).fallbacks


def test_fields_are_chosen_by_their_label_those_that_failed_first(staff: Client, job: SyncJob) -> None:
    FieldRule.objects.create(
        mapping=job.write_mapping, target="ship_to.postal_code", source="id", position=99
    )
    job.write_mapping.publish()
    failed(job, field="ship_to.phone")
    failed(job, field="ship_to.phone")
    told = " ".join(staff.get(url(job)).content.decode().split())
    first = told.index('<option value="ship_to.phone">Phone of')
    assert told.index('<optgroup label="Failed of late">') < first
    assert first < told.index('<optgroup label="What The warehouse is told">')
    assert told.index('<option value="ship_to.postal_code">Postal code of') > first
    assert told.count('<option value="ship_to.phone"') == 1


def test_a_field_that_is_in_no_list_is_written_and_stays_chosen(staff: Client, job: SyncJob) -> None:
    staff.post(url(job), {**FORM, "other_field": "customs.hs_code"})
    assert SyncJob.objects.get(pk=job.pk).fallbacks == [{**SKIP, "field": "customs.hs_code"}]
    told = staff.get(url(job, "edit", 0)).content.decode()
    assert '<option value="customs.hs_code" selected>' in told
    assert '<optgroup label="Chosen before">' in told


def test_a_mistake_is_told_at_its_field_and_nothing_is_saved(staff: Client, job: SyncJob) -> None:
    answer = staff.post(url(job), {**FORM, "note": ""})
    assert "Say why it may be skipped" in answer.content.decode()
    assert SyncJob.objects.get(pk=job.pk).fallbacks == []


def test_the_preview_says_how_many_open_errors_it_is_about(staff: Client, job: SyncJob) -> None:
    failed(job)
    failed(job, code="too_heavy")
    factories.in_doubt(factories.delivery(job, state=State.FAILED))
    told = staff.post(url(job, "preview"), FORM).content.decode()
    assert "about 1 of this job&#x27;s 2 open errors" in told.replace("'", "&#x27;")
    assert SyncJob.objects.get(pk=job.pk).fallbacks == []


@pytest.mark.parametrize("then", ["hold", "skip", "default", "hand_over"])
def test_the_preview_of_what_is_half_filled_in_is_a_sentence(staff: Client, job: SyncJob, then: str) -> None:
    told = FORM | {"when": "missing_field", "then": then, "note": "", "field": "notes", "value": "", "to": ""}
    response = staff.post(url(job, "preview"), told)
    assert response.status_code == 200
    assert "a required value is missing" in response.content.decode()


def test_the_open_errors_that_they_are_about_are_sent_again_and_no_others(
    staff: Client, job: SyncJob
) -> None:
    SyncJob.objects.update(fallbacks=[SKIP])
    about, other = failed(job), failed(job, code="too_heavy")
    half_done = failed(job)
    intent = factories.in_doubt(factories.delivery(job, state=State.FAILED)).intent
    ErrorRecord.objects.filter(pk=half_done.pk).update(intent=intent)
    assert "The fallbacks are about 1 of them." in page(staff, job)
    staff.get(url(job, "apply"))
    assert not Judgement.objects.exists()
    staff.post(url(job, "apply"))
    assert list(Judgement.objects.values_list("error", "decision")) == [(about.pk, Decision.RETRY)]
    assert retry.may_go(ErrorRecord.objects.filter(pk=other.pk)).exists()


def test_who_may_only_look_changes_nothing(client: Client, job: SyncJob) -> None:
    client.force_login(factories.user("integrations.view_syncjob"))
    assert "Add a fallback" not in page(client, job)
    for name, place in (("new", ()), ("preview", ()), ("apply", ()), ("take_out", (0,))):
        assert client.post(url(job, name, *place), FORM).status_code == 403
    assert SyncJob.objects.get(pk=job.pk).fallbacks == []


def test_what_somebody_else_changed_meanwhile_is_not_overwritten(
    staff: Client, job: SyncJob, monkeypatch: pytest.MonkeyPatch
) -> None:

    def meanwhile(*arguments: Any) -> Any:
        SyncJob.objects.update(fallbacks=[{**SKIP, "code": "other"}])
        return fallback_problems(*arguments)

    monkeypatch.setattr("integrations.admin.job_fallbacks.fallback_problems", meanwhile)
    answer = staff.post(url(job), FORM, follow=True)
    assert "Somebody else changed these fallbacks meanwhile" in answer.content.decode()
    assert SyncJob.objects.get(pk=job.pk).fallbacks == [{**SKIP, "code": "other"}]
