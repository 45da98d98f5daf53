from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from integrations.models import Connection, Thing
from mappings.records import Order, OrderLine, Payment, Shipment, Variant
from mappings.search import keyed_hash, line_keys, search_keys
from tests import factories
from tests.monitoring.journey.rows import (
    booked_order,
    booked_payment,
    call,
    journey_url,
    known_as,
    order,
    order_job,
    parcel,
    seek,
)

pytestmark = pytest.mark.django_db


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.mark.parametrize(
    "typed", ["1042", "#1042", " 1042 ", "Order #1042", "Shipment S-77 of order #1042", "5512", "WH-88121"]
)
def test_an_order_is_found_from_either_side(admin_client: Client, typed: str) -> None:
    job = order_job()
    mine = order(job)
    order(job, "1043", "5513")
    known_as(mine.thing, job.destination, "WH-88121")
    assert seek(admin_client, typed) == [journey_url(mine)]


def test_what_is_pasted_keeps_its_capitals(admin_client: Client) -> None:
    job = factories.job(kind="payment", source_resource="payments", destination_resource="payments")
    mine = factories.delivery(job, "pi_3AbC")
    factories.delivery(job, "pi_3abc")
    assert seek(admin_client, "pi_3AbC") == [journey_url(mine)]


def test_a_person_is_found_by_the_address_that_stands_in_no_url(admin_client: Client) -> None:
    mine = order(order_job())
    call(mine.thing, "email", "ann@example.com")
    assert seek(admin_client, "Ann@Example.com") == [journey_url(mine)]
    assert admin_client.get(reverse("find"), {"s": "ann@example.com"}).context["found"] is None
    assert admin_client.get(reverse("find_palette"), {"s": "1042"}).status_code == 405


def test_a_sku_leads_to_its_stock_and_to_orders_that_have_it(admin_client: Client) -> None:
    stock = factories.job(kind="stock_level", source_resource="stock", destination_resource="stock")
    rows = [factories.delivery(stock, f"row-{place}", subject="Stock of MUG-1") for place in (1, 2)]
    for row in rows:
        call(row.thing, "sku", "MUG-1")
    books = factories.connection(platform="books")
    job = order_job(destination=books)
    sold = order(job)
    booked_order(job.source).lines.create(position=0, sku="MUG-1")
    assert set(seek(admin_client, "MUG-1")) == {journey_url(sold), journey_url(rows[1])}


def test_of_many_orders_with_one_sku_the_newest_are_read_and_no_more(
    admin_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("integrations.sync.finding.MOST_FOUND", 3)
    job = order_job()
    rows = [order(job, str(2000 + place), f"id-{place}") for place in range(5)]
    for row in rows:
        call(row.thing, "line_sku", "MUG-1")
    assert seek(admin_client, "mug-1") == [journey_url(row) for row in rows[:1:-1]]


def test_two_orders_of_one_sku_are_two_journeys(admin_client: Client) -> None:
    job = order_job()
    mine, theirs = order(job), order(job, "1043", "5513")
    stock = factories.delivery(factories.job(kind="stock_level"), "row-1", subject="Stock of MUG-1")
    call(stock.thing, "sku", "MUG-1")
    for row in (mine, theirs):
        call(row.thing, "line_sku", "MUG-1")
    assert seek(admin_client, "MUG-1") == [journey_url(row) for row in (stock, theirs, mine)]
    group = admin_client.get(journey_url(mine)).context["journey"].group
    assert (list(group.things), group.namesakes) == ([mine.thing_id], [])


def test_a_payment_is_found_by_its_reference(admin_client: Client) -> None:
    books = factories.connection(platform="books")
    stripe = factories.connection(platform="stripe")
    job = factories.job(kind="payment", source=stripe, source_resource="payments", destination=books)
    paid = factories.delivery(job, "pi_3Abc")
    booked_payment(stripe, reference="ch_99")
    assert seek(admin_client, "ch_99") == [journey_url(paid)]


def test_parts_of_one_order_are_one_hit(admin_client: Client) -> None:
    mine = order(order_job())
    parcels = factories.job(kind="shipment", source_resource="shipments")
    parcel(parcels), parcel(parcels, name="S-78")
    assert seek(admin_client, "1042") == [journey_url(mine)]


def test_two_orders_of_one_number_are_two_hits(admin_client: Client) -> None:
    mine, theirs = order(order_job()), order(factories.job(), external_id="9")
    assert seek(admin_client, "1042") == [journey_url(theirs), journey_url(mine)]


def test_digits_of_a_sku_are_no_phone(admin_client: Client) -> None:
    mine = order(order_job())
    call(mine.thing, "phone", "")
    call(mine.thing, "phone", "+4922100001")
    assert seek(admin_client, "MUG") == []
    assert seek(admin_client, "MUG-4922100001") == []
    assert seek(admin_client, "+49 221 00001") == [journey_url(mine)]


def test_one_hit_opens_at_once_and_none_says_what_to_do(admin_client: Client) -> None:
    mine = order(order_job())
    opened = admin_client.post(reverse("find"), {"s": "1042"})
    assert (opened.status_code, opened["Location"]) == (302, journey_url(mine))
    nothing = admin_client.post(reverse("find"), {"s": "1049"}).content.decode()
    assert "Nothing is known by this name" in nothing
    palette = admin_client.post(reverse("find_palette"), {"s": "1049"}).content.decode()
    assert "Nothing is known by this name" in palette


def test_the_palette_finds_pages_by_the_names_of_the_menu(admin_client: Client) -> None:
    page = admin_client.post(reverse("find_palette"), {"s": "incid"}).content.decode()
    assert reverse("admin:monitoring_incident_changelist") in page


def test_who_may_not_see_records_finds_none(admin_client: Client) -> None:
    mine = order(order_job())
    other = client_of(factories.user("integrations.view_syncjob"))
    assert seek(other, "1042") == []
    assert other.post(reverse("find"), {"s": "1042"}).status_code == 403
    assert other.get(journey_url(mine)).status_code == 403
    pages = other.post(reverse("find_palette"), {"s": "o"}).context["pages"]
    assert "Jobs" in {page["title"] for page in pages}
    assert "Outcomes" not in {page["title"] for page in pages}


def test_hits_are_named_and_not_counted_without_end(admin_client: Client) -> None:
    job = order_job()
    for place in range(25):
        call(order(job, str(2000 + place), f"id-{place}").thing, "email", "ann@example.com")
    found = admin_client.post(reverse("find_palette"), {"s": "ann@example.com"}).context["found"]
    assert (len(found.hits), found.is_cut) == (20, True)
    assert found.hits[0].title == "Order #2024"
    assert found.hits[0].about == f"{job.source.name} → {job.destination.name}"


def test_records_are_found_by_the_id_of_their_order_and_variants_by_sku() -> None:
    of_order = ("of_order", keyed_hash("of_order", "5512"))
    assert of_order in search_keys(Shipment(order_id="5512"))
    assert of_order in search_keys(Payment(order_id="5512"))
    assert ("sku", keyed_hash("sku", "MUG-1")) in search_keys(Variant(sku="mug-1"))


def test_goods_on_the_lines_of_a_record_are_known_by_digests_alone() -> None:
    lines = [OrderLine(sku="MUG-1"), OrderLine(), OrderLine(sku="MUG-1"), OrderLine(sku="CUP-2")]
    known = [("line_sku", keyed_hash("line_sku", sku)) for sku in ("MUG-1", "CUP-2")]
    assert line_keys(Order(number="1042", lines=lines)) == known
    assert line_keys(Variant(sku="mug-1")) == []


def test_a_line_leads_to_its_order(admin_client: Client) -> None:
    job = order_job()
    mine = order(job)
    line = Thing.objects.create(kind="line", parent=mine.thing, created_at=mine.accepted_at)
    known_as(line, job.source, "line-1")
    assert seek(admin_client, "line-1") == [journey_url(mine)]
    assert Connection.objects.count() == 2
