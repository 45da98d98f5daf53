"""The cases that go wrong in a store, as the sandbox's shop tells them, carried through a job's rules.

The payloads are made from the sandbox's own seed by the sandbox's own rules. A source that is no sandbox shop speaks
another language: then the sandbox's reading rules stand in for the job's, and only its writing rules are tried.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from integrations.exceptions import Failure
from integrations.models import SyncJob
from mappings.presets.sandbox_shop import ORDERS_READ
from mappings.translate import compile_rules

from .case import Case
from .case_trial import NOT_TWICE, End, Payload, Trial, Tried, operations
from .draft_rules import unplugged
from .edge_orders import (
    LATER,
    NO_POSTAL_CODE,
    ORDINARY,
    UNPAID,
    cancel,
    nothing,
    order,
    refund,
    ship_one,
)
from .kind_cases import CASES as CASES_OF_KINDS
from .kind_trial import speaks, try_kind
from .mend import mend_of
from .rules import JobRules
from .stock_cases import try_stock

__all__ = ["KIND", "SANDBOX", "Tried", "may_try", "reads_sandbox", "try_cases"]

KIND: Final = "order"
SANDBOX: Final = "sandbox_shop"


@dataclass(frozen=True)
class EdgeCase:
    """`row` names the seed's order; `then` is what happens to it after it was delivered, None where it is new. `by`:
    the action that it must be told by, where the destination takes such a one. `about`: the field of our Record that
    it is about."""

    title: str
    row: str
    good: tuple[End, ...]
    should: str
    then: Callable[[Payload], None] | None = None
    by: str = ""
    about: str = ""


STAYS_ONCE: Final = "It is not made again, and nobody is asked."
CASES: Final = (
    EdgeCase("An ordinary paid order", ORDINARY, (End.MADE,), "It is made."),
    EdgeCase(
        "Failed payment",
        UNPAID,
        (End.HELD, End.PERSON, End.NOTHING),
        "It is not sent.",
        about="payment_status",
    ),
    EdgeCase(
        "Missing field: no postal code",
        NO_POSTAL_CODE,
        (End.PERSON, End.HELD),
        "A person is asked first.",
        about="shipping_address.postal_code",
    ),
    EdgeCase("Duplicate", ORDINARY, (End.NOTHING,), "The same order told again changes nothing.", nothing),
    EdgeCase(
        "Cancellation", ORDINARY, (End.CHANGED,), "The cancellation is passed on.", cancel, "cancel", "status"
    ),
    EdgeCase("Refund", ORDINARY, NOT_TWICE, STAYS_ONCE, refund, about="refunds[]"),
    EdgeCase("Partial shipment", ORDINARY, NOT_TWICE, STAYS_ONCE, ship_one, about="lines[].shipped"),
)


def may_try(job: SyncJob) -> bool:
    """Whether there are cases of what this job carries."""
    return job.kind == KIND or job.kind in CASES_OF_KINDS


def reads_sandbox(job: SyncJob) -> bool:
    """Whether its own reading rules are tried."""
    if job.kind != KIND:
        return speaks(job)
    return job.source.platform == SANDBOX and job.source_resource == "orders"


def try_cases(job: SyncJob, rules: JobRules) -> list[Tried]:
    """One for each case, in their order. Nothing is stored, and nothing is sent to the real destination; a warehouse
    of the sandbox may stand in for it, so call it outside any transaction.

    Raises Failure where the destination is not configured.
    """
    connector = unplugged(job)
    try:
        if job.destination_resource not in connector.resources():
            sentence = (
                f"{job.destination.name} has no {job.destination_resource} any more. Mend the job first."
            )
            raise Failure.config("no_resource", sentence)
        if job.kind != KIND:
            return try_kind(job, connector, rules)
        if not reads_sandbox(job):
            rules = replace(rules, read=compile_rules(ORDERS_READ.rules, "read", KIND))
        trial = Trial(job, connector, rules)
        first = _weighed(trial, order(ORDINARY))
        return [*(_tried(trial, first, case) for case in CASES), *try_stock(trial)]
    finally:
        connector.close()


def _tried(trial: Trial, first: Case, case: EdgeCase) -> Tried:
    if case.then is None:
        weighed = _weighed(trial, order(case.row))
    elif first.leaving is None:
        return Tried(case.title, case.should, "Not tried: the ordinary order is not sent.", None)
    else:
        payload = order(case.row)
        payload["updated_at"] = LATER
        case.then(payload)
        weighed = _weighed(trial, payload, first)
    end, told = trial.end(weighed)
    takes = any(action.name == case.by for action in trial.scales.actions)
    is_told = not takes or case.by in operations(weighed)
    is_good = end in case.good and is_told
    about = case.about or "id"
    mend = mend_of(trial.job, trial.scales.rules, about, weighed.ending, reads_own=reads_sandbox(trial.job))
    return Tried(case.title, case.should, told, is_good, None if is_good else mend)


def _weighed(trial: Trial, payload: Payload, before: Case | None = None) -> Case:
    return trial.weigh(payload, str(payload["id"]), payload["updated_at"], before)
