"""docs/openapi.yaml is what partners build against: it may not drift from what the views say."""

from __future__ import annotations

from pathlib import Path

import yaml
from django.conf import settings
from django.test import Client

from integrations.partner_api import urls
from integrations.partner_api.documentation import schema_text

COMMITTED = Path(settings.ROOT) / "docs" / "openapi.yaml"


def test_the_committed_description_is_the_present_one() -> None:
    renew = "run: .venv/bin/python manage.py spectacular --file docs/openapi.yaml"

    assert COMMITTED.read_text("utf-8") == schema_text(), f"docs/openapi.yaml is out of date; {renew}"


def test_it_describes_every_address() -> None:
    described = {path.removeprefix("/api/v1/") for path in yaml.safe_load(schema_text())["paths"]}
    served = {str(pattern.pattern) for pattern in urls.urlpatterns}
    plain = {path.replace("<slug:key>", "{key}").replace("<int:pk>", "{id}") for path in served}

    assert plain - described == {"schema", "docs", "^(?P<rest>.*)$"}


def test_every_call_needs_a_key_and_may_be_refused_with_a_problem() -> None:
    paths = yaml.safe_load(schema_text())["paths"]

    for path in paths.values():
        for operation in path.values():
            assert operation["security"] == [{"partnerKey": []}]
            assert list(operation["responses"]["default"]["content"]) == ["application/problem+json"]


def test_it_is_served_without_a_key(client: Client) -> None:
    answer = client.get("/api/v1/schema")

    assert answer["Content-Type"] == "application/yaml; charset=utf-8"
    assert answer.content.decode() == schema_text()


def test_the_page_to_try_it_names_no_other_host(client: Client) -> None:
    answer = client.get("/api/v1/docs")

    assert answer.status_code == 200
    assert b"//" not in answer.content.replace(b"<!DOCTYPE html>", b"")
