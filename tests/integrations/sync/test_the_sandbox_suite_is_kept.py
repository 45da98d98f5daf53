"""A run of the suite is a row that a launch and the pages go by, as long as the mappings are those that were tried."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command

from integrations.configuration.document.contents import document_of
from integrations.configuration.document.markdown import as_markdown
from integrations.demo import stage
from integrations.models import Delivery, Intent, Outcome, SuiteRun, SyncJob, Workflow
from integrations.sync import launch, suite
from tests import factories
from tests.integrations.sync.test_edge_cases_go_through_a_jobs_mapping import ENVIRONMENT

pytestmark = pytest.mark.django_db


@pytest.fixture
def job(db: None) -> SyncJob:
    stage.configure(ENVIRONMENT)
    return SyncJob.objects.select_related(
        "source", "destination", "read_mapping", "write_mapping", "workflow"
    ).get(key="orders-to-warehouse")


@pytest.fixture
def olga() -> User:
    return factories.administrator()


def break_cancellations(job: SyncJob) -> None:
    job.read_mapping.rules.filter(target="status").update(source="'open'", value_map="", transform="")


def publish(job: SyncJob) -> None:
    job.read_mapping.publish()
    job.read_mapping.refresh_from_db()


def test_what_was_tried_is_kept_with_who_asked_and_the_versions(job: SyncJob, olga: User) -> None:
    run = suite.run_suite(job, olga)
    kept = SuiteRun.objects.get(pk=run.pk)
    assert (kept.good, kept.wrong, kept.left, kept.asked_by) == (9, 0, 0, olga)
    assert kept.is_passed
    assert kept.mapping_versions == f"{job.read_mapping_id}.1 {job.write_mapping_id}.1"
    assert [one["title"] for one in kept.cases()][-2:] == ["Out of stock", "Backorder"]
    assert not any(facts.objects.exists() for facts in (Delivery, Intent, Outcome))


def test_it_is_of_a_moment(job: SyncJob) -> None:
    """So nobody waits for a worker, and no request is held: the page comes with the answer."""
    suite.run_suite(job, None)
    assert suite.run_suite(job, None).took_ms < 2000


def test_nothing_of_a_person_is_kept(job: SyncJob) -> None:
    break_cancellations(job)
    publish(job)
    told = json.dumps(suite.run_suite(job, None).lines, ensure_ascii=False)
    for personal in ("@example.com", "+49", "straße", "Straße"):
        assert personal not in told


def test_a_draft_says_nothing_of_what_is_in_use(job: SyncJob) -> None:
    break_cancellations(job)
    run = suite.run_suite(job, None, job.read_mapping)
    assert (run.is_of_draft, run.draft, run.is_passed) == (True, job.read_mapping, False)
    assert suite.newest(job) is None
    passed = suite.run_suite(job, None)
    assert passed.is_passed
    assert suite.newest(job) == passed


def test_rules_that_cannot_be_compiled_are_told(job: SyncJob) -> None:
    job.read_mapping.rules.filter(target="status").update(source="[[")
    run = suite.run_suite(job, None, job.read_mapping)
    assert not run.is_passed
    assert "do not pass their checks" in run.sentence


def test_a_mapping_that_is_not_published_is_told(job: SyncJob) -> None:
    job.read_mapping.current_number = 0
    run = suite.run_suite(job, None)
    assert not run.is_passed
    assert "not published yet" in run.sentence


def test_another_version_asks_for_another_run(job: SyncJob) -> None:
    assert "has not been through the sandbox suite yet" in suite.why_not_passed(job)
    run = suite.run_suite(job, None)
    assert suite.why_not_passed(job) == ""
    break_cancellations(job)
    publish(job)
    assert suite.has_changed(run)
    assert "has had its mappings changed since" in suite.why_not_passed(job)
    suite.run_suite(job, None)
    assert "fails the sandbox suite: Cancellation." in suite.why_not_passed(job)


def test_a_job_of_any_kind_is_asked_for(job: SyncJob) -> None:
    stock = SyncJob.objects.get(key="stock-to-shop")
    (missing,) = launch.without_suite(stock)
    assert "has not been through the sandbox suite yet" in missing.sentence
    suite.run_suite(stock, None)
    assert launch.without_suite(stock) == []


def test_what_only_the_real_system_can_tell_holds_no_launch_back(job: SyncJob) -> None:
    stock = SyncJob.objects.get(key="stock-to-shop")
    run = suite.run_suite(stock, None)
    lines = [[title, should, "Only The warehouse can tell.", None, None] for title, should, *_ in run.lines]
    SuiteRun.objects.filter(pk=run.pk).update(good=0, left=len(lines), lines=lines)
    assert launch.without_suite(stock) == []
    lines[0][2] = "Not tried: the ordinary one is not sent."
    SuiteRun.objects.filter(pk=run.pk).update(lines=lines)
    assert "no case of the sandbox suite could be tried" in suite.why_not_passed(stock)


# --- the launch -----------------------------------------------------------------------------------------------------


@pytest.fixture
def workflow(job: SyncJob, monkeypatch: pytest.MonkeyPatch) -> Workflow:
    """Its other jobs are launched, and the run between sandbox systems is there."""
    monkeypatch.setattr(launch, "_requirements", launch._requirements[:1])
    monkeypatch.setattr(launch, "why_not_passed", lambda job: "")
    assert job.workflow is not None
    SyncJob.objects.exclude(pk=job.pk).update(launched_at=factories.LONG_AGO)
    return job.workflow


def sentences(lacking: list[launch.Missing]) -> str:
    return " ".join(one.sentence for one in lacking)


def test_nothing_is_launched_before_its_suite_has_passed(
    job: SyncJob, workflow: Workflow, olga: User
) -> None:
    assert "has not been through the sandbox suite" in sentences(launch.launch(workflow, olga))
    break_cancellations(job)
    publish(job)
    suite.run_suite(job, olga)
    assert "fails the sandbox suite: Cancellation." in sentences(launch.launch(workflow, olga, "  "))
    workflow.refresh_from_db()
    assert workflow.launched_at is None
    job.read_mapping.rules.filter(target="status").update(source="status")
    publish(job)
    suite.run_suite(job, olga)
    assert launch.launch(workflow, olga) == []
    last = workflow.launches.get()
    assert (last.by, last.reason, last.lacked) == (olga, "", [])


def test_a_reason_stands_for_the_suite_and_is_kept_and_shown(workflow: Workflow, olga: User) -> None:
    assert launch.launch(workflow, olga, " The warehouse is told by telephone. ") == []
    last = workflow.launches.get()
    assert last.reason == "The warehouse is told by telephone."
    assert "has not been through the sandbox suite" in last.lacked[0]
    workflow.refresh_from_db()
    document = as_markdown(document_of(workflow))
    assert "The reason that was given: The warehouse is told by telephone." in document
    assert "launched all the same: The warehouse is told by telephone." in document


def test_a_reason_stands_for_nothing_else(workflow: Workflow) -> None:
    Workflow.objects.filter(pk=workflow.pk).update(owner="")
    workflow.refresh_from_db()
    told = sentences(launch.launch(workflow, None, "Because."))
    assert told == "Nobody owns it. Name the team or the role that answers for it."
    assert not workflow.launches.exists()


def test_the_command_line_asks_for_a_reason_too(workflow: Workflow, capsys: Any) -> None:
    with pytest.raises(CommandError, match="--reason TEXT"):
        call_command("workflow", "launch", workflow.key)
    call_command("workflow", "launch", workflow.key, "--reason", "Tried by hand.")
    assert workflow.launches.get().reason == "Tried by hand."
