from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests import factories
from tests.integrations.admin.conftest import signed_in
from tests.integrations.admin.pages import change_url

pytestmark = pytest.mark.django_db


def told(client: Client, row: Any) -> str:
    name = f"admin:{row._meta.app_label}_{row._meta.model_name}_history"
    page = client.get(reverse(name, args=[row.pk])).content.decode()
    return unescape(re.sub(r"\s+", " ", re.sub("<[^>]+>", " ", page)))


def test_a_change_by_a_file_is_told_with_both_values(admin_client: Client) -> None:
    job = factories.job(name="Orders 🚚")
    job.name, job.removed = "Orders to the warehouse", "cancel"
    job.save()
    page = told(admin_client, job)
    assert "Name: Orders 🚚 → Orders to the warehouse" in page
    assert "Leave it in the destination → Cancel it in the destination" in page
    assert "a configuration file, or Crossdock itself" in page


def test_another_system_is_told_by_its_name(admin_client: Client) -> None:
    job = factories.job()
    before, after = job.source, factories.connection(name="The outlet")
    job.source = after
    job.save()
    assert f"Source: {before} → The outlet" in told(admin_client, job)


def test_of_a_declaration_only_what_changed_is_told(admin_client: Client) -> None:
    row = factories.connection(platform="rest", settings={"declaration": {"label": "Old", "kept": "yes"}})
    row.settings = {"declaration": {"label": "New", "kept": "yes"}}
    row.save()
    page = told(admin_client, row)
    assert "- label: Old" in page
    assert "+ label: New" in page
    assert "kept: yes" not in page


def test_a_changed_secret_is_told_without_its_value(admin_client: Client, boss: User) -> None:
    settings = {"base_url": "https://shop.example.com"}
    row = factories.connection(settings=settings, secrets={"token": "the-old-secret"})
    form = {"name": row.name, "key": row.key, "environment": "sandbox", "enabled": "on"}
    entered = {"setting__base_url": settings["base_url"], "secret__token": "the-new-secret"}
    assert admin_client.post(change_url(row), form | entered).status_code == 302
    page = told(admin_client, row)
    assert "Changed Access token." in page
    assert boss.username in page
    assert "secret" not in page.replace("Secrets are not kept in versions", "")


def test_only_for_those_who_may_see_the_row() -> None:
    row = factories.connection()
    address = reverse("admin:integrations_connection_history", args=[row.pk])
    assert signed_in(factories.user()).get(address).status_code == 403
    assert signed_in(factories.user("integrations.view_connection")).get(address).status_code == 200


def test_a_long_history_costs_no_more_queries(admin_client: Client) -> None:
    job = factories.job()

    def cost(changes: int) -> int:
        for number in range(changes):
            job.stock_buffer = number + 1
            job.save()
        with CaptureQueriesContext(connection) as queries:
            told(admin_client, job)
        return len(queries)

    cost(2)
    assert cost(150) == cost(2)
