"""All that the clock may call here."""

from __future__ import annotations

import time

from django.conf import settings

from integrations.sync import doorbell, receipts
from monitoring import (
    booked_hours,
    call_counts,
    folding,
    merges,
    retention,
    rollups,
    webhook_ledger,
)
from monitoring.alerts import telling, watching
from monitoring.audits import auditor, starting
from monitoring.incidents import triage
from monitoring.payments import keep
from monitoring.workflows import verdicts

# Seconds that one pass may take: a worker that lets go of old facts is missing elsewhere.
PRUNE_SECONDS = 10.0
MEASURE_SECONDS = 20.0


def watch() -> None:
    """Once a minute: counts what is new, and the calls that left, and groups the open errors."""
    deadline = time.monotonic() + float(settings.TASK_SECONDS)
    triage.triage()
    reached = rollups.roll_up(deadline=deadline)
    folding.fold(rollups.hour_of(reached - rollups.LOOK_BACK), deadline)
    call_counts.count()
    booked_hours.count(deadline=deadline)


def read_back() -> None:
    """Once a minute: what people sent again and arrived is looked up over there."""
    receipts.make_due()


def audits() -> None:
    """Once a minute: audits that are due begin, and those that lost their worker go on."""
    starting.look()


def audit(run_id: int) -> None:
    """One worker at a time compares: another would only read the same pages."""
    with doorbell.at_work(auditor.BELL, run_id):
        auditor.go_on(run_id, time.monotonic() + float(settings.TASK_SECONDS))


def ledger() -> None:
    """Every few minutes: what webhooks told, and what they should have told."""
    webhook_ledger.keep()


def alert() -> None:
    """Once a minute: looks at every rule, and tells whom it has to."""
    watching.watch()
    telling.send_due()


def measure() -> None:
    """Every few minutes: whether workflows keep what they promise."""
    verdicts.measure(time.monotonic() + MEASURE_SECONDS)


def payments() -> None:
    """Once a minute: what was booked since is matched."""
    keep.keep(deadline=time.monotonic() + float(settings.TASK_SECONDS))


def recount_payments() -> None:
    """Once a night: whether all that was kept of payments is still so."""
    keep.recount(deadline=time.monotonic() + float(settings.TASK_SECONDS))


def prune() -> None:
    """Every few minutes: lets go of facts that are past their days."""
    retention.prune(time.monotonic() + PRUNE_SECONDS)


def propose_merges() -> None:
    """A few times an hour: contacts of one system that may be one person."""
    merges.propose()
