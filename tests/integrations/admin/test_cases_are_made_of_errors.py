"""One click at an error makes a case; people name, pause and delete it, and are told when nobody tries it."""

from __future__ import annotations

import pytest
from django.test import Client

from integrations.models import ErrorRecord, SuiteCase, SyncJob
from integrations.sync.edge_orders import NO_POSTAL_CODE, order
from tests import factories
from tests.integrations.admin.conftest import signed_in
from tests.integrations.admin.pages import act, change_url, form_of, list_url, messages_of
from tests.integrations.sync.test_a_record_that_failed_becomes_a_case import failed, job

__all__ = ["job"]
pytestmark = pytest.mark.django_db


@pytest.fixture
def error(job: SyncJob) -> ErrorRecord:
    return failed(job, order(NO_POSTAL_CODE))


def text_of(client: Client, url: str) -> str:
    answer = client.get(url)
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def test_one_click_and_a_name_make_a_case(admin_client: Client, error: ErrorRecord) -> None:
    assert "Make it a case of the sandbox suite" in text_of(admin_client, change_url(error))
    act(admin_client, error, "make_case", title="No postal code", wanted="person")
    case = SuiteCase.objects.get()
    assert messages_of(admin_client) == ["“No postal code” is a case from now on. Run the suite at its job."]
    page = text_of(admin_client, change_url(case))
    assert "Orders to the warehouse" in page
    assert "Replaced by harmless ones:" in page
    assert "shipping_address.name" in page
    assert case.made_of == error


def test_a_case_is_renamed_paused_and_deleted(admin_client: Client, error: ErrorRecord) -> None:
    act(admin_client, error, "make_case", title="No postal code", wanted="person")
    case = SuiteCase.objects.get()
    admin_client.post(change_url(case), form_of(admin_client, case, title="Without a code", is_paused="on"))
    case.refresh_from_db()
    assert (case.title, case.is_paused) == ("Without a code", True)
    assert "Nobody while it is paused" in text_of(admin_client, change_url(case))
    admin_client.post(change_url(case).replace("/change/", "/delete/"), {"post": "yes"})
    assert not SuiteCase.objects.exists()


def test_a_case_whose_source_is_gone_says_so(admin_client: Client, error: ErrorRecord) -> None:
    act(admin_client, error, "make_case", title="No postal code", wanted="person")
    SuiteCase.objects.update(source=None)
    case = SuiteCase.objects.get()
    assert "Nobody: its source is gone." in text_of(admin_client, change_url(case))
    listed = text_of(admin_client, list_url(SuiteCase))
    assert "Its source is gone" in listed
    assert "The shop, orders" in listed


def test_only_who_may_makes_a_case_or_sees_its_record(error: ErrorRecord) -> None:
    sees = signed_in(
        factories.user(
            "integrations.view_errorrecord", "integrations.view_suitecase", "integrations.view_syncjob"
        )
    )
    assert act(sees, error, "make_case", title="Mine", wanted="person").status_code == 403
    assert not SuiteCase.objects.exists()
    boss = signed_in(factories.administrator())
    act(boss, error, "make_case", title="Mine", wanted="person")
    case = SuiteCase.objects.get()
    assert "As it is tried" not in text_of(sees, change_url(case))
    assert "As it is tried" in text_of(boss, change_url(case))


def test_an_error_without_a_record_offers_none(admin_client: Client, job: SyncJob) -> None:
    empty = failed(job, None)
    assert "Make it a case" not in text_of(admin_client, change_url(empty))
    act(admin_client, empty, "make_case", title="Mine", wanted="person")
    assert "not kept any more" in " ".join(messages_of(admin_client))
