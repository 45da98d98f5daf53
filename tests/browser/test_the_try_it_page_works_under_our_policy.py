"""The page to try the partner API: drawn, usable with a key, without another host, without a breach of the policy."""

from __future__ import annotations

from typing import Any

import pytest

from integrations.models import Partner, PartnerKey
from tests.browser.steps import Complaints, open_page

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_a_partner_tries_a_call(live_server: Any, opened: Any) -> None:
    _, key = PartnerKey.issue(Partner.objects.create(key="fulfilment", name="A fulfilment house"), ["read"])
    page = open_page(opened, live_server.url)
    complaints = Complaints()
    complaints.listen(page)

    page.goto(f"{live_server.url}/api/v1/docs")
    page.get_by_role("button", name="Authorize").first.click()
    page.locator(".modal-ux input").fill(key)
    page.locator(".modal-ux").get_by_role("button", name="Apply credentials").click()
    page.locator(".modal-ux").get_by_role("button", name="Close").click()
    page.locator("#operations-jobs-list_jobs .opblock-summary").click()
    page.locator("#operations-jobs-list_jobs").get_by_role("button", name="Execute").click()
    answer = page.locator("#operations-jobs-list_jobs .live-responses-table tbody .response-col_status")
    answer.first.wait_for()

    assert answer.first.inner_text().startswith("200")
    assert complaints.said == []
    assert complaints.hosts == {live_server.url.split("/")[2]}
