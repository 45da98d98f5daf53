"""axe looks at each screen, light and dark, wide and on a phone: no finding that it calls serious or critical."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.urls import reverse

from integrations.models import Delivery, SyncJob, Workflow
from monitoring.models import Incident
from tests.browser.portal_rows import fill
from tests.browser.steps import browser, open_page, serious_findings, sign_in
from tests.browser.test_portal_in_a_browser import change_url, no_queue, screens

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

__all__ = ["no_queue"]


@pytest.fixture
def opened() -> Iterator[Any]:
    with browser() as found:
        yield found


def more_screens() -> list[str]:
    record = Delivery.objects.filter(outcomes__isnull=False).first()
    assert record is not None
    return [
        change_url(Incident.objects.first()),
        reverse("systems"),
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


@pytest.mark.long
@pytest.mark.timeout(600)
@pytest.mark.parametrize(("width", "scheme"), [(1360, "light"), (390, "dark")])
def test_no_screen_has_a_serious_finding(live_server: Any, opened: Any, width: int, scheme: str) -> None:
    staff = fill(days=1, per_hour=3)
    page = open_page(opened, live_server.url, width, scheme)
    sign_in(page, live_server.url, staff)
    found: list[tuple[Any, ...]] = []
    for address in [*screens(), *more_screens()]:
        response = page.goto(address)
        assert response is not None
        assert response.status == 200, address
        page.wait_for_load_state("load")
        found += [(address, *finding) for finding in serious_findings(page)]
    assert found == []
