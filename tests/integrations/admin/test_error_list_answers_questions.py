from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from integrations.models import Decision, ErrorRecord, Judgement, Kind
from tests import factories
from tests.integrations.admin.pages import list_url, listed, result_count

pytestmark = pytest.mark.django_db

URL = list_url(ErrorRecord)


def error(**values: object) -> ErrorRecord:
    return factories.error(factories.delivery(factories.job()), **values)


def test_open_errors_come_first_and_settled_ones_only_when_asked_for(admin_client: Client) -> None:
    still_open = error()
    settled = error(settled_at=timezone.now(), settled_how="delivered")
    assert listed(admin_client.get(URL)) == [still_open]
    assert listed(admin_client.get(f"{URL}?open=settled")) == [settled]
    assert result_count(admin_client.get(f"{URL}?open=all")) == 2


def test_the_sentence_stands_in_the_list(admin_client: Client) -> None:
    error(sentence="Order #1042: the shipping address has no postal code.")
    assert "Order #1042: the shipping address has no postal code." in admin_client.get(URL).content.decode()


def test_whose_fault_it_is(admin_client: Client) -> None:
    mine = error(kind=Kind.CONFIG)
    error(kind=Kind.DATA)
    assert listed(admin_client.get(f"{URL}?kind=config")) == [mine]


def test_which_job_it_is(admin_client: Client) -> None:
    mine = error()
    error()
    assert listed(admin_client.get(f"{URL}?job={mine.job_id}")) == [mine]


def test_what_is_in_doubt(admin_client: Client) -> None:
    plain = error()
    doubt = factories.in_doubt(factories.delivery(factories.job()))
    assert listed(admin_client.get(f"{URL}?doubt=yes")) == [doubt]
    assert listed(admin_client.get(f"{URL}?doubt=no")) == [plain]


def test_who_has_it_is_the_newest_assignment(admin_client: Client, boss: User) -> None:
    mine, handed_on, nobodys = error(), error(), error()
    other = factories.user()
    for row, assignee in ((mine, other), (mine, boss), (handed_on, boss), (handed_on, other)):
        Judgement.objects.create(error=row, decision=Decision.ASSIGN, assignee=assignee, at=timezone.now())
    Judgement.objects.create(error=nobodys, decision=Decision.COMMENT, text="?", at=timezone.now())
    assert listed(admin_client.get(f"{URL}?assigned=me")) == [mine]
    assert listed(admin_client.get(f"{URL}?assigned=nobody")) == [nobodys]


def test_errors_are_ordered_by_time_and_on_request_by_money(admin_client: Client) -> None:
    now = timezone.now()
    dear = error(amount=Decimal("900"), currency="EUR", last_seen_at=now - timedelta(hours=2))
    cheap = error(amount=Decimal("9"), currency="EUR", last_seen_at=now)
    assert listed(admin_client.get(URL)) == [cheap, dear]
    by_money = admin_client.get(f"{URL}?o=-4")
    assert listed(by_money) == [dear, cheap]
    assert "€900.00" in by_money.content.decode()


def test_money_is_asked_for_by_currency(admin_client: Client) -> None:
    euro = error(amount=Decimal("9"), currency="EUR")
    error(amount=Decimal("9"), currency="USD")
    assert listed(admin_client.get(f"{URL}?currency=EUR")) == [euro]


def test_a_list_that_a_link_narrowed_says_so(admin_client: Client) -> None:
    mine = error()
    run = factories.run(mine.job) if mine.job else None
    assert run is not None
    ErrorRecord.objects.filter(pk=mine.pk).update(run=run)
    error()
    response = admin_client.get(f"{URL}?run={run.pk}")
    assert listed(response) == [mine]
    assert f"Only: Run {run.pk}" in response.content.decode()


def test_an_unknown_answer_is_taken_for_the_default(admin_client: Client) -> None:
    error()
    assert result_count(admin_client.get(f"{URL}?open=nonsense")) == 1
