"""From two tested systems to a launched job, page by page. Nothing is sent before the launch."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from django.contrib.auth.models import User
from django.db import connection as database
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.html import strip_tags

from integrations.configuration import drafts
from integrations.configuration.plan import plan
from integrations.configuration.problems import BadConfiguration
from integrations.configuration.state import load
from integrations.models import Connection, DryRun, Health, JobState, SuiteRun, SyncJob, SyncRun
from integrations.sync import dry_run_report, steer
from mappings.models import Mapping
from tests import factories
from tests.integrations.admin.bells import Bells
from tests.integrations.admin.conftest import signed_in
from tests.integrations.admin.drafted_jobs import (
    ADD,
    CUSTOMERS,
    RIGHTS,
    draft,
    launch,
    platform,
    step,
    systems,
    text_of,
    what_url,
)
from tests.integrations.admin.pages import act, change_url, messages_of
from tests.integrations.answering import Platform, Says

__all__ = ["draft", "platform", "systems"]
pytestmark = pytest.mark.django_db


def test_an_empty_portal_leads_to_the_first_system(admin_client: Client) -> None:
    page = text_of(admin_client.get(ADD))
    assert "No systems yet" in page
    assert reverse("admin:integrations_connection_catalogue") in page


@pytest.mark.parametrize("health", [Health.UNTESTED, Health.FAILING])
def test_a_system_whose_test_has_not_passed_cannot_be_chosen(
    admin_client: Client, systems: tuple[Connection, Connection], health: Health
) -> None:
    Connection.objects.filter(pk=systems[1].pk).update(health=health)
    page = text_of(admin_client.get(ADD))
    assert "Test it first" in page
    assert change_url(systems[1]) in page
    for answer in (
        admin_client.get(what_url(systems)),
        admin_client.post(what_url(systems), {"pair": CUSTOMERS}),
    ):
        assert f"{systems[1].name} cannot be used yet" in text_of(answer)
    assert not SyncJob.objects.exists()


def test_a_job_does_not_write_into_what_it_reads(
    admin_client: Client, systems: tuple[Connection, Connection]
) -> None:
    page = text_of(admin_client.get(what_url((systems[0], systems[0]))))
    assert "Choose two different systems" in page


@pytest.mark.parametrize("asked", ["0", "x", "-1", "9" * 40, ""])
def test_a_system_that_is_not_there_is_asked_for_again(admin_client: Client, asked: str) -> None:
    response = admin_client.get(f"{ADD}?source={asked}&destination={asked}")
    assert response.status_code == 200
    assert "Choose one system on each side" in text_of(response)


def test_what_both_can_do_is_offered_in_words(
    admin_client: Client, systems: tuple[Connection, Connection]
) -> None:
    page = text_of(admin_client.get(what_url(systems)))
    assert "Reads customers in the shop 🛍️, writes contacts in Kundenkartei ❤️." in page
    assert "With a ready mapping" in page


def test_systems_without_a_ready_mapping_take_one_of_ones_own(
    admin_client: Client, systems: tuple[Connection, Connection]
) -> None:
    orders = factories.mapping(key="orders-in", name="Orders in")
    contacts = factories.mapping(
        key="contacts-out", direction="write", platform="sandbox_crm", kind="customer"
    )
    for made in (orders, contacts):
        made.publish()
    own = {
        "own": "1",
        "read_resource": "customers",
        "write_resource": "contacts",
        "read_mapping": "own:orders-in",
        "write_mapping": "own:contacts-out",
    }
    page = text_of(admin_client.post(what_url(systems), own))
    assert "Choose two of one kind" in page
    own["read_mapping"] = "sandbox-shop-customers"
    assert admin_client.post(what_url(systems), own).status_code == 302
    assert SyncJob.objects.get().write_mapping == contacts


def test_the_same_choice_sent_twice_makes_one_draft(
    admin_client: Client, systems: tuple[Connection, Connection]
) -> None:
    answers = [admin_client.post(what_url(systems), {"pair": CUSTOMERS}) for _ in range(2)]
    assert answers[0]["Location"] == answers[1]["Location"]
    assert SyncJob.objects.count() == 1
    assert Mapping.objects.count() == 2


def test_a_draft_that_another_press_made_meanwhile_is_taken(
    admin_client: Client,
    draft: SyncJob,
    systems: tuple[Connection, Connection],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    looks, found = [], drafts._draft_between

    def first_look_was_too_early(*ends: Any) -> SyncJob | None:
        looks.append(ends)
        return found(*ends) if len(looks) > 1 else None

    monkeypatch.setattr(drafts, "_draft_between", first_look_was_too_early)
    answer = admin_client.post(what_url(systems), {"pair": CUSTOMERS})
    assert answer["Location"] == step(draft, "look")
    assert SyncJob.objects.count() == 1


def test_a_draft_is_neither_run_nor_resumed_nor_exported(draft: SyncJob, bells: Bells) -> None:
    steer.resume(draft)
    steer.pause(draft)
    assert steer.run_now(draft) is None
    draft.refresh_from_db()
    assert draft.state == JobState.DRAFT
    assert draft.key not in load()["jobs"]
    assert bells.heard == []


def test_a_draft_is_listed_and_leads_back_into_its_steps(admin_client: Client, draft: SyncJob) -> None:
    page = text_of(admin_client.get(reverse("admin:integrations_syncjob_changelist") + "?state=draft"))
    assert draft.name in page
    assert step(draft, "look") in text_of(admin_client.get(change_url(draft)))
    assert step(draft, "look") in text_of(admin_client.get(ADD))
    assert step(draft, "look") in text_of(admin_client.get(reverse("admin:index")))


def test_real_records_are_shown_as_they_would_be_written(admin_client: Client, draft: SyncJob) -> None:
    assert admin_client.get(step(draft, "look")).status_code == 200
    page = text_of(admin_client.get(step(draft, "records")))
    assert "All 2 can be written as they are." in page
    assert "ann@example.com" in page


def test_a_source_that_cannot_be_read_says_so_in_a_sentence(
    admin_client: Client, draft: SyncJob, platform: Platform
) -> None:
    platform.on("GET /customers", Says({"errors": [{"code": "unauthorized"}]}, 401))
    page = admin_client.get(step(draft, "records"))
    assert page.status_code == 200
    assert change_url(draft.source) in text_of(page)


def test_a_job_that_carries_the_same_already_is_named_at_each_step(
    admin_client: Client, draft: SyncJob
) -> None:
    steps = [step(draft, name) for name in ("look", "dry_run", "launch")]
    assert not any("carries the same already" in text_of(admin_client.get(one)) for one in steps)
    ends = ("source", "source_resource", "destination", "destination_resource", "kind")
    there = factories.job(name="Contacts 🛍️", **{name: getattr(draft, name) for name in ends})
    for one in steps:
        page = admin_client.get(one)
        assert "Contacts 🛍️ (active) carries the same already." in " ".join(strip_tags(text_of(page)).split())
        assert change_url(there) in text_of(page)


@pytest.mark.parametrize("state", [JobState.ACTIVE, JobState.PAUSED, JobState.HALTED])
def test_a_second_job_for_the_same_is_launched_with_a_reason_alone(
    admin_client: Client, draft: SyncJob, bells: Bells, state: JobState
) -> None:
    ends = ("source", "source_resource", "destination", "destination_resource", "kind")
    told = {name: getattr(draft, name) for name in ends}
    factories.job(name="Contacts 🛍️", state=state, rollout_percent=10, **told)
    for reason in ({}, {"shares_fields": "  "}):
        page = launch(admin_client, draft, **reason)
        assert page.status_code == 200
        word = state.label.lower()
        assert f"The same is carried already by “Contacts 🛍️” ({word})." in text_of(page)
    draft.refresh_from_db()
    assert (draft.state, SyncRun.objects.count()) == (JobState.DRAFT, 0)
    assert launch(admin_client, draft, shares_fields="One brand each.").status_code == 302
    draft.refresh_from_db()
    assert (draft.state, draft.shares_fields) == (JobState.ACTIVE, "One brand each.")


def test_of_two_drafts_for_the_same_the_second_says_why(
    admin_client: Client, draft: SyncJob, bells: Bells, monkeypatch: pytest.MonkeyPatch
) -> None:
    ends = ("source", "source_resource", "destination", "destination_resource", "kind")
    told = {name: getattr(draft, name) for name in (*ends, "read_mapping", "write_mapping")}
    other = factories.job(name="The other one", state=JobState.DRAFT, **told)
    go_live = drafts.go_live

    def overtaken(job: SyncJob) -> drafts.Launched:
        """The other is launched between the check of the form and the launch."""
        monkeypatch.setattr(drafts, "go_live", go_live)
        go_live(SyncJob.objects.get(pk=other.pk))
        return go_live(job)

    monkeypatch.setattr(drafts, "go_live", overtaken)
    page = launch(admin_client, draft)
    assert "The same is carried already by “The other one” (active)." in text_of(page)
    draft.refresh_from_db()
    assert draft.state == JobState.DRAFT


def test_the_launch_leads_to_the_suite_and_the_score_card_back(admin_client: Client, draft: SyncJob) -> None:
    case_url = reverse("admin:integrations_syncjob_run_suite", args=[draft.pk])
    page = text_of(admin_client.get(step(draft, "launch")))
    assert f'<a href="{case_url}">Run the suite</a>' in page
    assert admin_client.get(case_url).status_code == 200
    act(admin_client, draft, "run_suite")
    card = SuiteRun.objects.get()
    page = text_of(admin_client.get(reverse("admin:integrations_suiterun_change", args=[card.pk])))
    assert f'href="{step(draft, "launch")}">Back to the launch</a>' in page
    assert case_url in page
    viewer = signed_in(factories.user("integrations.view_suiterun"))
    page = text_of(viewer.get(reverse("admin:integrations_suiterun_change", args=[card.pk])))
    assert "Back to the launch" not in page
    assert case_url not in page


def test_a_launch_begins_the_first_run_once(admin_client: Client, draft: SyncJob, bells: Bells) -> None:
    answers = [
        launch(admin_client, draft, rollout_percent=10, countries=["Deutschland ", "at"], name="Kunden 🎉")
        for _ in range(2)
    ]
    assert {answer["Location"] for answer in answers} == {change_url(draft)}
    draft.refresh_from_db()
    assert (draft.state, draft.rollout_percent, draft.released_percent) == ("active", 10, 10)
    assert draft.filter == 'contains(`["DE","AT"]`, address.country)'
    assert draft.name == "Kunden 🎉"
    assert SyncRun.objects.count() == 1


def test_of_two_launches_at_once_the_first_counts(draft: SyncJob, bells: Bells) -> None:
    second = SyncJob.objects.get()
    assert drafts.go_live(draft).run is not None
    steer.pause(draft)
    second.name = "Another name"
    assert drafts.go_live(second).run is None
    draft.refresh_from_db()
    assert draft.state == JobState.PAUSED
    assert draft.name != "Another name"


def test_a_file_does_not_take_the_name_of_a_draft(draft: SyncJob) -> None:
    told = {
        "kind": "customer",
        "source": "shop",
        "source_resource": "customers",
        "destination": "crm",
        "destination_resource": "contacts",
        "read_mapping": draft.read_mapping.key,
        "write_mapping": draft.write_mapping.key,
    }
    with pytest.raises(BadConfiguration, match="There is a draft of this short name"):
        plan(yaml.safe_dump({"jobs": {draft.key: told}}), {})
    assert plan(yaml.safe_dump({"jobs": {"another": told}}), {}).changes


def test_the_estimate_says_how_many_of_the_looked_at_would_go(admin_client: Client, draft: SyncJob) -> None:
    row = dry_run_report.begin(draft, None)
    dry_run_report.carry_out(row.pk, float("inf"))
    told = {"name": "x", "every_seconds": 300, "halts_above_percent": 20, "rollout_percent": 100}
    page = text_of(admin_client.post(step(draft, "estimate"), told))
    assert "Of the 2 records that the dry run shows, <strong>2</strong> would go." in page
    page = text_of(admin_client.post(step(draft, "estimate"), told | {"tags": "vip"}))
    assert "<strong>0</strong> would go" in page
    draft.refresh_from_db()
    assert draft.filter == ""


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"filter": "tags[?"}, "filter"),
        ({"tags": ", ".join(f"group-{number}" for number in range(90))}, "countries"),
        ({"countries": "Germoney"}, "countries"),
        ({"rollout_percent": 0}, "rollout_percent"),
        ({"halts_above_percent": 101}, "halts_above_percent"),
        ({"name": ""}, "name"),
    ],
)
def test_what_makes_no_sense_is_not_launched(
    admin_client: Client, draft: SyncJob, values: dict[str, Any], field: str
) -> None:
    page = launch(admin_client, draft, **values)
    assert page.status_code == 200
    assert field in page.context["form"].errors
    draft.refresh_from_db()
    assert draft.state == JobState.DRAFT


def test_a_production_job_of_a_workflow_waits_for_its_launch_and_says_what_is_missing(
    admin_client: Client, draft: SyncJob
) -> None:
    workflow = factories.workflow(name="One customer")
    Connection.objects.filter(pk=draft.destination_id).update(environment="production")
    told = {"name": "x", "every_seconds": 300, "halts_above_percent": 20, "rollout_percent": 100}
    page = text_of(admin_client.post(step(draft, "estimate"), told | {"workflow": workflow.pk}))
    assert "Nobody owns it." in page
    assert launch(admin_client, draft, workflow=workflow.pk).url == change_url(workflow)
    assert "waits until One customer is launched" in " ".join(messages_of(admin_client))
    assert not SyncRun.objects.exists()
    draft.refresh_from_db()
    assert draft.state == JobState.ACTIVE
    assert draft.is_held_for_launch


def test_whoever_may_not_run_jobs_prepares_and_does_not_launch(draft: SyncJob) -> None:
    helper = signed_in(factories.user(*RIGHTS))
    assert "You may prepare a job, and not launch it." in text_of(helper.get(step(draft, "launch")))
    assert launch(helper, draft).status_code == 403
    draft.refresh_from_db()
    assert draft.state == JobState.DRAFT


@pytest.mark.parametrize("name", ["look", "records", "dry_run", "launch", "estimate"])
def test_nobody_without_the_right_takes_a_step(draft: SyncJob, name: str) -> None:
    viewer = signed_in(factories.user("integrations.view_syncjob", "integrations.view_dryrun"))
    assert viewer.get(step(draft, name)).status_code == 403
    assert viewer.post(step(draft, name)).status_code == 403
    assert viewer.get(ADD).status_code == 403
    assert Client().get(step(draft, name)).status_code == 302
    assert not DryRun.objects.exists()


def test_a_draft_is_thrown_away_with_what_was_made_for_it(admin_client: Client, draft: SyncJob) -> None:
    act(admin_client, draft, "throw_away")
    assert not SyncJob.objects.exists()
    assert not Mapping.objects.exists()


@pytest.mark.parametrize("is_published", [True, False])
def test_a_changed_copy_of_a_preset_outlives_its_draft(
    draft: SyncJob, boss: User, is_published: bool
) -> None:
    rule = draft.read_mapping.rules.all()[0]
    rule.note = "As the warehouse wants it."
    rule.save()
    if is_published:
        draft.read_mapping.publish(boss)
    assert drafts.throw_away(draft)
    assert list(Mapping.objects.all()) == [draft.read_mapping]


def test_what_was_launched_is_not_thrown_away(admin_client: Client, draft: SyncJob, bells: Bells) -> None:
    launch(admin_client, draft)
    act(admin_client, draft, "throw_away")
    assert SyncJob.objects.count() == 1
    assert not drafts.throw_away(draft)


def test_two_hundred_systems_take_no_more_questions_than_two(
    admin_client: Client, systems: tuple[Connection, Connection]
) -> None:
    def asked() -> int:
        with CaptureQueriesContext(database) as queries:
            assert admin_client.get(ADD).status_code == 200
        return len(queries)

    asked()
    few = asked()
    for number in range(198):
        factories.connection(name=f"System {number} 🧪", health=Health.WORKING)
    assert asked() == few


def test_a_share_is_widened_by_steps(admin_client: Client, draft: SyncJob, bells: Bells) -> None:
    launch(admin_client, draft, rollout_percent=10)
    act(admin_client, draft, "widen", percent=50)
    draft.refresh_from_db()
    assert (draft.rollout_percent, draft.released_percent) == (50, 10)
    act(admin_client, draft, "widen", percent=10)
    draft.refresh_from_db()
    assert draft.rollout_percent == 50
