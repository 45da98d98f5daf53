"""All that the clock may call here."""

from __future__ import annotations

import time

from django.conf import settings

from monitoring import retention, rollups, triage, webhook_ledger

# Seconds that one pass may take: a worker that lets go of old facts is missing elsewhere.
PRUNE_SECONDS = 10.0


def watch() -> None:
    """Once a minute: counts what is new and groups the open errors."""
    triage.triage()
    rollups.roll_up(deadline=time.monotonic() + float(settings.TASK_SECONDS))


def ledger() -> None:
    """Every few minutes: what webhooks told, and what they should have told."""
    webhook_ledger.keep()


def prune() -> None:
    """Every few minutes: lets go of facts that are past their days."""
    retention.prune(time.monotonic() + PRUNE_SECONDS)
