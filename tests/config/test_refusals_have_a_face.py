"""Where no page could be made there is still one of ours; below /api/ it is a problem for programs."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client

from tests.integrations.partner_api.calls import problem_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def client() -> Client:
    return Client(raise_request_exception=False, enforce_csrf_checks=True)


def page(answer: Any, status: int) -> str:
    assert answer.status_code == status
    text: str = answer.content.decode()
    assert "| Crossdock</title>" in text
    assert "To the portal" in text
    return text


def test_an_unknown_address_is_told_in_our_own_page(client: Client) -> None:
    assert "nothing at this address" in page(client.get("/nowhere"), 404)


def test_a_form_without_its_token_says_that_nothing_was_changed(client: Client) -> None:
    assert "Nothing was changed" in page(client.post("/accounts/login/"), 403)


def test_a_host_that_is_not_ours_is_refused_in_our_own_page(client: Client) -> None:
    page(client.get("/accounts/login/", headers={"Host": "elsewhere.example.com"}), 400)


@pytest.mark.parametrize(("raised", "status"), [(PermissionDenied, 403), (ZeroDivisionError, 500)])
def test_a_fault_does_not_show_its_insides(
    client: Client, monkeypatch: pytest.MonkeyPatch, raised: type[Exception], status: int
) -> None:
    def falls(*_: object) -> None:
        raise raised("token sk_live_1234")

    monkeypatch.setattr("monitoring.health.alive", falls)
    assert "sk_live" not in page(client.get("/healthz"), status)


@pytest.mark.parametrize("path", ["/api/", "/api/v2/jobs", "/api/v1/nowhere", "/api/v1/jobs/"])
@pytest.mark.parametrize("method", ["get", "post", "put", "delete"])
def test_an_unknown_address_below_api_is_a_problem(client: Client, path: str, method: str) -> None:
    assert problem_of(getattr(client, method)(path), 404)["code"] == "not_found"


@pytest.mark.parametrize("path", ["/api/v1/schema", "/api/v1/docs"])
def test_what_can_only_be_read_says_so(client: Client, path: str) -> None:
    answer = client.post(path)
    assert problem_of(answer, 405)["code"] == "method_not_allowed"
    assert answer["Allow"] == "GET, HEAD"


def test_a_foreign_host_below_api_is_a_problem(client: Client) -> None:
    problem_of(client.get("/api/v1/jobs", headers={"Host": "elsewhere.example.com"}), 400)


def test_a_fault_outside_the_views_of_the_api_is_a_problem(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def falls() -> str:
        raise ZeroDivisionError

    monkeypatch.setattr("integrations.partner_api.documentation.schema_text", falls)
    assert problem_of(client.get("/api/v1/schema"), 500)["code"] == "fault"
