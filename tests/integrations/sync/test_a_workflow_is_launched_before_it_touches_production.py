from __future__ import annotations

from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from integrations.models import (
    Door,
    Environment,
    RunState,
    SyncJob,
    SyncRun,
    Workflow,
    held_for_launch,
    may_work,
)
from integrations.sync import launch, reap, rerun, steer
from integrations.sync.runs import circumstances
from integrations.sync.selection import NotPossible, span
from mappings.models import Mapping
from tests import factories
from tests.integrations.admin.bells import Bells
from tests.integrations.admin.conftest import signed_in
from tests.integrations.admin.pages import act, action_url, change_url

pytestmark = pytest.mark.django_db

PRODUCTION, SANDBOX = Environment.PRODUCTION, Environment.SANDBOX


@pytest.fixture
def bells(monkeypatch: pytest.MonkeyPatch) -> Bells:
    heard = Bells()
    monkeypatch.setattr("integrations.sync.doorbell.async_task", heard.rung)
    return heard


@pytest.fixture(autouse=True)
def nothing_else_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """What monitoring asks for is tested there."""
    monkeypatch.setattr(launch, "_requirements", [])


def workflow(**values: Any) -> Workflow:
    return factories.workflow(**{"problem": "Orders are typed by hand.", "owner": "Operations", **values})


def job(of: Workflow | None, source: str = SANDBOX, destination: str = SANDBOX, **values: Any) -> SyncJob:
    return factories.job(
        workflow=of,
        source=factories.connection(environment=source),
        destination=factories.connection(environment=destination),
        **values,
    )


def passed(of: SyncJob, **values: Any) -> SyncRun:
    """As the engine leaves a run between sandbox systems that carried one record."""
    return factories.run(of, **{"delivered": 1, "accepted": 1, **circumstances(of), **values})


def go_live(of: SyncJob) -> SyncJob:
    for connection in (of.source, of.destination):
        connection.environment = PRODUCTION
        connection.save()
    return SyncJob.objects.select_related("source", "destination", "workflow").get(pk=of.pk)


@pytest.mark.parametrize(
    ("source", "destination", "may_run"),
    [(SANDBOX, SANDBOX, True), (SANDBOX, PRODUCTION, False), (PRODUCTION, SANDBOX, False)],
)
def test_before_its_launch_a_job_runs_between_sandbox_systems_only(
    source: str, destination: str, may_run: bool
) -> None:
    held = job(workflow(), source, destination)

    assert held.may_run is may_run
    assert SyncJob.objects.filter(may_work()).exists() is may_run
    assert SyncJob.objects.filter(held_for_launch()).exists() is not may_run


def test_a_job_without_a_workflow_is_not_held() -> None:
    alone = job(None, PRODUCTION, PRODUCTION)

    assert alone.may_run
    assert SyncJob.objects.filter(may_work()).exists()


def test_no_door_runs_a_job_that_waits_for_its_launch(bells: Bells) -> None:
    of = workflow()
    held = job(of, PRODUCTION, PRODUCTION, every_seconds=60)

    reap.ring_for_due_reads()
    reap.ring_for_due_batches()
    sentence = f"The job '{held.key}' waits until its workflow '{of}' is launched"

    assert steer.run_now(held) is None
    assert sentence in steer.why_not(held)
    with pytest.raises(NotPossible, match="is launched"):
        rerun.begin(held, span("2026-05-01", ""))
    said = StringIO()
    with pytest.raises(SystemExit, match="2"):
        call_command("sync", held.key, "--json", stdout=said)
    assert sentence in said.getvalue()
    assert bells.heard == []
    assert not SyncRun.objects.exists()


def test_resuming_tells_that_the_launch_is_still_missing() -> None:
    held = job(workflow(), PRODUCTION, PRODUCTION, state="paused")
    out = StringIO()

    call_command("job", "resume", held.key, stdout=out)
    call_command("job", "list", stdout=out)

    assert "is launched: until then it runs between" in out.getvalue()
    assert "held until its workflow is launched" in out.getvalue()


def test_everything_that_is_missing_is_told_at_once() -> None:
    of = workflow(problem=" ", owner="")
    first = job(of)

    said = [lacking.sentence for lacking in launch.launch(of, None)]

    assert [sentence.split(".")[0] for sentence in said] == [
        "The problem is not told",
        "Nobody owns it",
        f"“{first.name}” has not run between sandbox systems yet",
    ]
    of.refresh_from_db()
    assert of.launched_at is None


def test_a_workflow_without_a_job_is_not_launched() -> None:
    assert [lacking.sentence for lacking in launch.missing(workflow())] == [
        "It has no job. Make one, or choose this workflow at a job."
    ]


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ({"delivered": 0}, "delivered nothing"),
        ({"failed": 1}, "failed with 1 record"),
        ({"environment": PRODUCTION}, "has not run between sandbox systems yet"),
        ({"environment": ""}, "has not run between sandbox systems yet"),
        ({"door": Door.RETRY}, "has not run between sandbox systems yet"),
        ({"door": Door.RECOUNT}, "has not run between sandbox systems yet"),
        ({"finished_at": None, "state": RunState.RUNNING}, "has not run between sandbox systems yet"),
        ({"state": RunState.CANCELLED}, "did not come to the end"),
        ({"mapping_versions": "0.1 0.1"}, "has had its mappings changed"),
    ],
)
def test_a_run_that_proves_nothing_does_not_count(values: dict[str, Any], why: str) -> None:
    tried = job(workflow())
    passed(tried, **values)

    assert launch.passed_run(tried) is None
    assert why in launch.why_not_passed(tried)


def test_each_job_must_have_passed() -> None:
    of = workflow()
    passed(job(of))
    other = job(of)

    assert [lacking.arguments for lacking in launch.missing(of)] == [(other.pk,)]


def test_what_has_passed_in_the_sandbox_is_launched_with_production_systems(bells: Bells) -> None:
    of, boss = workflow(), factories.administrator()
    tried = job(of)
    passed(tried)
    live = go_live(tried)
    assert not live.may_run

    assert launch.launch(of, boss) == []

    of.refresh_from_db()
    live.refresh_from_db()
    assert of.launched_at is not None
    assert of.launched_by == boss
    assert live.may_run


def test_another_version_of_a_mapping_asks_for_another_run() -> None:
    of = workflow()
    tried = job(of)
    passed(tried)
    assert launch.missing(of) == []

    Mapping.objects.filter(pk=tried.write_mapping_id).update(current_number=2)

    assert "has had its mappings changed" in launch.missing(of)[0].sentence


def test_what_is_launched_stays_launched_when_a_mapping_changes() -> None:
    of = workflow()
    tried = job(of)
    passed(tried)
    launch.launch(of, None)
    Mapping.objects.filter(pk=tried.write_mapping_id).update(current_number=2)

    assert go_live(tried).may_run


def test_a_job_that_joins_later_waits_for_a_launch_of_its_own() -> None:
    of = workflow()
    passed(job(of))
    launch.launch(of, None)
    late = job(of, PRODUCTION, PRODUCTION)

    assert not late.may_run
    assert launch.waiting_jobs(of) == 1
    assert "has not run between sandbox systems yet" in launch.launch(of, None)[0].sentence


def test_the_newest_run_that_passed_is_told() -> None:
    tried = job(workflow())
    passed(tried, finished_at=timezone.now() - timedelta(days=2))
    newest = passed(tried)
    passed(tried, failed=1)

    assert launch.passed_run(tried) == newest


# --- in the admin ---------------------------------------------------------------------------------------------------


def test_the_dialog_says_what_is_missing_and_leads_there() -> None:
    of = workflow(owner="")
    tried = job(of)
    client = signed_in(factories.administrator())

    page = client.get(action_url(of, "launch"), headers={"HX-Request": "true"}).content.decode()

    assert "Nobody owns it." in page
    assert f'href="{change_url(tried)}"' in page


def test_the_action_launches_or_says_why_not(bells: Bells) -> None:
    of = workflow(owner="")
    passed(job(of))
    client = signed_in(factories.administrator())

    act(client, of, "launch")
    of.refresh_from_db()
    assert of.launched_at is None

    Workflow.objects.filter(pk=of.pk).update(owner="Operations")
    act(client, of, "launch")
    of.refresh_from_db()
    assert of.launched_at is not None


def test_nobody_launches_without_the_right() -> None:
    of = workflow()
    passed(job(of))
    client = signed_in(factories.user("integrations.view_workflow", "integrations.change_workflow"))

    assert act(client, of, "launch").status_code == 403
    of.refresh_from_db()
    assert of.launched_at is None


def test_a_held_job_says_so_on_its_page_and_in_the_list() -> None:
    of = workflow()
    held = job(of, PRODUCTION, PRODUCTION)
    client: Client = signed_in(factories.administrator())

    assert "Held until it is launched" in client.get("/admin/integrations/syncjob/").content.decode()
    page = client.get(change_url(held)).content.decode()
    assert change_url(of) in page
    assert "Held until it is launched" in client.get(change_url(of)).content.decode()


def test_a_workflow_is_launched_without_a_browser(bells: Bells) -> None:
    of = workflow(owner="")
    passed(job(of))
    out = StringIO()

    call_command("workflow", "list", stdout=out)
    assert "not launched" in out.getvalue()
    assert "Nobody owns it." in out.getvalue()
    with pytest.raises(CommandError, match="Nobody owns it"):
        call_command("workflow", "launch", of.key)
    Workflow.objects.filter(pk=of.pk).update(owner="Operations")
    call_command("workflow", "launch", of.key, stdout=out)

    of.refresh_from_db()
    assert of.launched_at is not None
