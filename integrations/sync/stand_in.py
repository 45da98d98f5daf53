"""A sandbox warehouse that stands in for a job's destination while its cases are tried: over real HTTP, on this
machine, for one trial alone, and gone afterwards with all that it held.

The connector that calls it is the job's own, under the address and a token of the stand-in: it can reach nothing else,
and no secret of the real system is with it.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from integrations.connectors import registry
from integrations.connectors.base import Connector
from integrations.exceptions import Failure
from integrations.http.guard import Guard
from integrations.models import SyncJob
from integrations.sandbox.server import Sandbox
from integrations.sandbox.world import SYSTEMS, build

NAME: Final = "warehouse"
# The platform that mappings name which write as the sandbox's warehouse wants it.
DIALECT: Final = "sandbox_warehouse"
RESOURCE: Final = "orders"


class StandIn:
    """An empty warehouse at `address`."""

    def __init__(self, sandbox: Sandbox, token: str) -> None:
        self.address = f"http://127.0.0.1:{sandbox.http.port}/{NAME}"
        self.token = token
        self._guard = Guard([f"127.0.0.1/32 {sandbox.http.port}"], ports=())
        self._store, self._warehouse = sandbox.world.store, sandbox.world.warehouse

    def connector(self, job: SyncJob) -> Connector:
        """The job's destination as it would speak to this one. Raises Failure."""
        system = job.destination
        settings = {**system.settings, "base_url": self.address}
        if system.platform == "rest":
            declaration = {**system.settings["declaration"], "base_url": self.address}
            settings = {**system.settings, "declaration": declaration}
        own = dict.fromkeys(("token", "password", "client_secret"), self.token)
        return registry.connect(
            system.platform,
            settings=settings,
            secrets={**own, "username": NAME, "client_id": NAME},
            environment=system.environment,
            name=system.name,
            guard=self._guard,
        )

    def keeps(self, skus: Iterable[str], units: int) -> None:
        """So much of each lies on its shelves from now on; who waits for it is served."""
        for sku in skus:
            self._warehouse.set_stock(sku, units)

    def begins_anew(self, *, backorders: bool = True) -> None:
        """Empty; from now on it takes an order of what is not there, or refuses it."""
        self._store.clear()
        with self._store.transaction():
            self._store.put("settings", NAME, {"backorders": "taken" if backorders else "refused"})

    def ships(self, order_id: str) -> None:
        """All that it has of it."""
        self._warehouse.ship(order_id, {})

    def number_of_orders(self) -> int:
        return self._store.count(self._warehouse.table(RESOURCE))

    def is_waiting(self) -> bool:
        """Whether an order waits for goods."""
        return bool(self._warehouse.waiting.ids(0))


def stands_in_for(job: SyncJob) -> bool:
    """Whether the job writes as the sandbox's warehouse wants it, at an address that can be another."""
    if job.write_mapping.platform != DIALECT or job.destination_resource != RESOURCE:
        return False
    system = job.destination
    return system.platform == DIALECT or (
        system.platform == "rest" and isinstance(system.settings.get("declaration"), dict)
    )


@contextmanager
def empty_warehouse() -> Iterator[StandIn]:
    tokens = {name: secrets.token_urlsafe(18) for name in (*SYSTEMS, "control")}
    with TemporaryDirectory(prefix="crossdock-stand-in-") as folder:
        world = build(Path(folder))
        sandbox = Sandbox(world, tokens, 0)
        serving = threading.Thread(target=sandbox.http.serve, name="stand-in", daemon=True)
        serving.start()
        try:
            yield StandIn(sandbox, tokens[NAME])
        finally:
            sandbox.stop()
            serving.join()
            world.store.close()


def is_logged_in(connector: Connector) -> bool:
    """False where it is logged in to otherwise than the sandbox is."""
    if not connector.needs_login():
        return True
    try:
        connector.use_token(connector.login())
    except Failure:
        return False
    return True
