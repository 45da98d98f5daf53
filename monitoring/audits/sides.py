"""One side of a job while it is read for an audit: inside the rate budget, and every call counted."""

from __future__ import annotations

from typing import Any

from integrations.connectors.base import Abilities, Connector, Item, Page
from integrations.exceptions import Failure
from integrations.models import Connection
from integrations.sync import breaker, budget
from integrations.sync.connect import connect, with_login
from integrations.sync.gate import Gate


class Side:
    """Calls pass the gate that everything passes, one by one, and never before what is urgent. Raises Failure."""

    def __init__(self, connection: Connection, resource: str) -> None:
        self.connection = connection
        self.resource = resource
        self.calls = 0
        _, pause = breaker.standing(connection.pk)
        if pause:
            raise Failure.transient(
                "out_of_reach", f"{connection.name} cannot be reached at this moment.", retry_after=pause
            )
        self.connector: Connector = connect(connection)
        self.gate = Gate(connection, self.connector, 1)
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

    def fetch(self, external_id: str) -> Item | None:
        return self._one(lambda: self.connector.fetch(self.resource, external_id))

    def lookup(self, natural_key: str) -> Item | None:
        return self._one(lambda: self.connector.lookup(self.resource, natural_key))

    def _one(self, call: Any) -> Item | None:
        self.turn()
        found: Item | None = with_login(self.connection, self.connector, call)
        more = self.abilities.fetch_calls - 1
        if more > 0:
            # A fetch of several calls owes the rest of them to the budget.
            budget.owe(self.connection, self.gate.limit, more)
            self.calls += more
        return found

    def heed(self, failure: Failure) -> None:
        """The vendor asks to wait: all workers do."""
        if failure.code == "rate_limited" and failure.retry_after and not self.gate.must_wait_long:
            self.gate.block(failure.retry_after)

    def close(self) -> None:
        self.gate.close()
        self.connector.close()
