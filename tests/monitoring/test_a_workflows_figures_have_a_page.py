"""The page of a workflow's figures: each number leads to its rows, and only who may see facts sees them."""

from __future__ import annotations

import re
from decimal import Decimal
from html import unescape

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from integrations.models import Decision, Judgement, SyncJob, Workflow
from monitoring.models import Audit
from monitoring.workflows import verdicts
from monitoring.workflows.strip import strip
from tests import factories
from tests.integrations.admin.conftest import signed_in
from tests.integrations.admin.pages import result_count
from tests.monitoring.conftest import NOW
from tests.monitoring.workflow_facts import (
    DAY,
    HOUR,
    audited,
    booked,
    carried,
    orders,
    target,
    ticket,
    workflow,
)

__all__ = ["orders", "workflow"]
pytestmark = pytest.mark.django_db


@pytest.fixture
def boss(db: None) -> User:
    return factories.administrator()


def test_every_number_of_the_page_leads_to_its_rows(workflow: Workflow, orders: SyncJob, boss: User) -> None:
    now = timezone.now()
    for _ in range(3):
        carried(orders, at=now - HOUR)
    carried(orders, at=now - HOUR, currency="USD")
    carried(factories.job(), at=now - HOUR)
    record = factories.delivery(orders, promised_at=now)
    factories.failure(record, now - HOUR)
    error = factories.error(record, amount=Decimal(5), currency="EUR")
    Judgement.objects.create(error=error, decision=Decision.RETRY, by=boss, at=now - HOUR)
    Judgement.objects.create(error=error, decision=Decision.COMMENT, by=boss, at=now - HOUR)
    booked(orders, now - DAY, person="a")
    booked(orders, now - 2 * DAY, person="a")
    booked(orders, now - DAY, cancelled_at=now)
    ticket(orders, now - HOUR, order_number="1")
    ticket(orders, now - HOUR, person="stranger")
    stock = factories.job(workflow=workflow, kind="stock_level")
    audit = Audit.objects.create(key="stock", name="Stock", job=stock)
    carried(stock, at=now - HOUR, operation="upsert")
    audited(audit, now - HOUR, 10, 9, 0)
    audited(audit, now - DAY, 10, 5, 0)
    target(workflow, "error_rate_percent", 50, before=60)
    client = signed_in(boss)

    page = client.get(reverse("admin:monitoring_workflowresult_change", args=[workflow.pk])).content.decode()

    shown = re.findall(r'<a class="portal-count" href="([^"]*)" data-count="(\d+)"', page)
    assert len(shown) >= 13
    wrong = [(href, count) for href, count in shown if result_count(client.get(unescape(href))) != int(count)]
    assert wrong == []
    assert "1 of 1 met" in page
    assert "Orders are typed by hand." in page


def test_the_list_and_the_front_page_tell_how_many_are_met(
    workflow: Workflow, orders: SyncJob, boss: User
) -> None:
    carried(orders)
    factories.heartbeat()
    target(workflow, "error_rate_percent", 1)
    target(workflow, "sales", 5, "EUR")
    verdicts.measure(deadline=float("inf"), now=NOW)
    client = signed_in(boss)

    assert "1 of 2 met" in client.get(reverse("admin:monitoring_workflowresult_changelist")).content.decode()
    assert [entry["said"] for entry in strip()["workflows"]] == ["1 of 2 met"]


def test_who_may_not_see_facts_sees_no_figures(workflow: Workflow) -> None:
    client: Client = signed_in(factories.user("integrations.view_workflow"))
    address = reverse("admin:monitoring_workflowresult_change", args=[workflow.pk])

    assert client.get(address).status_code == 403
