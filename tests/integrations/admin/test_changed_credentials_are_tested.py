"""What was tested with other credentials says nothing: the connection says so, and a worker tests it by itself."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django.fixtures import Settings

from integrations import tasks
from integrations.configuration import apply as applying
from integrations.exceptions import Failure
from integrations.models import Connection, Health, JobState, SyncJob
from integrations.sync import connect, credentials, faults
from tests import factories
from tests.integrations.admin.bells import Bells
from tests.integrations.admin.pages import change_url, form_of, list_url
from tests.integrations.answering import Platform, Says
from tests.integrations.configuration.conftest import planned

pytestmark = pytest.mark.django_db

SAID = "Not tested since its credentials changed"


@pytest.fixture
def platform(settings: Settings) -> Iterator[Platform]:
    settings.PRIVATE_NETWORKS = ["127.0.0.0/8"]
    answering = Platform()
    answering.on("GET /orders", Says({"orders": []}))
    yield answering
    answering.close()


@pytest.fixture
def shop(db: None, platform: Platform) -> Connection:
    return factories.connection(
        key="shop",
        name="The shop",
        platform="sandbox_shop",
        settings={"base_url": platform.base},
        secrets={"token": "first", "webhook_secret": "w"},
        health=Health.WORKING,
        health_checked_at=timezone.now(),
    )


def enter(client: Client, row: Connection, callbacks: Any, **values: str) -> None:
    filled = {name: value for name, value in form_of(client, row).items() if value not in (None, False)}
    with callbacks(execute=True):
        response = client.post(change_url(row), filled | values)
    assert response.status_code == 302, response.content.decode()


def fresh(row: Connection) -> Connection:
    return Connection.objects.get(pk=row.pk)


def test_a_changed_token_is_tested_by_a_worker_and_nothing_in_the_request(
    admin_client: Client,
    shop: Connection,
    platform: Platform,
    bells: Bells,
    django_capture_on_commit_callbacks: Any,
) -> None:
    job = factories.job(source=shop, state=JobState.ACTIVE)
    enter(admin_client, shop, django_capture_on_commit_callbacks, secret__token="second")
    assert fresh(shop).awaits_test
    assert ("test_connection", shop.pk) in bells.heard
    assert platform.asked == []
    for address in (list_url(Connection), change_url(shop)):
        assert SAID in admin_client.get(address).content.decode()
    assert SyncJob.objects.get(pk=job.pk).state == JobState.ACTIVE

    tasks.test_connection(shop.pk)

    assert platform.asked != []
    assert not fresh(shop).awaits_test
    assert SAID not in admin_client.get(change_url(shop)).content.decode()


@pytest.mark.parametrize("entered", [{"name": "Another name"}, {"secret__webhook_secret": "another"}])
def test_what_is_no_credential_changes_nothing_of_it(
    admin_client: Client,
    shop: Connection,
    bells: Bells,
    django_capture_on_commit_callbacks: Any,
    entered: dict[str, str],
) -> None:
    enter(admin_client, shop, django_capture_on_commit_callbacks, **entered)
    assert fresh(shop).health == Health.WORKING
    assert bells.heard == []


def test_credentials_from_a_file_are_tested_too(
    shop: Connection, bells: Bells, django_capture_on_commit_callbacks: Any
) -> None:
    text = "connections: {shop: {platform: sandbox_shop, secrets: {token: %s, webhook_secret: w}}}"
    with django_capture_on_commit_callbacks(execute=True):
        applying.apply(planned(text % "first"))
    assert (fresh(shop).health, bells.heard) == (Health.WORKING, [])
    with django_capture_on_commit_callbacks(execute=True):
        applying.apply(planned(text % "second"))
    assert fresh(shop).awaits_test
    assert bells.heard == [("test_connection", shop.pk)]


def test_one_that_was_never_tested_waits_for_its_first_test(shop: Connection, bells: Bells) -> None:
    Connection.objects.update(health=Health.UNTESTED, health_checked_at=None)
    credentials.changed(shop.pk)
    assert (fresh(shop).awaits_test, bells.heard) == (False, [])


def test_what_was_under_way_with_the_earlier_ones_does_not_answer_for_the_new_ones(
    shop: Connection, bells: Bells
) -> None:
    credentials.changed(shop.pk)
    faults.reached(shop.pk)
    assert fresh(shop).awaits_test
    faults.access_failed(shop.pk, Failure.config("unauthorized", "No."))
    assert fresh(shop).awaits_test


def test_a_test_that_was_begun_before_the_change_does_not_count(
    shop: Connection, platform: Platform, bells: Bells
) -> None:
    begun = fresh(shop)
    changed = fresh(shop)
    changed.enter_secrets({"token": "second"})
    changed.save()
    credentials.changed(shop.pk)
    connect.test(begun)
    assert fresh(shop).awaits_test


def test_a_lost_bell_is_rung_again_and_what_is_switched_off_is_left(
    shop: Connection, platform: Platform, bells: Bells, django_capture_on_commit_callbacks: Any
) -> None:
    credentials.changed(shop.pk)
    Connection.objects.update(enabled=False)
    tasks.test_connection(shop.pk)
    with django_capture_on_commit_callbacks(execute=True):
        credentials.ring_for_changed()
    assert (platform.asked, bells.heard) == ([], [])
    Connection.objects.update(enabled=True)
    with django_capture_on_commit_callbacks(execute=True):
        credentials.ring_for_changed()
    assert bells.heard == [("test_connection", shop.pk)]


def test_a_new_job_cannot_use_it_until_then(admin_client: Client, shop: Connection, bells: Bells) -> None:
    other = factories.connection(health=Health.WORKING, health_checked_at=timezone.now())
    credentials.changed(shop.pk)
    chosen = {"source": shop.pk, "destination": other.pk}
    page = admin_client.get(reverse("admin:integrations_syncjob_add"), chosen).content.decode()
    assert "it was not tested since its credentials changed" in page
