"""The same in the admin: which system plays which part, a look at what would be made, then the start."""

from __future__ import annotations

from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from integrations.models import Connection, JobState, SyncJob, Workflow
from mappings.models import Mapping
from monitoring.models import AlertEvent, AlertRule
from tests import factories
from tests.integrations.admin.conftest import signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("connections")]

SHELF = reverse("admin:integrations_workflow_templates")
PAGE = reverse("admin:integrations_workflow_start", args=["two-ways"])
WORKFLOWS = reverse("admin:integrations_workflow_changelist")
MAPPINGS = {
    "mapping-orders.write": "sandbox-warehouse-orders",
    "mapping-stock.read": "sandbox-warehouse-stock",
}


@pytest.fixture
def operator() -> Client:
    return signed_in(factories.administrator())


def asked(**more: Any) -> dict[str, Any]:
    roles = {"role-shop": "s1", "role-depot": "depot", "role-channel": ["s1", "s2"]}
    words = {"name": "My two ways", "key": "mine", "owner": "Operations", "problem": "Typing."}
    return {**roles, **words, **more}


def test_the_shelf_shows_what_each_template_is_for(operator: Client) -> None:
    page = operator.get(SHELF).content.decode()
    assert "Orders one way, stock the other." in page
    assert PAGE in page
    assert SHELF in operator.get(WORKFLOWS).content.decode()


def test_a_system_without_mappings_of_its_own_is_asked_for_one(operator: Client) -> None:
    page = operator.post(PAGE, asked(look=1)).content.decode()
    assert "What writes a record of the kind “order” in The depot" in page
    assert "What reads a record of the kind “stock level” in The depot" in page
    assert "This would be made" not in page
    assert not Workflow.objects.exists()


def test_looking_tells_what_would_be_made_and_makes_nothing(operator: Client) -> None:
    page = operator.post(PAGE, asked(look=1, **MAPPINGS)).content.decode()
    for made in ("Job: Stock to Shop s2", "Job: Orders from Shop s1 to The depot", "Workflow: My two ways"):
        assert made in page
    assert not Workflow.objects.exists()
    assert not Mapping.objects.exists()


def test_starting_makes_the_jobs_and_leads_to_the_workflow(operator: Client) -> None:
    answer = operator.post(PAGE, asked(start=1, **MAPPINGS))
    made = Workflow.objects.get()
    assert answer["Location"] == reverse("admin:integrations_workflow_change", args=[made.pk])
    assert (made.name, made.problem) == ("My two ways", "Typing.")
    assert sorted(SyncJob.objects.values_list("key", flat=True)) == [
        "mine-orders",
        "mine-stock-s1",
        "mine-stock-s2",
    ]
    assert set(SyncJob.objects.values_list("state", flat=True)) == {JobState.PAUSED}, "nothing runs unseen"


def test_what_is_carried_already_is_said_by_the_names_of_the_jobs(operator: Client) -> None:
    operator.post(PAGE, asked(start=1, **MAPPINGS))
    names = dict(SyncJob.objects.values_list("key", "name"))
    page = unescape(operator.post(PAGE, asked(look=1, **{**MAPPINGS, "key": "again"})).content.decode())
    assert f"carries what “{names['mine-orders']}” carries already, and that one goes on." in page
    assert "jobs.again" not in page


def test_a_started_workflow_can_be_thrown_away_with_what_was_told_of_it(operator: Client) -> None:
    operator.post(PAGE, asked(start=1, **MAPPINGS))
    made = Workflow.objects.get()
    rule = AlertRule.objects.create(name="Fails", kind="failures_above", threshold=0, workflow=made)
    now = timezone.now()
    AlertEvent.objects.create(rule=rule, sentence="It failed.", fired_at=now, seen_at=now)
    operator.post(reverse("admin:integrations_workflow_delete", args=[made.pk]), {"post": "yes"})
    assert not Workflow.objects.exists()
    assert SyncJob.objects.filter(workflow=None).count() == 3, "its jobs stay, paused"


def test_a_part_that_nobody_plays_is_told_at_its_field(operator: Client) -> None:
    page = operator.post(PAGE, asked(look=1, **{"role-depot": ""})).content.decode()
    assert "Choose the depot." in page


def test_a_key_that_is_taken_is_refused(operator: Client) -> None:
    factories.workflow(key="mine")
    page = operator.post(PAGE, asked(start=1, **MAPPINGS)).content.decode()
    assert "There is a workflow of this short name. Choose another." in page
    assert not SyncJob.objects.exists()


def test_what_cannot_work_is_told_before_anything_is_made(operator: Client) -> None:
    page = operator.post(PAGE, asked(start=1, **{**MAPPINGS, "resource-stock.read": "stocks"}))
    assert "has no resource" in page.content.decode()
    assert not Workflow.objects.exists()


def test_words_that_look_like_yaml_or_a_variable_stay_words(operator: Client) -> None:
    operator.post(PAGE, asked(start=1, owner="no: ${HOME} # 🎁", **MAPPINGS))
    assert Workflow.objects.get().owner == "no: ${HOME} # 🎁"


def test_without_connections_the_page_says_where_to_begin(operator: Client) -> None:
    Connection.objects.all().delete()
    page = operator.get(PAGE).content.decode()
    assert reverse("admin:integrations_connection_catalogue") in page


def test_whoever_may_not_make_jobs_starts_none() -> None:
    client = signed_in(factories.user("integrations.view_workflow", "integrations.add_workflow"))
    assert client.get(SHELF).status_code == 200
    assert client.post(PAGE, asked(start=1, **MAPPINGS)).status_code == 403
    assert SHELF not in client.get(WORKFLOWS).content.decode()
    assert not Workflow.objects.exists()
    assert signed_in(factories.user()).get(SHELF).status_code == 403


def test_an_unknown_template_is_not_found(operator: Client) -> None:
    assert operator.get(reverse("admin:integrations_workflow_start", args=["nothing"])).status_code == 404
