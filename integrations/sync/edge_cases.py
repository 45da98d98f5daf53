"""The cases that go wrong in a store, as the sandbox's shop tells them, carried through a job's rules. No network.

The payloads are made from the sandbox's own seed by the sandbox's own rules. A source that is no sandbox shop speaks
another language: then the sandbox's reading rules stand in for the job's, and only its writing rules are tried.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import lru_cache
from typing import Any, Final

from integrations.exceptions import Failure
from integrations.models import Delivery, State, SyncJob
from integrations.sandbox import seed, shop_orders
from mappings.presets.sandbox_shop import ORDERS_READ
from mappings.translate import compile_rules

from . import shared_clock
from .case import Case
from .draft_rules import unplugged
from .parcels import Parcel
from .rules import JobRules
from .weigh import Scales

KIND: Final = "order"
SANDBOX: Final = "sandbox_shop"
FIRST, LATER = "2026-01-05T10:00:00.000+00:00", "2026-01-05T12:00:00.000+00:00"
Payload = dict[str, Any]


class End(StrEnum):
    """What becomes of a record: made, changed or acted upon over there; nothing; left or held; for a person."""

    MADE = "made"
    CHANGED = "changed"
    NOTHING = "nothing"
    HELD = "held"
    PERSON = "person"


@dataclass(frozen=True)
class EdgeCase:
    """`row` names the seed's order; `then` is what happens to it after it was delivered, None where it is new. `by`:
    the action that it must be told by, where the destination takes such a one."""

    title: str
    row: str
    good: tuple[End, ...]
    should: str
    then: Callable[[Payload], None] | None = None
    by: str = ""


@dataclass(frozen=True)
class Tried:
    """`is_good` None: it could not be tried; `told` says why, or what would become of it."""

    title: str
    should: str
    told: str
    is_good: bool | None


def _cancel(order: Payload) -> None:
    shop_orders.cancel(order, LATER, "customer")


def _refund(order: Payload) -> None:
    shop_orders.refund(order, "1", LATER, {"amount": "1.00"})


def _ship_one(order: Payload) -> None:
    part = {"line_id": order["lines"][0]["id"], "quantity": 1}
    shop_orders.fulfil(order, "1", LATER, {"lines": [part]})


def _nothing(order: Payload) -> None:
    order["updated_at"] = FIRST


NOT_TWICE: Final = (End.CHANGED, End.NOTHING, End.HELD)
CASES: Final = (
    EdgeCase("An ordinary paid order", "ordinary", (End.MADE,), "It is made."),
    EdgeCase("Failed payment", "payment failed", (End.HELD, End.PERSON, End.NOTHING), "It is not sent."),
    EdgeCase(
        "Missing field: no postal code", "no postal code", (End.PERSON, End.HELD), "A person is asked first."
    ),
    EdgeCase("Duplicate", "ordinary", (End.NOTHING,), "The same order told again changes nothing.", _nothing),
    EdgeCase("Cancellation", "ordinary", (End.CHANGED,), "The cancellation is passed on.", _cancel, "cancel"),
    EdgeCase("Refund", "ordinary", NOT_TWICE, "It is not made again, and nobody is asked.", _refund),
    EdgeCase(
        "Partial shipment", "ordinary", NOT_TWICE, "It is not made again, and nobody is asked.", _ship_one
    ),
)
# What no rule of a mapping decides.
NOT_HERE: Final = (
    ("Out of stock", "The destination refuses it when it arrives: run the job between sandbox systems."),
    ("Backorder", "The destination tells it when it ships: run the job between sandbox systems."),
)


def may_try(job: SyncJob) -> bool:
    """Whether the cases are about what this job carries."""
    return job.kind == KIND


def reads_sandbox(job: SyncJob) -> bool:
    return job.source.platform == SANDBOX and job.source_resource == "orders"


def try_cases(job: SyncJob, rules: JobRules) -> list[Tried]:
    """One for each case, in their order. Nothing is stored. Raises Failure where the destination is not configured."""
    connector = unplugged(job)
    try:
        if job.destination_resource not in connector.resources():
            sentence = (
                f"{job.destination.name} has no {job.destination_resource} any more. Mend the job first."
            )
            raise Failure.config("no_resource", sentence)
        if not reads_sandbox(job):
            rules = replace(rules, read=compile_rules(ORDERS_READ.rules, "read", KIND))
        scales = Scales(job, connector, rules)
        first = _weighed(scales, job, _order("ordinary"))
        return [_tried(scales, job, first, case) for case in CASES]
    finally:
        connector.close()


def _tried(scales: Scales, job: SyncJob, first: Case, case: EdgeCase) -> Tried:
    if case.then is None:
        weighed = _weighed(scales, job, _order(case.row))
    elif first.leaving is None:
        return Tried(case.title, case.should, "Not tried: the ordinary order is not sent.", None)
    else:
        payload = _order(case.row)
        payload["updated_at"] = LATER
        case.then(payload)
        weighed = _weighed(scales, job, payload, first)
    end, told = _end(job, weighed)
    takes = any(action.name == case.by for action in scales.actions)
    is_told = not takes or case.by in _operations(weighed)
    return Tried(case.title, case.should, told, end in case.good and is_told)


def _weighed(scales: Scales, job: SyncJob, payload: Payload, before: Case | None = None) -> Case:
    """`before`: as the order was delivered; it is there since."""
    now = shared_clock.now()
    delivery = Delivery(job=job, accepted_serial=1, accepted_at=now)
    parcel = Parcel(
        external_id=str(payload["id"]),
        version=payload["updated_at"],
        payload=payload,
        read_at=now.timestamp(),
    )
    case = Case(0, parcel, delivery, fetched=True)
    if before is not None and before.leaving is not None:
        case.destination_id = "1"
        delivery.content_hash = before.content_hash
        delivery.written_state = before.leaving.written_state
        delivery.source_version = before.parcel.version
        delivery.source_read_at = now
    scales.weigh([case])
    return case


def _end(job: SyncJob, case: Case) -> tuple[End, str]:
    name = job.destination.name
    if case.leaving is not None:
        if case.destination_id is None:
            return End.MADE, f"It is made in {name}, with {_counted(_filled(case.body))}."
        told = " and ".join(word.replace("_", " ") for word in _operations(case))
        return End.CHANGED, f"{name} is asked: {told}."
    if case.ending is None or case.ending.state in (State.UNCHANGED, State.SUPERSEDED, State.DELIVERED):
        return End.NOTHING, "Nothing is sent."
    if case.ending.state == State.FAILED:
        fault = case.ending.fault
        return End.PERSON, fault.sentence if fault is not None else case.ending.reason
    return End.HELD, f"It is not sent. {case.ending.reason}"


def _operations(case: Case) -> list[str]:
    if case.leaving is None:
        return []
    return [case.leaving.operation, *(word for word, step in case.leaving.steps_left if step == 0)]


def _filled(value: Any) -> int:
    if isinstance(value, dict):
        return sum(map(_filled, value.values()))
    if isinstance(value, list):
        return sum(map(_filled, value))
    return value not in (None, "")


def _counted(fields: int) -> str:
    return "1 value" if fields == 1 else f"{fields} values"


def _order(row: str) -> Payload:
    return deepcopy(_orders()[row])


@lru_cache(maxsize=1)
def _orders() -> dict[str, Payload]:
    wanted = {case.row for case in CASES}
    found: dict[str, Payload] = {}
    for row in seed.read_lines("orders.jsonl"):
        if row["case"] in wanted and row["case"] not in found:
            found[row["case"]] = _placed(row)
    return found


def _placed(row: Payload) -> Payload:
    lines: Sequence[tuple[str, int, str]] = row["lines"]
    asked = {
        "currency": row["currency"],
        "placed_at": FIRST,
        "payment_status": row["payment_status"],
        "shipping": row["shipping"],
        "discount": row["discount"],
        "tax_rate": "0",
        "taxes_included": True,
        "customer": {"id": f"cus_{row['number']}", "name": row["name"], "email": row["email"]},
        "email": row["email"],
        "shipping_address": row,
        "note": "",
        "is_renewal": False,
        "tags": [],
        "ship_by": None,
        "deliver_by": None,
        "lines": [{"sku": sku, "quantity": units, "price": price} for sku, units, price in lines],
    }
    order: Payload = shop_orders.new_order(f"73{row['number']}", row["number"], "shop", asked)
    return order
