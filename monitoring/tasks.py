"""All that the clock may call here."""

from __future__ import annotations

from monitoring import rollups, triage


def watch() -> None:
    """Once a minute: counts what is new and groups the open errors."""
    rollups.roll_up()
    triage.triage()
