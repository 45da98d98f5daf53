"""The other side: one shop and three warehouses, each with another answer to "did it arrive?"."""

from __future__ import annotations

import copy
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from integrations.demo.sandbox_side import SandboxSide
from tests.sandbox.running import SandboxProcess

DEMO = Path(__file__).resolve().parents[2] / "integrations" / "demo" / "configuration.yaml"

KEYS, LOOKUP, NEITHER = "keys", "lookup", "neither"
KINDS = (KEYS, LOOKUP, NEITHER)
# This one lets in by a person's consent, with refresh tokens that are good once; the others by a login.
BY_CONSENT = LOOKUP
# A second job that carries the same orders to the same warehouse: the two meet at the lock of a key.
SECOND = "second"
# A job that takes over what the first of two warehouses has not: of this one, none is left there.
TAKER = "taker"
SKU, SCARCE = "MUG", "BOWL"
# So few at a time, and so slowly, that a batch is nearly always in somebody's hand.
CALLS, BATCH, SLOW = 2, 12, 0.1
# Longest call in seconds, as the declaration says: a lease is at least 5 s more.
TOTAL = 2
SESSION_SECONDS = 4


@dataclass
class World:
    folder: Path
    sandboxes: dict[str, SandboxProcess] = field(default_factory=dict)

    def start(self, *, slow: float = SLOW, session: float = SESSION_SECONDS) -> World:
        for kind in KINDS:
            self.sandboxes[kind] = SandboxProcess(self.folder / f"sandbox-{kind}").start()
        product = {"sku": SKU, "title": "Mug", "price": "12.50", "currency": "EUR", "available": 10_000_000}
        self.shop.control("POST", "/shop/products", product)
        for kind, sandbox in self.sandboxes.items():
            sandbox.control("POST", f"/warehouse/stock/{SKU}", {"on_hand": 10_000_000})
            # An access that is said to end soon is renewed as a worker begins; one that ends while it works, and so
            # comes under the blows, must be shorter than its work.
            lifetime = session / 2 if kind == BY_CONSENT else session
            settings = {"idempotency": kind, "session_lifetime": lifetime}
            sandbox.control("PUT", "/warehouse/settings", settings)
            if slow:
                sandbox.fault("warehouse", "slow", id="slow", method="POST", path="^/orders", seconds=slow)
        return self

    def hurry(self) -> None:
        """Nobody strikes any more: there is no need for answers that take their time."""
        for sandbox in self.sandboxes.values():
            sandbox.control("DELETE", "/faults/slow")

    def kill(self) -> None:
        for sandbox in self.sandboxes.values():
            sandbox.kill()

    @property
    def shop(self) -> SandboxProcess:
        return self.sandboxes[KEYS]

    @property
    def side(self) -> SandboxSide:
        return SandboxSide(self.shop.base, self.shop.tokens)

    def misbehave(self, seed: int) -> None:
        """Now and then, beside the killing: answers that are lost, and webhooks that are no good."""
        for number, sandbox in enumerate(self.sandboxes.values()):
            sandbox.fault(
                "warehouse",
                "error_after",
                method="POST",
                path="^/orders$",
                probability=0.005,
                seed=seed + number,
            )
        for number, kind in enumerate(("duplicate", "reorder", "drop", "forge")):
            self.shop.fault(
                "shop",
                f"webhook_{kind}",
                path="^orders/updated$",
                probability=0.05,
                seed=seed + number,
            )

    def environment(self) -> dict[str, str]:
        """What the configuration file names, and where the operator looks."""
        found = self.side.environment()
        for kind, sandbox in self.sandboxes.items():
            found[f"URL_{kind.upper()}"] = f"{sandbox.base}/warehouse"
            found[f"TOKEN_{kind.upper()}"] = sandbox.tokens["warehouse"]
        books = {
            kind: {"base": sandbox.base, "token": sandbox.tokens["control"]}
            for kind, sandbox in self.sandboxes.items()
        }
        return found | {"CHAOS_BOOKS": json.dumps(books), "PRIVATE_NETWORKS": "127.0.0.0/8"}

    def has_no_more_of(self, sku: str, kind: str) -> None:
        """In the warehouse of this kind alone; it takes no order for what is not there."""
        product = {"sku": sku, "title": "Bowl", "price": "9.50", "currency": "EUR", "available": 10_000}
        self.shop.control("POST", "/shop/products", product)
        for each, sandbox in self.sandboxes.items():
            there = 0 if each == kind else 10_000
            sandbox.control("POST", f"/warehouse/stock/{sku}", {"on_hand": there})
        self.sandboxes[kind].control("PUT", "/warehouse/settings", {"backorders": "refused"})

    def write_configuration(
        self, *, every_seconds: int = 2, second: bool = False, hands_over: tuple[str, str] | None = None
    ) -> Path:
        file = self.folder / "configuration.json"
        file.write_text(json.dumps(configuration(every_seconds, second, hands_over)))
        return file

    def consents(self) -> dict[str, int]:
        """Of the one that lets in by consent; see integrations.sandbox.consent."""
        found: dict[str, int] = self.sandboxes[BY_CONSENT].control("GET", "/warehouse/consents")
        return found

    def books(self) -> dict[str, Any]:
        return {kind: sandbox.control("GET", "/books") for kind, sandbox in self.sandboxes.items()}


def configuration(
    every_seconds: int, second: bool, hands_over: tuple[str, str] | None = None
) -> dict[str, Any]:
    """The demo's shop and its warehouse, the latter three times over: JSON, which is YAML as well. `hands_over`: what
    the first of these has not left is handed over to the second."""
    demo = yaml.safe_load(DEMO.read_text("utf-8"))
    job = {**demo["jobs"]["orders-to-warehouse"], "every_seconds": every_seconds, "batch_size": BATCH}
    job |= {"concurrent_calls": CALLS, "read_overlap_seconds": 5, "retry_limit": 20}
    for word in ("workflow", "accepts_pushes"):
        job.pop(word)
    jobs = {kind: {**job, "name": f"Orders ({kind})", "destination": kind} for kind in KINDS}
    if second:
        jobs[SECOND] = {**job, "name": "Orders once more", "destination": KEYS}
    if hands_over is not None:
        first, other = hands_over
        jobs[first]["fallbacks"] = [{"when": "out_of_stock", "then": "hand_over", "to": TAKER}]
        taking = {"every_seconds": 0, "takes_handed_over": True, "filter": ""}
        jobs[TAKER] = {**job, "name": "Orders that were handed over", "destination": other, **taking}
    warehouse = demo["connections"]["warehouse"]
    connections = {kind: _warehouse(copy.deepcopy(warehouse), kind) for kind in KINDS}
    return {
        "connections": {"shop": demo["connections"]["shop"], **connections},
        "mappings": {name: demo["mappings"][name] for name in ("shop-orders", "warehouse-orders")},
        "jobs": jobs,
    }


def _warehouse(warehouse: dict[str, Any], kind: str) -> dict[str, Any]:
    """Behind a login, quick to be given up, and without the words that this kind does not have."""
    warehouse["name"] = f"The warehouse ({kind})"
    url, token = f"${{URL_{kind.upper()}}}", f"${{TOKEN_{kind.upper()}}}"
    declaration = warehouse["settings"]["declaration"]
    declaration["base_url"] = url
    if kind == BY_CONSENT:
        warehouse["secrets"] = {"client_id": "warehouse", "client_secret": token}
        declaration.pop("auth")
        declaration["oauth"] = {"authorize_url": f"{url}/authorize", "token_url": f"{url}/token"}
    else:
        warehouse["secrets"] = {"token": token}
        declaration["auth"] = {
            "kind": "login",
            "path": "token",
            "body": {"client_id": "warehouse", "client_secret": "{token}"},
            "token": "access_token",
        }
    declaration["errors"].insert(0, {"when": "errors[?code == 'token_expired']", "kind": "expired"})
    declaration["timeouts"] = {"connect": 1, "read": TOTAL, "total": TOTAL}
    resources = declaration["resources"]
    for name in ("stock", "shipments"):
        resources.pop(name)
    orders = resources["orders"]
    if kind != KEYS:
        for write in (orders["create"], orders["update"], *orders["actions"].values()):
            write.pop("key")
    if kind == NEITHER:
        orders.pop("lookup")
    return warehouse
