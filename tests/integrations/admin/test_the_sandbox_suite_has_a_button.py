"""The suite is run at a job and at a mapping, kept as a card that can be shared, and shown where it matters."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from integrations.demo import stage
from integrations.models import SuiteRun, SyncJob, Workflow
from integrations.sync import launch, suite
from tests import factories
from tests.integrations.admin.conftest import signed_in
from tests.integrations.admin.pages import act, action_url, change_url, messages_of
from tests.integrations.sync.test_edge_cases_go_through_a_jobs_mapping import ENVIRONMENT

pytestmark = pytest.mark.django_db


@pytest.fixture
def job(db: None) -> SyncJob:
    stage.configure(ENVIRONMENT)
    return SyncJob.objects.select_related("read_mapping", "write_mapping", "workflow").get(
        key="orders-to-warehouse"
    )


def text_of(client: Client, url: str) -> str:
    answer = client.get(url)
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def workflow_of(job: SyncJob) -> Workflow:
    assert job.workflow is not None
    return job.workflow


def card_url(run: SuiteRun) -> str:
    return reverse("admin:integrations_suiterun_change", args=[run.pk])


def test_one_button_at_a_job_makes_a_card_that_is_kept(admin_client: Client, job: SyncJob) -> None:
    answer = act(admin_client, job, "run_suite")
    run = SuiteRun.objects.get()
    assert answer["Location" if "Location" in answer else "HX-Redirect"] == card_url(run)
    assert messages_of(admin_client) == ["Orders to the warehouse: 9 of 9 as they should be."]
    page = text_of(admin_client, card_url(run))
    assert "Orders to the warehouse: 9 of 9 as they should be" in page
    assert "run by" in page
    assert "version 1" in page
    assert "Retried once there is stock, 1 order is there." in page
    assert "Passed: 9 of 9 as they should be" in text_of(admin_client, change_url(job))
    assert "Passed: 9 of 9 as they should be" in text_of(admin_client, change_url(workflow_of(job)))
    assert "Orders to the warehouse: suite" in text_of(
        admin_client, reverse("admin:integrations_suiterun_changelist")
    )


def test_pages_say_when_the_mappings_have_changed_since(admin_client: Client, job: SyncJob) -> None:
    run = suite.run_suite(job, None)
    changed = "The mappings have changed since."
    pages = (change_url(job), change_url(workflow_of(job)), card_url(run))
    assert not any(changed in text_of(admin_client, url) for url in pages)
    job.read_mapping.rules.filter(target="note").update(source="number")
    job.read_mapping.publish()
    assert all(changed in text_of(admin_client, url) for url in pages)


def test_a_mappings_button_tries_its_draft_in_each_job(admin_client: Client, job: SyncJob) -> None:
    mapping = job.read_mapping
    act(admin_client, mapping, "run_suite")
    assert not SuiteRun.objects.get().is_of_draft, "there is no draft"
    mapping.rules.filter(target="status").update(source="'open'")
    act(admin_client, mapping, "run_suite")
    run = SuiteRun.objects.first()
    assert run is not None
    assert (run.is_of_draft, run.wrong) == (True, 1)
    page = text_of(admin_client, card_url(run))
    assert f"{mapping.name}, as a draft" in page
    assert page.index("Cancellation") < page.index("An ordinary paid order"), "what went wrong stands first"
    assert suite.newest(job) != run


def test_who_may_not_run_jobs_only_looks(job: SyncJob) -> None:
    run = suite.run_suite(job, None)
    looks = signed_in(
        factories.user("integrations.view_syncjob", "mappings.view_mapping", "integrations.view_suiterun")
    )
    assert act(looks, job, "run_suite").status_code == 403
    assert act(looks, job.read_mapping, "run_suite").status_code == 403
    assert SuiteRun.objects.count() == 1
    assert "9 of 9" in text_of(looks, card_url(run))
    assert signed_in(factories.user("integrations.view_syncjob")).get(card_url(run)).status_code == 403


def test_a_job_of_any_kind_has_its_cases(admin_client: Client, job: SyncJob) -> None:
    for key in ("stock-to-shop", "shipments-to-shop"):
        act(admin_client, SyncJob.objects.get(key=key), "run_suite")
    assert messages_of(admin_client) == [
        "Stock to the shop: 7 of 7 as they should be.",
        "Shipments to the shop: 7 of 7 as they should be.",
    ]
    stock, shipments = SuiteRun.objects.order_by("pk")
    assert "Nothing left" in text_of(admin_client, card_url(stock))
    assert "Partial shipment" in text_of(admin_client, card_url(shipments))


def test_what_goes_wrong_leads_to_the_rule_that_is_to_be_changed(admin_client: Client, job: SyncJob) -> None:
    mapping = job.read_mapping
    mapping.rules.filter(target="status").update(source="'open'")
    mapping.publish()
    run = suite.run_suite(SyncJob.objects.get(pk=job.pk), None)
    page = text_of(admin_client, card_url(run))
    place = list(mapping.rules.values_list("target", flat=True)).index("status")
    href = f"{change_url(mapping)}#rules-{place}-rule"
    assert f'<a class="portal-link" href="{href}">Change the rule that fills “status”.</a>' in page
    studio = text_of(admin_client, change_url(mapping))
    assert f'name="rules-{place}-target" value="status"' in studio, "the address is that rule's line"
    assert f'id="rules-{place}-rule"' in studio


def test_what_a_setting_decides_leads_to_the_setting(admin_client: Client, job: SyncJob) -> None:
    job.fallbacks = [{"when": "refused", "then": "skip", "note": "Sold in the shop."}]
    job.save(update_fields=["fallbacks"])
    run = suite.run_suite(SyncJob.objects.get(pk=job.pk), None)
    page = text_of(admin_client, card_url(run))
    assert f'href="{change_url(job)}#fallbacks">A fallback of the job decides it.' in page
    assert 'id="fallbacks"' in text_of(admin_client, change_url(job))
    looks = signed_in(factories.user("integrations.view_suiterun"))
    assert "A fallback of the job decides it." in text_of(looks, card_url(run))
    assert f"{change_url(job)}#fallbacks" not in text_of(looks, card_url(run))


def test_a_card_of_before_is_shown_as_it_was(admin_client: Client, job: SyncJob) -> None:
    run = suite.run_suite(job, None)
    SuiteRun.objects.filter(pk=run.pk).update(lines=[["Cancellation", "It is passed on.", "Nothing.", False]])
    assert "Cancellation" in text_of(admin_client, card_url(run))


def test_a_card_outlives_the_mapping_whose_draft_it_tried(admin_client: Client, job: SyncJob) -> None:
    run = suite.run_suite(job, None, job.read_mapping)
    SuiteRun.objects.filter(pk=run.pk).update(draft=None)
    assert "with the draft of a mapping that is gone" in text_of(admin_client, card_url(run))


def test_the_launch_dialog_takes_a_reason_where_only_the_suite_is_missing(
    admin_client: Client, job: SyncJob, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(launch, "_requirements", launch._requirements[:1])
    monkeypatch.setattr(launch, "why_not_passed", lambda job: "")
    workflow = job.workflow
    assert workflow is not None
    dialog = admin_client.get(action_url(workflow, "launch"), headers={"HX-Request": "true"}).content.decode()
    assert "has not been through the sandbox suite yet" in dialog
    assert 'name="reason"' in dialog
    act(admin_client, workflow, "launch", reason="Tried by hand.")
    workflow.refresh_from_db()
    assert workflow.launched_at is not None
    assert workflow.launches.get().reason == "Tried by hand."
    history = text_of(admin_client, reverse("admin:integrations_workflow_history", args=[workflow.pk]))
    assert "Launched all the same: Tried by hand." in history


def test_what_else_is_missing_takes_no_reason(admin_client: Client, job: SyncJob) -> None:
    assert job.workflow is not None
    dialog = admin_client.get(
        action_url(job.workflow, "launch"), headers={"HX-Request": "true"}
    ).content.decode()
    assert "No alert watches it" in dialog
    assert 'name="reason"' not in dialog
