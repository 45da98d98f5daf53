"""DESIGN: every number on a screen can be clicked down to the rows behind it, and there are that many."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from integrations.models import Decision, ErrorRecord, Judgement, Kind, State, SyncJob
from monitoring import rollups
from monitoring.incidents import triage
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def client() -> Client:
    signed_in = Client()
    signed_in.force_login(factories.administrator())
    return signed_in


@pytest.fixture
def busy(db: None) -> list[SyncJob]:
    """Two jobs with something of everything, in the period and before it, counted already and not yet."""
    now = timezone.now()
    jobs = [factories.job(name="Orders"), factories.job(name="Stock", kind="stock_level")]
    factories.heartbeat()
    for of in jobs:
        for hours in (0, 0, 1, 5, 30, 200):
            record = factories.delivery(of)
            factories.outcome(record, now - timedelta(hours=hours))
            factories.outcome(record, now - timedelta(hours=hours), operation="update")
        for kind in (Kind.DATA, Kind.CONFIG):
            factories.failure(factories.delivery(of, state=State.FAILED), now - timedelta(hours=2), kind=kind)
        factories.outcome(factories.delivery(of), now - timedelta(hours=2), state=State.SKIPPED)
        for state in (State.QUEUED, State.RETRYING, State.WAITING, State.HELD):
            factories.delivery(of, state=state, state_since=now - timedelta(minutes=5))
        factories.outcome(factories.delivery(of), now, state=State.UNCHANGED)
        first = factories.error(
            factories.delivery(of, state=State.FAILED),
            amount=Decimal("12"),
            currency="EUR",
            fingerprint="zip",
        )
        factories.error(
            factories.delivery(of, state=State.FAILED), amount=Decimal("7"), currency="USD", fingerprint="zip"
        )
        factories.in_doubt(factories.delivery(of, state=State.FAILED))
        factories.error(
            factories.delivery(of), settled_at=now, settled_how="delivered", amount=3, currency="EUR"
        )
        Judgement.objects.create(error=first, decision=Decision.ASSIGN, assignee=factories.user(), at=now)
        factories.run(of, finished_at=None, state="running", accepted=3, delivered=1)
    factories.error(None, job=jobs[0], connection=jobs[0].source, kind=Kind.CONFIG, place="read")
    rollups.roll_up(now - timedelta(minutes=30))
    triage.triage()
    return jobs


def numbers(page: str) -> Iterator[tuple[int, str, str]]:
    """(count, address, text) of every linked number."""
    pattern = r'<a class="portal-count" href="([^"]*)" data-count="(\d+)">([^<]*)</a>'
    for address, count, text in re.findall(pattern, page):
        yield int(count), unescape(address), text.strip()


def rows_behind(client: Client, address: str) -> int:
    found = re.search(r'data-result-count="(\d+)"', client.get(address).content.decode())
    assert found is not None, address
    return int(found.group(1))


@pytest.mark.parametrize("period", ["24h", "7d", "30d"])
def test_each_number_of_the_front_page_equals_its_list(
    client: Client, busy: list[SyncJob], period: str
) -> None:
    page = client.get(f"{reverse('admin:index')}?period={period}").content.decode()
    shown = list(numbers(page))
    assert len(shown) > 60
    assert sum(count > 0 for count, _, _ in shown) > 25
    wrong = [
        (address, count, rows)
        for address, count in {address: count for count, address, _ in shown}.items()
        if (rows := rows_behind(client, address)) != count
    ]
    assert wrong == []


@pytest.mark.parametrize("name", ["today_now", "today_numbers"])
def test_each_number_that_renews_itself_equals_its_list(
    client: Client, busy: list[SyncJob], name: str
) -> None:
    shown = list(numbers(client.get(reverse(name)).content.decode()))
    assert shown
    assert [a for count, a, _ in shown if rows_behind(client, a) != count] == []


def test_a_number_without_text_of_its_own_shows_its_count(client: Client, busy: list[SyncJob]) -> None:
    page = client.get(reverse("admin:index")).content.decode()
    for count, _, text in numbers(page):
        if text.replace(",", "").isdigit():
            assert int(text.replace(",", "")) == count


def test_the_sums_on_the_page_are_those_of_the_rows(client: Client, busy: list[SyncJob]) -> None:
    page = client.get(reverse("admin:index")).content.decode()
    texts = {text for _, _, text in numbers(page)}
    assert {"€24.00", "$14.00"} <= texts  # two jobs, each currency by itself
    assert not {"€38.00", "$38.00", "38.00"} & texts


def column(page: str, label: str) -> list[int]:
    of_jobs = page[page.index("Figures by job, over") :]
    cells = re.findall(rf'<td class="portal-number" data-label="{label}">.*?data-count="(\d+)"', of_jobs)
    return [int(cell) for cell in cells]


def test_the_jobs_add_up_to_all_open_errors(client: Client, busy: list[SyncJob]) -> None:
    factories.error(None, connection=busy[0].source, kind=Kind.CONFIG, place="read")
    page = client.get(reverse("admin:index")).content.decode()
    assert sum(column(page, "Open errors")) == ErrorRecord.objects.filter(settled_at__isnull=True).count()
    assert [a for count, a, _ in numbers(page) if rows_behind(client, a) != count] == []


def test_money_of_many_currencies_is_all_told(client: Client) -> None:
    job = factories.job()
    factories.run(job)
    for currency in ("EUR", "USD", "GBP", "CHF", "JPY", "PLN"):
        factories.error(factories.delivery(job), amount=Decimal(5), currency=currency)
    page = client.get(reverse("today_numbers")).content.decode()
    assert "and 2 more currencies, in all" in page
    ErrorRecord.objects.filter(currency="PLN").delete()
    assert "and 1 more currency, in all" in client.get(reverse("today_numbers")).content.decode()
    page = client.get(reverse("today_numbers")).content.decode()
    assert (5, 5) in [(count, rows_behind(client, a)) for count, a, _ in numbers(page) if "currency=any" in a]


def test_the_counts_of_a_run_equal_their_lists(client: Client) -> None:
    job = factories.job()
    run = factories.run(job, delivered=2, failed=1, unchanged=1, accepted=4)
    for _ in range(2):
        factories.outcome(factories.delivery(job), run=run)
    factories.failure(factories.delivery(job), run=run)
    factories.outcome(factories.delivery(job), run=run, state=State.UNCHANGED)
    factories.error(factories.delivery(job), run=run)
    factories.error(factories.delivery(job), run=run, settled_at=timezone.now(), settled_how="ignored")
    page = client.get(reverse("admin:integrations_syncrun_change", args=[run.pk])).content.decode()
    shown = re.findall(r'<a class="portal-count" href="([^"]*)">(\d+)</a>', page)
    assert [int(count) for _, count in shown] == [2, 1, 1, 1]
    for address, count in shown:
        assert rows_behind(client, unescape(address)) == int(count), address


def test_the_counts_of_jobs_and_incidents_equal_their_lists(client: Client, busy: list[SyncJob]) -> None:
    for model in ("integrations_syncjob", "monitoring_incident", "integrations_syncrun"):
        page = client.get(reverse(f"admin:{model}_changelist")).content.decode()
        shown: list[Any] = re.findall(r'<a class="portal-count" href="([^"]*)">([\d,]+)</a>', page)
        if model != "integrations_syncrun":
            assert shown, model
            assert [a for a, count in shown if rows_behind(client, unescape(a)) != int(count)] == []
