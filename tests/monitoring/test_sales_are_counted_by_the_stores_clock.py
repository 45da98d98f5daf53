"""The page “Sales”: days as the store's clock has them, currencies apart, each number with exactly its rows."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from html import unescape
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from integrations.models import BookedOrder, BookedRefund, Connection
from monitoring.sales import Currency, sales
from tests import factories
from tests.integrations.admin.pages import result_count

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.fixture
def berlin() -> Iterator[None]:
    with timezone.override(ZoneInfo("Europe/Berlin")):
        yield


@pytest.fixture
def shop() -> Connection:
    return factories.connection(name="The shop")


def order(shop: Connection, number: int, at: str, total: str = "10.00", **values: Any) -> BookedOrder:
    values = {"currency": "EUR", "status": "open", "total": Decimal(total), **values}
    return BookedOrder.objects.create(
        source=shop,
        external_id=str(number),
        number=str(number),
        placed_at=datetime.fromisoformat(at),
        read_at=NOW,
        booked_at=NOW,
        **values,
    )


def refund(shop: Connection, key: str, at: str, amount: str, **values: Any) -> None:
    BookedRefund.objects.create(
        source=shop,
        external_id=key,
        amount=Decimal(amount),
        created_at=datetime.fromisoformat(at),
        read_at=NOW,
        booked_at=NOW,
        **{"currency": "EUR", **values},
    )


@pytest.mark.usefixtures("berlin")
def test_an_order_counts_on_the_day_that_the_stores_clock_showed(shop: Connection) -> None:
    """Clocks went back on 25 October 2026 and forward on 29 March: days of 25 and of 23 hours."""
    for number, at in enumerate(
        (
            "2026-10-24T21:59:00+00:00",  # 23:59 of the 24th
            "2026-10-24T22:00:00+00:00",  # midnight
            "2026-10-25T00:30:00+00:00",  # 02:30, for the first time
            "2026-10-25T01:30:00+00:00",  # 02:30 again
            "2026-10-25T22:59:00+00:00",  # 23:59
            "2026-10-25T23:00:00+00:00",  # midnight
        )
    ):
        order(shop, number, at)
    order(shop, 10, "2026-03-28T23:00:00+00:00")
    order(shop, 11, "2026-03-29T21:59:00+00:00")
    order(shop, 12, "2026-03-29T22:00:00+00:00")
    autumn = sales(date(2026, 10, 24), date(2026, 10, 26))
    assert {day.day: of["EUR"][0] for day, of in autumn.days.items()} == {24: 1, 25: 4, 26: 1}
    assert sales(date(2026, 10, 25), date(2026, 10, 25)).orders == 4
    spring = sales(date(2026, 3, 29), date(2026, 3, 29))
    assert (spring.orders, spring.days[date(2026, 3, 29)]["EUR"][0]) == (2, 2)


def test_currencies_are_apart_and_what_was_cancelled_is_no_sale(shop: Connection) -> None:
    order(shop, 1, "2026-11-20T10:00:00+00:00", "19.90")
    order(shop, 2, "2026-11-20T11:00:00+00:00", "0.10")
    order(shop, 3, "2026-11-20T11:00:00+00:00", "99", status="cancelled")
    order(shop, 4, "2026-11-21T11:00:00+00:00", "4500", currency="JPY")
    refund(shop, "r1", "2026-11-21T10:00:00+00:00", "9.90")
    refund(shop, "r2", "2026-11-21T10:00:00+00:00", "5.00", status="failed")
    refund(factories.connection(), "re_1", "2026-11-21T10:00:00+00:00", "9.90")
    found = sales(date(2026, 11, 20), date(2026, 11, 21))
    assert (found.orders, found.cancelled) == (3, 1)
    assert found.currencies == [
        Currency("EUR", 2, Decimal("20.00"), 1, 1, Decimal("9.90")),
        Currency("JPY", 1, Decimal(4500), 0, 0, Decimal(0)),
    ]
    assert found.currencies[0].net == Decimal("10.10")
    assert found.days == {
        date(2026, 11, 20): {"EUR": (2, Decimal("20.00"), Decimal(0))},
        date(2026, 11, 21): {
            "EUR": (0, Decimal(0), Decimal("9.90")),
            "JPY": (1, Decimal(4500), Decimal(0)),
        },
    }


def test_a_days_sum_has_no_more_places_than_its_amounts(shop: Connection) -> None:
    order(shop, 1, "2026-11-20T10:00:00+00:00")
    for number, amount in enumerate(("0.10", "0.20", "0.30")):
        refund(shop, f"r{number}", "2026-11-20T10:00:00+00:00", amount, currency="")
    (_, _, refunded) = sales(date(2026, 11, 20), date(2026, 11, 20)).days[date(2026, 11, 20)][""]
    assert str(refunded) == "0.6000"


def test_who_came_again_is_known_by_the_hash_alone_and_a_renewal_is_nobodys_choice(shop: Connection) -> None:
    order(shop, 1, "2026-10-01T10:00:00+00:00", person="a" * 32)
    order(shop, 2, "2026-11-20T10:00:00+00:00", person="a" * 32)
    order(shop, 3, "2026-11-20T11:00:00+00:00", person="b" * 32)
    order(shop, 4, "2026-11-20T12:00:00+00:00", person="a" * 32, is_renewal=True)
    order(shop, 5, "2026-11-20T12:00:00+00:00")
    found = sales(date(2026, 11, 1), date(2026, 11, 30))
    assert (found.orders, found.known, found.again, found.renewals) == (4, 2, 1, 1)
    assert found.repeat_share == 0.5


def test_each_number_leads_to_exactly_its_rows(admin_client: Client, shop: Connection) -> None:
    order(shop, 1, "2026-11-20T10:00:00+00:00", person="a" * 32)
    order(shop, 2, "2026-11-20T11:00:00+00:00", person="a" * 32)
    order(shop, 3, "2026-11-20T11:00:00+00:00", status="cancelled")
    order(shop, 4, "2026-11-21T11:00:00+00:00", "4500", currency="JPY", is_renewal=True)
    order(shop, 5, "2026-12-01T11:00:00+00:00")
    refund(shop, "r1", "2026-11-21T10:00:00+00:00", "9.90")
    refund(shop, "r2", "2026-11-21T11:00:00+00:00", "1.00", currency="")
    page = admin_client.get(reverse("sales"), {"from": "2026-11-01", "to": "2026-11-30"}).content.decode()
    numbers = re.findall(r'class="portal-count" href="([^"]+)" data-count="(\d+)"', page)
    assert sorted(int(count) for _, count in numbers) == [0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 2, 2, 2, 3]
    for href, count in numbers:
        answer = admin_client.get(unescape(href))
        assert answer.status_code == 200
        assert result_count(answer) == int(count), href


def test_days_without_sense_are_told_and_an_empty_book_says_what_to_do(
    admin_client: Client, shop: Connection
) -> None:
    assert "Start the workflow" in admin_client.get(reverse("sales")).content.decode()
    order(shop, 1, "2026-11-20T10:00:00+00:00")
    for query in (
        {"from": "yesterday"},
        {"from": "2026-02-01", "to": "2026-01-01"},
        {"from": "1999-01-01"},
        {"from": "9999-12-31", "to": "9999-12-31"},
        {"from": "0001-01-01", "to": "0001-01-05"},
    ):
        answer = admin_client.get(reverse("sales"), query)
        assert answer.status_code == 200
        assert 'role="alert"' in answer.content.decode()


def test_who_may_not_see_the_books_may_not_see_what_they_add_up_to(client: Client) -> None:
    client.force_login(factories.user("integrations.view_outcome"))
    assert client.get(reverse("sales")).status_code == 403
