"""Makes an installation that has run for long: Things by the hundred thousand, with all that hangs on them.

Plain SQL in slices, so that a million takes minutes. The rows are what the engine would have written, but for
their encrypted columns, which are empty as they are in settled rows.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.core.management.color import no_style
from django.db import connection, transaction
from django.db.models import Max
from django.utils import timezone

from integrations.models import (
    Batch,
    Delivery,
    ErrorRecord,
    ExternalId,
    InboundEvent,
    Intent,
    Outcome,
    SearchKey,
    SyncJob,
    SyncRun,
    Thing,
)

SLICE = 50_000
# One run for so many records, one batch for so many: what a schedule every few minutes makes of a busy shop.
RECORDS_OF_A_RUN, RECORDS_OF_A_BATCH = 1_000, 200
CAUSES = 40
# The facts are spread over so many days before today.
DAYS = 90


@dataclass(frozen=True)
class Size:
    things: int
    errors: int
    open_errors: int
    events: int

    @classmethod
    def of(cls, things: int) -> Size:
        """A tenth of the things once failed, half of these still do; each tenth thing was told by a webhook."""
        return cls(things, things // 10, things // 20, things // 10)


def fill(job: SyncJob, size: Size) -> float:
    """Returns the seconds it took."""
    began = time.monotonic()
    base = Base.now(job, size)
    make(SyncRun, _RUNS, size.things // RECORDS_OF_A_RUN + 1, base)
    make(Batch, _BATCHES, size.things // RECORDS_OF_A_BATCH + 1, base)
    make(Thing, _THINGS, size.things, base)
    make(ExternalId, _IDS_IN_SOURCE, size.things, base)
    make(ExternalId, _IDS_IN_DESTINATION, size.things, base)
    make(SearchKey, _SEARCH_KEYS, size.things, base)
    make(Delivery, _DELIVERIES, size.things, base)
    make(Intent, _INTENTS, size.things, base)
    make(Outcome, _OUTCOMES, size.things, base)
    make(ErrorRecord, _ERRORS, size.errors, base)
    make(InboundEvent, _EVENTS, size.events, base)
    follow_sequences(Thing, Delivery, SyncRun)
    analyze()
    return time.monotonic() - began


@dataclass(frozen=True)
class Base:
    """What every statement is told. Ids count on from the highest that are there."""

    values: dict[str, Any]

    @classmethod
    def now(cls, job: SyncJob, size: Size) -> Base:
        first = {
            f"{name}_base": (model.objects.aggregate(top=Max("pk"))["top"] or 0)
            for name, model in (("thing", Thing), ("delivery", Delivery), ("run", SyncRun))
        }
        return cls(
            {
                **first,
                "job": job.pk,
                "source": job.source_id,
                "source_resource": job.source_resource,
                "destination": job.destination_id,
                "destination_resource": job.destination_resource,
                "kind": job.kind,
                "things": size.things,
                "errors": size.errors,
                "open_errors": size.open_errors,
                "per_run": RECORDS_OF_A_RUN,
                "per_batch": RECORDS_OF_A_BATCH,
                "causes": CAUSES,
            }
        )


def make(model: Any, statement: Statement, count: int, base: Base) -> None:
    table = connection.ops.quote_name(model._meta.db_table)
    for first, last in _slices(count):
        sql = (
            f"WITH RECURSIVE n(i) AS (SELECT {first} UNION ALL SELECT i + 1 FROM n WHERE i < {last}) "
            f"INSERT INTO {table} {statement}"
        )
        # Newest last, and each slice within a span of its own, as if they had come in one after another.
        moment = _moment(last / max(count, 1))
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql, {**base.values, "at": connection.ops.adapt_datetimefield_value(moment)})


def _slices(count: int) -> Iterator[tuple[int, int]]:
    # Days of their own for the small ones too: at least as many slices as days.
    step = max(min(SLICE, count // DAYS), 1)
    for first in range(1, count + 1, step):
        yield first, min(first + step - 1, count)


def _moment(share: float) -> datetime:
    return timezone.now() - timedelta(days=DAYS * (1 - share), minutes=5)


def _columns(model: Any, **values: str) -> str:
    """`(columns) SELECT expressions FROM n`; what is not named takes the model's default."""
    quote = connection.ops.quote_name
    names, expressions = [], []
    for field in model._meta.concrete_fields:
        if field.attname in values:
            names.append(quote(field.column))
            expressions.append(values[field.attname])
        elif not field.primary_key and not field.null:
            names.append(quote(field.column))
            expressions.append(_default(field))
    return f"({', '.join(names)}) SELECT {', '.join(expressions)} FROM n"


def _default(field: Any) -> str:
    value = field.get_default()
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, (dict, list)):
        return "'{}'" if isinstance(value, dict) else "'[]'"
    return f"'{value or ''}'"


class Statement:
    """Made when it is first used: the names are quoted as the database in use wants it."""

    def __init__(self, model: Any, **values: str) -> None:
        self.model, self.values = model, values

    def __str__(self) -> str:
        return _columns(self.model, **self.values)


_RUN = "%(run_base)s + 1 + (i - 1) / %(per_run)s"
_THING = "%(thing_base)s + i"
_DELIVERY = "%(delivery_base)s + i"
_IS_OPEN = "i <= %(open_errors)s"
_FAILED = f"CASE WHEN {_IS_OPEN} THEN"

_RUNS = Statement(
    SyncRun,
    id="%(run_base)s + i",
    job_id="%(job)s",
    door="'pull'",
    state="'finished'",
    started_at="%(at)s",
    finished_at="%(at)s",
    read_through="true",
    read="%(per_run)s",
    accepted="%(per_run)s",
    delivered="%(per_run)s",
)
_BATCHES = Statement(
    Batch,
    job_id="%(job)s",
    run_id="%(run_base)s + 1 + (i - 1) * %(per_batch)s / %(per_run)s",
    size="%(per_batch)s",
    remaining="'{}'",
    created_at="%(at)s",
    settled_at="%(at)s",
)
_THINGS = Statement(Thing, id=_THING, kind="%(kind)s", created_at="%(at)s")
_IDS_IN_SOURCE = Statement(
    ExternalId,
    connection_id="%(source)s",
    resource="%(source_resource)s",
    external_id=f"'old-' || ({_THING})",
    thing_id=_THING,
)
_IDS_IN_DESTINATION = Statement(
    ExternalId,
    connection_id="%(destination)s",
    resource="%(destination_resource)s",
    external_id=f"'their-' || ({_THING})",
    thing_id=_THING,
    echo_digest=f"'e' || ({_THING})",
)
_SEARCH_KEYS = Statement(SearchKey, kind="'order_number'", digest=f"'digest-' || ({_THING})", thing_id=_THING)
_DELIVERIES = Statement(
    Delivery,
    id=_DELIVERY,
    job_id="%(job)s",
    thing_id=_THING,
    state=f"{_FAILED} 'failed' ELSE 'delivered' END",
    state_since="%(at)s",
    subject=f"'Order #' || ({_THING})",
    accepted_version="'2026-01-01T00:00:00.000000Z'",
    accepted_digest=f"'digest-' || ({_THING})",
    accepted_mapping="'1.1'",
    accepted_at="%(at)s",
    source_version="'2026-01-01T00:00:00.000000Z'",
    source_read_at="%(at)s",
    content_hash=f"'hash-' || ({_THING})",
    written_state='\'{"lines": {"1": {"ordered": "1", "shipped": "0"}}, "payment_status": "paid"}\'',
    mapping_version="'1.1'",
    first_delivered_at="%(at)s",
    delivered_at="%(at)s",
)
_INTENTS = Statement(
    Intent,
    delivery_id=_DELIVERY,
    destination_id="%(destination)s",
    resource="%(destination_resource)s",
    thing_id=_THING,
    operation="'create'",
    state="'settled'",
    idempotency_key=f"'key-' || ({_THING})",
    created_at="%(at)s",
    settled_at="%(at)s",
)
_OUTCOMES = Statement(
    Outcome,
    run_id=_RUN,
    delivery_id=_DELIVERY,
    job_id="%(job)s",
    state=f"{_FAILED} 'failed' ELSE 'delivered' END",
    operation=f"{_FAILED} '' ELSE 'create' END",
    kind=f"{_FAILED} 'data' ELSE '' END",
    mapping_version="'1.1'",
    occurred_at="%(at)s",
    received_at="%(at)s",
    accepted_at="%(at)s",
    recorded_at="%(at)s",
    amount="25",
    currency="'EUR'",
)
_ERRORS = Statement(
    ErrorRecord,
    delivery_id=_DELIVERY,
    job_id="%(job)s",
    connection_id="%(destination)s",
    run_id=_RUN,
    kind="'data'",
    code="'invalid_field'",
    place="'validate'",
    subject=f"'Order #' || ({_THING})",
    sentence=f"'Order #' || ({_THING}) || ' has no postal code. Add it in the shop, then retry.'",
    fingerprint="'cause-' || (i %% %(causes)s)",
    amount="25",
    currency="'EUR'",
    first_seen_at="%(at)s",
    last_seen_at="%(at)s",
    settled_at=f"CASE WHEN {_IS_OPEN} THEN NULL ELSE %(at)s END",
    settled_how=f"CASE WHEN {_IS_OPEN} THEN '' ELSE 'delivered' END",
)
_EVENTS = Statement(
    InboundEvent,
    connection_id="%(source)s",
    topic="'orders/updated'",
    resource="%(source_resource)s",
    external_id=f"'old-' || ({_THING})",
    delivery_id=f"'event-' || ({_THING})",
    body="''",
    state="'processed'",
    received_at="%(at)s",
    processed_at="%(at)s",
)


def follow_sequences(*models: Any) -> None:
    with connection.cursor() as cursor:
        for sql in connection.ops.sequence_reset_sql(no_style(), models):
            cursor.execute(sql)


def analyze() -> None:
    """The planner is to know what it would know after a day of work."""
    with connection.cursor() as cursor:
        # What the server's own vacuum does meanwhile, which also marks the pages that all may see.
        cursor.execute("VACUUM (ANALYZE)" if connection.vendor == "postgresql" else "ANALYZE")
