"""`manage.py operate`: the person who is asked. Looks into the destination's books about a write in doubt, and decides;
a record that was given up because workers died again and again while they had it, or whose repeat was refused for want
of stock, this one tries again; an access that has ended, because the answer that renewed it was lost, is given again.

With `--once` it settles what is open now; without, it goes on until it is ended. Each decision is a line of output.
"""

from __future__ import annotations

import json
import os
import sys
import time
from decimal import Decimal
from typing import Any
from urllib.request import Request, urlopen

from django.core.management.base import BaseCommand, CommandParser
from django.db import Error as DatabaseError
from django.db import connections

from integrations.exceptions import Failure
from integrations.models import Connection, ErrorRecord
from integrations.sync import retry
from tests.chaos import access

# A request that left may be on its way for a moment: nobody looks sooner than that.
LONGEST_WAY = 1.0


class Command(BaseCommand):
    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--once", action="store_true")

    def handle(self, *args: Any, once: bool, **options: Any) -> None:
        side = json.loads(os.environ["CHAOS_BOOKS"])
        while True:
            try:
                self._look(side)
            except DatabaseError as away:
                sys.stderr.write(f"The operator cannot reach the database: {away}\n")
                connections.close_all()
            if once:
                return
            time.sleep(0.5)

    def _look(self, side: dict[str, dict[str, str]]) -> None:
        self._reconnect()
        given_up = ErrorRecord.objects.filter(
            settled_at__isnull=True, code__in=("worker_died", "out_of_stock")
        ).exclude(place="in_doubt")
        for subject in list(given_up.values_list("subject", flat=True)):
            retry.retry(given_up.filter(subject=subject), None)
            self.stdout.write(f"retried {subject}")
            self.stdout.flush()
        asked = ErrorRecord.objects.filter(settled_at__isnull=True, place="in_doubt")
        rows = list(asked.select_related("job__destination", "intent"))
        if rows:
            time.sleep(LONGEST_WAY)
        for error in rows:
            if error.job is None:
                continue
            books = side[error.job.destination.key]
            reference = error.subject.rpartition("#")[2]
            there = [order for order in _orders(books) if order["reference"] == reference]
            try:
                self._decide(error, [str(order["id"]) for order in there if _shows(error, order)])
            except retry.NotPossible as why:
                self.stdout.write(f"not possible {error.subject}: {why}")

    def _reconnect(self) -> None:
        ended = ErrorRecord.objects.filter(settled_at__isnull=True, code="access_ended")
        for connection in Connection.objects.filter(pk__in=ended.values("connection")):
            try:
                access.give(connection)
            except Failure as failure:
                self.stdout.write(f"not possible {connection.key}: {failure.sentence}")
                continue
            self.stdout.write(f"reconnected {connection.key}")
            self.stdout.flush()

    def _decide(self, error: ErrorRecord, ids: list[str]) -> None:
        if ids:
            retry.confirm_arrived(error, ids[0], None)
        else:
            retry.send_again(error, None)
        self.stdout.write(f"{'arrived' if ids else 'again'} {error.subject}")
        self.stdout.flush()


def _shows(error: ErrorRecord, order: dict[str, Any]) -> bool:
    """Whether the write had arrived, of an order that is there: a change is seen by what it changed."""
    operation = error.intent.operation if error.intent is not None else ""
    if operation == "update":
        return error.amount == Decimal(order["total"])
    return operation == "create" or str(order["state"]) == "cancelled"


def _orders(books: dict[str, str]) -> list[dict[str, Any]]:
    request = Request(
        f"{books['base']}/control/books?system=warehouse&effects=no",
        headers={"Authorization": f"Bearer {books['token']}"},
    )
    with urlopen(request, timeout=30) as answer:
        found: list[dict[str, Any]] = json.load(answer)["systems"]["warehouse"].get("orders", [])
    return found
