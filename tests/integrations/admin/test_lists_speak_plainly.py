from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import reverse

from integrations.models import Connection, ErrorRecord, Outcome, Partner, SyncJob, SyncRun
from monitoring.models import AuditRun
from tests import factories
from tests.integrations.admin.pages import list_url, result_count

pytestmark = pytest.mark.django_db


def ours() -> list[Any]:
    apps = ("integrations", "mappings", "monitoring")
    return [entry for model, entry in admin.site._registry.items() if model._meta.app_label in apps]


@pytest.mark.parametrize("entry", ours(), ids=lambda entry: type(entry).__name__)
def test_an_empty_list_says_what_belongs_there(admin_client: Client, entry: Any) -> None:
    page = admin_client.get(list_url(entry.model)).content.decode()
    assert entry.empty_title
    assert entry.empty_title in page
    assert "No results found" not in page


def test_a_search_that_finds_nothing_says_so(admin_client: Client) -> None:
    page = admin_client.get(list_url(ErrorRecord) + "?q=zzz").content.decode()
    assert "Nothing fits" in page
    assert "No open errors" not in page


def test_the_tab_of_the_browser_names_the_list(admin_client: Client) -> None:
    page = admin_client.get(list_url(SyncJob)).content.decode()
    assert re.search(r"<title>\s*Jobs \| Crossdock\s*</title>", page)


def test_the_jobs_of_a_workflow_and_of_a_system_are_behind_their_numbers(admin_client: Client) -> None:
    job = factories.job(workflow=factories.workflow())
    factories.job()
    for page, address in (
        (reverse("admin:integrations_workflow_changelist"), f"?workflow={job.workflow_id}"),
        (reverse("admin:integrations_connection_changelist"), f"?system={job.source_id}"),
    ):
        assert f'href="{list_url(SyncJob)}{address}"' in admin_client.get(page).content.decode()
        assert result_count(admin_client.get(list_url(SyncJob) + address)) == 1


def test_each_platform_to_choose_from_says_what_it_is(admin_client: Client) -> None:
    page = admin_client.get(reverse("admin:integrations_connection_add")).content.decode()
    assert "<p></p>" not in page
    assert "Reads orders" in page


def test_a_dialog_at_an_address_without_a_number_is_no_fault(admin_client: Client, db: None) -> None:
    Partner.objects.create(key="p", name="P")
    address = reverse("admin:integrations_partner_revoke_key", args=["nobody"])
    assert admin_client.post(address, {"_form_submitted": "True", "key": "1"}).status_code in (200, 404)


@pytest.mark.parametrize("name", ["abc", "²"])
@pytest.mark.parametrize("model", [SyncJob, SyncRun, Connection, ErrorRecord, AuditRun])
def test_an_address_that_names_no_row_is_not_found(admin_client: Client, model: Any, name: str) -> None:
    address = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_change", args=[name])
    assert admin_client.get(address).status_code in (302, 404)


def test_a_number_that_no_row_can_have_narrows_to_nothing(admin_client: Client) -> None:
    too_large = "9" * 25
    assert admin_client.get(f"{list_url(Outcome)}?run={too_large}").status_code == 302
    assert admin_client.get(f"{list_url(ErrorRecord)}?q={too_large}").status_code == 200
    assert admin_client.get(f"{list_url(ErrorRecord)}?job=²").status_code in (200, 302)
