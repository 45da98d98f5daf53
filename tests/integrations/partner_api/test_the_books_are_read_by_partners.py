"""A program reads the books: page by page, by time, and only of the systems of its own jobs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from integrations.connectors.books_words import SHELVES
from integrations.models import (
    BookedLine,
    BookedOrder,
    BookedPayment,
    Connection,
    Partner,
    PartnerKey,
    SyncJob,
)
from tests import factories

from .calls import Api, problem_of

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
ORDERS = "/api/v1/books/orders"


@pytest.fixture
def shop(partner: Partner) -> Connection:
    """Its orders are booked by a job of the partner's; its payments by nobody's."""
    shop = factories.connection(key="shop")
    books = factories.connection(key="books", platform="books")
    factories.job(source=shop, destination=books, destination_resource="orders").partners.add(partner)
    return shop


def book(source: Connection, external_id: str, at: datetime = NOON, **values: Any) -> BookedOrder:
    return BookedOrder.objects.create(
        source=source, external_id=external_id, read_at=at, booked_at=at, **values
    )


def test_an_order_is_told_with_its_lines_and_exact_amounts(api: Api, shop: Connection) -> None:
    row = book(shop, "7", number="a1042", currency="EUR", total="19.9", is_renewal=False, person="f" * 32)
    BookedLine.objects.create(order=row, position=1, sku="MUG", title="Mug ☕", ordered="2", total="19.90")
    (told,) = api.get(ORDERS).json()["results"]
    shown = {name: told[name] for name in ("source", "external_id", "number", "total", "tax", "is_renewal")}
    assert shown == {
        "source": "shop",
        "external_id": "7",
        "number": "a1042",
        "total": "19.9",
        "tax": None,
        "is_renewal": False,
    }
    assert [(line["sku"], line["ordered"]) for line in told["lines"]] == [("MUG", "2")]


def test_it_comes_page_by_page(api: Api, shop: Connection) -> None:
    for number in range(5):
        book(shop, str(number))
    answer, found = api.get(ORDERS, page_size=2).json(), []
    while True:
        found += [row["external_id"] for row in answer["results"]]
        if answer["next"] is None:
            break
        answer = api.get(answer["next"]).json()
    assert found == ["4", "3", "2", "1", "0"]


def test_it_is_narrowed_by_time_number_and_source(api: Api, shop: Connection) -> None:
    book(shop, "old", NOON - timedelta(hours=2))
    book(shop, "new", number="a1042")
    asked: tuple[dict[str, str], ...] = (
        {"booked_since": "2026-11-23T11:00:00Z"},
        {"number": "#A1042"},
        {"booked_since": "2026-11-23T12:00:00Z", "booked_before": "2026-11-23T13:00:00Z", "source": "shop"},
    )
    for query in asked:
        assert [row["external_id"] for row in api.get(ORDERS, **query).json()["results"]] == ["new"]
    assert api.get(ORDERS, source="other").json()["results"] == []
    problem_of(api.get(ORDERS, booked_since="yesterday"), 400)
    problem_of(api.get(ORDERS, sku="MUG"), 400)


def test_what_other_jobs_have_booked_is_not_shown(api: Api, other_api: Api, shop: Connection) -> None:
    book(shop, "mine")
    book(factories.connection(), "another shop's")
    BookedPayment.objects.create(source=shop, external_id="p1", read_at=NOON, booked_at=NOON)
    assert [row["external_id"] for row in api.get(ORDERS).json()["results"]] == ["mine"]
    assert api.get("/api/v1/books/payments").json()["results"] == []
    assert other_api.get(ORDERS).json()["results"] == []


def test_the_key_must_hold_the_scope(partner: Partner, shop: Connection) -> None:
    book(shop, "1")
    reading = Api(PartnerKey.issue(partner, ["read"])[1])
    problem_of(reading.get(ORDERS), 403)


@pytest.mark.parametrize("shelf", sorted(SHELVES))
def test_each_shelf_is_read_with_as_many_queries_for_many_rows_as_for_few(
    api: Api, partner: Partner, shop: Connection, shelf: str
) -> None:
    books = Connection.objects.get(key="books")
    job: SyncJob = factories.job(source=shop, destination=books, destination_resource=shelf)
    job.partners.add(partner)

    def cost() -> int:
        with CaptureQueriesContext(connection) as seen:
            assert api.get(f"/api/v1/books/{shelf}").status_code == 200
        return len(seen)

    add(shelf, shop, 1)
    cost()
    few = cost()
    for number in range(2, 9):
        add(shelf, shop, number)
    assert cost() == few
    assert len(api.get(f"/api/v1/books/{shelf}").json()["results"]) == 8


def add(shelf: str, shop: Connection, number: int) -> None:
    SHELVES[shelf](source=shop, external_id=str(number), read_at=NOON, booked_at=NOON).save()
