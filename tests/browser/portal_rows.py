"""Fills a portal as it looks on an ordinary day, so that its screens can be judged."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.contrib.auth.models import User
from django.utils import timezone

from integrations.models import (
    Connection,
    Decision,
    Delivery,
    Door,
    ErrorRecord,
    Health,
    InboundState,
    JobState,
    Judgement,
    Kind,
    Outcome,
    PartnerKey,
    RunState,
    Settled,
    State,
    SyncJob,
    SyncRun,
)
from mappings.models import Direction, FieldRule, Mapping, ValueMap, ValueMapEntry
from monitoring import rollups
from monitoring.incidents import triage
from tests import factories

MISSING = [
    (
        "{} has no postal code in its shipping address. The warehouse requires one. Add it in the shop.",
        Kind.DATA,
        "invalid_field",
        "shipping_address.postal_code",
        "validate",
    ),
    (
        "{}: the warehouse does not know the SKU MUG-RED-XL. Add it in the warehouse, or map it to another SKU.",
        Kind.DATA,
        "not_found",
        "lines[].sku",
        "send",
    ),
    (
        "{}: the value map “payment status” does not know “chargeback”. Add it to the map.",
        Kind.DATA,
        "unknown_value",
        "payment_status",
        "translate",
    ),
    (
        "{}: the warehouse answered 503 six times. When it works again, press Retry.",
        Kind.TRANSIENT,
        "host_down",
        "",
        "send",
    ),
]


def fill(days: int = 3, per_hour: int = 22) -> User:
    """An administrator named "olga", and `days` of traffic in three jobs. The same rows each time."""
    dice = random.Random(1042)  # no secret
    staff = factories.administrator(username="olga", first_name="Olga", email="olga@example.com")
    colleague = factories.administrator(username="ben", first_name="Ben", email="ben@example.com")
    shop, warehouse, mailer = _systems()
    orders, stock, tracking = _jobs(shop, warehouse)
    factories.heartbeat(name="worker")
    for of, rate in ((orders, per_hour), (stock, per_hour // 2), (tracking, per_hour // 3)):
        _traffic(of, days, rate, dice)
    _open_errors(orders, colleague, dice)
    _running(orders, stock)
    _inbox(shop, mailer)
    partner = factories.partner(name="Northern fulfilment", key="northern")
    partner.jobs.add(orders)
    PartnerKey.issue(partner, ["push", "read"])
    rollups.roll_up()
    triage.triage()
    return staff


def _systems() -> tuple[Connection, Connection, Connection]:
    now = timezone.now()
    working = {"health": Health.WORKING, "health_checked_at": now - timedelta(minutes=3)}
    shop = factories.connection(
        key="shop",
        name="Web shop",
        platform="sandbox_shop",
        settings={"base_url": "https://shop.example.com/api"},
        secrets={"token": "a secret of the shop"},
        **working,
    )
    warehouse = factories.connection(key="warehouse", name="Main warehouse", platform="rest", **working)
    mailer = factories.connection(
        key="mailer",
        name="Mailing tool",
        platform="rest",
        health=Health.FAILING,
        health_checked_at=now,
        health_sentence="It answered 401: the API key is not valid any more. Enter a new one.",
    )
    return shop, warehouse, mailer


def _jobs(shop: Connection, warehouse: Connection) -> tuple[SyncJob, SyncJob, SyncJob]:
    now = timezone.now()
    flow = factories.workflow(
        key="doorstep",
        name="Order to doorstep",
        owner="Operations",
        problem="Orders were typed into the warehouse by hand, and customers asked where their parcel was.",
    )
    common: dict[str, Any] = {
        "workflow": flow,
        "next_read_at": now + timedelta(minutes=4),
        "last_complete_read_at": now - timedelta(minutes=1),
        "watermark": now - timedelta(minutes=6),
    }
    orders = factories.job(
        key="orders",
        name="Orders to the warehouse",
        kind="order",
        source=shop,
        destination=warehouse,
        read_mapping=_reading(),
        write_mapping=_writing(),
        **common,
    )
    stock = factories.job(
        key="stock",
        name="Stock to the shop",
        kind="stock_level",
        source=warehouse,
        destination=shop,
        source_resource="stock",
        destination_resource="stock",
        **common,
    )
    tracking = factories.job(
        key="tracking",
        name="Tracking to the shop",
        kind="shipment",
        source=warehouse,
        destination=shop,
        source_resource="shipments",
        destination_resource="fulfilments",
        **common | {"state": JobState.PAUSED, "state_reason": "Stock-taking until 3 p.m."},
    )
    return orders, stock, tracking


def _reading() -> Mapping:
    words = ValueMap.objects.create(key="payment-status", name="Payment status")
    for source, target in (("PAID", "paid"), ("OPEN", "pending"), ("BACK", "refunded")):
        ValueMapEntry.objects.create(value_map=words, source=source, target=target)
    made = factories.mapping(
        key="shop-order", name="Shop order", description="What the web shop calls an order."
    )
    _rules(
        made,
        [
            {"target": "id", "source": "id", "required": True},
            {"target": "number", "source": "name", "required": True},
            {"target": "currency", "source": "currency", "transform": "upper"},
            {
                "target": "total",
                "source": "total_cents",
                "transform": "from_minor_units",
                "arguments": {"currency": "=currency"},
            },
            {"target": "payment_status", "source": "payment.state", "value_map": words.key},
            {"target": "shipping_address.name", "source": "delivery.name"},
            {"target": "shipping_address.city", "source": "delivery.town"},
            {"target": "shipping_address.postal_code", "source": "delivery.zip", "required": True},
            {
                "target": "shipping_address.country",
                "source": "delivery.country",
                "default": "DE",
                "on_missing": "default",
            },
            {"target": "lines[]", "source": "items", "on_missing": "error"},
            {"target": "lines[].sku", "source": "sku", "required": True},
            {"target": "lines[].ordered", "source": "quantity"},
        ],
    )
    return made


def _writing() -> Mapping:
    made = factories.mapping(
        key="warehouse-order",
        name="Warehouse order",
        direction=Direction.WRITE,
        platform="rest",
        resource="orders",
    )
    _rules(
        made,
        [
            {"target": "reference", "source": "number", "required": True},
            {"target": "ship_to.postcode", "source": "shipping_address.postal_code"},
            {"target": "positions[]", "source": "lines"},
            {"target": "positions[].article", "source": "sku"},
        ],
    )
    return made


def _rules(of: Mapping, rules: list[dict[str, Any]]) -> None:
    for place, values in enumerate(rules):
        FieldRule.objects.create(mapping=of, position=place, **values)
    of.publish()


def _traffic(of: SyncJob, days: int, per_hour: int, dice: random.Random) -> None:
    now = timezone.now()
    past = factories.run(of, started_at=now - timedelta(days=days), finished_at=now - timedelta(hours=1))
    subject = {"order": "Order #{}", "stock_level": "Stock of SKU-{}", "shipment": "Shipment {}"}[of.kind]
    made: list[Outcome] = []
    begin = now - timedelta(days=days)
    for hour in range(days * 24):
        for _ in range(_busy(begin + timedelta(hours=hour), per_hour, dice)):
            at = begin + timedelta(hours=hour, seconds=dice.uniform(0, 3_600))
            if at < now:
                made.append(_outcome(of, past, at, subject.format(1_000 + factories.number()), dice))
    Outcome.objects.bulk_create(made)
    delivered = sum(row.state == State.DELIVERED for row in made)
    SyncRun.objects.filter(pk=past.pk).update(
        read=len(made) + 40, known=40, accepted=len(made), delivered=delivered, failed=len(made) - delivered
    )


def _busy(hour: datetime, per_hour: int, dice: random.Random) -> int:
    """Few at night, many in the evening."""
    return round(per_hour * (0.25 + max(0, 1 - abs(hour.hour - 18) / 10)) * dice.uniform(0.7, 1.3))


def _outcome(of: SyncJob, run: SyncRun, at: datetime, subject: str, dice: random.Random) -> Outcome:
    failed = dice.random() < 0.012
    record = factories.delivery(
        of, subject=subject, state_since=at, accepted_at=at, first_delivered_at=at, delivered_at=at
    )
    took = dice.lognormvariate(4.2, 0.8)
    return Outcome(
        delivery=record,
        job=of,
        run=run,
        recorded_at=at,
        operation="create",
        state=State.FAILED if failed else State.DELIVERED,
        kind=dice.choice([Kind.DATA, Kind.DATA, Kind.TRANSIENT]) if failed else "",
        occurred_at=at - timedelta(seconds=took),
        received_at=at - timedelta(seconds=min(took, dice.uniform(1, 20))),
        accepted_at=None if failed else at,
        amount=Decimal(dice.randint(900, 28_000)) / 100,
        currency="EUR" if dice.random() < 0.85 else "USD",
    )


def _open_errors(of: SyncJob, colleague: User, dice: random.Random) -> None:
    now = timezone.now()
    for place in range(23):
        sentence, kind, code, field, where = MISSING[
            0 if place < 9 else 1 if place < 14 else 2 if place < 20 else 3
        ]
        record = factories.delivery(
            of, subject=f"Order #{2_000 + place}", state=State.FAILED, state_since=now
        )
        seen = now - timedelta(minutes=dice.randint(2, 2_000))
        row = factories.error(
            record,
            sentence=sentence.format(record.subject),
            kind=kind,
            code=code,
            field=field,
            place=where,
            fingerprint=f"{kind}-{code}",
            first_seen_at=seen - timedelta(minutes=30),
            last_seen_at=seen,
            attempts=6 if kind == Kind.TRANSIENT else 1,
            amount=Decimal(dice.randint(1_500, 42_000)) / 100,
            currency="EUR" if place % 5 else "USD",
            status=422 if where == "send" else None,
            request_id="req-7f3a",
            evidence={
                "request": {
                    "method": "POST",
                    "path": "/v2/orders",
                    "body": {"number": "2000", "name": "***"},
                },
                "response": {"status": 422, "body": {"errors": [{"field": field, "message": "is required"}]}},
            },
            payload={
                "id": 2_000 + place,
                "customer": {"name": "A. Customer", "email": "customer@example.com"},
                "lines": [],
            },
        )
        if place % 4 == 0:
            Judgement.objects.create(
                error=row, decision=Decision.ASSIGN, by=colleague, assignee=colleague, at=now
            )
    for place in range(2):
        record = factories.delivery(
            of, subject=f"Order #{2_100 + place}", state=State.FAILED, state_since=now
        )
        factories.in_doubt(
            record,
            amount=Decimal("119.90"),
            currency="EUR",
            fingerprint="lost",
            sentence=f"{record.subject} was sent to Main warehouse and no answer came: it may have arrived. "
            "Look there, then say what you found.",
            evidence={"request": {"method": "POST", "path": "/v2/orders"}, "response": None},
        )
    settled = factories.error(
        factories.delivery(of, subject="Order #1999"), sentence="Order #1999: no postal code."
    )
    ErrorRecord.objects.filter(pk=settled.pk).update(settled_at=now, settled_how=Settled.DELIVERED)
    for state, count in ((State.QUEUED, 34), (State.RETRYING, 5), (State.HELD, 3)):
        for _ in range(count):
            factories.delivery(of, state=state, state_since=now - timedelta(minutes=dice.randint(0, 11)))


def _running(orders: SyncJob, stock: SyncJob) -> None:
    now = timezone.now()
    for of, accepted, delivered, failed in ((orders, 480, 301, 7), (stock, 0, 0, 0)):
        factories.run(
            of,
            door=Door.PULL,
            state=RunState.RUNNING,
            started_at=now - timedelta(seconds=52),
            finished_at=None,
            read=accepted + 20,
            known=20,
            accepted=accepted,
            delivered=delivered,
            failed=failed,
            read_through=False,
        )


def _inbox(shop: Connection, mailer: Connection) -> None:
    now = timezone.now()
    for place in range(14):
        factories.inbound_event(
            shop,
            received_at=now - timedelta(minutes=7 * place),
            topic="orders/updated",
            external_id=str(5_000 + place),
            state=InboundState.PROCESSED if place else InboundState.RECEIVED,
        )
    factories.inbound_event(
        mailer,
        topic="contact/removed",
        state=InboundState.FAILED,
        received_at=now - timedelta(hours=2),
        sentence="The body has no contact id. Ask the sender, then replay it.",
    )


def newest(model: type[Any]) -> Any:
    return model.objects.order_by("-pk").first()


def a_record() -> Delivery:
    record = Delivery.objects.filter(state=State.DELIVERED, outcomes__isnull=False).order_by("-pk").first()
    assert record is not None
    return record
