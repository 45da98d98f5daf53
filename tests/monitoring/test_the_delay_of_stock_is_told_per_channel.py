"""From the change at the owner to the channel's acceptance: p50 and p95, by job, stored or not."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from integrations.models import PartnerKey, SyncJob
from monitoring import histogram, rollups
from monitoring.figures import figures
from tests import factories
from tests.integrations.partner_api.calls import Api
from tests.monitoring.conftest import NOW

pytestmark = pytest.mark.django_db


def told(job: SyncJob, *seconds: float) -> None:
    for number in seconds:
        at = NOW - timedelta(minutes=10)
        factories.outcome(
            factories.delivery(job),
            at,
            operation="upsert",
            occurred_at=at - timedelta(seconds=number),
            accepted_at=at,
        )


@pytest.fixture
def channel(db: None) -> SyncJob:
    made = factories.job(kind="stock_level")
    SyncJob.objects.filter(pk=made.pk).update(created_at=NOW - timedelta(days=3))
    made.refresh_from_db()
    return made


@pytest.mark.parametrize("rolled_up", [False, True])
def test_each_channel_has_its_own_delay(channel: SyncJob, rolled_up: bool) -> None:
    other = factories.job(kind="stock_level")
    SyncJob.objects.filter(pk=other.pk).update(created_at=NOW - timedelta(days=3))
    told(channel, 1, 2, 2, 2, 40)
    told(other, 7)
    if rolled_up:
        rollups.roll_up(NOW)
    found = figures("24h", NOW)
    shares = [histogram.percentile(found.delays[channel.pk], share) for share in (0.5, 0.95)]
    assert shares == [pytest.approx(2, rel=0.05), pytest.approx(40, rel=0.05)]
    assert sum(found.delays[other.pk].values()) == 1
    assert found.processing == {}, "the processing time is that of orders alone"


def test_stock_from_before_the_job_began_counts_from_there(channel: SyncJob) -> None:
    SyncJob.objects.filter(pk=channel.pk).update(created_at=NOW - timedelta(minutes=11))
    told(channel, 90 * 24 * 3600)
    assert histogram.percentile(figures("24h", NOW).delays[channel.pk], 0.5) == pytest.approx(60, rel=0.05)


def test_the_front_page_shows_it_and_leads_to_its_rows(channel: SyncJob, admin_client: Client) -> None:
    now = timezone.now()
    for seconds in (3, 3, 9):
        at = now - timedelta(seconds=1)
        factories.outcome(
            factories.delivery(channel),
            at,
            operation="upsert",
            occurred_at=at - timedelta(seconds=seconds),
            accepted_at=at,
        )
    page = admin_client.get("/admin/").content.decode()
    assert "Stock delay, at most: half · 95 of 100" in page
    address = f"/admin/integrations/outcome/?when=24h&job={channel.pk}&result=told"
    assert address.replace("&", "&amp;") in page
    rows = admin_client.get(address)
    assert rows.context["cl"].result_count == 3


def test_the_api_tells_it(channel: SyncJob) -> None:
    partner = factories.partner()
    partner.jobs.add(channel)
    now = timezone.now()
    factories.outcome(
        factories.delivery(channel),
        now,
        operation="upsert",
        occurred_at=now - timedelta(seconds=5),
        accepted_at=now,
    )
    (found,) = Api(PartnerKey.issue(partner, ["read"])[1]).get("/api/v1/metrics").json()["jobs"]
    assert found["delay_p50_seconds"] == found["delay_p95_seconds"] == pytest.approx(5, rel=0.05)
