"""“Connect” leads to the platform and back; what comes back is believed only by the browser that was sent."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse

from integrations.exceptions import Failure
from integrations.models import AccessToken, Connection
from integrations.sync import faults
from tests import factories
from tests.integrations.admin.pages import SUBMITTED
from tests.integrations.consent.conftest import BACK, connected, says
from tests.sandbox.running import SandboxProcess

pytestmark = pytest.mark.django_db


def page_of(client: Client, shop: Connection) -> str:
    answer = client.get(reverse("admin:integrations_connection_change", args=[shop.pk]))
    return answer.content.decode()


def pressed(client: Client, shop: Connection) -> str:
    """The address of the platform's page."""
    answer = client.post(reverse("admin:integrations_connection_give_access", args=[shop.pk]), SUBMITTED)
    assert answer.status_code == 302
    return str(answer.headers["Location"])


def came_back(client: Client, told: dict[str, str]) -> str:
    """What the page says that comes next."""
    answer: Any = client.get(BACK, told, follow=True)
    return " ".join(str(message) for message in answer.context["messages"])


def test_there_and_back(admin_client: Client, shop: Connection) -> None:
    before = page_of(admin_client, shop)
    assert "Not given yet: press Connect above." in before
    assert BACK in before
    told = says(pressed(admin_client, shop))
    assert "Shop is connected" in came_back(admin_client, told)
    assert AccessToken.objects.get(connection=shop).token["refresh_token"]
    assert "Reconnect" in page_of(admin_client, shop)


def test_it_is_told_which_jobs_go_on_and_by_whom_they_were_resumed(
    admin_client: Client, shop: Connection
) -> None:
    job = factories.job(source=shop, name="Orders")
    faults.source_failed(job, Failure.config("access_ended", "The access has ended.", connection_wide=True))
    told = came_back(admin_client, says(pressed(admin_client, shop)))
    assert "What waited for it goes on: Orders." in told
    history = admin_client.get(reverse("admin:integrations_syncjob_history", args=[job.pk])).content.decode()
    assert "Resumed, because Shop gave access again." in history


def test_a_no_changes_nothing_and_says_so(admin_client: Client, shop: Connection) -> None:
    assert "access was not given" in came_back(admin_client, says(pressed(admin_client, shop), "no"))
    assert not AccessToken.objects.filter(connection=shop, token__isnull=False).exists()


def test_a_no_names_the_button_that_is_there(admin_client: Client, shop: Connection) -> None:
    assert "Press Connect to try again." in came_back(admin_client, says(pressed(admin_client, shop), "no"))
    connected(shop)
    assert "Press Reconnect to try again." in came_back(admin_client, says(pressed(admin_client, shop), "no"))


def test_an_answer_counts_once(admin_client: Client, shop: Connection) -> None:
    told = says(pressed(admin_client, shop))
    came_back(admin_client, told)
    assert "Nothing was changed" in came_back(admin_client, told)


@pytest.mark.parametrize("state", ["", "another", "é"])
def test_an_answer_to_another_question_is_not_taken(
    admin_client: Client, shop: Connection, sandbox: SandboxProcess, state: str
) -> None:
    """A forged link in a mail would connect the store to somebody else's account."""
    told = says(pressed(admin_client, shop))
    assert "Nothing was changed" in came_back(admin_client, {**told, "state": state})
    assert sandbox.control("GET", "/shop/consents")["given"] == 0


def test_an_answer_is_not_taken_in_another_browser(
    client: Client, admin_client: Client, shop: Connection
) -> None:
    told = says(pressed(admin_client, shop))
    other = User.objects.create_superuser("other", password="x")
    client.force_login(other)
    assert "Nothing was changed" in came_back(client, told)


def test_an_answer_that_comes_too_late_is_not_taken(
    admin_client: Client, shop: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("integrations.admin.consent.LONGEST_AWAY", -1)
    assert "too late" in came_back(admin_client, says(pressed(admin_client, shop)))


def test_a_code_that_the_platform_does_not_take_is_told(admin_client: Client, shop: Connection) -> None:
    told = says(pressed(admin_client, shop))
    assert "Shop was not connected" in came_back(admin_client, {**told, "code": "guess"})
    assert not AccessToken.objects.filter(connection=shop, token__isnull=False).exists()


def test_only_who_may_change_connections_connects(client: Client, shop: Connection) -> None:
    user = User.objects.create_user("ada", password="x", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="view_connection"))
    client.force_login(user)
    answer = client.post(reverse("admin:integrations_connection_give_access", args=[shop.pk]), SUBMITTED)
    assert answer.status_code == 403
    assert "give_access" not in page_of(client, shop)


def test_the_question_is_not_asked_by_a_link(admin_client: Client, shop: Connection) -> None:
    answer = admin_client.get(reverse("admin:integrations_connection_give_access", args=[shop.pk]))
    assert answer.status_code == 200
    assert "consent" not in admin_client.session


def test_where_secrets_alone_let_in_there_is_no_such_button(admin_client: Client, shop: Connection) -> None:
    Connection.objects.filter(pk=shop.pk).update(
        settings={
            "declaration": {
                "base_url": "https://shop.example.com",
                "resources": {"a": {"list": {"path": "/a"}}},
            }
        }
    )
    assert "give_access" not in page_of(admin_client, shop)


def test_no_token_is_on_the_page_or_in_its_history(admin_client: Client, shop: Connection) -> None:
    connected(shop)
    kept = AccessToken.objects.get(connection=shop).token
    history = admin_client.get(
        reverse("admin:integrations_connection_history", args=[shop.pk])
    ).content.decode()
    for secret in kept.values():
        assert secret not in page_of(admin_client, shop) + history
