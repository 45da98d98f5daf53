"""Where a case that goes wrong is put right: the rule of a mapping, or the setting of the job, and what to do there."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from integrations.models import State, SyncJob
from mappings.labels import field_name, label

from .rules import JobRules

if TYPE_CHECKING:
    from .case import Ending

READ, WRITE = "read", "write"
# Settings of a job that decide what becomes of a case.
FILTER, REMOVED, FALLBACKS, PAYMENT = "filter", "removed", "fallbacks", "waits_for_payment"
SETTINGS: Final = {
    FILTER: "The job's filter leaves it out. Change the filter.",
    REMOVED: "Change what the job does with what is removed at the source.",
    FALLBACKS: "A fallback of the job decides it. Change the fallback.",
    PAYMENT: "Let the job wait until orders are paid.",
}
_BY_FALLBACK: Final = (State.SKIPPED, State.IGNORED, State.HANDED_OVER)
# Where a fault is about what is written; all else is about what was read.
_WRITTEN: Final = ("validate", "send")


@dataclass(frozen=True)
class Mend:
    """`side`: READ or WRITE, the mapping whose rule fills `field` (no rule does where it is ""); else `field` is the
    job's setting."""

    do: str
    side: str
    field: str


# What a case is about where it was sent though it failed: its status, or whoever lets it go.
FAILED: Final = "failed"
LEAVE_OUT_FAILED: Final = "Let the job's filter leave out what failed, or add a rule that tells the status."


def of_setting(name: str) -> Mend:
    return Mend(SETTINGS[name], "", name)


def mend_of(job: SyncJob, rules: JobRules, about: str, ending: Ending | None, *, reads_own: bool) -> Mend:
    """`about`: the field of our Record that the case is about. `reads_own`: its reading rules are the job's own; else
    only what the job writes can be at fault."""
    if ending is not None and ending.state in _BY_FALLBACK:
        return of_setting(FALLBACKS)
    if ending is not None and ending.state == State.FILTERED:
        return of_setting(FILTER)
    if about == REMOVED:
        return of_setting(REMOVED)
    fault = ending.fault if ending is not None else None
    if fault is not None and fault.field and (fault.in_body or fault.place in _WRITTEN):
        return _of_rule(fault.field, WRITE, rules)
    if ending is None and about == "payment_status" and _asks_for_no_payment(job):
        return of_setting(PAYMENT)
    if about == FAILED:
        if ending is None and not any("status" in source for source in rules.write.sources.values()):
            return Mend(LEAVE_OUT_FAILED, "", FILTER)
        about = "status"
    if not about and not (fault is not None and fault.field):
        return Mend("Look at the rules that write it.", WRITE, "")
    return _of_rule((fault.field if fault is not None else "") or about, READ if reads_own else WRITE, rules)


def _asks_for_no_payment(job: SyncJob) -> bool:
    return not job.waits_for_payment and "payment_status" not in job.filter


def _of_rule(field: str, side: str, rules: JobRules) -> Mend:
    sources = (rules.read if side == READ else rules.write).sources
    if side == WRITE and field not in sources:
        # What a body lacks is told by what would have filled it.
        field = next((target for target, source in sources.items() if source == field), field)
    if side == WRITE and field not in sources:
        name = re.compile(rf"\b{re.escape(field.rpartition('.')[2].removesuffix('[]'))}\b")
        field = next((target for target, source in sources.items() if name.search(source)), field)
    words = label(field).what if side == READ else field_name(field)
    if field in sources:
        return Mend(f"Change the rule that fills “{words}”.", side, field)
    return Mend(f"No rule fills “{words}”. Add one, or change what is told of it.", side, "")
