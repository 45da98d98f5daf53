"""The badge in the header: what a person works on, and nothing that is not so."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client, RequestFactory

from config.frame import environment
from integrations.models import Environment
from tests import factories

pytestmark = pytest.mark.django_db


def test_a_new_portal_is_not_called_production(rf: RequestFactory, settings: Any) -> None:
    settings.PORTAL_ENVIRONMENT = "production"
    factories.connection(environment=Environment.SANDBOX)
    asked = rf.get("/")
    asked.user = factories.administrator()
    assert environment(asked) is None
    factories.connection(environment=Environment.PRODUCTION)
    assert environment(asked) == ["Production", "success"]
    assert environment(rf.get("/")) is None, "whoever is at the door is told nothing"


def test_a_trial_is_called_so_whatever_it_is_connected_with(rf: RequestFactory, settings: Any) -> None:
    settings.PORTAL_ENVIRONMENT = "demo"
    assert environment(rf.get("/")) == ["Demo", "warning"]


def test_the_page_shows_no_badge_then(settings: Any) -> None:
    settings.PORTAL_ENVIRONMENT = "production"
    client = Client()
    client.force_login(factories.administrator())
    assert ">Production<" not in "".join(client.get("/admin/").content.decode().split())
    factories.connection(environment=Environment.PRODUCTION)
    assert "Production" in client.get("/admin/").content.decode()
