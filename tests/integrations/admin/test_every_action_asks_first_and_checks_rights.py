"""unfold runs an action on GET unless it has a dialog, and for anybody on the staff unless it names a permission."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from monitoring.incidents.triage import triage
from monitoring.models import Incident
from tests import factories
from tests.integrations.admin.conftest import signed_in
from tests.integrations.admin.pages import SUBMITTED, list_url

pytestmark = pytest.mark.django_db

WRITES = ("INSERT", "UPDATE", "DELETE", "REPLACE")


def registered() -> Iterator[Any]:
    yield from admin.site._registry.values()


def dialog_actions(model_admin: Any) -> list[str]:
    return [
        name
        for place in ("actions_list", "actions_row", "actions_detail", "actions_submit_line")
        for name in model_admin._extract_action_names(getattr(model_admin, place, ()))
    ]


def bulk_actions(model_admin: Any) -> list[str]:
    return [name for name in model_admin.actions or () if isinstance(name, str)]


def rows() -> list[Any]:
    """One row of each kind that has a page."""
    from integrations.models import PartnerKey

    job = factories.job(workflow=factories.workflow())
    run = factories.run(job)
    record = factories.delivery(job)
    partner = factories.partner()
    PartnerKey.issue(partner, ["read"])
    factories.outcome(record, run=run)
    other = factories.delivery(job)
    error = factories.error(record, payload={"id": 1})
    triage()
    return [
        job,
        job.workflow,
        job.source,
        job.read_mapping,
        run,
        record,
        factories.batch(run),
        error,
        Incident.objects.get(fingerprint=error.fingerprint),
        factories.in_doubt(other),
        factories.inbound_event(job.source),
        partner,
        factories.user(),
    ]


def test_no_admin_of_the_queue_is_reachable() -> None:
    assert [
        str(admin_.model._meta) for admin_ in registered() if admin_.model._meta.app_label == "django_q"
    ] == []


def test_every_action_of_a_row_or_a_page_has_a_dialog_and_a_permission() -> None:
    lacking = []
    seen = 0
    for model_admin in registered():
        if not hasattr(model_admin, "_extract_action_names"):
            continue
        for name in dialog_actions(model_admin):
            method = getattr(model_admin, name)
            seen += 1
            if not getattr(method, "dialog", None):
                lacking.append(f"{type(model_admin).__name__}.{name} has no dialog")
            if not getattr(method, "allowed_permissions", None):
                lacking.append(f"{type(model_admin).__name__}.{name} names no permission")
    assert lacking == []
    assert seen >= 16


def test_every_action_over_many_rows_confirms_and_has_a_permission() -> None:
    lacking = []
    seen = 0
    for model_admin in registered():
        for name in bulk_actions(model_admin):
            method = getattr(model_admin, name)
            seen += 1
            if not getattr(method, "confirms", False):
                lacking.append(f"{type(model_admin).__name__}.{name} does not ask first")
            if not getattr(method, "allowed_permissions", None):
                lacking.append(f"{type(model_admin).__name__}.{name} names no permission")
    assert lacking == []
    assert seen >= 4


def test_every_admin_is_drawn_by_unfold() -> None:
    strange = [type(entry).__name__ for entry in registered() if not hasattr(entry, "_extract_action_names")]
    assert strange == [], "an admin that unfold does not draw has neither dialogs nor its look"


def test_no_page_and_no_action_writes_on_get(admin_client: Client) -> None:
    made = rows()
    addresses = [reverse("admin:index")]
    for row in made:
        model_admin = admin.site._registry[type(row)]
        label = f"{row._meta.app_label}_{row._meta.model_name}"
        addresses += [list_url(type(row)), reverse(f"admin:{label}_change", args=[row.pk])]
        addresses += [
            reverse(f"admin:{label}_{name}", args=[row.pk])
            for name in dialog_actions(model_admin)  # all of ours act on one row
        ]
    wrote = []
    for address in addresses:
        with CaptureQueriesContext(connection) as queries:
            response = admin_client.get(address)
        assert response.status_code in (200, 302), address
        wrote += [
            (address, query["sql"][:80])
            for query in queries
            if query["sql"].startswith(WRITES) and "django_session" not in query["sql"]
        ]
    assert wrote == []


def test_an_action_without_the_token_against_forged_requests_is_refused(boss: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(boss)
    job = factories.job()
    response = client.post(reverse("admin:integrations_syncjob_pause", args=[job.pk]), SUBMITTED)
    assert response.status_code == 403
    job.refresh_from_db()
    assert job.state == "active"


def test_staff_without_the_right_can_do_nothing() -> None:
    client = signed_in(factories.user())
    refused = []
    for row in rows():
        model_admin = admin.site._registry[type(row)]
        label = f"{row._meta.app_label}_{row._meta.model_name}"
        for name in dialog_actions(model_admin):
            response = client.post(reverse(f"admin:{label}_{name}", args=[row.pk]), SUBMITTED)
            refused.append(response.status_code)
    assert set(refused) == {403}
    assert len(refused) >= 16


def test_an_action_on_a_row_that_is_not_there_says_so(admin_client: Client) -> None:
    response = admin_client.post(reverse("admin:integrations_syncjob_run_now", args=[987_654]), SUBMITTED)
    assert response.status_code == 404


@pytest.mark.parametrize("name", ["ignore", "assign", "comment"])
def test_a_dialog_that_is_opened_in_a_tab_of_its_own_has_a_page_around_it(
    admin_client: Client, name: str
) -> None:
    error = factories.error(factories.delivery(factories.job(), state="failed"))
    address = reverse(f"admin:integrations_errorrecord_{name}", args=[error.pk])
    alone = admin_client.get(address).content.decode()
    assert "<title>" in alone
    assert 'href="../change/"' in alone
    inside = admin_client.get(address, headers={"HX-Request": "true"}).content.decode()
    assert "<title>" not in inside
    assert "openModal = false" in inside


def test_the_answer_of_a_dialog_in_a_tab_of_its_own_leads_back(admin_client: Client) -> None:
    partner = factories.partner()
    address = reverse("admin:integrations_partner_issue_key", args=[partner.pk])
    page = admin_client.post(address, SUBMITTED | {"scopes": ["read"]}).content.decode()
    assert "has a new key" in page
    assert reverse("admin:integrations_partner_change", args=[partner.pk]) in page
    assert "<title>" in page
