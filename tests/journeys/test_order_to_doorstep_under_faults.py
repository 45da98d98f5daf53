"""The same ways to the door while every system misbehaves: nothing is lost, and nothing is done twice.

Each story says by hand how it must end on all four sides; nothing of that is asked of the portal.
"""

from __future__ import annotations

import copy
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from integrations.models import ErrorRecord
from integrations.sync import deliver
from tests.sandbox.running import SandboxProcess

from .doorstep import LABELS, Doorstep

EACH = 4
# Where the orders were placed: the same hour on the wall, five hours in the world.
OFFSETS = ("+01:00", "+00:00", "-08:00", "+03:00", "+09:00")


@dataclass(frozen=True)
class End:
    """How an order ends: in the warehouse, at the carrier, in the shop, in the customer's mail."""

    warehouse: str | None
    label: str | None
    fulfilments: int
    mails: tuple[str, ...]
    error: str = ""


SHIPPED = End("shipped", "bought", 1, ("Shipped",))
ENDS: dict[str, End] = {
    "plain": SHIPPED,
    "renewal": SHIPPED,
    "gift": SHIPPED,
    "yen": SHIPPED,
    "dinar": SHIPPED,
    "edited": SHIPPED,
    "split": End("shipped", "bought", 2, ("Shipped", "Shipped")),
    "partial": End("partially_shipped", "bought", 1, ("Shipped",)),
    "backorder": SHIPPED,
    "delivered": End("shipped", "bought", 1, ("Shipped", "Delivered")),
    "returned": SHIPPED,
    "corrected": SHIPPED,
    "cancelled-before": End("cancelled", "voided", 0, ()),
    "cancelled-unread": End(None, None, 0, ()),
    "cancelled-during": End("packing", "voided", 0, (), error="in_packing"),
    "wrong-address": End(None, None, 0, (), error="bad_address"),
}
STORIES = [(str(2001 + place), story) for place, story in enumerate(list(ENDS) * EACH)]


@pytest.fixture
def doorstep(process: SandboxProcess, transactional_db: None) -> Doorstep:
    process.control("POST", "/reset", {})
    for sku, units in (("MUG", 500), ("GIFT", 500), ("RARE", 0)):
        process.control("POST", f"/warehouse/stock/{sku}", {"on_hand": units})
        product = {"sku": sku, "title": sku.title(), "price": "12.50", "currency": "EUR", "available": 500}
        process.control("POST", "/shop/products", product)
    made = Doorstep(process)
    made.configure()
    return made


def place(doorstep: Doorstep, number: str, story: str) -> None:
    placed_at = f"2026-03-25T15:30:00{OFFSETS[int(number) % len(OFFSETS)]}"
    wrong = {"name": "K", "line1": "L 1", "city": "Köln", "postal_code": "12", "country": "DE"}
    told: dict[str, dict[str, Any]] = {
        "renewal": {"is_renewal": True},
        "gift": {"lines": [{"sku": "GIFT", "quantity": 1, "price": "0"}]},
        "yen": {
            "currency": "JPY",
            "lines": [{"sku": "MUG", "quantity": 2, "price": "1500"}],
            "country": "JP",
        },
        "dinar": {
            "currency": "KWD",
            "lines": [{"sku": "MUG", "quantity": 1, "price": "3.125"}],
            "country": "KW",
        },
        "corrected": {"shipping_address": wrong},
        "wrong-address": {"shipping_address": wrong},
    }
    lines: dict[str, tuple[tuple[str, int], ...]] = {
        "split": (("MUG", 1), ("GIFT", 1)),
        "partial": (("MUG", 3),),
        "backorder": (("RARE", 1),),
    }
    doorstep.order(number, *lines.get(story, (("MUG", 2),)), placed_at=placed_at, **told.get(story, {}))


def before_packing(doorstep: Doorstep, number: str, story: str) -> None:
    shop = f"/shop/orders/{number}"
    match story:
        case "edited":
            doorstep.staff(f"{shop}/edit", {"lines": [{"sku": "MUG", "quantity": 1}]})
        case "corrected":
            doorstep.staff(f"{shop}/edit", {"shipping_address": {"postal_code": "50667"}})
        case "cancelled-before":
            doorstep.staff(f"{shop}/cancel")
        case "cancelled-during":
            doorstep.staff(f"/warehouse/orders/{number}/pack")
            doorstep.staff(f"{shop}/cancel")


def packing(doorstep: Doorstep, number: str, story: str) -> None:
    if story.startswith(("cancelled", "wrong")):
        return
    match story:
        case "split":
            doorstep.ship(
                number, items=[{"sku": "MUG", "quantity": 1}], location="NORTH", tracking_number=f"N{number}"
            )
            doorstep.ship(
                number, items=[{"sku": "GIFT", "quantity": 1}], location="SOUTH", tracking_number=f"S{number}"
            )
        case "partial":
            doorstep.ship(number, items=[{"sku": "MUG", "quantity": 1}])
        case _:
            doorstep.ship(number)


def on_the_way(doorstep: Doorstep, number: str, story: str) -> None:
    match story:
        case "delivered":
            ((tracking, _),) = doorstep.fulfilments(number)
            doorstep.staff(f"/carrier/tracking/{tracking}", {"state": "delivered"})
        case "returned":
            doorstep.staff(f"/warehouse/orders/{number}/return")
            doorstep.staff(f"/shop/orders/{number}/refund", {})


def each(act: Callable[[Doorstep, str, str], None], doorstep: Doorstep) -> None:
    for number, story in STORIES:
        act(doorstep, number, story)


def test_nothing_is_lost_and_nothing_done_twice(
    doorstep: Doorstep, record_property: Callable[[str, object], None]
) -> None:
    doorstep.sandbox.control("POST", "/faults/preset/doorstep")
    each(place, doorstep)
    for number, story in STORIES:
        if story == "cancelled-unread":
            doorstep.staff(f"/shop/orders/{number}/cancel")
    doorstep.go()
    each(before_packing, doorstep)
    doorstep.go()
    doorstep.staff("/warehouse/stock/RARE", {"on_hand": EACH})
    each(packing, doorstep)
    doorstep.go()
    each(on_the_way, doorstep)
    doorstep.go()
    fired = doorstep.fired()
    labels = doorstep.labels()
    found = {number: end_of(doorstep, number, labels) for number, _ in STORIES}
    wanted = {number: end(story) for number, story in STORIES}
    assert {n: found[n] for n in wanted if found[n] != wanted[n]} == {}
    errors = Counter(error.subject.rpartition("#")[2] for error in doorstep.open_errors())
    assert {number for number, story in STORIES if ENDS[story].error} == set(errors)
    codes = {error.code for error in ErrorRecord.objects.filter(settled_at__isnull=True)}
    assert codes == {"in_packing", "bad_address"}
    assert min(fired.values()) > 0, fired
    bought = sum(labels.values())
    assert bought == sum(1 for _, story in STORIES if ENDS[story].label)
    record_property("orders", len(STORIES))
    record_property("faults_fired", sum(fired.values()))
    record_property("labels_bought", bought)
    print(f"orders {len(STORIES)}, faults fired {sum(fired.values())}, lost 0, doubled 0, labels {bought}")


def end(story: str) -> tuple[Any, ...]:
    told = ENDS[story]
    there = [told.warehouse] if told.warehouse else []
    return there, [told.label] if told.label else [], told.fulfilments, sorted(told.mails)


def end_of(doorstep: Doorstep, number: str, labels: Counter[tuple[str, str]]) -> tuple[Any, ...]:
    """As all four sides tell it. A doubled order or label is a second entry."""
    there = [order["state"] for order in doorstep.warehouse_orders(number)]
    bought = [
        state for (reference, state), count in labels.items() for _ in range(count) if reference == number
    ]
    fulfilled = {tracking for tracking, _ in doorstep.fulfilments(number)}
    assert len(fulfilled) == len(doorstep.fulfilments(number)), f"{number} was announced twice"
    return there, bought, len(fulfilled), sorted(doorstep.mails(number))


LOST = ("error_after", "no_answer", "cut", "malformed")


def vendor(doorstep: Doorstep, idempotency: str) -> None:
    """A carrier that honours keys, that can only be asked what it has, or neither; declared as it is."""
    carrier = doorstep.connection("carrier")
    declaration = copy.deepcopy(carrier.settings["declaration"])
    labels = declaration["resources"]["labels"]
    if idempotency != "keys":
        del labels["create"]["key"]
    if idempotency == "neither":
        del labels["lookup"]
    carrier.settings = {**carrier.settings, "declaration": declaration}
    carrier.save()
    doorstep.sandbox.control("PUT", "/carrier/settings", {"idempotency": idempotency})


@pytest.mark.parametrize("kind", LOST)
@pytest.mark.parametrize("idempotency", ["keys", "lookup"])
def test_a_label_whose_answer_was_lost_is_bought_once(
    doorstep: Doorstep, idempotency: str, kind: str
) -> None:
    vendor(doorstep, idempotency)
    doorstep.sandbox.fault("carrier", kind, method="POST", path="^/labels$", count=2, seconds=0.2)
    doorstep.order("1001", ("MUG", 1))
    doorstep.carry(LABELS)
    assert doorstep.labels() == Counter({("1001", "bought"): 1})
    assert doorstep.open_errors() == []


def test_where_nobody_can_know_a_person_is_asked_and_no_second_label_bought(doorstep: Doorstep) -> None:
    vendor(doorstep, "neither")
    doorstep.sandbox.fault("carrier", "error_after", method="POST", path="^/labels$", count=1)
    doorstep.order("1001", ("MUG", 1))
    doorstep.carry(LABELS)
    (error,) = doorstep.open_errors()
    assert error.place == "in_doubt"
    doorstep.staff("/shop/orders/1001/touch")
    doorstep.read(LABELS)
    for _ in range(3):
        deliver.drain(doorstep.job(LABELS).pk, time.monotonic() + 2)
    assert doorstep.labels() == Counter({("1001", "bought"): 1})
