"""Crossdock's own books as a system among others: what jobs carry here can be counted, summed, and carried on to BI.

It is the one connector that touches the portal's own database, so its calls are made on the main thread of a task, as
all database work is (`is_local`): a thread of its own would be one more connection for each worker, would on SQLite
wait for the same write lock as the thread that waits for it, and would not be within a test's transaction.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from integrations.connectors.base import (
    Abilities,
    Action,
    Answer,
    Call,
    Connector,
    Item,
    Limit,
    Page,
    SignatureRefused,
    TestReport,
    Token,
    WebhookEvent,
    WriteContext,
)
from integrations.connectors.books_reading import BooksReader
from integrations.connectors.books_words import ORDERS, SHELVES
from integrations.connectors.books_writing import CANCEL, DELETE, UPSERT, BooksWriter, prepared
from integrations.connectors.facts import Facts, Group, Verified
from integrations.exceptions import Failure
from integrations.http.guard import Guard

BATCH = 200
# A write may be done again for ever; its Intent's call is kept for some days.
KEY_LIFETIME = 7 * 86_400.0

FACTS = Facts(
    group=Group.DATA,
    documentation="",
    credentials=(
        "There are none: the books stand in this portal's own database.",
        "Make one connection, then a job for each kind of record that is to be booked, with the mappings “Books: …”.",
    ),
    verified=Verified.REAL,
    verified_against="SQLite and PostgreSQL themselves",
    limits="None.",
    traps=(
        (
            "There are no personal data in the books: of an e-mail address and a telephone number only a keyed hash "
            "is kept, of an address only its country, and no names."
        ),
        "Amounts and quantities are kept with 4 digits behind the point.",
        "A country that is no code of two letters is left empty: let the mapping change names into codes.",
        "An order's lines are replaced as a whole, whenever it changes.",
    ),
    lacks=(
        "What was taken out of the books because it was removed in its source can be read as removed only.",
    ),
)


class BooksConnector(Connector):
    platform = "books"
    label = "Crossdock's own books"
    facts = FACTS
    is_local = True

    def __init__(
        self,
        settings: Mapping[str, Any],
        secrets: Mapping[str, Any],
        environment: str = "",
        token: Token | None = None,
        guard: Guard | None = None,
    ) -> None:
        self._name = self.label

    def be_called(self, name: str) -> None:
        self._name = name

    # What it can do.

    def resources(self) -> dict[str, Abilities]:
        return {name: _abilities(name) for name in SHELVES}

    def required_fields(self, resource: str, operation: str) -> tuple[str, ...]:
        return ("id",) if operation == UPSERT else ()

    def actions(self, resource: str) -> tuple[Action, ...]:
        """Rows are ended where their thing is removed in the source, if the job says so; never by themselves."""
        return tuple(Action(name, "`false`") for name in _endings(resource))

    def limit(self) -> Limit:
        return Limit()

    # Reading.

    def read(
        self,
        resource: str,
        *,
        since: datetime | None,
        position: dict[str, Any] | None,
        not_final: bool = False,
    ) -> Page:
        self._check(resource)
        return BooksReader(resource).page(since, position)

    def fetch(self, resource: str, external_id: str) -> Item | None:
        self._check(resource)
        return BooksReader(resource).fetch(external_id)

    def lookup(self, resource: str, natural_key: str) -> Item | None:
        raise self._cannot(f"{resource} need not be looked up: a row is found by its key")

    # Writing.

    def prepare(self, resource: str, context: WriteContext, step: int, key: str) -> Call:
        self._check(resource)
        if context.operation not in (UPSERT, *_endings(resource)):
            raise self._cannot(f"{resource} have no {context.operation!r}")
        return prepared(resource, context, key)

    def send(self, call: Call) -> Answer:
        writer = BooksWriter(call.resource)
        if call.operation != UPSERT:
            return writer.end(call)
        result = writer.upsert([call])[0]
        if isinstance(result, Failure):
            raise result
        return result

    def send_batch(self, calls: Sequence[Call]) -> list[Answer | Failure]:
        return BooksWriter(calls[0].resource).upsert(calls)

    def verify_webhook(self, headers: Mapping[str, str], raw: bytes, url: str = "") -> list[WebhookEvent]:
        raise SignatureRefused(f"{self.label} send no webhooks.")

    # Looking whether all is well.

    def test(self) -> TestReport:
        report = TestReport()
        for resource, model in SHELVES.items():
            newest = model._default_manager.order_by("-booked_at").values_list("booked_at", flat=True).first()
            told = (
                "Nothing is booked yet."
                if newest is None
                else f"Last booked on {newest:%d %b %Y, %H:%M} UTC."
            )
            report.add(f"Looking at {resource}", True, told)
        return report

    def _check(self, resource: str) -> None:
        if resource not in SHELVES:
            raise self._cannot(f"there are no {resource!r} in them")

    def _cannot(self, what: str) -> Failure:
        return Failure.config(
            "not_possible", f"{self._name}: {what}. Choose another resource or operation in the job."
        )


def _endings(resource: str) -> tuple[str, ...]:
    return (CANCEL, DELETE) if resource == ORDERS else (DELETE,)


def _abilities(resource: str) -> Abilities:
    """A write has a key though nobody asks for it: done again, it has the effect of once."""
    endings = _endings(resource)
    return Abilities(
        reads=True,
        fetch=True,
        upserts=True,
        actions=endings,
        keys=True,
        key_lifetime=KEY_LIFETIME,
        batch_size=BATCH,
        batched=(UPSERT,),
        steps=dict.fromkeys((UPSERT, *endings), 1),
        stands_alone=True,
    )
