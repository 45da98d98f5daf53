"""Logging in, and what a page may do in a browser."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import User
from django.core.cache import cache
from django.test import Client
from django_q.models import Failure, OrmQ, Schedule, Success

PASSWORD = "a long word for this test"


@pytest.fixture(autouse=True)
def _fresh_limits() -> None:
    cache.clear()


def log_in(client: Client, password: str, name: str = "operator") -> Any:
    return client.post("/accounts/login/", {"login": name, "password": password})


def test_the_first_page_is_the_admin_and_asks_who_it_is(client: Client) -> None:
    assert client.get("/").headers["Location"] == "/admin/"
    assert client.get("/admin/", follow=True).redirect_chain[-1][0] == "/accounts/login/?next=%2Fadmin%2F"


@pytest.mark.django_db
def test_the_right_password_opens(client: Client) -> None:
    User.objects.create_superuser("operator", password=PASSWORD)

    answer = log_in(client, PASSWORD)

    assert (answer.status_code, answer.headers["Location"]) == (302, "/admin/")
    assert client.get("/admin/").status_code == 200


@pytest.mark.django_db
def test_guessing_is_stopped_even_when_it_is_right_at_last(client: Client) -> None:
    User.objects.create_superuser("operator", password=PASSWORD)
    for attempt in range(8):
        log_in(client, f"wrong {attempt}")

    answer = log_in(client, PASSWORD)

    assert answer.status_code in (200, 429)
    assert "_auth_user_id" not in client.session


@pytest.mark.django_db
def test_nobody_makes_an_account_for_themselves(client: Client) -> None:
    answer = client.post(
        "/accounts/signup/", {"username": "stranger", "password1": PASSWORD, "password2": PASSWORD}
    )

    assert User.objects.count() == 0
    assert "closed" in answer.content.decode().lower()


def test_the_queues_own_pages_are_gone_since_they_could_run_code() -> None:
    assert not [model for model in (Failure, OrmQ, Schedule, Success) if admin.site.is_registered(model)]


@pytest.mark.django_db
def test_a_page_runs_only_scripts_of_this_portal(client: Client) -> None:
    policy = client.get("/accounts/login/").headers["Content-Security-Policy"]
    directives = dict(part.strip().split(" ", 1) for part in policy.split(";"))

    assert directives["script-src"] == "'self' 'unsafe-eval'"
    assert directives["default-src"] == directives["base-uri"] == directives["frame-ancestors"] == "'none'"
    assert directives["form-action"] == directives["connect-src"] == directives["font-src"] == "'self'"


@pytest.mark.django_db
def test_no_other_page_may_frame_this_one(client: Client) -> None:
    assert client.get("/accounts/login/").headers["X-Frame-Options"] == "DENY"
