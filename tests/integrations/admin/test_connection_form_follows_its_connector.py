from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from integrations.admin.destinations import new_places
from integrations.connectors.base import TestReport
from integrations.exceptions import Failure
from integrations.models import AccessToken, Connection
from tests import factories
from tests.integrations.admin.conftest import signed_in
from tests.integrations.admin.pages import SUBMITTED, action_url, change_url

pytestmark = pytest.mark.django_db

TOKEN = "a-very-secret-token"
COMMON = {"name": "Shop", "key": "shop", "environment": "sandbox", "enabled": "on"}
ADD = reverse("admin:integrations_connection_add")


@pytest.fixture
def shop(db: None) -> Connection:
    return factories.connection(
        settings={"base_url": "https://shop.example.com/api"},
        secrets={"token": TOKEN, "webhook_secret": "hush"},
    )


def filled(**values: Any) -> dict[str, Any]:
    return COMMON | {"setting__base_url": "https://shop.example.com/api"} | values


def stored(row: Connection) -> dict[str, Any]:
    return Connection.objects.get(pk=row.pk).secret_values()


def test_adding_begins_with_the_choice_of_a_platform(admin_client: Client) -> None:
    page = admin_client.get(ADD).content.decode()
    assert "Which system do you want to connect?" in page
    assert 'catalogue/sandbox_shop/"' in page
    assert "setting__base_url" not in page


def test_a_connection_is_made_from_the_declared_settings(admin_client: Client) -> None:
    response = admin_client.post(ADD + "?platform=sandbox_shop", filled(secret__token=TOKEN))
    assert response.status_code == 302
    made = Connection.objects.get(key="shop")
    assert made.platform == "sandbox_shop"
    assert made.settings == {"base_url": "https://shop.example.com/api"}
    assert made.secret_values() == {"token": TOKEN}


def test_what_was_connected_is_tested_next_by_whoever_may_test_it(admin_client: Client) -> None:
    response = admin_client.post(ADD + "?platform=sandbox_shop", filled(secret__token=TOKEN))
    made = Connection.objects.get(key="shop")
    assert response["Location"] == action_url(made, "test_connection")
    page = admin_client.get(response["Location"]).content.decode()
    assert "Shop is saved." in page
    assert "Test now" in page

    others = signed_in(
        factories.user(*(f"integrations.{what}_connection" for what in ("add", "view", "change")))
    )
    response = others.post(ADD + "?platform=sandbox_shop", filled(key="second", secret__token=TOKEN))
    assert response["Location"] == change_url(Connection.objects.get(key="second"))


def test_a_secret_is_never_in_a_page(admin_client: Client, shop: Connection) -> None:
    pages = [change_url(shop), reverse("admin:integrations_connection_changelist")]
    pages.append(reverse("admin:integrations_connection_history", args=[shop.pk]))
    for page in pages:
        assert TOKEN not in admin_client.get(page).content.decode()
    assert "It is set. Leave this empty to keep it." in admin_client.get(change_url(shop)).content.decode()


def test_a_refused_form_does_not_give_back_the_secret_that_was_entered(admin_client: Client) -> None:
    response = admin_client.post(ADD + "?platform=sandbox_shop", filled(name="", secret__token=TOKEN))
    assert response.status_code == 200
    assert TOKEN not in response.content.decode()


def test_an_empty_input_keeps_the_secret_and_a_new_one_replaces_it(
    admin_client: Client, shop: Connection
) -> None:
    admin_client.post(change_url(shop), filled(secret__token="", secret__webhook_secret="other"))
    assert stored(shop) == {"token": TOKEN, "webhook_secret": "other"}


MOVED = {"setting__base_url": "https://elsewhere.example.com/api"}


def test_a_stored_secret_is_not_sent_to_a_new_address(admin_client: Client, shop: Connection) -> None:
    response = admin_client.post(change_url(shop), filled(**MOVED, secret__webhook_secret="other"))
    assert list(response.context["adminform"].form.errors) == ["secret__token"]
    shop.refresh_from_db()
    assert shop.settings["base_url"] == "https://shop.example.com/api"


def test_a_new_address_takes_secrets_that_are_entered_with_it(admin_client: Client, shop: Connection) -> None:
    AccessToken.objects.create(connection=shop, token="of the old system")
    entered = {"secret__token": "new", "clear__webhook_secret": "on"}
    assert admin_client.post(change_url(shop), filled(**MOVED, **entered)).status_code == 302
    assert stored(shop) == {"token": "new"}
    assert not AccessToken.objects.exists()


def test_another_path_at_the_same_address_keeps_the_secrets(admin_client: Client, shop: Connection) -> None:
    AccessToken.objects.create(connection=shop, token="kept")
    moved = filled(setting__base_url="https://shop.example.com/api/v2")
    assert admin_client.post(change_url(shop), moved).status_code == 302
    assert stored(shop)["token"] == TOKEN
    assert AccessToken.objects.exists()


@pytest.mark.parametrize(
    "after",
    [
        {"base_url": "http://api.example.com"},
        {"base_url": "https://api.example.com:8443"},
        {"base_url": "https://{shop}.example.com", "variables": {"shop": {"default": "thief"}}},
        {"auth": {"kind": "oauth2", "token_url": "https://thief.example.com/token"}},
        {"auth": {"kind": "oauth2", "token_url": "{where}/token"}, "variables": {"where": {}}},
    ],
)
def test_any_change_of_where_calls_go_is_a_new_address(after: dict[str, Any]) -> None:
    before: dict[str, Any] = {"base_url": "https://api.example.com", "auth": {"kind": "bearer"}}
    row = factories.connection(platform="rest", settings={"declaration": before})
    settings = {"declaration": before | after, "variables": {"where": "https://thief.example.com"}}
    assert new_places(row, settings, "sandbox")
    assert not new_places(row, {"declaration": before | {"label": "Shop"}}, "sandbox")


def test_the_box_forgets_a_secret(admin_client: Client, shop: Connection) -> None:
    admin_client.post(change_url(shop), filled(clear__webhook_secret="on"))
    assert stored(shop) == {"token": TOKEN}


def test_a_required_secret_cannot_be_forgotten(admin_client: Client, shop: Connection) -> None:
    response = admin_client.post(change_url(shop), filled(clear__token="on"))
    assert "Access token is required to sign in." in response.content.decode()
    assert stored(shop)["token"] == TOKEN


def test_settings_that_the_form_does_not_know_are_kept(admin_client: Client, shop: Connection) -> None:
    Connection.objects.filter(pk=shop.pk).update(
        settings={"base_url": "https://shop.example.com/v1", "own": 1}
    )
    admin_client.post(change_url(shop), filled())
    shop.refresh_from_db()
    assert shop.settings == {"base_url": "https://shop.example.com/api", "own": 1}


def test_yaml_that_cannot_be_read_is_refused_with_its_line(admin_client: Client) -> None:
    response = admin_client.post(
        ADD + "?platform=rest", COMMON | {"setting__declaration": "base_url: x\n  - y: ["}
    )
    assert "Line 2, column" in response.content.decode()
    assert not Connection.objects.exists()


def test_a_declaration_without_sense_is_refused_with_the_field_and_the_reason(admin_client: Client) -> None:
    response = admin_client.post(
        ADD + "?platform=rest",
        COMMON | {"setting__declaration": "base_url: https://api.example.com\nresourses: {}"},
    )
    assert response.status_code == 200
    errors = response.context["adminform"].form.errors
    assert list(errors) == ["setting__declaration"]
    assert "resourses" in errors["setting__declaration"][0]


def test_a_declaration_is_shown_as_it_was_written(admin_client: Client) -> None:
    row = factories.connection(
        platform="rest", settings={"declaration": {"base_url": "https://api.example.com"}}
    )
    assert "base_url: https://api.example.com\n" in admin_client.get(change_url(row)).content.decode()


# --- the test button ------------------------------------------------------------------------------------------


class Remembering:
    """Stands in for `sync.connect.test` and remembers whether a transaction was open."""

    def __init__(self, report: TestReport) -> None:
        self.report = report
        self.in_transaction: list[bool] = []

    def __call__(self, connection: Connection) -> TestReport:
        from django.db import connection as database

        # The test itself runs in one savepoint; a view of ours would add another.
        self.in_transaction.append(len(database.savepoint_ids) > 0)
        return self.report


def test_the_test_button_tells_step_by_step_what_was_reached(
    admin_client: Client, shop: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    report = TestReport()
    report.add("Reaching shop.example.com", True, "It answered in 80 ms.")
    report.add("Signing in", False, "It answered 401: the token is not valid. Enter a new one.")
    tested = Remembering(report)
    monkeypatch.setattr("integrations.sync.connect.test", tested)
    page = admin_client.post(action_url(shop, "test_connection"), SUBMITTED).content.decode()
    assert "The connection does not work yet." in page
    assert "It answered in 80 ms." in page
    assert "It answered 401: the token is not valid. Enter a new one." in page
    assert tested.in_transaction == [False]


def test_a_connection_that_was_never_looked_at_says_only_that(admin_client: Client, shop: Connection) -> None:
    page = admin_client.get(change_url(shop)).content.decode()
    assert "Not tested yet" in page
    assert "(–)" not in page


def test_a_failing_test_is_kept_as_the_health(
    admin_client: Client, shop: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(_: Connection) -> None:
        raise Failure.config("unauthorized", "The shop refused the token. Enter a new one.")

    monkeypatch.setattr("integrations.sync.connect.connect", refused)
    page = admin_client.post(action_url(shop, "test_connection"), SUBMITTED).content.decode()
    assert "The shop refused the token. Enter a new one." in page
    shop.refresh_from_db()
    assert (shop.health, shop.health_sentence) == ("failing", "The shop refused the token. Enter a new one.")


def test_a_test_that_goes_well_ends_the_alarm_and_leads_to_the_jobs_that_were_halted(
    admin_client: Client, shop: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    Connection.objects.filter(pk=shop.pk).update(health="failing", health_sentence="It refused the token.")
    halted = factories.job(name="Halted orders", destination=shop, state="halted")
    factories.job(name="Paused orders", source=shop, state="paused")
    works = TestReport()
    works.add("Signing in", True, "It knows the token.")
    monkeypatch.setattr("integrations.sync.connect._try", lambda connection: works)
    page = admin_client.post(action_url(shop, "test_connection"), SUBMITTED).content.decode()
    assert f'<a href="{change_url(halted)}">Halted orders</a>' in page
    assert "Paused orders" not in page
    assert "It refused the token." not in admin_client.get(reverse("admin:index")).content.decode()


def test_changing_a_connection_is_not_enough_to_test_it(
    shop: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    tested = Remembering(TestReport())
    monkeypatch.setattr("integrations.sync.connect.test", tested)
    client = signed_in(factories.user("integrations.view_connection", "integrations.change_connection"))
    assert client.post(action_url(shop, "test_connection"), SUBMITTED).status_code == 403
    assert tested.in_transaction == []


def test_a_new_webhook_address_replaces_the_old_one(admin_client: Client, shop: Connection) -> None:
    Connection.objects.filter(pk=shop.pk).update(webhook_address="old")
    admin_client.post(action_url(shop, "give_webhook_address"), SUBMITTED)
    shop.refresh_from_db()
    assert shop.webhook_address is not None
    assert len(shop.webhook_address) >= 32
    page = admin_client.get(change_url(shop)).content.decode()
    assert f"<code>http://testserver/hooks/{shop.webhook_address}" in page


def test_a_connection_that_systems_have_ids_on_cannot_be_deleted(admin_client: Client) -> None:
    record = factories.delivery(factories.job())
    url = reverse("admin:integrations_connection_delete", args=[record.job.source_id])
    assert url not in admin_client.get(change_url(record.job.source)).content.decode()
    assert admin_client.post(url, {"post": "yes"}).status_code == 403
    assert Connection.objects.filter(pk=record.job.source_id).exists()
