"""What must be settled first: by the promised hour, and where the thing itself is to be seen."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from integrations.models import Delivery, ErrorRecord, State
from tests import factories
from tests.integrations.admin.pages import change_url, list_url, listed, result_count

pytestmark = pytest.mark.django_db


def stuck(hours: float | None, currency: str = "EUR", amount: str = "10") -> ErrorRecord:
    """An error of an order that was promised for so many hours from now."""
    promised = None if hours is None else timezone.now() + timedelta(hours=hours)
    record = factories.delivery(factories.job(), state=State.FAILED, promised_at=promised)
    return factories.error(record, amount=Decimal(amount), currency=currency)


def test_errors_are_sorted_and_asked_for_by_the_promised_hour(admin_client: Client) -> None:
    later, near, past, never = stuck(48), stuck(3), stuck(-1), stuck(None)
    by_hour = admin_client.get(list_url(ErrorRecord), {"promised": "told", "o": "5"})
    assert [error.pk for error in listed(by_hour)] == [past.pk, near.pk, later.pk]
    assert result_count(admin_client.get(list_url(ErrorRecord), {"promised": "near"})) == 2
    assert result_count(admin_client.get(list_url(ErrorRecord), {"promised": "past"})) == 1
    assert result_count(admin_client.get(list_url(ErrorRecord))) == 4
    assert never.delivery is not None


def test_records_are_asked_for_by_the_promised_hour_while_they_are_on_their_way(admin_client: Client) -> None:
    stuck(1)
    factories.delivery(factories.job(), promised_at=timezone.now() - timedelta(hours=1))
    assert result_count(admin_client.get(list_url(Delivery), {"promised": "near"})) == 1
    assert result_count(admin_client.get(list_url(Delivery))) == 2


def test_the_front_page_tells_stuck_value_whose_hour_is_near(admin_client: Client) -> None:
    stuck(1, "EUR", "10")
    stuck(-5, "EUR", "5.50")
    stuck(48, "EUR", "1000")
    stuck(1, "JPY", "300")
    factories.outcome(factories.delivery(factories.job()))
    page = admin_client.get(reverse("admin:index")).content.decode()
    assert "due in 4 h or past" in page
    assert "€15.50" in page
    near = admin_client.get(list_url(ErrorRecord), {"promised": "near", "currency": "EUR"})
    assert result_count(near) == 2


def test_the_thing_itself_is_one_click_away(admin_client: Client) -> None:
    shop = factories.connection(
        name="Acme", platform="shopify", settings={"base_url": "https://acme.myshopify.com"}
    )
    record = factories.delivery(factories.job(source=shop), "5512", state=State.FAILED)
    error = factories.error(record)
    page = "https://acme.myshopify.com/admin/orders/5512"
    for url in (list_url(ErrorRecord), change_url(error), change_url(record)):
        shown = admin_client.get(url).content.decode()
        assert f'href="{page}" target="_blank" rel="noopener noreferrer">Open in Acme</a>' in shown


def test_a_system_without_pages_has_no_link(admin_client: Client) -> None:
    record = factories.delivery(factories.job(), state=State.FAILED)
    error = factories.error(record)
    assert "Open in" not in admin_client.get(change_url(error)).content.decode()
