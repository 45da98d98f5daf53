"""One side of a job while it is read for an audit: inside the rate budget, and every call counted."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from integrations.connectors.base import Abilities, Connector, Page
from integrations.exceptions import Failure
from integrations.models import Connection
from integrations.sync import breaker
from integrations.sync.asking import Asked, Question, ask_all
from integrations.sync.connect import connect, with_login
from integrations.sync.gate import Gate


class Side:
    """Calls pass the gate that everything passes, and never before what is urgent; questions about single records go
    out as many at a time as the job's own calls. Raises Failure."""

    def __init__(self, connection: Connection, resource: str, concurrent_calls: int) -> None:
        self.connection = connection
        self.resource = resource
        self.calls = 0
        _, pause = breaker.standing(connection.pk)
        if pause:
            raise Failure.transient(
                "out_of_reach", f"{connection.name} cannot be reached at this moment.", retry_after=pause
            )
        self.connector: Connector = connect(connection)
        self.gate = Gate(connection, self.connector, concurrent_calls)
        self.connector.pace(self.turn)

    @property
    def abilities(self) -> Abilities:
        return self.connector.resources().get(self.resource) or Abilities()

    def turn(self) -> None:
        self.gate.turn()
        self.calls += 1

    def page(self, position: dict[str, Any] | None) -> Page:
        self.turn()
        try:
            page: Page = with_login(
                self.connection,
                self.connector,
                lambda: self.connector.read(self.resource, since=None, position=position),
            )
        finally:
            self.gate.rest()
        return page

    def fetch(self, external_ids: Sequence[str]) -> list[Asked]:
        """What each of these is now, None where it is not there. Raises the first Failure."""
        ask = self.connector.fetch
        return self._all([partial(ask, self.resource, name) for name in external_ids])

    def lookup(self, natural_keys: Sequence[str]) -> list[Asked]:
        ask = self.connector.lookup
        return self._all([partial(ask, self.resource, key) for key in natural_keys])

    def _all(self, questions: Sequence[Question]) -> list[Asked]:
        calls_each = self.abilities.fetch_calls
        # Threads pass the gate themselves; what is called on the main thread alone has its turn there.
        self.connector.pace(_at_once)
        try:
            asked = ask_all(self.connection, self.connector, self.gate, questions, calls_each)
        finally:
            self.connector.pace(self.turn)
        self.calls += len(questions) * calls_each
        self.gate.rest()
        for answer in asked:
            if isinstance(answer.found, Failure):
                raise answer.found
        return asked

    def heed(self, failure: Failure) -> None:
        """The vendor asks to wait: all workers do."""
        if failure.code == "rate_limited" and failure.retry_after and not self.gate.must_wait_long:
            self.gate.block(failure.retry_after)

    def close(self) -> None:
        self.gate.close()
        self.connector.close()


def _at_once() -> None:
    """Further calls of one question are owed to the budget when it is answered."""
