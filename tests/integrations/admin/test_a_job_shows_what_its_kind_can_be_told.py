"""Whoever sets up a stock job is not asked about addresses; what was set stays to be seen, whatever travels."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from django.test import Client
from django.urls import reverse

from integrations.admin.job_fields import FIELDSETS, KINDS_OF_FIELDS
from integrations.models import SyncJob
from mappings.records import RECORD_KINDS
from tests import factories

pytestmark = pytest.mark.django_db


def shown(client: Client, job: SyncJob) -> set[str]:
    page = client.get(reverse("admin:integrations_syncjob_change", args=[job.pk]))
    return set(page.context["adminform"].form.fields)


@pytest.fixture
def client() -> Client:
    made = Client()
    made.force_login(factories.administrator())
    return made


@pytest.mark.parametrize(
    ("kind", "has", "has_not"),
    [
        ("order", {"checks_address", "needs_consent"}, {"stock_buffer", "announce_within_minutes"}),
        ("stock_level", {"stock_buffer", "stock_locations"}, {"checks_address", "needs_consent"}),
        ("shipment", {"announce_within_minutes"}, {"waits_for_payment", "stock_buffer", "explode_bundles"}),
        ("payout", {"every_seconds", "retry_limit"}, set(KINDS_OF_FIELDS)),
    ],
)
def test_only_what_says_something_of_its_kind_is_shown(
    client: Client, kind: str, has: set[str], has_not: set[str]
) -> None:
    job = factories.job(kind=kind)
    assert has <= shown(client, job)
    assert has_not & shown(client, job) == set()


def test_what_was_set_is_never_hidden(client: Client) -> None:
    job = factories.job(kind="payout", stock_buffer=3)
    assert "stock_buffer" in shown(client, job)
    assert "stock_buffer_percent" not in shown(client, job)


def test_a_section_of_which_nothing_is_left_is_not_shown(client: Client) -> None:
    job = factories.job(kind="payout")
    page = client.get(reverse("admin:integrations_syncjob_change", args=[job.pk])).content.decode()
    assert "To the doorstep" not in page
    assert "Limits" in page


def test_every_field_with_a_kind_is_on_the_page_of_that_kind() -> None:
    placed = set(_names(row for _, rows in FIELDSETS for row in rows))
    assert set(KINDS_OF_FIELDS) <= placed
    assert {kind for kinds in KINDS_OF_FIELDS.values() for kind in kinds} <= set(RECORD_KINDS)


def _names(rows: Iterable[str | tuple[str, ...]]) -> Iterable[str]:
    for row in rows:
        yield from (row,) if isinstance(row, str) else row
