"""By a file, by the clock and by the command."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone

from integrations.configuration.apply import apply
from integrations.configuration.export import as_yaml
from integrations.configuration.plan import plan
from integrations.configuration.problems import BadConfiguration
from integrations.configuration.state import load
from monitoring.audits import evidence, starting
from monitoring.models import Audit, AuditDifference, AuditRun
from tests import factories
from tests.journeys.world import STOCK, World
from tests.monitoring.audits import rows

pytestmark = pytest.mark.django_db(transaction=True)
NOON = datetime(2026, 5, 1, 12, 30, tzinfo=UTC)


def applied(**audit: Any) -> None:
    apply(plan(json.dumps({"audits": {"nightly": audit}}), {}))


def problems(**audit: Any) -> str:
    with pytest.raises(BadConfiguration) as told:
        applied(**audit)
    return str(told.value)


def test_a_file_sets_audits_up_and_an_export_gives_them_back() -> None:
    job = factories.job(kind="stock_level")
    mapping = factories.mapping(kind="stock_level", direction="read")
    applied(job=job.key, at_hour=3, sample_percent=25, destination_mapping=mapping.key)
    audit = Audit.objects.get()
    assert (audit.name, audit.job, audit.at_hour, audit.sample_percent) == ("Nightly", job, 3, 25)
    assert audit.destination_mapping == mapping
    exported = as_yaml(load())
    assert "audits:\n  nightly:" in exported
    Audit.objects.update(next_at=timezone.now())
    applied(sample_percent=50, at_hour=None)
    audit.refresh_from_db()
    assert (audit.sample_percent, audit.at_hour, audit.next_at) == (50, None, None)


def test_what_makes_no_sense_in_a_file_is_told_by_its_field() -> None:
    job = factories.job(kind="stock_level")
    writing = factories.mapping(kind="stock_level", direction="write")
    assert "An audit needs the job" in problems(sample_percent=10)
    assert "There is no 'x' among the jobs." in problems(job="x")
    assert "less than or equal to 100" in problems(job=job.key, sample_percent=101)
    assert "less than or equal to 23" in problems(job=job.key, at_hour=24)
    assert "Known are: name, job" in problems(job=job.key, hour=3)
    assert "reads the kind of Record" in problems(job=job.key, destination_mapping=writing.key)
    assert Audit.objects.count() == 0


def test_an_audit_is_due_by_its_rhythm_and_in_its_hour() -> None:
    audit = rows.audit(every_minutes=60)
    assert starting.due(NOON) == [audit]
    Audit.objects.update(next_at=NOON + timedelta(minutes=1))
    assert starting.due(NOON) == []
    hour = timezone.localtime(NOON).hour
    Audit.objects.update(next_at=None, at_hour=(hour + 1) % 24)
    assert starting.due(NOON) == []
    assert starting.due(NOON + timedelta(hours=1)) == [audit]
    Audit.objects.update(enabled=False)
    assert starting.due(NOON + timedelta(hours=1)) == []


def test_a_daily_audit_is_due_again_in_the_same_hour_of_the_next_day() -> None:
    hour = timezone.localtime(NOON).hour
    audit = rows.audit(every_minutes=1440, at_hour=hour)
    again = starting.following(audit, NOON)
    assert again == NOON.replace(minute=0) + timedelta(days=1)
    audit.every_minutes = 60
    assert starting.following(audit, NOON) == NOON.replace(minute=0) + timedelta(days=1)
    audit.at_hour = None
    assert starting.following(audit, NOON) == NOON + timedelta(hours=1)


def test_two_hosts_that_look_at_once_begin_it_once(monkeypatch: pytest.MonkeyPatch) -> None:
    audit = rows.audit(every_minutes=60)
    stale = list(starting.due(timezone.now()))
    starting.look()
    assert AuditRun.objects.count() == 1
    AuditRun.objects.update(state="finished", finished_at=timezone.now())
    monkeypatch.setattr(starting, "due", lambda _: stale)
    starting.look()
    assert AuditRun.objects.count() == 1
    assert Audit.objects.get(pk=audit.pk).next_at is not None


def run_command(*arguments: str) -> tuple[int, str]:
    out = io.StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("audit", *arguments, stdout=out, stderr=out)
    return int(ended.value.code or 0), out.getvalue()


def test_the_command_says_what_differs_and_exits_by_it(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evidence, "MARGIN", -evidence.BY_WEBHOOK_ALONE)
    monkeypatch.setattr("monitoring.audits.causes.APART", timedelta(0))
    world.carry(STOCK)
    code, said = run_command(STOCK)
    assert (code, said.splitlines()[0]) == (
        0,
        "2 compared, 2 agree (100.00%), 0 differ, 0 are left out by the job; 2 calls.",
    )
    world.sandbox.control("POST", "/shop/stock/MUG", {"available": 3})
    code, said = run_command(STOCK)
    assert code == 1
    assert "1 written past the owner" in said
    assert "Stock of MUG at MAIN: available: should say 10, says 3." in said
    code, said = run_command(STOCK, "--json", "--repair", "written_past")
    told = json.loads(said)
    assert (code, told["accuracy"], told["causes"]) == (1, 0.5, {"written_past": 1})
    assert told["repaired"] == "1 record is being delivered again."
    assert AuditDifference.objects.get().repair_run is not None


def test_the_command_says_why_it_could_not_compare(world: World) -> None:
    code, said = run_command("no-such-job")
    assert code == 2
    assert "There is no audit and no job 'no-such-job'." in said
    assert run_command(STOCK, "--sample", "0")[0] == 2
    world.sandbox.control("POST", "/warehouse/down", {"mode": "refuse"})
    code, said = run_command(STOCK, "--patience", "0.5", "--json")
    assert code == 2
    assert "could_not_run" in json.loads(said)
