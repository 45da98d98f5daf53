"""Why a record is held back, by what holds now and not by what held when it was weighed, and what lets it go."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from integrations.models import Delivery, State, SyncJob
from integrations.sync import held_addresses, payment_wait, rollout

WIDEN: Final = (
    "It goes by itself once the rollout takes it in: choose “Widen the rollout” at the job. At 100 % all that it holds "
    "back goes."
)
WIDENED: Final = "The rollout was widened since: what it takes in now goes by itself within minutes."


@dataclass(frozen=True)
class Held:
    """`is_by_rollout`: the job is the page where it is let go."""

    why: str
    todo: str
    is_by_rollout: bool = False


def held(row: Delivery) -> Held | None:
    """None of what is not held back. Reads the job as it is now."""
    if row.state != State.HELD:
        return None
    reason = row.state_reason
    if reason.startswith(rollout.HELD):
        return Held(share(row.job), WIDENED if _is_widened(row.job) else WIDEN, is_by_rollout=True)
    if reason.startswith(payment_wait.UNPAID):
        return Held("it is not paid yet", reason)
    if reason.startswith(tuple(payment_wait.GONE.values())):
        return Held("its payment was given back or let go", reason)
    if reason.startswith(held_addresses.HELD):
        return Held("its address is wrong", reason)
    return Held("a rule of the job holds it", reason)


def share(job: SyncJob) -> str:
    return f"the job's rollout is at {job.rollout_percent} %"


def _is_widened(job: SyncJob) -> bool:
    return job.rollout_percent >= 100 or job.rollout_percent > job.released_percent
