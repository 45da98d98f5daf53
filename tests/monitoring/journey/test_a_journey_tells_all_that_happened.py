from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from integrations.admin.record_pages import page_in
from integrations.models import Conflict, Delivery, Door, Judgement, LastKnown, State
from mappings.search import OF_ORDER
from monitoring.models import PaymentMismatch
from tests import factories
from tests.monitoring.journey.rows import (
    booked_order,
    booked_payment,
    call,
    journey_url,
    known_as,
    order,
    order_job,
    page_of,
    parcel,
)

pytestmark = pytest.mark.django_db


def sentences(client: Client, row: Delivery) -> list[str]:
    """Of the time line, as it is shown."""
    days = client.get(journey_url(row)).context["days"]
    return [event.sentence for day in days for event in day.events]


def test_the_time_line_has_every_step_the_newest_first(admin_client: Client) -> None:
    job = order_job(destination=factories.connection(name="Warehouse"))
    mine = order(job)
    start = timezone.now() - timedelta(hours=5)
    factories.inbound_event(job.source, external_id="5512", received_at=start, topic="orders/create")
    run = factories.run(job, door=Door.WEBHOOK)
    came_in = {"run": run, "received_at": start + timedelta(seconds=2)}
    factories.failure(mine, start + timedelta(minutes=1), mapping_version="3.4", **came_in)
    error = factories.error(
        mine,
        sentence="Order #1042 has no postal code.",
        first_seen_at=start + timedelta(minutes=1),
        last_seen_at=start + timedelta(minutes=1),
        mapping_version="3.4",
        settled_at=start + timedelta(minutes=30),
        settled_how="delivered",
    )
    Judgement.objects.create(error=error, decision="retry", at=start + timedelta(minutes=29))
    factories.outcome(
        mine, start + timedelta(minutes=31), request_id="req-9", mapping_version="3.5", **came_in
    )
    factories.outcome(mine, start + timedelta(hours=4), operation="update", run=factories.run(job))
    LastKnown.objects.create(
        thing=mine.thing,
        connection=job.source,
        digests={"shipping_address.postal_code": ["x", (start + timedelta(minutes=28)).isoformat()]},
    )
    assert sentences(admin_client, mine) == [
        "Warehouse took the change",
        "Read from Acme",
        "Warehouse took it as new",
        "The error is over: delivered after all",
        "Retried, by Crossdock",
        "Last changed in Acme: postal code",
        "Order #1042 has no postal code.",
        "Webhook from Acme: orders/create",
    ]
    page = page_of(admin_client, mine)
    assert f"{job.read_mapping.name}, version 3" in page
    assert f"{job.write_mapping.name}, version 5" in page
    assert "Warehouse calls the request req-9" in page
    oldest_first = admin_client.get(journey_url(mine), {"order": "oldest"}).context["days"]
    assert oldest_first[0].events[0].sentence == "Webhook from Acme: orders/create"


def test_the_version_that_mapped_it_leads_to_what_was_changed_since(admin_client: Client) -> None:
    job = order_job()
    mine = order(job)
    for target in ("number", "note"):
        job.read_mapping.rules.create(target=target, source="name")
        job.read_mapping.publish()
    factories.outcome(mine, mapping_version="1.1")
    versions = reverse("admin:mappings_mapping_versions", args=[job.read_mapping_id])
    assert f"{versions}?old=1&amp;new=3" in page_of(admin_client, mine)
    assert admin_client.get(f"{versions}?old=1&new=3").status_code == 200


def test_when_it_was_sent_and_answered_is_told(admin_client: Client) -> None:
    mine = order(order_job())
    now = timezone.now().replace(microsecond=0)
    factories.outcome(mine, now)
    lost = factories.in_doubt(mine).intent
    assert lost is not None
    waiting = "Sent to " + mine.job.destination.name + "; no answer came, it may have arrived"
    assert waiting in sentences(admin_client, mine)
    lost.settled_at, lost.created_at = now, now - timedelta(seconds=12)
    lost.save()
    assert waiting not in sentences(admin_client, mine)
    sent = (now - timedelta(seconds=12)).strftime("%H:%M:%S")
    assert f"sent at {sent}, answered after 12 s" in page_of(admin_client, mine)


def test_many_looks_that_found_nothing_new_are_one_line(admin_client: Client) -> None:
    mine = order(order_job())
    now = timezone.now()
    for minute in range(10):
        factories.outcome(mine, now - timedelta(minutes=minute), state=State.UNCHANGED, operation="")
    assert len(sentences(admin_client, mine)) == 1
    assert "10 times since" in page_of(admin_client, mine)


def test_of_a_long_story_each_line_says_where_it_came_from(admin_client: Client) -> None:
    mine = order(order_job())
    now = timezone.now()
    for minute in range(50):
        factories.outcome(mine, now - timedelta(minutes=minute), operation="update")
    days = admin_client.get(journey_url(mine)).context["days"]
    events = [event for day in days for event in day.events]
    assert len(events) == 50
    assert events[0].details[0] == "Read from Acme"


def test_parcels_payments_and_refunds_stand_on_the_orders_page(admin_client: Client) -> None:
    books = factories.connection(platform="books")
    job = order_job(destination=books)
    mine = order(job)
    booked_order(job.source)
    stripe = factories.connection(platform="stripe", name="Stripe")
    payments = factories.job(kind="payment", source=stripe, source_resource="payments", destination=books)
    paid = factories.delivery(payments, "pi_3Abc", subject="Payment pi_3Abc")
    booked_payment(stripe, order_number="1042")
    sent = parcel(factories.job(kind="shipment", source_resource="shipments"))
    for row in (mine, paid, sent):
        assert admin_client.get(journey_url(row), follow=True).context["journey"].title == "Order #1042"
    page = page_of(admin_client, mine)
    for words in ("Payment pi_3Abc", "Shipment S-77 of order #1042", "Paid, says Stripe", "Placed in Acme"):
        assert words in page


def test_a_part_that_names_the_orders_id_alone_is_found_in_the_same_system(admin_client: Client) -> None:
    job = order_job()
    mine = order(job)
    refunds = factories.job(kind="refund", source=job.source, source_resource="refunds")
    ours = factories.delivery(refunds, "r-1", subject="Refund r-1")
    strange = factories.delivery(factories.job(kind="refund"), "r-2", subject="Refund r-2")
    for row in (ours, strange):
        call(row.thing, OF_ORDER, "5512")
    page = page_of(admin_client, mine)
    assert "Refund r-1" in page
    assert "Refund r-2" not in page


def test_another_order_of_the_same_number_is_named_and_keeps_its_facts(admin_client: Client) -> None:
    mine = order(order_job())
    other = order(factories.job(), external_id="77", state=State.FAILED)
    factories.error(other, sentence="Only the other one is broken.")
    page = page_of(admin_client, mine)
    assert "is another order" in page
    assert journey_url(other) in page
    assert "Only the other one is broken." not in page


def test_a_payment_of_another_order_of_that_number_is_not_shown(admin_client: Client) -> None:
    job = order_job()
    mine = order(job)
    booked_order(job.source)
    booked_order(factories.connection(), "77")
    booked_payment(factories.connection(name="Stripe"), order_number="1042")
    assert "Paid, says Stripe" not in page_of(admin_client, mine)


def test_a_customer_is_a_link_and_no_part(admin_client: Client) -> None:
    mine = order(order_job())
    customers = factories.job(kind="customer", source_resource="customers")
    ann = factories.delivery(customers, "c-9", subject="Customer 9", state=State.FAILED)
    for row in (mine, ann):
        call(row.thing, "email", "ann@example.com")
    factories.error(ann, sentence="The customer has no name.")
    page = page_of(admin_client, mine)
    assert journey_url(ann) in page
    assert "The customer has no name." not in page
    assert journey_url(mine) in page_of(admin_client, ann)


def test_each_system_has_its_ids_its_state_and_a_way_into_it(admin_client: Client) -> None:
    job = order_job(destination=factories.connection(name="Warehouse"))
    mine = order(job, written_state={"status": "open", "payment_status": "paid"})
    known_as(mine.thing, job.destination, "WH-88121")
    page = page_of(admin_client, mine)
    assert 'href="https://acme.myshopify.com/admin/orders/5512"' in page
    for words in ("WH-88121", "Written: open, paid", "Delivered"):
        assert words in page


@pytest.mark.parametrize(
    ("platform", "base_url", "resource", "external_id", "page"),
    [
        (
            "shopify",
            "https://acme.myshopify.com",
            "customers",
            "9",
            "https://acme.myshopify.com/admin/customers/9",
        ),
        ("stripe", "", "charges", "pi_3", "https://dashboard.stripe.com/payments/pi_3"),
        ("stripe", "", "payouts", "po_1", "https://dashboard.stripe.com/payouts/po_1"),
        ("zendesk", "https://acme.zendesk.com", "tickets", "5", "https://acme.zendesk.com/agent/tickets/5"),
        ("zendesk", "https://acme.zendesk.com", "users", "5", "https://acme.zendesk.com/agent/users/5"),
        ("freshdesk", "https://acme.freshdesk.com", "tickets", "5", "https://acme.freshdesk.com/a/tickets/5"),
        ("pipedrive", "https://acme.pipedrive.com", "deals", "5", "https://acme.pipedrive.com/deal/5"),
    ],
)
def test_systems_are_opened_at_the_thing_itself(
    platform: str, base_url: str, resource: str, external_id: str, page: str
) -> None:
    settings = {"base_url": base_url} if base_url else {}
    system = factories.connection(platform=platform, settings=settings)
    assert page_in(system, resource, external_id) == page


def test_an_id_that_is_an_address_is_masked(admin_client: Client) -> None:
    job = factories.job(kind="customer", source_resource="customers", destination_resource="profiles")
    ann = factories.delivery(job, "c-9", subject="Customer 9")
    known_as(ann.thing, job.destination, "ann@example.com", "profiles")
    page = page_of(admin_client, ann)
    assert "a•••@example.com" in page
    assert "ann@example.com" not in page


def test_stock_of_one_sku_at_several_places_is_told_apart(admin_client: Client) -> None:
    stock = factories.job(kind="stock_level", source_resource="stock", destination_resource="stock")
    for place in ("Berlin", "Hamburg"):
        row = factories.delivery(stock, f"MUG-1@{place}", subject="Stock of MUG-1")
        call(row.thing, "sku", "MUG-1")
        factories.outcome(row, operation="update")
    response = admin_client.get(journey_url(row))
    assert response.context["title"] == "Stock of MUG-1"
    for place in ("Berlin", "Hamburg"):
        assert f"Stock of MUG-1 (MUG-1@{place})" in response.content.decode()


def test_hours_are_those_of_the_readers_clock(admin_client: Client) -> None:
    mine = order(order_job())
    moment = timezone.now().replace(year=2026, month=1, day=5, hour=2, minute=30, second=0)
    factories.outcome(mine, moment)
    admin_client.cookies["crossdock_zone"] = "America/New_York"
    page = page_of(admin_client, mine)
    assert "21:30:00" in page
    assert "Sunday 4 January 2026" in page
    admin_client.cookies["crossdock_zone"] = "../../etc/passwd"
    assert "02:30:00" in page_of(admin_client, mine)


def test_who_may_see_records_alone_sees_no_money_no_errors_evidence_and_no_webhooks() -> None:
    books = factories.connection(platform="books")
    job = order_job(destination=books)
    mine = order(job)
    booked = booked_order(job.source)
    booked_payment(factories.connection(name="Stripe"), order_number="1042")
    PaymentMismatch.objects.create(
        kind="shipped_unpaid",
        what="order",
        about=booked.pk,
        order=booked,
        source=job.source,
        sentence="Nobody paid.",
        since=timezone.now(),
    )
    Conflict.objects.create(
        thing=mine.thing,
        kind="order",
        field="note",
        owner=job.source,
        other=job.destination,
        rule="ask",
        found_at=timezone.now(),
        found_by="job",
    )
    error = factories.error(mine)
    factories.inbound_event(job.source, external_id="5512")
    client = Client()
    client.force_login(factories.user("integrations.view_delivery"))
    page = page_of(client, mine)
    assert "Stuck: " in page
    for hidden in ("Stripe", "Nobody paid.", "Webhook from", "is not what", f"errorrecord/{error.pk}"):
        assert hidden not in page
    assert "<form" not in re.sub(r"<form[^>]*(logout|theme|lang).*?</form>", "", page, flags=re.DOTALL)


def queries(client: Client, row: Delivery) -> list[dict[str, Any]]:
    client.get(journey_url(row))
    with CaptureQueriesContext(connection) as seen:
        assert client.get(journey_url(row)).status_code == 200
    return list(seen.captured_queries)


def rich(number: str, place: int) -> Delivery:
    """An order with a parcel, an error, a webhook, a payment and a booked row."""
    books = factories.connection(platform="books")
    job = order_job(destination=books)
    mine = order(job, number, f"o-{place}")
    booked_order(job.source, f"o-{place}", number)
    booked_payment(factories.connection(), f"pi-{place}", order_number=number)
    sent = parcel(factories.job(kind="shipment", source_resource="shipments"), number, f"s-{place}")
    factories.outcome(mine), factories.outcome(sent), factories.error(mine)
    factories.inbound_event(job.source, external_id=f"o-{place}")
    return mine


def test_500_events_cost_as_many_queries_as_one(admin_client: Client) -> None:
    mine = rich("1042", 0)
    few = len(queries(admin_client, mine))
    run = factories.run(mine.job)
    now = timezone.now()
    for minute in range(250):
        factories.outcome(mine, now - timedelta(minutes=2 * minute), run=run, operation="update")
        factories.failure(mine, now - timedelta(minutes=2 * minute + 1), run=run)
    factories.error(mine, settled_at=now, settled_how="gone")
    parcel(factories.job(kind="shipment", source_resource="shipments"), "1042", "s-99")
    many = queries(admin_client, mine)
    assert len(many) <= few
    assert few <= 60
    response = admin_client.get(journey_url(mine))
    assert response.context["journey"].is_cut
    assert "Show more" in response.content.decode()
    assert len(sentences(admin_client, mine)) < 450
    everything = admin_client.get(f"{journey_url(mine)}?all")
    assert not everything.context["journey"].is_cut


# What each database says in its plan where it reads a table from end to end.
WHOLE = {
    "sqlite": r"SCAN (?:integrations|monitoring)_(\w+)",
    "postgresql": r"\s*(?:->\s*)?Seq Scan on (?:integrations|monitoring)_(\w+)",
}
EXPLAIN = {"sqlite": "EXPLAIN QUERY PLAN", "postgresql": "EXPLAIN"}


def test_no_table_of_facts_is_read_from_end_to_end(admin_client: Client) -> None:
    mine = rich("1042", 0)
    for place in range(1, 4):
        rich(str(2000 + place), place)
    facts = (
        "outcome", "delivery", "errorrecord", "inboundevent", "intent", "searchkey", "externalid", "thing",
        "conflict", "lastknown", "bookedorder", "bookedpayment", "bookedrefund", "bookedshipment",
        "paymentmismatch", "paymentmatch", "auditdifference",
    )  # fmt: skip
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            # So few rows are read whole by choice; without that choice, only where no index serves.
            cursor.execute("SET LOCAL enable_seqscan = off")
    scanned, steps = set(), []
    for query in queries(admin_client, mine):
        # The numbers beside the menu's entries are counted on each page, up to a thousand.
        if not query["sql"].startswith("SELECT") or query["sql"].startswith("SELECT COUNT"):
            continue
        with connection.cursor() as cursor:
            cursor.execute(f"{EXPLAIN[connection.vendor]} {query['sql']}")
            for *_, step in cursor.fetchall():
                steps.append(step)
                scan = re.match(WHOLE[connection.vendor], step)
                if scan and scan[1] in facts:
                    scanned.add((step, query["sql"][:300]))
    assert scanned == set()
    assert any("events_of_one_thing" in step for step in steps)


def test_a_record_that_is_not_there_is_a_plain_404(admin_client: Client) -> None:
    assert admin_client.get("/admin/journey/999/").status_code == 404
    assert admin_client.get(f"/admin/journey/{2**70}/").status_code == 404
