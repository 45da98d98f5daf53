"""All that the clock may call here."""

from __future__ import annotations

import time

from django.conf import settings

from monitoring import rollups, triage


def watch() -> None:
    """Once a minute: counts what is new and groups the open errors."""
    triage.triage()
    rollups.roll_up(deadline=time.monotonic() + float(settings.TASK_SECONDS))
