"""The workflow "Order to doorstep" against a sandbox process, and what is to be seen of it from outside."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from integrations.configuration.apply import apply
from integrations.configuration.plan import plan
from integrations.demo import stage
from integrations.demo.sandbox_side import SandboxSide

from .told import as_text, read_told
from .world import World

CONFIGURATION = Path(__file__).parent / "doorstep.yaml"
WAREHOUSE_LABEL = {
    "id": "id",
    "upsert": {
        "method": "PUT",
        "path": "orders/{ids.order}/label",
        "id": "id",
        "key": {"header": "Idempotency-Key", "lifetime": 86400},
        "repeatable": True,
    },
}
FLOW = "order-to-doorstep"
ORDERS, LABELS, TO_SHOP, TO_MAIL = (
    f"{FLOW}-orders-to-warehouse",
    f"{FLOW}-labels",
    f"{FLOW}-parcels-to-shop",
    f"{FLOW}-parcels-to-mail",
)
LABELS_ON = "labels-to-warehouse"
ALL = (ORDERS, LABELS, LABELS_ON, TO_SHOP, TO_MAIL)
ADDRESSES: dict[str, dict[str, str]] = {
    "DE": {"city": "Köln", "postal_code": "50667", "country": "DE"},
    "US": {"city": "Cupertino", "region": "CA", "postal_code": "95014", "country": "US"},
    "GB": {"city": "London", "postal_code": "EC1Y 8SY", "country": "GB"},
    "JP": {"city": "世田谷区", "region": "東京都", "postal_code": "154-0023", "country": "JP"},
    "KW": {"city": "Kuwait City", "postal_code": "54541", "country": "KW"},
}


@dataclass
class Doorstep(World):
    def configure(self) -> None:
        told = read_told(CONFIGURATION)
        told["connections"]["warehouse"] = _warehouse()
        environment = SandboxSide(self.sandbox.base, self.sandbox.tokens).environment()
        apply(plan(as_text(told), environment))

    def order(self, number: str, *lines: tuple[str, int], country: str = "DE", **more: Any) -> dict[str, Any]:
        """A paid order of somebody with an e-mail address of their own."""
        address = {"name": "Käthe Groß", "line1": "Lindenstraße 12", **ADDRESSES[country]}
        email = f"buyer-{number}@example.com"
        return self.place(number, *lines, **{"shipping_address": address, "email": email, **more})

    def go(self) -> None:
        """One round of everything, as the schedules would do it."""
        for key in ALL:
            self.carry(key)

    def staff(self, path: str, body: Any = None) -> Any:
        return self.sandbox.control("POST", path, {} if body is None else body)

    def ship(self, number: str, **asked: Any) -> dict[str, Any]:
        shipped: dict[str, Any] = self.staff(f"/warehouse/orders/{number}/ship", asked)
        return shipped

    def call_shipped(self, number: str) -> None:
        """The shop's own staff marks all of it as fulfilled, without a word of a parcel."""
        order = self.shop_order(number)
        lines = [{"line_id": line["id"], "quantity": line["current_quantity"]} for line in order["lines"]]
        made = self.sandbox.ask("POST", f"/shop/orders/{order['id']}/fulfillments", {"lines": lines})
        assert made.status == 201, made.body

    def fired(self) -> dict[str, int]:
        """How often each fault has struck, by its id."""
        return {rule["id"]: rule["fired"] for rule in self.sandbox.control("GET", "/faults")["faults"]}

    # What each side says, asked over its own door.

    def shop_order(self, number: str) -> dict[str, Any]:
        found: dict[str, Any] = self.sandbox.ask("GET", f"/shop/orders/{7_300_000_000 + int(number)}").body
        return found

    def fulfilments(self, number: str) -> list[tuple[str, str]]:
        """(tracking number, status) as the shop's customer sees them."""
        made = self.shop_order(number)["fulfillments"]
        return [(one["tracking_number"], one["status"]) for one in made]

    def warehouse_states(self) -> dict[str, list[str]]:
        """Reference → states of all orders under it: more than one is a doubled order."""
        found: dict[str, list[str]] = {}
        for order in self._all("warehouse", "orders"):
            found.setdefault(order["reference"], []).append(order["state"])
        return found

    def labels(self) -> Counter[tuple[str, str]]:
        """How many labels there are, by (order, state)."""
        return Counter((label["reference"], label["state"]) for label in self._all("carrier", "labels"))

    def mails(self, number: str) -> list[str]:
        """What the customer of this order was told, in order."""
        answer = self.sandbox.ask("GET", f"/mail/events?email=buyer-{number}@example.com&per_page=250").body
        return [event["event"] for event in answer["events"]]

    def _all(self, system: str, part: str) -> list[dict[str, Any]]:
        held: list[dict[str, Any]] = []
        while True:
            page = len(held) // 250 + 1
            found = self.sandbox.ask("GET", f"/{system}/{part}?per_page=250&page={page}").body
            held += found[part]
            if len(held) >= found["total"]:
                return held


def _warehouse() -> dict[str, Any]:
    demo: dict[str, Any] = read_told(stage.CONFIGURATION)["connections"]["warehouse"]
    demo["settings"]["declaration"]["resources"]["labels"] = WAREHOUSE_LABEL
    return demo
