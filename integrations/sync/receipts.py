"""Receipts: what a record that a person sent again came to, read back from the system that it was written to.

Asked inside the connection's rate budget, with nothing but reads: by its id over there, and where the system can be
asked so, by the name that a second one would carry too.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from integrations.connectors.base import Abilities, Connector, Item
from integrations.exceptions import Failure
from integrations.models import (
    Connection,
    Decision,
    Delivery,
    Effect,
    ErrorRecord,
    ExternalId,
    Intent,
    Judgement,
    Receipt,
    Settled,
)

from . import breaker, shared_clock
from .asking import Question, ask_one
from .connect import connect
from .gate import Gate

SENT_AGAIN = (Decision.RETRY, Decision.EDIT, Decision.RESEND)
# By themselves only those that were settled so lately, and so many in one pass: a mass retry is sampled.
LATELY = timedelta(minutes=30)
AT_ONCE = 20


@dataclass(frozen=True)
class Found:
    effect: Effect
    sentence: str


def make_due() -> int:
    """Once a minute. Returns how many were read back."""
    since = shared_clock.now() - LATELY
    lately = Judgement.objects.filter(decision__in=SENT_AGAIN, at__gte=since - LATELY, by__isnull=False)
    due = ErrorRecord.objects.filter(
        pk__in=lately.values("error"),
        settled_how=Settled.DELIVERED,
        settled_at__gte=since,
        delivery__isnull=False,
        receipt__isnull=True,
    )
    made = [make(pk) for pk in list(due.order_by("-settled_at").values_list("pk", flat=True)[:AT_ONCE])]
    return sum(receipt is not None for receipt in made)


def make(error_id: int) -> Receipt | None:
    """Reads back and keeps it; once more replaces the earlier one. None where nothing of it was delivered.

    Network: call it outside any transaction.
    """
    error = (
        ErrorRecord.objects.select_related("delivery__job__destination")
        .defer("evidence", "payload")
        .get(pk=error_id)
    )
    delivery = error.delivery
    if delivery is None or delivery.delivered_at is None:
        return None
    write = Intent.objects.filter(delivery=delivery).defer("call").order_by("-id").first()
    name = _name_over_there(delivery)
    found = _look(delivery, name)
    values = {
        "operation": write.operation if write is not None else "",
        "idempotency_key": write.idempotency_key if write is not None else "",
        "external_id": name,
        "written_at": delivery.delivered_at,
        "effect": found.effect,
        "sentence": found.sentence[:500],
        "read_back_at": shared_clock.now(),
    }
    receipt, _ = Receipt.objects.update_or_create(error=error, defaults=values)
    return receipt


def _name_over_there(delivery: Delivery) -> str:
    job = delivery.job
    known = ExternalId.objects.filter(
        connection_id=job.destination_id, resource=job.destination_resource, thing_id=delivery.thing_id
    )
    return known.order_by("-id").values_list("external_id", flat=True).first() or ""


def _look(delivery: Delivery, name: str) -> Found:
    connection = delivery.job.destination
    _, pause = breaker.standing(connection.pk)
    if pause:
        return Found(
            Effect.UNKNOWN, f"{connection.name} cannot be reached at this moment. Read it back later."
        )
    try:
        connector = connect(connection)
    except Failure as failure:
        return _unknown(connection, failure)
    gate = Gate(connection, connector, 1)
    try:
        return _ask(_Asker(connection, connector, gate), delivery.job.destination_resource, name)
    except Failure as failure:
        return _unknown(connection, failure)
    finally:
        gate.close()
        connector.close()


def _unknown(connection: Connection, failure: Failure) -> Found:
    return Found(Effect.UNKNOWN, f"{connection.name} could not be asked. {failure.sentence}")


class _Asker:
    """One question at a time, each with its turn at the gate."""

    def __init__(self, connection: Connection, connector: Connector, gate: Gate) -> None:
        self.connection, self.connector, self.gate = connection, connector, gate
        connector.pace(gate.turn)

    def ask(self, question: Question) -> Item | None:
        return ask_one(self.connection, self.connector, self.gate, question)


def _why_not_counted(system: str, able: Abilities) -> str:
    if able.keys:
        return f"It cannot be asked for a second one; {system} refuses one under the same idempotency key."
    return "It cannot be asked for a second one: look there where you are in doubt."


def _ask(asker: _Asker, resource: str, name: str) -> Found:
    system, connector = asker.connection.name, asker.connector
    able = connector.resources().get(resource) or Abilities()
    if not able.fetch or not name:
        return Found(Effect.UNKNOWN, f"{system} cannot be asked for a single one. Look there by hand.")
    item = asker.ask(lambda: connector.fetch(resource, name))
    if item is None:
        return Found(
            Effect.MISSING, f"{system} does not have {name} any more. Look there, then send it again."
        )
    key = item.payload.get(able.natural_key) if able.natural_key else None
    if not able.lookup or not key:
        return Found(Effect.THERE, f"{system} has it as {name}. {_why_not_counted(system, able)}")
    other = asker.ask(lambda: connector.lookup(resource, str(key)))
    if other is not None and (other.alike > 1 or other.external_id != name):
        return Found(
            Effect.SEVERAL,
            f"{system} has {max(other.alike, 2)} of them: {name} is not the only one that is called {key}. "
            "Look there, and cancel what is too much.",
        )
    return Found(Effect.ONCE, f"{system} has it once, as {name}: {key} leads to no other.")
