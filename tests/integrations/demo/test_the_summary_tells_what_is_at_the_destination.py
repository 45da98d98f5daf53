from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from rich.progress import Progress

from integrations.demo import report, rounds
from integrations.models import State, SyncJob
from tests import factories


def summary(*jobs: SyncJob) -> list[str]:
    lines: list[str] = []
    report.tell(lines.append, [job.key for job in jobs])
    return [line.strip() for line in lines if line.strip()]


def carried(job: SyncJob, state: State, count: int = 1, *, once_there: bool = False) -> None:
    for _ in range(count):
        factories.delivery(job, state=state, first_delivered_at=timezone.now() if once_there else None)


@pytest.mark.django_db
def test_what_was_delivered_and_what_was_there_already_is_one_number() -> None:
    job = factories.job(name="Orders")
    carried(job, State.DELIVERED, 3, once_there=True)
    carried(job, State.UNCHANGED, 2, once_there=True)
    carried(job, State.FILTERED)

    assert summary(job) == ["Orders: 5 of 6 are there, 1 filtered by a rule", "Nothing needs a person."]


@pytest.mark.django_db
def test_what_needs_a_person_is_told_in_good_grammar_and_where_it_is_there_already() -> None:
    one, several = factories.job(key="a", name="One"), factories.job(key="b", name="Several")
    carried(one, State.FAILED)
    carried(several, State.FAILED)
    carried(several, State.FAILED, once_there=True)

    assert summary(one, several)[:2] == [
        "One: 0 of 1 are there, 1 needs a person",
        "Several: 1 of 2 are there, 2 need a person (1 of them is there in an older version)",
    ]


@pytest.mark.django_db
def test_a_read_that_found_nothing_shows_no_record() -> None:
    run = factories.run(factories.job())
    with Progress(disable=True) as progress:
        task = progress.add_task("Orders", total=None, count="")
        assert rounds._show(progress, task, run)
        assert progress.tasks[0].fields["count"] == "nothing new"
        assert (progress.tasks[0].completed, progress.tasks[0].total) == (0, 0)


def test_a_check_that_fails_on_a_used_state_says_how_to_start_afresh() -> None:
    told = report.verdict(held=False, fresh=False)
    assert "expects one that nobody touched" in told
    assert "PORTAL_VAR=/tmp/crossdock make demo ARGS=--once" in told
    assert report.verdict(held=False, fresh=True) == "Not every promise held."
    assert report.verdict(held=True, fresh=False) == "Every promise held."


def test_the_line_for_other_commands_names_what_the_state_needs(settings: Any, tmp_path: Path) -> None:
    settings.PRIVATE_NETWORKS = ["127.0.0.0/8"]
    settings.VAR = tmp_path / "my demo"
    assert report.command_line("sync orders --dry-run") == (
        f"PRIVATE_NETWORKS=127.0.0.0/8 PORTAL_VAR='{tmp_path}/my demo' .venv/bin/python manage.py "
        "sync orders --dry-run"
    )
    settings.VAR = settings.ROOT / "var"
    assert "PORTAL_VAR" not in report.command_line("sync orders")
