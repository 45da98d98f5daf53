"""Each shelf of the books as a list in the admin: found by number and SKU, narrowed, changed by nobody."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from integrations.connectors.books_words import SHELVES
from integrations.models import (
    BookedLine,
    BookedOrder,
    BookedPayment,
    BookedShipment,
    BookedStock,
    Connection,
)
from tests import factories
from tests.integrations.admin.pages import change_url, list_url, listed

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def booked(model: type[Any], external_id: str, source: Connection, **values: Any) -> Any:
    row = model(source=source, external_id=external_id, read_at=NOW, booked_at=NOW, **values)
    row.save()
    return row


@pytest.fixture
def shop() -> Connection:
    return factories.connection(name="The shop")


@pytest.mark.parametrize("shelf", sorted(SHELVES))
def test_each_shelf_has_a_list_and_pages_that_nobody_changes(
    admin_client: Client, shop: Connection, shelf: str
) -> None:
    model = SHELVES[shelf]
    assert (
        "is booked yet" in (page := admin_client.get(list_url(model)).content.decode())
        or "are booked yet" in page
    )
    row = booked(model, "x-1", shop)
    assert admin_client.get(list_url(model)).status_code == 200
    page = admin_client.get(change_url(row)).content.decode()
    assert "x-1" in page
    assert 'name="_save"' not in page
    assert admin_client.post(f"{list_url(model)}add/").status_code == 403
    assert admin_client.post(change_url(row).replace("change", "delete")).status_code == 403


@pytest.mark.parametrize("shelf", sorted(SHELVES))
def test_who_may_not_view_it_sees_nothing(client: Client, shelf: str) -> None:
    client.force_login(factories.user("integrations.view_syncjob"))
    assert client.get(list_url(SHELVES[shelf])).status_code == 403


@pytest.mark.parametrize("shelf", sorted(SHELVES))
def test_a_list_costs_as_many_queries_with_many_rows_as_with_few(
    admin_client: Client, shop: Connection, shelf: str
) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as seen:
            assert admin_client.get(list_url(SHELVES[shelf])).status_code == 200
        return len(seen)

    booked(SHELVES[shelf], "1", shop)
    few = cost()
    for number in range(2, 12):
        booked(SHELVES[shelf], str(number), factories.connection())
    assert cost() == few


def test_an_order_is_found_by_its_number_its_sku_and_its_id(admin_client: Client, shop: Connection) -> None:
    mine = booked(BookedOrder, "gid-7", shop, number="a1042", total="19.90", currency="EUR")
    other = booked(BookedOrder, "gid-8", shop, number="a1043")
    BookedLine.objects.create(order=mine, position=1, sku="MUG-001", ordered="2")
    for term in ("#A1042", "a1042", "MUG-001", "gid-7"):
        assert listed(admin_client.get(list_url(BookedOrder), {"q": term})) == [mine]
    assert listed(admin_client.get(list_url(BookedOrder), {"q": "1042"})) == []
    assert listed(admin_client.get(list_url(BookedOrder), {"number": "a1043"})) == [other]


def test_a_shipment_is_found_by_its_tracking_number_and_stock_by_its_sku(
    admin_client: Client, shop: Connection
) -> None:
    parcel = booked(BookedShipment, "s1", shop, tracking_number="00340434", order_number="a1042")
    stock = booked(BookedStock, "MUG-001/main", shop, sku="MUG-001", location="main", on_hand=3)
    assert listed(admin_client.get(list_url(BookedShipment), {"q": "00340434"})) == [parcel]
    assert listed(admin_client.get(list_url(BookedStock), {"q": "MUG-001"})) == [stock]


def test_an_orders_page_leads_to_what_belongs_to_it(admin_client: Client, shop: Connection) -> None:
    mine = booked(BookedOrder, "7", shop, number="a1042", currency="EUR", total="20")
    BookedLine.objects.create(order=mine, position=1, sku="MUG-001", title="Mug ☕", ordered="2", total="20")
    booked(BookedPayment, "p1", factories.connection(), order_number="a1042", amount=20, currency="EUR")
    page = admin_client.get(change_url(mine)).content.decode()
    assert f'{list_url(BookedPayment)}?order_number=a1042">1 payments' in page
    assert "Mug ☕" in page
    assert len(listed(admin_client.get(list_url(BookedPayment), {"order_number": "a1042"}))) == 1


def test_what_is_searched_is_found_by_an_index(admin_client: Client, shop: Connection) -> None:
    for number in range(20):
        order = booked(BookedOrder, str(number), shop, number=f"a{number}")
        BookedLine.objects.create(order=order, position=1, sku=f"SKU-{number}")
    with CaptureQueriesContext(connection) as seen:
        admin_client.get(list_url(BookedOrder), {"q": "a7"})
    asked = [query["sql"] for query in seen if "LIMIT 500" in query["sql"]]
    assert len(asked) == 3
    for sql in asked:
        plan = plan_of(sql)
        assert "SCAN" not in plan.upper().replace("INDEX SCAN", "").replace("INDEX ONLY SCAN", ""), plan


def plan_of(sql: str) -> str:
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute(f"EXPLAIN QUERY PLAN {sql}")
            return "\n".join(str(row[3]) for row in cursor.fetchall())
        for way in ("seqscan", "bitmapscan"):
            cursor.execute(f"SET LOCAL enable_{way} = off")
        cursor.execute(f"EXPLAIN {sql}")
        return "\n".join(str(row[0]) for row in cursor.fetchall())
