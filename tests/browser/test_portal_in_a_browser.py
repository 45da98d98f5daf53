from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.urls import reverse
from django.utils import timezone

from integrations.models import (
    Connection,
    Delivery,
    ErrorRecord,
    InboundEvent,
    Judgement,
    Outcome,
    Partner,
    SyncJob,
    SyncRun,
    Workflow,
)
from mappings.models import Mapping, ValueMap
from monitoring.models import Incident
from tests import factories
from tests.browser.portal_rows import fill
from tests.browser.steps import Complaints, open_page, sign_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PASSWORD = "a long password for a test"


@pytest.fixture(autouse=True)
def no_queue(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("integrations.sync.doorbell.async_task", lambda *_, **__: None)


def change_url(row: Any) -> str:
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])


def list_url(model: Any) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")


def screens() -> list[str]:
    models = (
        ErrorRecord, SyncJob, SyncRun, Delivery, Outcome, Connection, InboundEvent, Workflow, Partner, Incident,
        Mapping, ValueMap,
    )  # fmt: skip
    rows = [
        ErrorRecord.objects.filter(place="in_doubt").first(),
        ErrorRecord.objects.filter(place="send", settled_at__isnull=True).first(),
        SyncJob.objects.first(),
        SyncRun.objects.filter(finished_at__isnull=True, accepted__gt=0).first(),
        Delivery.objects.filter(outcomes__isnull=False).first(),
        *Connection.objects.all(),
        Partner.objects.first(),
        Mapping.objects.first(),
        InboundEvent.objects.first(),
        User.objects.first(),
    ]
    return [
        reverse("admin:index"),
        *[list_url(model) for model in models],
        *[change_url(row) for row in rows],
        reverse("admin:integrations_connection_add"),
        reverse("admin:mappings_mapping_versions", args=[Mapping.objects.values_list("pk", flat=True)[0]]),
    ]


@pytest.mark.slow
@pytest.mark.parametrize(("width", "scheme"), [(1360, "light"), (390, "dark")])
def test_every_screen_fits_and_keeps_to_the_policy(
    live_server: Any, opened: Any, width: int, scheme: str
) -> None:
    staff = fill(days=1, per_hour=3)
    page = open_page(opened, live_server.url, width, scheme)
    complaints = Complaints()
    complaints.listen(page)
    sign_in(page, live_server.url, staff)
    too_wide, untitled = [], []
    for address in screens():
        response = page.goto(address)
        assert response is not None
        assert response.status == 200, address
        page.wait_for_load_state("load")
        if page.evaluate("document.documentElement.scrollWidth > window.innerWidth"):
            too_wide.append(address)
        if not re.match(r".+ \| Crossdock", page.title().strip()):
            untitled.append((address, page.title()))
    assert too_wide == []
    assert untitled == []
    assert complaints.said == []
    assert complaints.hosts == {live_server.url.split("/")[2]}


def test_signing_in_leads_to_the_front_page(live_server: Any, opened: Any) -> None:
    user = factories.administrator(username="olga")
    user.set_password(PASSWORD)
    user.save()
    page = open_page(opened, live_server.url)
    page.goto("/admin/")
    page.get_by_label("Username").fill("olga")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign In").click()
    page.wait_for_url("**/admin/")
    assert page.get_by_role("heading", name="Four steps to the first delivered record").is_visible()


def test_an_error_is_retried_through_its_dialog(live_server: Any, opened: Any) -> None:
    record = factories.delivery(factories.job(), state="failed")
    error = factories.error(record, payload={"id": 1})
    page = open_page(opened, live_server.url)
    sign_in(page, live_server.url, factories.administrator())
    page.goto(change_url(error))
    page.get_by_role("link", name="Retry", exact=True).click()
    page.get_by_text("Retry this record").wait_for()
    assert Judgement.objects.count() == 0
    page.get_by_role("button", name="Retry").click()
    page.get_by_text("The record is on its way again.").wait_for()
    assert Judgement.objects.get().decision == "retry"


def test_a_dialog_that_is_filled_in_wrongly_says_so_and_stays(live_server: Any, opened: Any) -> None:
    error = factories.error(factories.delivery(factories.job(), state="failed"))
    page = open_page(opened, live_server.url)
    sign_in(page, live_server.url, factories.administrator())
    page.goto(change_url(error))
    # By the keyboard alone.
    page.get_by_role("button", name="More", exact=True).press("Enter")
    page.get_by_role("link", name="Ignore", exact=True).press("Enter")
    page.get_by_role("button", name="Ignore").press("Enter")
    page.get_by_text("This field is required.").wait_for()
    page.get_by_label("Why?").fill("A test order.")
    page.get_by_label("Why?").press("Enter")
    page.get_by_text("Ignored. The reason is kept below.").wait_for()


def test_many_errors_are_chosen_and_confirmed(live_server: Any, opened: Any) -> None:
    job = factories.job()
    for _ in range(3):
        factories.error(factories.delivery(job, state="failed"))
    page = open_page(opened, live_server.url)
    sign_in(page, live_server.url, factories.administrator())
    page.goto(list_url(ErrorRecord))
    for box in page.get_by_role("checkbox", name="Select record").all()[1:3]:
        box.check()
    page.get_by_label("Select action to run").select_option("ignore_many")
    page.get_by_role("button", name="Run").click()
    page.get_by_label("Why?").fill("Test orders.")
    page.get_by_role("button", name="Ignore them").click()
    page.get_by_text("2 errors are ignored.").wait_for()
    assert ErrorRecord.objects.filter(settled_at__isnull=False).count() == 2


def test_progress_moves_by_itself_and_stops_asking_at_the_end(live_server: Any, opened: Any) -> None:
    run = factories.run(factories.job(), finished_at=None, state="running", accepted=10, delivered=1)
    page = open_page(opened, live_server.url)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/progress/" in request.url else None)
    sign_in(page, live_server.url, factories.administrator())
    page.goto(change_url(run))
    page.get_by_text("1 of 10 settled").wait_for()
    SyncRun.objects.filter(pk=run.pk).update(delivered=7)
    page.get_by_text("7 of 10 settled").wait_for()
    SyncRun.objects.filter(pk=run.pk).update(delivered=10, state="finished", finished_at=timezone.now())
    page.get_by_text("10 of 10 settled").wait_for()
    assert page.locator("#run-progress").get_attribute("hx-trigger") is None
    seen = len(asked)
    page.wait_for_timeout(2_500)  # longer than one interval: nothing may come
    assert len(asked) == seen


def test_the_charts_are_drawn_and_are_there_as_a_table(live_server: Any, opened: Any) -> None:
    job = factories.job()
    run = factories.run(job)
    factories.outcome(factories.delivery(job), run=run)
    factories.failure(factories.delivery(job), run=run)
    page = open_page(opened, live_server.url)
    sign_in(page, live_server.url, factories.administrator())
    page.goto(reverse("admin:index"))
    for name in ("delivered", "failed"):
        bar = page.locator(f"svg[data-chart={name}] .dash-bar").last.bounding_box()
        assert bar is not None
        assert min(bar["width"], bar["height"]) > 1
    page.locator("#table-delivered summary").click()
    table = page.locator("#table-delivered").get_by_role("table")
    assert table.is_visible()
    assert "Delivered" in table.inner_text()
