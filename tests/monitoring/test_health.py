from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.db import DatabaseError
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from integrations.models import JobState, SyncJob
from tests import factories

pytestmark = pytest.mark.django_db


def ask(path: str) -> tuple[int, dict[str, dict[str, object]]]:
    response = Client().get(path)
    return response.status_code, response.json()["checks"]


def test_a_portal_with_workers_and_nothing_overdue_is_ready(job: SyncJob) -> None:
    factories.heartbeat()
    status, checks = ask("/readyz")
    assert status == 200
    assert {name: check["ok"] for name, check in checks.items()} == {
        "database": True,
        "migrations": True,
        "queue": True,
        "workers": True,
        "backlog": True,
    }


def test_without_workers_it_lives_but_is_not_ready() -> None:
    assert ask("/healthz")[0] == 200
    status, checks = ask("/readyz")
    assert status == 503
    assert checks["workers"] == {"ok": False, "seen": "no worker has shown itself yet"}


def test_a_process_lives_also_without_its_database(monkeypatch: pytest.MonkeyPatch) -> None:
    def down() -> tuple[bool, str]:
        raise DatabaseError

    monkeypatch.setattr("monitoring.health._database", down)
    assert Client().get("/livez").json() == {"ok": True}
    assert Client().get("/healthz").status_code == 503


def test_a_queue_that_does_not_answer_is_told(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    factories.heartbeat()
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    monkeypatch.setattr("monitoring.health.get_broker", lambda: SimpleNamespace(ping=lambda: False))
    status, checks = ask("/readyz")
    assert status == 503
    assert checks["queue"] == {"ok": False, "seen": "Redis does not answer"}
    assert ask("/healthz")[0] == 200


def test_workers_that_fell_silent_are_not_ready() -> None:
    factories.heartbeat(beat_at=timezone.now() - timedelta(minutes=4))
    assert ask("/readyz")[1]["workers"]["ok"] is False


@pytest.mark.parametrize(
    ("field", "minutes_from_now", "ready"),
    [
        (None, 0, False),
        ("not_before", 60, True),
        ("not_before", -2, True),
        ("lease_until", 5, True),
        ("lease_until", -15, False),
        ("settled_at", 0, True),
    ],
)
def test_a_batch_that_was_forgotten_is_told(
    job: SyncJob, field: str | None, minutes_from_now: int, ready: bool
) -> None:
    factories.heartbeat()
    now = timezone.now()
    values = {field: now + timedelta(minutes=minutes_from_now)} if field else {}
    factories.batch(factories.run(job), created_at=now - timedelta(hours=2), **values)
    assert ask("/readyz")[1]["backlog"]["ok"] is ready


def test_what_waits_for_a_paused_job_is_not_overdue(job: SyncJob) -> None:
    factories.heartbeat()
    factories.batch(factories.run(job), created_at=timezone.now() - timedelta(hours=2))
    SyncJob.objects.filter(pk=job.pk).update(state=JobState.PAUSED)
    assert ask("/readyz")[0] == 200


def test_a_database_that_does_not_answer_is_told_and_nothing_more_is_asked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def down() -> tuple[bool, str]:
        raise DatabaseError("secret host name")

    monkeypatch.setattr("monitoring.health._database", down)
    status, checks = ask("/readyz")
    assert status == 503
    assert checks == {"database": {"ok": False, "seen": "DatabaseError"}}


def test_health_is_asked_without_signing_in_and_changes_nothing() -> None:
    response = Client().get("/healthz")
    assert response.headers["Cache-Control"].startswith("max-age=0, no-cache, no-store")
    assert Client().post("/healthz").status_code == 405
