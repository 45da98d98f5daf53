"""What leaves the house is paid, unless the person who launches says otherwise."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from integrations.configuration.drafts import ships
from integrations.models import Connection, Health, SyncJob
from tests import factories
from tests.integrations.admin.bells import Bells
from tests.integrations.admin.drafted_jobs import launch, platform, step, text_of, what_url
from tests.integrations.answering import Platform

__all__ = ["platform"]

pytestmark = pytest.mark.django_db

ORDERS = "sandbox-shop-orders|sandbox-warehouse-orders"


@pytest.fixture
def draft(admin_client: Client, platform: Platform) -> SyncJob:
    shared: dict[str, Any] = {
        "settings": {"base_url": platform.base},
        "secrets": {"token": "x"},
        "health": Health.WORKING,
    }
    shop = factories.connection(platform="sandbox_shop", **shared)
    warehouse = factories.connection(platform="sandbox_warehouse", **shared)
    response = admin_client.post(what_url((shop, warehouse)), {"pair": ORDERS})
    assert response.status_code == 302, text_of(response)
    return SyncJob.objects.get()


def test_orders_for_a_warehouse_wait_from_the_first_step_on(admin_client: Client, draft: SyncJob) -> None:
    assert draft.waits_for_payment
    assert "An order that is not paid is held" in text_of(admin_client.get(step(draft, "launch")))


@pytest.mark.parametrize(("chosen", "waits"), [({"waits_for_payment": "on"}, True), ({}, False)])
def test_whoever_launches_has_the_last_word(
    admin_client: Client, draft: SyncJob, bells: Bells, chosen: dict[str, str], waits: bool
) -> None:
    assert launch(admin_client, draft, **chosen).status_code == 302
    draft.refresh_from_db()
    assert (draft.state, draft.waits_for_payment) == ("active", waits)


@pytest.mark.parametrize(
    ("kind", "platform_name", "waits"),
    [
        ("order", "shipbob", True),
        ("order", "hubspot", False),
        ("stock_level", "shipbob", False),
        ("order", "a platform that is gone", False),
    ],
)
def test_only_orders_that_are_shipped_wait(kind: str, platform_name: str, waits: bool) -> None:
    assert ships(kind, Connection(platform=platform_name)) is waits
