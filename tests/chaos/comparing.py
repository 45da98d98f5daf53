"""The sandbox's own books against the portal's tables. Plain data in, differences out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

Order = dict[str, Any]
WRITTEN = ("delivered", "unchanged", "superseded")
PAID = ("paid", "partially_refunded")


@dataclass(frozen=True)
class Difference:
    """`how`: lost, doubled, older over newer, access, or state (the two sides tell different things)."""

    how: str
    job: str
    order: str
    sentence: str

    def __str__(self) -> str:
        return f"{self.how}: {self.job}, #{self.order}: {self.sentence}"


@dataclass
class Delivery:
    """`written`: the shop's version that the portal says it wrote last."""

    state: str
    written: str
    ids: list[str] = field(default_factory=list)


@dataclass
class Tables:
    """What the portal says. `deliveries`: job → the shop's id of the order → its rows there (one, in health).

    `errors`: (job, the shop's id) of the open ErrorRecords. `twice`: (job, the shop's id) with two Outcomes that
    both say that the same version was delivered. `open_work` counts what is not settled, by its name.
    """

    deliveries: dict[str, dict[str, list[Delivery]]]
    errors: list[tuple[str, str]]
    twice: list[tuple[str, str]]
    open_work: dict[str, int]


def compare(shop: Sequence[Order], warehouse: dict[str, Any], job: str, tables: Tables) -> list[Difference]:
    """One job: every order of the shop, and what its warehouse holds and has seen happen."""
    held: dict[str, list[Order]] = defaultdict(list)
    for order in warehouse["systems"]["warehouse"].get("orders", []):
        held[order["reference"]].append(order)
    happened: dict[str, list[Order]] = defaultdict(list)
    for effect in warehouse["effects"]:
        if effect["system"] == "warehouse" and not effect["replay"]:
            happened[effect["reference"]].append(effect)
    known = tables.deliveries.get(job, {})
    found: list[Difference] = []
    for order in shop:
        number, there = order["number"], held.pop(order["number"], [])
        told = _Telling(job, number)
        told.compare_counts(order, there)
        told.compare_effects(happened.get(number, []))
        told.compare_delivery(order, there, known.get(order["id"], []), (job, order["id"]) in tables.errors)
        if (job, order["id"]) in tables.twice:
            told("doubled", "two Outcomes say that one version was delivered")
        found += told.differences
    for reference, orders in held.items():
        found.append(Difference("doubled", job, reference, f"{len(orders)} that nobody ordered"))
    return found


def compare_open_work(tables: Tables) -> list[Difference]:
    return [
        Difference("state", "portal", "-", f"{count} {name} not settled")
        for name, count in tables.open_work.items()
        if count
    ]


def compare_access(consents: dict[str, int], job: str, fell: int) -> list[Difference]:
    """A refresh token that is good once was never used twice, but by the next one after somebody who fell (`fell`
    times) between the platform's answer and our writing it down."""
    in_use = consents["burnt"] - consents["unheard"]
    if in_use:
        return [Difference("access", job, "-", f"{in_use} times one worker ended what another was using")]
    if consents["unheard"] > fell:
        return [Difference("access", job, "-", f"{consents['unheard']} answers lost with {fell} falls")]
    return []


def is_refused(order: Order) -> bool:
    """What the warehouse cannot take: the portal says so before it is sent."""
    return not order["shipping_address"]["postal_code"]


def is_sent(order: Order) -> bool:
    return order["status"] == "open" and order["payment_status"] in PAID and not is_refused(order)


class _Telling:
    def __init__(self, job: str, number: str) -> None:
        self.job, self.number = job, number
        self.differences: list[Difference] = []

    def __call__(self, how: str, sentence: str) -> None:
        self.differences.append(Difference(how, self.job, self.number, sentence))

    def compare_counts(self, order: Order, there: Sequence[Order]) -> None:
        if len(there) > 1:
            self("doubled", f"{len(there)} orders in the warehouse")
        if is_sent(order) and not there:
            self("lost", "paid, and not in the warehouse")
        if there and order["payment_status"] == "pending":
            self("state", "not paid, and in the warehouse")
        for kept in there:
            for what, wanted, is_there in _contents(order, kept):
                if wanted != is_there:
                    self("older over newer", f"{what} must be {wanted!r} and is {is_there!r}")

    def compare_effects(self, effects: Sequence[Order]) -> None:
        names = [effect["effect"] for effect in effects]
        for name in ("order.created", "order.cancelled"):
            if names.count(name) > 1:
                self("doubled", f"{name} {names.count(name)} times")
        totals = [Decimal(effect["detail"]["total"]) for effect in effects if "total" in effect["detail"]]
        if totals != sorted(totals):
            self("older over newer", f"it was written as {', '.join(map(str, totals))}")
        if "order.cancelled" in names[:-1]:
            self("older over newer", f"after it was cancelled: {', '.join(names)}")

    def compare_delivery(
        self, order: Order, there: Sequence[Order], rows: Sequence[Delivery], has_error: bool
    ) -> None:
        if len(rows) != 1:
            self("lost" if not rows else "doubled", f"{len(rows)} Deliveries")
            return
        (row,) = rows
        wanted = WRITTEN if there else ("failed",) if is_refused(order) else ("filtered",)
        if row.state not in wanted:
            self("state", f"the portal says {row.state}, the books say one of {wanted}")
        if has_error != (row.state == "failed"):
            self("state", f"{row.state}, {'with' if has_error else 'without'} an open error")
        if sorted(row.ids) != sorted(kept["id"] for kept in there):
            self("state", f"the portal knows it as {row.ids}, the books as {[o['id'] for o in there]}")
        newest = datetime.fromisoformat(order["updated_at"])
        if row.state == "delivered" and datetime.fromisoformat(row.written) != newest:
            self("state", f"the shop's is of {newest}, but what was written is of {row.written}")


def _contents(order: Order, kept: Order) -> Iterator[tuple[str, Any, Any]]:
    """What of the newest version must be in the warehouse. A cancelled order keeps what it held before."""
    cancelled = order["status"] == "cancelled"
    yield "state", "cancelled" if cancelled else "accepted", kept["state"]
    if not cancelled:
        yield "total", order["total"], kept["total"]
        yield "city", order["shipping_address"]["city"], kept["ship_to"]["city"]
        lines = [line["current_quantity"] for line in order["lines"]]
        yield "quantities", lines, [item["quantity"] for item in kept["items"]]
