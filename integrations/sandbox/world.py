"""Everything simulated, wired together: who holds what, and who tells whom."""

import threading
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from integrations.sandbox.books import Books
from integrations.sandbox.carrier import Carrier
from integrations.sandbox.clock import Clock
from integrations.sandbox.crm import Crm
from integrations.sandbox.desk import Desk
from integrations.sandbox.faults import Faults
from integrations.sandbox.mail import Mail
from integrations.sandbox.payments import FEES, Payments
from integrations.sandbox.shop import Shop
from integrations.sandbox.store import Store
from integrations.sandbox.system import Core, System
from integrations.sandbox.warehouse import Warehouse
from integrations.sandbox.webhooks import Webhooks

SYSTEMS = ("shop", "shop2", "shop3", "warehouse", "carrier", *FEES, "mail", "crm", "desk")


@dataclass
class World:
    store: Store
    clock: Clock
    books: Books
    webhooks: Webhooks
    faults: Faults
    shops: dict[str, Shop]
    warehouse: Warehouse
    carrier: Carrier
    payments: dict[str, Payments]
    crm: Crm
    desk: Desk
    systems: dict[str, System]
    requests: Counter[str] = field(default_factory=Counter)
    counting: threading.Lock = field(default_factory=threading.Lock)

    def count(self, request: str) -> None:
        with self.counting:
            self.requests[request] += 1


def build(folder: Path) -> World:
    """The systems as they stand in the state folder; empty when it is new. Raises StateInUse."""
    store, clock = Store(folder), Clock()
    core = Core(store, clock, Books(store, clock), Webhooks(store, clock))
    carrier = Carrier("carrier", core)
    payments = {name: Payments(name, core, fee) for name, fee in FEES.items()}
    shops = {
        "shop": Shop("shop", core, payments, first=1001, base=7_300_000_000),
        "shop2": Shop("shop2", core, payments, first=5001, base=7_400_000_000),
        "shop3": Shop("shop3", core, payments, first=8001, base=7_500_000_000),
    }
    warehouse = Warehouse("warehouse", core, carrier)
    crm, desk = Crm("crm", core), Desk("desk", core)
    others: list[System] = [warehouse, carrier, *payments.values(), Mail("mail", core), crm, desk]
    systems: dict[str, System] = {**shops, **{system.name: system for system in others}}
    faults = Faults(store)
    core.webhooks.misbehaves = faults.misbehaves
    return World(
        store,
        clock,
        core.books,
        core.webhooks,
        faults,
        shops,
        warehouse,
        carrier,
        payments,
        crm,
        desk,
        systems,
    )
