"""Where a platform numbers its changes and does not time them, a read leaves a mark at which the next one begins."""

from __future__ import annotations

import time
from typing import Any

import pytest

from integrations.connectors.base import Item, Page
from integrations.connectors.sandbox_shop import SandboxShop
from integrations.models import SyncJob
from integrations.sync import pull, steer
from tests import factories

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The positions that were asked for. Each read is of two pages and leaves a mark that grows."""
    found: list[Any] = []

    def read(self: SandboxShop, resource: str, *, position: Any, **_: Any) -> Page:
        found.append(position)
        number = (position or {}).get("number", 0)
        item = Item(str(number), {"id": str(number), "number": str(number)})
        if position is None or "page" not in position:
            return Page((item,), {"page": 2, "number": number})
        return Page((item,), None, mark={"number": number + 10})

    monkeypatch.setattr(SandboxShop, "read", read)
    return found


@pytest.fixture
def job() -> SyncJob:
    shop = factories.connection(
        settings={"base_url": "https://203.0.113.5"}, secrets={"token": "token-0123456789"}
    )
    return factories.job(source=shop, destination=shop, every_seconds=3600)


def read_through(job: SyncJob) -> None:
    assert pull.pull(job.pk, time.monotonic() + 5, at_once=True)
    job.refresh_from_db()


def test_the_next_read_begins_where_the_last_one_ended(job: SyncJob, asked: list[Any]) -> None:
    read_through(job)
    assert job.read_started_at is None
    read_through(job)
    assert asked == [None, {"page": 2, "number": 0}, {"number": 10}, {"page": 2, "number": 10}]


def test_a_read_of_everything_anew_begins_without_it(job: SyncJob, asked: list[Any]) -> None:
    read_through(job)
    steer.run_now(job, full=True)
    read_through(job)
    assert asked[2] is None


def test_a_read_that_was_begun_goes_on_and_not_back_to_the_mark(job: SyncJob, asked: list[Any]) -> None:
    read_through(job)
    SyncJob.objects.filter(pk=job.pk).update(next_read_at=None)
    pull._start(SyncJob.objects.get(pk=job.pk))
    SyncJob.objects.filter(pk=job.pk).update(
        resume_position={"part": "whole", "at": {"page": 2, "number": 10}}
    )
    read_through(job)
    assert asked[2:] == [{"page": 2, "number": 10}]
