"""A job that is begun between two systems that answer, and not launched yet."""

from __future__ import annotations

from collections.abc import Iterator
from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings

from integrations.models import Connection, Health, SyncJob
from tests import factories
from tests.integrations.answering import Platform, Says

ADD = reverse("admin:integrations_syncjob_add")
RIGHTS = ("integrations.add_syncjob", "mappings.add_mapping", "integrations.view_syncjob")
CUSTOMERS = "sandbox-shop-customers|sandbox-crm-contacts"


@pytest.fixture
def platform(settings: Settings) -> Iterator[Platform]:
    settings.PRIVATE_NETWORKS = ["127.0.0.0/8"]
    answering = Platform()
    people = [
        {"id": str(number), "name": name, "email": email, "updated_at": "2026-05-01T10:00:00Z"}
        for number, (name, email) in enumerate((("Ann", "ann@example.com"), ("Ben", "ben@example.com")), 1)
    ]
    answering.on("GET /customers", Says({"customers": people}))
    answering.on("GET /contacts/search", Says({"contacts": []}))
    yield answering
    answering.close()


@pytest.fixture
def systems(db: None, platform: Platform) -> tuple[Connection, Connection]:
    shared: dict[str, Any] = {
        "settings": {"base_url": platform.base},
        "secrets": {"token": "x"},
        "health": Health.WORKING,
    }
    shop = factories.connection(key="shop", name="The shop 🛍️", platform="sandbox_shop", **shared)
    crm = factories.connection(key="crm", name="Kundenkartei ❤️", platform="sandbox_crm", **shared)
    return shop, crm


def what_url(systems: tuple[Connection, Connection]) -> str:
    return f"{ADD}?source={systems[0].pk}&destination={systems[1].pk}"


def step(job: SyncJob, name: str) -> str:
    return reverse(f"admin:integrations_syncjob_guided_{name}", args=[job.pk])


def text_of(response: Any) -> str:
    return " ".join(unescape(response.content.decode()).split())


@pytest.fixture
def draft(admin_client: Client, systems: tuple[Connection, Connection]) -> SyncJob:
    response = admin_client.post(what_url(systems), {"pair": CUSTOMERS})
    assert response.status_code == 302, text_of(response)
    return SyncJob.objects.get()


def launch(client: Client, job: SyncJob, **values: Any) -> Any:
    told = {"name": job.name, "rollout_percent": 100, "every_seconds": 300, "halts_above_percent": 20}
    return client.post(step(job, "launch"), told | values)
