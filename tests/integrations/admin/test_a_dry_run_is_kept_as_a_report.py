"""What a launch would write, kept for whoever may see it. Nothing is written by it."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from integrations.models import DryRun, SyncJob
from integrations.sync import dry_run_report
from mappings.models import FieldRule
from tests import factories
from tests.integrations.admin.bells import Bells
from tests.integrations.admin.conftest import signed_in
from tests.integrations.admin.drafted_jobs import (
    RIGHTS,
    draft,
    platform,
    step,
    systems,
    text_of,
)
from tests.integrations.answering import Platform, Says

__all__ = ["draft", "platform", "systems"]
pytestmark = pytest.mark.django_db


def test_a_dry_run_counts_shows_and_writes_nothing(
    admin_client: Client, draft: SyncJob, platform: Platform, bells: Bells
) -> None:
    for _ in range(2):
        assert admin_client.post(step(draft, "dry_run")).status_code == 302
    row = DryRun.objects.get()
    assert ("dry_run", row.pk) in bells.heard or not bells.heard
    dry_run_report.carry_out(row.pk, float("inf"))
    row.refresh_from_db()
    assert (row.state, row.looked_at, row.counts) == ("finished", 2, {"create": 2})
    page = text_of(admin_client.get(step(draft, "dry_run")))
    assert "Looked at all 2 records that the source has. Nothing was written." in page
    assert "ann@example.com" in page
    assert {asked.method for asked in platform.asked} == {"GET"}


def test_what_is_there_already_is_told_with_its_old_values(
    admin_client: Client, draft: SyncJob, platform: Platform
) -> None:
    known = {"id": "7", "name": "Anna", "email": "ann@example.com"}

    def found(asked: Any) -> Says:
        return Says({"contacts": [known] if asked.params.get("email") == "ann@example.com" else []})

    platform.on("GET /contacts/search", found)
    row = dry_run_report.begin(draft, None)
    dry_run_report.carry_out(row.pk, float("inf"))
    row.refresh_from_db()
    assert row.counts == {"create": 1, "change": 1}
    told = row.lines.get(what="change").told
    assert ["name", "Anna", "Ann"] in told["fields"]
    report = text_of(admin_client.get(reverse("admin:integrations_dryrun_change", args=[row.pk])))
    assert "<del>Anna</del>" in report
    assert "<ins>Ann</ins>" in report


def test_the_same_instant_in_other_words_is_no_change(draft: SyncJob, platform: Platform) -> None:
    FieldRule.objects.create(
        mapping=draft.write_mapping, target="since", source="'2026-01-01T00:00:00Z'", position=99
    )
    draft.write_mapping.publish()
    known = {"id": "7", "name": "Anna", "since": "2026-01-01T01:00:00.000+01:00"}
    platform.on("GET /contacts/search", Says({"contacts": [known]}))
    row = dry_run_report.begin(draft, None)
    dry_run_report.carry_out(row.pk, float("inf"))
    line = row.lines.filter(what="change").first()
    assert line is not None
    ((old, new),) = [(old, new) for name, old, new in line.told["fields"] if name == "since"]
    assert old == new


def test_a_source_that_cannot_be_reached_ends_it_and_that_is_said(draft: SyncJob, platform: Platform) -> None:
    platform.on("GET /customers", Says({}, 503))
    row = dry_run_report.begin(draft, None)
    dry_run_report.carry_out(row.pk, float("inf"))
    row.refresh_from_db()
    assert row.state == "failed"
    assert "tried again" not in row.sentence
    assert row.sentence.endswith("Begin the dry run again once it answers.")


def test_an_order_that_is_there_already_would_be_doubled_and_that_is_told(
    admin_client: Client, draft: SyncJob, platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("integrations.sync.people.concerns", lambda job: False)
    platform.on("GET /contacts/search", Says({"contacts": [{"id": "7"}]}))
    row = dry_run_report.begin(draft, None)
    dry_run_report.carry_out(row.pk, float("inf"))
    row.refresh_from_db()
    assert row.counts == {"double": 2}
    assert f"job adopt {draft.key}" in text_of(admin_client.get(step(draft, "dry_run")))


def test_a_report_is_for_those_who_may_see_dry_runs(draft: SyncJob) -> None:
    row = dry_run_report.begin(draft, None)
    url = reverse("admin:integrations_dryrun_change", args=[row.pk])
    assert signed_in(factories.user("integrations.view_dryrun")).get(url).status_code == 200
    assert signed_in(factories.user(*RIGHTS)).get(url).status_code == 403
    progress = reverse("admin:integrations_dryrun_progress", args=[row.pk])
    assert signed_in(factories.user(*RIGHTS)).get(progress).status_code == 403


def test_people_are_hidden_from_whoever_sees_no_records_of_errors(draft: SyncJob, platform: Platform) -> None:
    known = {"id": "7", "name": "Anna", "email": "anna@example.com"}
    platform.on("GET /contacts/search", Says({"contacts": [known]}))
    row = dry_run_report.begin(draft, None)
    dry_run_report.carry_out(row.pk, float("inf"))
    report = reverse("admin:integrations_dryrun_change", args=[row.pk])
    progress = reverse("admin:integrations_dryrun_progress", args=[row.pk])
    viewer = factories.user(*RIGHTS, "integrations.view_dryrun")
    for url in (report, progress, f"{progress}?whole=1", step(draft, "dry_run")):
        page = text_of(signed_in(viewer).get(url))
        assert "Ann" not in page
        assert "ann" not in page.replace("cannot", "")
        assert "[email]" in page
        assert "are hidden here" in page
    on_duty = factories.user("integrations.view_dryrun", "integrations.retry_errorrecord")
    page = text_of(signed_in(on_duty).get(report))
    assert "<ins>ann@example.com</ins>" in page
    assert "are hidden here" not in page


def test_a_dry_run_that_lost_its_worker_is_taken_up_and_given_up_in_the_end(
    draft: SyncJob, bells: Bells, django_capture_on_commit_callbacks: Any
) -> None:
    row = dry_run_report.begin(draft, None)
    with django_capture_on_commit_callbacks(execute=True):
        dry_run_report.ring_for_unfinished()
    DryRun.objects.filter(pk=row.pk).update(started_at=factories.LONG_AGO)
    dry_run_report.ring_for_unfinished()
    row.refresh_from_db()
    assert row.state == "failed"
    assert "begin it again" in row.sentence
