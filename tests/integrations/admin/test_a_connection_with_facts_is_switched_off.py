"""A connection that something hangs on is not deleted, and the page says why and what to do instead."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from integrations.models import Connection
from tests import factories
from tests.integrations.admin.pages import list_url

pytestmark = pytest.mark.django_db


def deleted(client: Client, row: Connection) -> Any:
    return client.get(reverse("admin:integrations_connection_delete", args=[row.pk]), follow=True)


def test_it_says_what_keeps_it_and_what_to_do(admin_client: Client) -> None:
    shop = factories.connection(name="Shop")
    factories.inbound_event(shop)
    factories.job(source=shop)
    answer = deleted(admin_client, shop)
    said = [str(message) for message in answer.context["messages"]]
    assert len(said) == 1
    assert said[0] == (
        "Shop cannot be deleted: it still has sync jobs, received webhooks. Switch it off instead: turn off "
        "“Enabled” and save."
    )


def test_it_is_not_deleted_by_a_form_that_was_made_up_either(admin_client: Client) -> None:
    shop = factories.connection(name="Shop")
    factories.inbound_event(shop)
    admin_client.post(reverse("admin:integrations_connection_delete", args=[shop.pk]), {"post": "yes"})
    assert Connection.objects.filter(pk=shop.pk).exists()


def test_one_with_nothing_on_it_is_deleted_after_a_question(admin_client: Client) -> None:
    shop = factories.connection(name="Shop")
    assert "Are you sure" in deleted(admin_client, shop).content.decode()
    admin_client.post(reverse("admin:integrations_connection_delete", args=[shop.pk]), {"post": "yes"})
    assert not Connection.objects.filter(pk=shop.pk).exists()


def test_many_are_not_deleted_where_one_is_kept(admin_client: Client) -> None:
    shop, empty = factories.connection(name="Shop"), factories.connection(name="Empty")
    factories.inbound_event(shop)
    chosen = {"action": "delete_selected", "_selected_action": [shop.pk, empty.pk]}
    answer: Any = admin_client.post(list_url(Connection), chosen, follow=True)
    said = [str(message) for message in answer.context["messages"]]
    assert len(said) == 1
    assert said[0].startswith("Shop cannot be deleted: it still has received webhooks.")
    assert Connection.objects.filter(pk__in=[shop.pk, empty.pk]).count() == 2


def test_many_with_nothing_on_them_are_deleted_after_a_question(admin_client: Client) -> None:
    rows = [factories.connection(), factories.connection()]
    chosen = {"action": "delete_selected", "_selected_action": [row.pk for row in rows]}
    assert "Are you sure" in admin_client.post(list_url(Connection), chosen).content.decode()
    admin_client.post(list_url(Connection), chosen | {"post": "yes"})
    assert not Connection.objects.filter(pk__in=[row.pk for row in rows]).exists()
