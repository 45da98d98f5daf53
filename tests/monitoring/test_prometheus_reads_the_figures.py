from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from integrations.models import Health, JobState, State
from monitoring import rollups
from monitoring.incidents.triage import triage
from tests import factories

pytestmark = pytest.mark.django_db

TOKEN = "a token for prometheus"


@pytest.fixture(autouse=True)
def token(settings: Any) -> None:
    settings.METRICS_TOKEN = TOKEN


def scraped() -> dict[tuple[str, ...], float]:
    """(name, its labels' values, in the order of their names…) → value, read as Prometheus does."""
    answer = Client().get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    assert (answer.status_code, answer["Content-Type"]) == (200, "text/plain; version=0.0.4; charset=utf-8")
    return {
        (sample.name.removeprefix("crossdock_"), *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(answer.content.decode())
        for sample in family.samples
    }


def test_every_figure_is_that_of_the_tables() -> None:
    now = timezone.now()
    job = factories.job(key="orders", last_complete_read_at=now)
    job.source.health = Health.FAILING
    job.source.save()
    for _ in range(3):
        factories.outcome(factories.delivery(job), now - timedelta(hours=2))
    late = factories.delivery(job, promised_at=now - timedelta(hours=1), state=State.FAILED)
    factories.failure(late, now - timedelta(hours=2))
    factories.error(late, amount=Decimal("12.50"), currency="EUR")
    factories.delivery(job, state=State.QUEUED, state_since=now - timedelta(minutes=10))
    factories.job(key="paused", state=JobState.PAUSED)
    rollups.roll_up()
    triage()

    found = scraped()

    assert found["outcomes_total", "orders", "", "delivered"] == 3
    assert found["outcomes_total", "orders", "data", "failed"] == 1
    assert found["open_errors", "orders"] == 1
    assert found["open_incidents",] == 1
    assert found["promises_missed",] == 1
    assert found["value_stuck", "EUR"] == 12.5
    assert found["backlog_records", "orders"] == 1
    assert 600 <= found["backlog_oldest_age_seconds", "orders"] < 700
    assert (found["job_active", "orders"], found["job_active", "paused"]) == (1, 0)
    assert found["job_last_complete_read_timestamp_seconds", "orders"] == pytest.approx(now.timestamp())
    assert found["connection_up", job.source.key] == 0


def test_a_portal_without_anything_answers_too() -> None:
    assert scraped()["open_incidents",] == 0


def test_it_costs_the_same_for_many_jobs() -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as asked:
            scraped()
        return len(asked)

    factories.job()
    few = queries()
    for _ in range(10):
        factories.error(factories.delivery(factories.job()))
    assert queries() == few


@pytest.mark.parametrize("said", [{}, {"Authorization": "Bearer wrong"}, {"Authorization": TOKEN}])
def test_who_does_not_know_the_token_reads_nothing(said: dict[str, str]) -> None:
    answer = Client().get("/metrics", headers=said)
    assert (answer.status_code, answer["WWW-Authenticate"]) == (401, "Bearer")
    assert "crossdock_" not in answer.content.decode()


def test_without_a_token_there_are_no_metrics(settings: Any) -> None:
    settings.METRICS_TOKEN = ""
    for said in ("", "Bearer ", "Bearer"):
        assert Client().get("/metrics", headers={"Authorization": said}).status_code == 404
