"""Holds an order whose address no carrier could deliver to, before it leaves."""

from __future__ import annotations

from integrations.models import SyncJob
from mappings.addresses import AddressProblem, address_problems
from mappings.records import Order, told
from mappings.sentences import within
from mappings.shipping import has_goods

from .case import Case
from .endings import data_fault
from .faults import Fault

BAD_ADDRESS = "bad_address"
# What becomes of the rest is told once these are corrected.
_MOST_TOLD = 3


def wrong_address(job: SyncJob, case: Case) -> Fault | None:
    """None where the job does not check, where the address is right, and where nothing is to be sent there any more: a
    cancellation must pass, whatever the address looks like."""
    record = case.record
    if not job.checks_address or not isinstance(record, Order) or not _is_to_be_sent(record):
        return None
    problems = address_problems(told(record.shipping_address))
    if not problems:
        return None
    fault = data_fault(case, BAD_ADDRESS, "validate", _sentence(job, case, problems), _field(problems[0]))
    fault.of_any_job = True
    fault.evidence = {"problems": [{"field": _field(one), "what": one.sentence} for one in problems]}
    return fault


def _is_to_be_sent(order: Order) -> bool:
    return order.status != "cancelled" and order.fulfillment_status != "fulfilled" and has_goods(order)


def _field(problem: AddressProblem) -> str:
    return f"shipping_address.{problem.field}" if problem.field else "shipping_address"


def _sentence(job: SyncJob, case: Case, problems: list[AddressProblem]) -> str:
    wrong = " ".join(problem.sentence for problem in problems[:_MOST_TOLD])
    return (
        f"{case.subject}: {wrong} Correct it in {within(job.source.name)}; the order then goes on by itself."
    )
