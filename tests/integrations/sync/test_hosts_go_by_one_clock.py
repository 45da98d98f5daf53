"""A worker whose host's clock is wrong by a minute, beside one whose clock is right."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from integrations.connectors.base import Item
from integrations.models import Batch, Delivery, Door, Doorbell, RateBudget
from integrations.sync import budget, claim, doorbell, shared_clock
from integrations.sync.accept import accept
from tests import factories

pytestmark = [pytest.mark.postgres, pytest.mark.django_db]

MINUTE = 60.0
REAL_TIME = time.time


@pytest.fixture(params=[MINUTE, -MINUTE], ids=["a minute ahead", "a minute behind"])
def wrong(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> float:
    """How wrong this host's clock is from here on."""
    by: float = request.param
    monkeypatch.setattr(shared_clock, "_last", None)
    monkeypatch.setattr(time, "time", lambda: REAL_TIME() + by)
    return by


def database_time() -> float:
    with connection.cursor() as cursor:
        cursor.execute("SELECT extract(epoch FROM clock_timestamp())")
        return float(cursor.fetchone()[0])


def test_it_goes_by_the_databases_clock(wrong: float) -> None:
    assert abs(shared_clock.seconds() - database_time()) < 0.5
    assert abs(shared_clock.now().timestamp() - database_time()) < 0.5


def test_a_clock_that_is_set_meanwhile_changes_nothing(wrong: float, monkeypatch: pytest.MonkeyPatch) -> None:
    shared_clock.seconds()
    monkeypatch.setattr(time, "time", lambda: REAL_TIME() - 3600)
    assert abs(shared_clock.seconds() - database_time()) < 0.5


def test_measuring_is_no_question_of_the_callers(
    wrong: float, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(0):
        shared_clock.seconds()


def test_a_lease_that_another_host_holds_is_not_taken_for_run_out(wrong: float) -> None:
    job = factories.job()
    held = factories.batch(
        factories.run(job), lease_token="other", lease_until=timezone.now() + timedelta(seconds=30)
    )
    assert claim.claim(job) is None
    Batch.objects.filter(pk=held.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
    lease = claim.claim(job)
    assert lease is not None
    row = Batch.objects.get(pk=held.pk)
    assert row.lease_until is not None
    assert abs(row.lease_until.timestamp() - database_time() - lease.seconds) < 1


def test_what_another_host_reads_later_is_the_newer_reading(wrong: float) -> None:
    job = factories.job()
    accept(job, Door.PARTNER, [Item("1", {"n": 1})], read_at=shared_clock.now())
    assert abs(Delivery.objects.get().accepted_at.timestamp() - database_time()) < 1


def test_a_bell_that_another_host_rang_is_not_taken_for_lost(wrong: float) -> None:
    with_bell = factories.job()
    assert doorbell.ring("drain", with_bell.pk)
    bell = Doorbell.objects.get(subject_id=with_bell.pk)
    assert bell.rung_at is not None
    assert abs(bell.rung_at.timestamp() - database_time()) < 1


def test_a_budget_that_is_blocked_is_blocked_for_all(wrong: float) -> None:
    where = factories.job().destination
    budget.block(where, 5)
    row = RateBudget.objects.get(connection=where)
    assert abs(row.blocked_until_us / 1_000_000 - database_time() - 5) < 1


def test_a_host_that_is_cut_off_does_not_keep_its_locks_for_long() -> None:
    with connection.cursor() as cursor:
        for setting in ("idle_in_transaction_session_timeout", "tcp_user_timeout"):
            cursor.execute(f"SELECT setting::int FROM pg_settings WHERE name = '{setting}'")
            assert 0 < cursor.fetchone()[0] <= 20_000
