"""What the systems hold against what the seed says must be there, field by field. Plain data in, differences out."""

from collections import Counter
from dataclasses import asdict, dataclass
from typing import Any

from integrations.sandbox.clock import to_moment
from integrations.sandbox.store import Document

SHIP_TO = ("name", "line1", "line2", "city", "region", "postal_code", "country", "phone", "email")
PLAIN = ("reference", "external_id", "currency", "total", "state")


@dataclass(frozen=True)
class Difference:
    """`subject` is "Order #1042" or "Stock MUG-BLUE"; `what` the field or the count that is not as it must be."""

    subject: str
    what: str
    expected: Any
    found: Any

    def __str__(self) -> str:
        return f"{self.subject}: {self.what} must be {self.expected!r} and is {self.found!r}."

    def as_dict(self) -> Document:
        return asdict(self)


def at_stage(expected: Document, acts: list[str]) -> Document:
    """An expected row as it stands after the acts that were played."""
    later = expected.get("after_act_2", {}) if "2" in acts else {}
    return {**expected, **later}


def compare_orders(expected: list[Document], books: Document) -> list[Difference]:
    """Every expected order on both sides, exactly once, and no order that nobody expected."""
    held = books["systems"]
    by_reference: dict[str, list[Document]] = {}
    for order in held["warehouse"].get("orders", []):
        by_reference.setdefault(order["reference"], []).append(order)
    shop = {order["number"]: order for order in held["shop"].get("orders", [])}
    made = count_effects(books["effects"], "warehouse", "order.created")
    seeded = to_moment(books["demo"]["seeded_at"])
    found: list[Difference] = []
    for row in expected:
        number = row["number"]
        found += _compare_sent(row, by_reference.pop(number, []), made.pop(number, 0), seeded)
        found += _compare_shop(row, shop.get(number))
    for reference in sorted({*by_reference, *made}):
        count = made.get(reference, len(by_reference.get(reference, [])))
        found.append(
            Difference(f"Order #{reference}", "orders in the warehouse (nobody expects one)", 0, count)
        )
    return found


def count_effects(effects: list[Document], system: str, effect: str) -> Counter[str]:
    """How often an effect happened, by reference; answers given again are not counted."""
    return Counter(
        entry["reference"]
        for entry in effects
        if entry["system"] == system and entry["effect"] == effect and not entry["replay"]
    )


def compare_stock(expected: list[Document], books: Document) -> list[Difference]:
    """On hand and allocated in the warehouse, and what each channel offers."""
    held = books["systems"]
    shelves = {row["sku"]: row for row in held["warehouse"].get("stock", [])}
    offers = {
        name: {row["sku"]: row["available"] for row in held[name].get("stock", [])}
        for name in ("shop", "shop2")
    }
    found: list[Difference] = []
    for row in expected:
        subject, shelf = f"Stock {row['sku']}", shelves.get(row["sku"], {})
        for name, wanted in row["warehouse"].items():
            found += _unequal(subject, f"{name} in the warehouse", wanted, shelf.get(name))
        for channel in row["channels"]:
            offered = offers[channel].get(row["sku"])
            found += _unequal(subject, f"available in {channel}", row["available"], offered)
    return found


def compare_faults(faults: list[Document]) -> list[Difference]:
    """Each misbehaviour that was asked for has happened at least once."""
    return [
        Difference(f"Fault {rule['id']}", "fired", "at least 1", 0) for rule in faults if not rule["fired"]
    ]


def compare_webhooks(webhooks: Document) -> list[Difference]:
    """Every event has come to its end: taken, or refused because it was forged."""
    return [
        *_unequal("Webhooks", "still to be sent", 0, webhooks["pending"]),
        *_unequal("Webhooks", "given up", 0, webhooks["given_up"]),
        *_unequal("Webhooks", "forged ones that were taken", 0, webhooks["forged_taken"]),
    ]


def _compare_sent(row: Document, orders: list[Document], made: int, seeded: int) -> list[Difference]:
    subject, wanted = f"Order #{row['number']}", row["warehouse"]
    count = 0 if wanted is None else 1
    found = _unequal(subject, "orders in the warehouse", count, len(orders))
    found += _unequal(subject, "times it was created in the warehouse", count, made)
    if wanted is None or len(orders) != 1:
        return found
    order = orders[0]
    for name in PLAIN:
        found += _unequal(subject, name, wanted[name], order[name])
    for name in SHIP_TO:
        found += _unequal(subject, f"ship_to.{name}", wanted["ship_to"][name], order["ship_to"][name])
    moment = (
        to_moment(wanted["placed_at"])
        if "placed_at" in wanted
        else seeded - wanted["minutes_before"] * 60_000
    )
    placed = order["placed_at"] and to_moment(order["placed_at"])
    found += _unequal(subject, "placed_at (milliseconds)", moment, placed)
    return found + _compare_items(subject, wanted["items"], order["items"])


def _compare_items(subject: str, wanted: list[Document], items: list[Document]) -> list[Difference]:
    by_reference = {item["reference"]: item for item in items}
    found = _unequal(subject, "items", len(wanted), len(items))
    for item in wanted:
        there = by_reference.get(item["reference"], {})
        for name in ("sku", "quantity", "backordered"):
            found += _unequal(subject, f"items[{item['reference']}].{name}", item[name], there.get(name))
    return found


def _compare_shop(row: Document, order: Document | None) -> list[Difference]:
    subject, wanted = f"Order #{row['number']}", row["shop"]
    if order is None:
        return [Difference(subject, "orders in the shop", 1, 0)]
    found: list[Difference] = []
    for name in ("status", "payment_status", "fulfillment_status"):
        found += _unequal(subject, f"{name} in the shop", wanted[name], order[name])
    return found + _unequal(
        subject,
        "fulfillments in the shop",
        _parcels(wanted["fulfillments"]),
        _parcels(order["fulfillments"]),
    )


def _parcels(fulfillments: list[Document]) -> list[tuple[str, str, list[tuple[str, int]]]]:
    return sorted(
        (
            parcel["tracking_number"] or "",
            parcel["carrier"] or "",
            sorted((line["line_id"], line["quantity"]) for line in parcel["lines"]),
        )
        for parcel in fulfillments
    )


def _unequal(subject: str, what: str, expected: Any, found: Any) -> list[Difference]:
    return [] if expected == found else [Difference(subject, what, expected, found)]
