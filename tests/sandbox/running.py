"""The sandbox as its users meet it: a process of its own, spoken to over HTTP."""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
Json = dict[str, Any]


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    raw: bytes

    @property
    def body(self) -> Any:
        return json.loads(self.raw)

    @property
    def codes(self) -> list[tuple[str, str]]:
        """(code, field) of every error told."""
        return [(error["code"], error.get("field", "")) for error in self.body["errors"]]


@dataclass
class SandboxProcess:
    """A running sandbox; `start` and `kill` may be repeated on the same state folder."""

    state: Path
    arguments: list[str] = field(default_factory=list)

    def start(self) -> SandboxProcess:
        command = [sys.executable, "-m", "integrations.sandbox", "--state", str(self.state), *self.arguments]
        self.process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        ready = json.loads(self.process.stdout.readline())
        self.port: int = ready["port"]
        self.base: str = ready["base"]
        self.tokens: dict[str, str] = ready["tokens"]
        return self

    def kill(self) -> None:
        """kill -9: nothing can be saved on the way out."""
        self.process.kill()
        self.process.communicate()

    def stop(self) -> int:
        self.process.terminate()
        self.process.communicate(timeout=10)
        return self.process.returncode

    def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        token: str | None = None,
        timeout: float = 10,
        **more: str,
    ) -> Answer:
        """One request under the token of the system that the path names. `more` are headers: `if_match="…"`."""
        system = path.split("/")[1].split("?", maxsplit=1)[0]
        headers = {"Authorization": f"Bearer {self.tokens.get(system, '') if token is None else token}"}
        headers |= {name.replace("_", "-"): value for name, value in more.items()}
        text = body if isinstance(body, bytes) else None if body is None else json.dumps(body).encode()
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            connection.request(method, path, text, headers)
            answer = connection.getresponse()
            return Answer(answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read())
        finally:
            connection.close()

    def control(self, method: str, path: str, body: Any = None, expect: tuple[int, ...] = (200, 201)) -> Any:
        answer = self.ask(method, f"/control{path}", body)
        assert answer.status in expect, answer.raw
        return answer.body

    def fault(self, system: str, kind: str, **options: Any) -> None:
        self.control("POST", "/faults", {"system": system, "kind": kind, **options})

    def fired(self) -> dict[str, int]:
        return {rule["kind"]: rule["fired"] for rule in self.control("GET", "/faults")["faults"]}

    def effects(self, system: str) -> list[tuple[str, str, bool]]:
        """(effect, reference, replay) of one system, in order."""
        told = self.control("GET", "/effects?limit=10000")["effects"]
        return [(e["effect"], e["reference"], e["replay"]) for e in told if e["system"] == system]


def warehouse_order(reference: str = "1", *items: tuple[str, int], **changes: Any) -> Json:
    """A valid order for the warehouse."""
    address = {"name": "Käthe Groß", "line1": "Lindenstraße 12", "city": "Köln", "postal_code": "50667"}
    lines = items or (("MUG", 1),)
    order = {
        "reference": reference,
        "external_id": f"shop-{reference}",
        "currency": "EUR",
        "total": "12.50",
        "placed_at": "2025-11-20T10:00:00+01:00",
        "ship_to": {**address, "country": "DE"},
        "items": [
            {"sku": sku, "quantity": quantity, "reference": f"{reference}-{place}"}
            for place, (sku, quantity) in enumerate(lines, start=1)
        ],
    }
    return {**order, **changes}


def portal_in_short(sandbox: SandboxProcess, done: set[str]) -> None:
    """A portal of forty lines without any of its virtues: what a fault-free run of the three jobs comes to."""
    cursor: str | None = ""
    orders = []
    while cursor is not None:
        page = sandbox.ask("GET", f"/shop/orders?limit=250&cursor={cursor}").body
        orders += page["orders"]
        cursor = page["next_cursor"]
    for order in {order["id"]: order for order in orders}.values():
        _carry(sandbox, order)
    for shipment in sandbox.ask("GET", "/warehouse/shipments?per_page=250").body["shipments"]:
        if shipment["id"] not in done:
            done.add(shipment["id"])
            _announce(sandbox, shipment)
    _level(sandbox)


def _carry(sandbox: SandboxProcess, order: Json) -> None:
    known = sandbox.ask("GET", f"/warehouse/orders?reference={order['number']}").body["orders"]
    if order["status"] == "cancelled":
        if known:
            sandbox.ask("POST", f"/warehouse/orders/{known[0]['id']}/cancel", {"reason": "shop"})
        return
    if order["payment_status"] not in ("paid", "partially_refunded"):
        return
    wanted = {
        "reference": order["number"],
        "external_id": order["id"],
        "currency": order["currency"],
        "total": order["total"],
        "placed_at": order["placed_at"],
        "ship_to": {**order["shipping_address"], "email": order["email"]},
        "items": [
            {"sku": line["sku"], "quantity": line["current_quantity"], "reference": line["id"]}
            for line in order["lines"]
            if line["current_quantity"]
        ],
    }
    if known:
        sandbox.ask("PUT", f"/warehouse/orders/{known[0]['id']}", wanted)
    else:
        sandbox.ask("POST", "/warehouse/orders", wanted, Idempotency_Key=order["id"])


def _announce(sandbox: SandboxProcess, shipment: Json) -> None:
    order = sandbox.ask("GET", f"/warehouse/orders/{shipment['order_id']}").body
    body = {
        "reference": shipment["id"],
        "tracking_number": shipment["tracking_number"],
        "carrier": shipment["carrier"],
        "lines": [{"line_id": item["reference"], "quantity": item["quantity"]} for item in shipment["items"]],
    }
    sandbox.ask(
        "POST", f"/shop/orders/{order['external_id']}/fulfillments", body, Idempotency_Key=shipment["id"]
    )


def _level(sandbox: SandboxProcess) -> None:
    books = sandbox.control("GET", "/books?effects=no")["systems"]
    sent = {order["reference"] for order in books["warehouse"]["orders"]}
    waiting: dict[str, int] = {}
    for order in books["shop"]["orders"]:
        paid = order["payment_status"] in ("paid", "partially_refunded") and order["status"] != "cancelled"
        for line in order["lines"] if paid and order["number"] not in sent else []:
            waiting[line["sku"]] = waiting.get(line["sku"], 0) + line["current_quantity"]
    for row in books["warehouse"]["stock"]:
        offered = max(0, row["on_hand"] - row["allocated"] - waiting.get(row["sku"], 0))
        for channel in ("shop", "shop2"):
            sandbox.ask("PUT", f"/{channel}/stock/{row['sku']}", {"available": offered})
