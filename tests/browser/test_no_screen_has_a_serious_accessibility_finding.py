"""axe looks at each screen, light and dark, wide and on a phone: no finding that it calls serious or critical."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from integrations.models import (
    Connection,
    Delivery,
    ErrorRecord,
    SuiteCase,
    SuiteRun,
    SyncJob,
    Wanted,
    Workflow,
)
from integrations.sync.runs import circumstances
from monitoring.models import Incident
from tests.browser.portal_rows import fill
from tests.browser.steps import open_page, serious_findings, sign_in
from tests.browser.test_portal_in_a_browser import change_url, no_queue, screens
from tests.integrations.admin.pages import list_url

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

__all__ = ["no_queue"]


def more_screens() -> list[str]:
    record = Delivery.objects.filter(outcomes__isnull=False).first()
    error = ErrorRecord.objects.filter(payload__isnull=False, settled_at__isnull=True).first()
    assert record is not None
    assert error is not None
    return [
        reverse("admin:integrations_errorrecord_edit", args=[error.pk]),
        change_url(Incident.objects.first()),
        reverse("systems"),
        reverse("workflow_dashboard", args=[Workflow.objects.values_list("pk", flat=True)[0]]),
        f"{reverse('connection_dashboard', args=[Connection.objects.values_list('pk', flat=True)[0]])}?period=12w",
        reverse("sales"),
        reverse("find"),
        reverse("journey", args=[record.thing_id]),
        reverse("admin:monitoring_alertrule_add"),
        reverse("admin:monitoring_alertchannel_add"),
        reverse("admin:monitoring_alertevent_changelist"),
        reverse("admin:mappings_fieldowner_changelist"),
        reverse(
            "admin:integrations_syncjob_fallback_new", args=[SyncJob.objects.values_list("pk", flat=True)[0]]
        ),
        reverse(
            "admin:integrations_workflow_document", args=[Workflow.objects.values_list("pk", flat=True)[0]]
        ),
    ]


def suite_screens() -> list[str]:
    """A score card and a case of one's own, with their lists."""
    job = SyncJob.objects.filter(kind="order").select_related("source", "destination")[0]
    run = SuiteRun.objects.create(
        job=job,
        tried_at=timezone.now(),
        mapping_versions=circumstances(job)["mapping_versions"],
        good=1,
        wrong=1,
        lines=[["Duplicate", "Nothing.", "It is made.", False], ["Refund", "Nothing.", "Nothing.", True]],
    )
    case = SuiteCase.objects.create(
        title="Without a postal code",
        wanted=Wanted.PERSON,
        source=job.source,
        source_name=job.source.name,
        resource=job.source_resource,
        payload={"id": "1"},
        replaced=["shipping_address.name"],
        made_at=timezone.now(),
    )
    return [change_url(run), list_url(SuiteRun), change_url(case), list_url(SuiteCase)]


@pytest.mark.long
@pytest.mark.timeout(600)
@pytest.mark.parametrize(("width", "scheme"), [(1360, "light"), (390, "dark")])
def test_no_screen_has_a_serious_finding(live_server: Any, opened: Any, width: int, scheme: str) -> None:
    staff = fill(days=1, per_hour=3)
    page = open_page(opened, live_server.url, width, scheme)
    sign_in(page, live_server.url, staff)
    found: list[tuple[Any, ...]] = []
    for address in [*screens(), *more_screens(), *suite_screens()]:
        response = page.goto(address)
        assert response is not None
        assert response.status == 200, address
        page.wait_for_load_state("load")
        found += [(address, *finding) for finding in serious_findings(page)]
    assert found == []
