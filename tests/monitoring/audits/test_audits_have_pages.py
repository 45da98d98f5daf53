"""The pages of audits: what is shown, who may do what, and that every number has its rows."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib import admin
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from integrations.models import ErrorRecord
from monitoring.models import Audit, AuditDifference, AuditedRecord, AuditPoint, AuditRun
from tests import factories
from tests.integrations.admin.bells import Bells
from tests.integrations.admin.conftest import admin_client, bells, boss, signed_in  # noqa: F401  # fixtures
from tests.integrations.admin.pages import act, act_on_many, change_url, list_url, result_count
from tests.integrations.admin.test_every_action_asks_first_and_checks_rights import dialog_actions
from tests.monitoring.audits import rows
from tests.monitoring.test_every_number_leads_to_its_rows import numbers, rows_behind

pytestmark = pytest.mark.django_db
MODELS = (Audit, AuditRun, AuditedRecord, AuditDifference, AuditPoint)


def test_an_empty_portal_says_how_to_begin(admin_client: Client) -> None:  # noqa: F811
    assert "Add one: choose a job" in admin_client.get(list_url(Audit)).content.decode()
    assert "Add one under Audits" in admin_client.get(list_url(AuditDifference)).content.decode()
    tiles = admin_client.get(reverse("today_numbers")).content.decode()
    assert "Add an audit of a stock job to measure it." in tiles


def test_the_dashboard_tells_the_inventorys_accuracy_both_ways_and_each_number_has_its_rows(
    admin_client: Client,  # noqa: F811
) -> None:
    first, second = rows.audit(), rows.audit()
    rows.comparison(first, agree=1, differ=5)
    rows.comparison(first, agree=90, differ=4, in_flight=1)
    rows.comparison(second, agree=6)
    rows.comparison(rows.audit(job=factories.job()), agree=1, differ=1)
    page = admin_client.get(reverse("today_numbers")).content.decode()
    assert "Inventory accuracy" in page
    assert "96.0 %" in page, "96 of 100, by the latest of each stock audit"
    assert "96.9 %" in page, "96 of 99"
    found = [(count, url) for count, url, _ in numbers(page) if "auditedrecord" in url]
    assert [count for count, _ in found] == [100, 4, 1, 99]
    assert [rows_behind(admin_client, url) for _, url in found] == [100, 4, 1, 99]


def test_each_number_of_an_audit_and_of_a_comparison_has_its_rows(admin_client: Client) -> None:  # noqa: F811
    audit = rows.audit()
    run = rows.comparison(audit, agree=7, differ=3, in_flight=1)
    for url, count in (
        (f"{list_url(AuditedRecord)}?run={run.pk}&verdict=compared", 10),
        (f"{list_url(AuditedRecord)}?run={run.pk}&verdict=agrees", 7),
        (f"{list_url(AuditedRecord)}?run={run.pk}&verdict=differs", 3),
        (f"{list_url(AuditedRecord)}?run={run.pk}&verdict=differs&cause=written_past", 2),
        (f"{list_url(AuditDifference)}?audit={audit.pk}", 3),
        (f"{list_url(AuditDifference)}?audit={audit.pk}&cause=written_past", 2),
    ):
        assert result_count(admin_client.get(url)) == count, url
    told = admin_client.get(change_url(run)).content.decode()
    assert f"run={run.pk}&amp;verdict=agrees" in told
    shown = admin_client.get(change_url(audit)).content.decode()
    assert f"audit={audit.pk}&amp;cause=written_past" in shown
    assert "Agreement over time" in shown
    assert "Find out who writes there" in shown, "each cause has its next action"


@pytest.mark.parametrize("model", MODELS)
def test_a_list_costs_as_many_queries_with_many_rows_as_with_few(admin_client: Client, model: Any) -> None:  # noqa: F811
    def queries() -> int:
        with CaptureQueriesContext(connection) as seen:
            assert admin_client.get(list_url(model)).status_code == 200
        return len(seen)

    rows.comparison(rows.audit(), agree=1, differ=1)
    few = queries()
    for _ in range(8):
        rows.comparison(rows.audit(), agree=2, differ=2)
    assert queries() == few


def test_staff_without_the_right_can_do_nothing() -> None:
    client = signed_in(factories.user("monitoring.view_audit", "monitoring.view_auditdifference"))
    audit = rows.audit()
    run = rows.comparison(audit, differ=1)
    refused = [
        act(client, row, name).status_code
        for row in (audit, run, AuditDifference.objects.get())
        for name in dialog_actions(admin.site._registry[type(row)])
    ]
    act_on_many(client, [AuditDifference.objects.get()], "repair_many")
    assert refused == [403] * 4
    assert AuditDifference.objects.get().repair_asked_at is None


def test_a_person_compares_now_and_cancels(admin_client: Client, bells: Bells) -> None:  # noqa: F811
    audit = rows.audit()
    act(admin_client, audit, "audit_now", sample_percent=10)
    run = AuditRun.objects.get()
    assert (run.sample_percent, run.door, run.state) == (10, "person", "running")
    act(admin_client, audit, "audit_now", sample_percent="")
    assert AuditRun.objects.count() == 1, "one audit compares once at a time"
    act(admin_client, run, "cancel_run")
    run.refresh_from_db()
    assert run.state == "cancelled"


def test_what_is_held_by_a_filter_is_not_run_again_and_says_so(admin_client: Client, bells: Bells) -> None:  # noqa: F811
    audit = rows.audit()
    rows.comparison(audit, differ=1)
    AuditDifference.objects.update(cause="held")
    answer = act_on_many(admin_client, [AuditDifference.objects.get()], "repair_many")
    assert answer.status_code == 302
    page = admin_client.get(list_url(AuditDifference)).content.decode()
    assert "held by a filter, a rollout or a paused job" in page


def test_an_audit_is_added_by_its_form(admin_client: Client) -> None:  # noqa: F811
    job = factories.job(kind="stock_level")
    asked = {
        "name": "Nightly",
        "key": "nightly",
        "job": job.pk,
        "enabled": "on",
        "every_minutes": 1440,
        "at_hour": 3,
        "sample_percent": 25,
        "also_fields": "",
    }
    answer = admin_client.post(reverse("admin:monitoring_audit_add"), asked)
    assert answer.status_code == 302, answer.content.decode()[:2000]
    audit = Audit.objects.get()
    assert (audit.job_id, audit.at_hour, audit.sample_percent) == (job.pk, 3, 25)
    wrong = factories.mapping(kind="order", direction="read")
    answer = admin_client.post(change_url(audit), {**asked, "destination_mapping": wrong.pk})
    assert "It reads order; the job carries stock level." in answer.content.decode()


def test_the_api_tells_a_partner_of_its_own_jobs() -> None:
    from integrations.models import PartnerKey

    mine, other = rows.audit(), rows.audit()
    rows.comparison(mine, agree=9, differ=1, in_flight=1)
    rows.comparison(other, agree=1)
    partner = factories.partner()
    partner.jobs.set([mine.job])
    _, text = PartnerKey.issue(partner, ["read"])
    answer = Client().get("/api/v1/metrics/accuracy", headers={"Authorization": f"Bearer {text}"})
    assert answer.status_code == 200, answer.content
    (told,) = answer.json()["audits"]
    assert told["job"] == mine.job.key
    assert told["open_differences"] == {"in_flight": 1}
    (point,) = told["points"]
    assert (point["compared"], point["agree"], point["share"], point["share_without_in_flight"]) == (
        10,
        9,
        0.9,
        1.0,
    )
    assert point["interval"] is None


def test_a_difference_that_an_error_holds_leads_to_it_and_to_its_journey(admin_client: Client) -> None:  # noqa: F811
    record = factories.delivery(factories.job(kind="stock_level"))
    error = factories.error(record)
    audit = rows.audit(job=record.job)
    rows.comparison(audit, differ=1)
    difference = AuditDifference.objects.get()
    AuditDifference.objects.filter(pk=difference.pk).update(delivery=record, cause="held")
    page = admin_client.get(change_url(difference)).content.decode()
    assert change_url(error) in page
    assert reverse("journey", args=[record.thing_id]) in page
    ErrorRecord.objects.update(settled_at=timezone.now())
    assert change_url(error) not in admin_client.get(change_url(difference)).content.decode()
    looker = signed_in(factories.user("monitoring.view_auditdifference"))
    seen = looker.get(change_url(difference)).content.decode()
    assert reverse("journey", args=[record.thing_id]) not in seen
