"""Some platforms write what is asked for into a file first: nobody waits in line for that, and it is no error."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

import pytest

from integrations.connectors.base import Item, Page
from integrations.connectors.sandbox_shop import SandboxShop
from integrations.exceptions import Failure
from integrations.models import ErrorRecord, SyncJob
from integrations.sync import dry_run, pull, shared_clock
from tests import factories

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The positions that were asked for. The first page has the file written, which is not ready the next time."""
    found: list[Any] = []

    def read(self: SandboxShop, resource: str, *, position: Any, **_: Any) -> Page:
        found.append(position)
        if position is None:
            return Page((), {"file": 1})
        if len(found) == 2:
            raise Failure.transient("not_ready", "It is being written.", retry_after=20.0)
        return Page((Item("1", {"id": "1", "number": "1"}),), None)

    monkeypatch.setattr(SandboxShop, "read", read)
    return found


@pytest.fixture
def job() -> SyncJob:
    shop = factories.connection(
        settings={"base_url": "https://203.0.113.5"}, secrets={"token": "token-0123456789"}
    )
    return factories.job(source=shop, destination=shop, every_seconds=3600)


def test_the_worker_leaves_it_for_a_while_and_goes_on_where_it_was(job: SyncJob, asked: list[Any]) -> None:
    before = shared_clock.now()
    assert not pull.pull(job.pk, time.monotonic() + 5, at_once=True)
    assert asked == [None, {"file": 1}]
    job.refresh_from_db()
    assert job.resume_position == {"part": "whole", "at": {"file": 1}}
    assert job.next_read_at is not None
    assert timedelta(seconds=19) < job.next_read_at - before < timedelta(seconds=25)
    assert not ErrorRecord.objects.exists()
    assert pull.pull(job.pk, time.monotonic() + 5)
    assert asked == [None, {"file": 1}, {"file": 1}]


def test_a_dry_run_waits_for_it(job: SyncJob, asked: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[float] = []
    monkeypatch.setattr(time, "sleep", waited.append)
    assert [one.external_id for one in dry_run.dry_run(job, full=True)] == ["1"]
    assert 20.0 in waited
    assert asked == [None, {"file": 1}, {"file": 1}]
