"""An order's rows, as several systems and jobs leave them behind."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.test import Client
from django.urls import reverse
from django.utils import timezone

from integrations.models import (
    BookedOrder,
    BookedPayment,
    Connection,
    Delivery,
    ExternalId,
    SearchKey,
    SyncJob,
    Thing,
)
from mappings.search import keyed_hash
from tests import factories


def call(thing: Thing, kind: str, value: str) -> None:
    """From now on the thing is found by this."""
    SearchKey.objects.create(thing=thing, kind=kind, digest=keyed_hash(kind, value))


def shopify(**values: Any) -> Connection:
    settings = {"base_url": "https://acme.myshopify.com"}
    return factories.connection(**{"platform": "shopify", "name": "Acme", "settings": settings} | values)


def order_job(**values: Any) -> SyncJob:
    source = values.pop("source", None) or shopify()
    return factories.job(source=source, **values)


def order(of: SyncJob, number: str = "1042", external_id: str = "5512", **values: Any) -> Delivery:
    made = factories.delivery(of, external_id, subject=f"Order #{number}", **values)
    call(made.thing, "order_number", number)
    return made


def parcel(of: SyncJob, number: str = "1042", name: str = "S-77", **values: Any) -> Delivery:
    made = factories.delivery(of, name, subject=f"Shipment {name} of order #{number}", **values)
    call(made.thing, "order_number", number)
    return made


def known_as(thing: Thing, connection: Connection, external_id: str, resource: str = "orders") -> None:
    ExternalId.objects.create(thing=thing, connection=connection, resource=resource, external_id=external_id)


def booked_order(source: Connection, external_id: str = "5512", number: str = "1042") -> BookedOrder:
    now = timezone.now()
    return BookedOrder.objects.create(
        source=source,
        external_id=external_id,
        number=number,
        placed_at=now - timedelta(days=1),
        read_at=now,
        booked_at=now,
        total=Decimal("84.50"),
        currency="EUR",
    )


def booked_payment(source: Connection, external_id: str = "pi_3Abc", **values: Any) -> BookedPayment:
    now = timezone.now()
    told = {"amount": Decimal("84.50"), "currency": "EUR", "status": "paid", "created_at": now}
    return BookedPayment.objects.create(
        source=source, external_id=external_id, read_at=now, booked_at=now, **told | values
    )


def journey_url(row: Delivery | Thing) -> str:
    return reverse("journey", args=[row.pk if isinstance(row, Thing) else row.thing_id])


def page_of(client: Client, row: Delivery | Thing) -> str:
    response = client.get(journey_url(row), follow=True)
    assert response.status_code == 200
    return response.content.decode()


def seek(client: Client, term: str) -> list[str]:
    """The journeys that the command palette offers."""
    response = client.post(reverse("find_palette"), {"s": term})
    assert response.status_code == 200
    found = response.context["found"]
    return [hit.href for hit in found.hits] if found else []
